// pliant/render/tile_fold.h — the coverages of a tile's pixels, or-ed together face by face;
// private to render/ (no torch)
#pragma once

#include <array>
#include <cstddef>

#include "pliant/math/t_norm.h"
#include "pliant/render/pairs.h"

namespace pliant::render {

/// The terms of one T-conorm folded per pixel of a tile, sums in double.
template <class T>
class TileFold {
 public:
  explicit TileFold(const math::TNorm& t_norm);

  /// Back to no faces, every pixel open.
  void clear();

  /// Adds a term for each pair, in their order, and closes the pixels that are full.
  void add(const Pairs<T>& pairs, const T* terms);

  /// Takes what folded() gave, instead of adding up. Only open() is of use then.
  void load(const T* folded);

  /// (kTilePixels) The folded terms.
  [[nodiscard]] const T* folded() const { return folded_.data(); }

  /// (kTilePixels) 0 where the coverage is 1 but for rounding: what else covers that pixel changes
  /// neither it nor, beyond rounding, a gradient. 1 elsewhere. Null if all are 1.
  [[nodiscard]] const T* open() const { return all_open_ ? nullptr : open_.data(); }

  [[nodiscard]] bool is_open(std::size_t pixel) const { return open_[pixel] != 0; }

  /// Whether no pixel is open.
  [[nodiscard]] bool closed() const { return closed_; }

 private:
  void add_sums(const Pairs<T>& pairs, const T* terms);
  void add_log_sums(const Pairs<T>& pairs, const T* terms);
  void raise_tops(const Pairs<T>& pairs, const T* terms);
  void close_full_pixels();

  math::Fold fold_;
  T full_;  ///< folded terms from here on make a full pixel
  bool closed_ = false;
  bool all_open_ = true;
  std::array<double, kTilePixels> sum_;         ///< of terms, or of e^(term − top)
  alignas(64) std::array<T, kTilePixels> top_;  ///< the largest term
  alignas(64) std::array<T, kTilePixels> folded_;
  alignas(64) std::array<T, kTilePixels> open_;
};

}  // namespace pliant::render
