// pliant/render/decisions.h — how far collected pairs are covered, and what of it flows back;
// private to render/ (no torch)
#pragma once

#include <array>
#include <cstddef>

#include "pliant/math/distribution.h"
#include "pliant/math/t_norm.h"
#include "pliant/render/pairs.h"

namespace pliant::render {

/// decide() of every pair of a tile.
template <class T>
class Decisions {
 public:
  explicit Decisions(const Coverage& coverage)
      : coverage_(coverage), logarithms_(math::takes_logarithms(coverage.t_norm)) {}

  /// What of the coverages is asked for beside what the T-conorm needs.
  struct Wanted {
    bool p = false;
    bool density = false;  ///< by the distance
  };

  void decide(const Pairs<T>& pairs, const Wanted& wanted);

  [[nodiscard]] math::Members<T> members() const {
    return {p_.data(), tail_.data(), log_tail_.data()};
  }
  /// Where they were asked for.
  [[nodiscard]] const T* p() const { return p_.data(); }
  [[nodiscard]] const T* density() const { return density_.data(); }

  /// The terms of the T-conorm.
  const T* terms(const Pairs<T>& pairs);

  /// ∂A/∂a of every pair.
  /// @param folded  (kTilePixels)
  T* slopes(const Pairs<T>& pairs, const T* folded);

  /// The folded terms of every pair's pixel, as slopes() gathered them.
  [[nodiscard]] const T* folded_of_pairs() const { return gathered_.data(); }

 private:
  using Numbers = std::array<T, Pairs<T>::kRoom>;

  Coverage coverage_;
  bool logarithms_;
  alignas(64) Numbers p_{}, tail_{};
  alignas(64) Numbers log_tail_, density_, terms_, gathered_, slopes_;
};

/// Of several faces at the maximum of a pixel the first one keeps its slope.
/// @param taken  (kTilePixels) pixels that have had theirs, false at first
template <class T>
void keep_first(const Pairs<T>& pairs, std::array<bool, kTilePixels>& taken, T* slopes);

}  // namespace pliant::render
