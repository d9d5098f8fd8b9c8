// pliant/render/parameter_sums.h — gradients of the scalars of a coverage, tile by tile; private to
// render/ (no torch)
#pragma once

#include <array>
#include <vector>

#include "pliant/render/decisions.h"
#include "pliant/render/pairs.h"

namespace pliant::render {

/// What one tile adds to the gradient of the distribution's parameters and of the T-norm's p.
class ParameterSums {
 public:
  /// @param folded, upstream  (kTilePixels): folded terms, and the gradients of the coverages
  template <class T>
  void add_values(const math::TNorm& t_norm, const T* folded, const T* upstream);

  /// The members' part of p. @param upstream  (kTilePixels)
  template <class T>
  void add_t_norm(const Coverage& coverage, const Pairs<T>& pairs, const Decisions<T>& decisions,
                  const T* upstream);

  /// @param gradient  (pairs): of the loss by each pair's coverage
  template <class T>
  void add_distribution(const Coverage& coverage, const Pairs<T>& pairs, const T* gradient);

  [[nodiscard]] const std::array<double, 4>& distribution() const { return distribution_; }
  [[nodiscard]] double t_norm() const { return t_norm_; }

 private:
  std::array<double, 4> distribution_{};
  double t_norm_ = 0;
};

/// Sums over the tiles in their order, written to distribution[0 … 3] and t_norm[0] where they are
/// not null.
void write_sums(const std::vector<ParameterSums>& tiles, double* distribution, double* t_norm);

}  // namespace pliant::render
