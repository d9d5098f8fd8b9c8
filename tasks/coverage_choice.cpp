// tasks/coverage_choice.cpp — how faces cover pixels, as options of the rendering tasks
#include "tasks/coverage_choice.h"

#include <cmath>
#include <map>
#include <utility>

#include "pliant/base/errors.h"
#include "pliant/render/torch/rasterise.h"
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

double tau_of_softness(const CoverageChoice& choice, std::int64_t size) {
  const CoverageOptions coverage = {.distribution = choice.distribution,
                                    .squared = choice.squared,
                                    .shape = choice.gamma_shape,
                                    .shift = choice.shift};
  return tau_of_edge(coverage, *choice.softness, size, size);
}

void settle_softness(CoverageChoice& choice, std::optional<double>& softness_end, std::int64_t size,
                     std::optional<double>& tau, std::optional<double>& tau_end) {
  const auto settle = [&](std::string_view name, std::optional<double>& pixels,
                          std::optional<double>& scale) {
    if (!pixels) return;
    base::require(!scale, name, " stands for tau: give one of them");
    choice.softness = pixels;
    scale = tau_of_softness(choice, size);
  };
  settle("softness", choice.softness, tau);
  settle("softness-end", softness_end, tau_end);
  choice.softness.reset();
  softness_end.reset();
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
