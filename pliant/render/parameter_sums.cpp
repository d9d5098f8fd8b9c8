// pliant/render/parameter_sums.cpp — gradients of τ, shift, shape and p (no torch)
#include "pliant/render/parameter_sums.h"

#include <algorithm>

namespace pliant::render {

template <class T>
void ParameterSums::add_values(const math::TNorm& t_norm, const T* folded, const T* upstream) {
  std::array<double, kTilePixels> slope;
  math::parameter_slopes_of_value(t_norm, folded, kTilePixels, slope.data());
  for (std::size_t k = 0; k < kTilePixels; ++k) {
    t_norm_ += slope[k] * static_cast<double>(upstream[k]);
  }
}

template <class T>
void ParameterSums::add_t_norm(const Coverage& coverage, const Pairs<T>& pairs,
                               const Decisions<T>& decisions, const T* upstream) {
  std::array<double, Pairs<T>::kRoom> slope;
  math::parameter_slopes_of_terms(coverage.t_norm, decisions.members(), decisions.folded_of_pairs(),
                                  pairs.count, slope.data());
  for (std::size_t i = 0; i < pairs.count; ++i) {
    t_norm_ += slope[i] * static_cast<double>(upstream[static_cast<std::size_t>(pairs.pixel[i])]);
  }
}

template <class T>
void ParameterSums::add_distribution(const Coverage& coverage, const Pairs<T>& pairs,
                                     const T* gradient) {
  math::add_parameter_gradient(coverage.distribution, pairs.distance.data(), gradient, pairs.count,
                               distribution_.data());
}

void write_sums(const std::vector<ParameterSums>& tiles, double* distribution, double* t_norm) {
  std::array<double, 4> sum{};
  double sum_p = 0;
  for (const ParameterSums& tile : tiles) {
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += tile.distribution()[k];
    sum_p += tile.t_norm();
  }
  if (distribution != nullptr) std::copy(sum.begin(), sum.end(), distribution);
  if (t_norm != nullptr) *t_norm = sum_p;
}

template void ParameterSums::add_values(const math::TNorm&, const float*, const float*);
template void ParameterSums::add_values(const math::TNorm&, const double*, const double*);
template void ParameterSums::add_t_norm(const Coverage&, const Pairs<float>&,
                                        const Decisions<float>&, const float*);
template void ParameterSums::add_t_norm(const Coverage&, const Pairs<double>&,
                                        const Decisions<double>&, const double*);
template void ParameterSums::add_distribution(const Coverage&, const Pairs<float>&, const float*);
template void ParameterSums::add_distribution(const Coverage&, const Pairs<double>&, const double*);

}  // namespace pliant::render
