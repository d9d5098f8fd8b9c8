// tasks/coverage_choice.cpp — how faces cover pixels, as options of the rendering tasks
#include "tasks/coverage_choice.h"

#include <cmath>
#include <map>
#include <utility>

#include "pliant/render/torch/renderer.h"

namespace pliant::tasks {

double default_tau(std::string_view distribution, bool squared) {
  static const std::map<std::pair<std::string_view, bool>, double> kFound = {
      {{"uniform", false}, -1.5},
      {{"gaussian", false}, -1.5},
      {{"cauchy", false}, -3.5},
      {{"cauchy", true}, -4.5}};
  const auto found = kFound.find({distribution, squared});
  if (found != kFound.end()) return std::pow(10, found->second);
  return squared ? 1e-4 : 1e-2;
}

CoverageOptions coverage_options(const CoverageChoice& choice, double tau) {
  const CoverageOptions options = {.distribution = choice.distribution,
                                   .tau = tau,
                                   .squared = choice.squared,
                                   .shape = choice.gamma_shape,
                                   .shift = choice.shift,
                                   .t_norm = choice.t_norm,
                                   .p = choice.p,
                                   .dist_eps = choice.dist_eps};
  RendererOptions checked;
  checked.coverage = options;
  static_cast<void>(Renderer(checked));
  return options;
}

}  // namespace pliant::tasks
