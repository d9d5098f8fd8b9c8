// tasks/coverage_choice.h — how faces cover pixels, as options of the rendering tasks (no torch)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pliant/math/distribution.h"
#include "pliant/math/t_norm.h"

namespace pliant {
struct CoverageOptions;
}

namespace pliant::tasks {

/// GenDR's choices but for τ, whose defaults are the tasks' own.
struct CoverageChoice {
  std::string distribution = "logistic";
  bool squared = true;
  double gamma_shape = 0.5;
  double shift = 0;
  std::string t_norm = "probabilistic";
  std::optional<double> p;
  double dist_eps = 100;
  std::optional<double> softness;

  template <class Option>
  void declare(Option&& option) {
    option("distribution", distribution, "Distribution of the coverage", math::family_names());
    option("squared", squared, "Of the squared distance; --squared=false: of the plain one");
    option("gamma-shape", gamma_shape, "Shape of gamma and gamma_rev");
    option("shift", shift, "Added to the distribution's argument");
    option("t-norm", t_norm, "What puts the faces' coverages together", math::t_norm_names());
    option("p", p, "Parameter of the T-norm; default: the family's");
    option("dist-eps", dist_eps, "Pixels farther than √(dist-eps × tau) do not see a face");
    option("softness", softness,
           "Instead of tau: pixels that an edge takes from 10 % to 90 % of coverage");
  }
};

/// The τ that GenDR's single-view experiments found best for the distribution; where they name
/// none, 1e-2, or 1e-4 with squared distances.
double default_tau(std::string_view distribution, bool squared);

/// Where there is a softness, or one at the end, τ is made of it for pictures of size × size
/// pixels, and the softness taken back: what is kept of a run has one of them.
/// @throws std::invalid_argument if both are given, or a softness is out of its range
void settle_softness(CoverageChoice& choice, std::optional<double>& softness_end, std::int64_t size,
                     std::optional<double>& tau, std::optional<double>& tau_end);

/// The τ of the choice's softness, which it has, for the distribution.
/// @throws std::invalid_argument if it is out of its range
double tau_of_softness(const CoverageChoice& choice, std::int64_t size);

/// As the renderer takes it.
/// @throws std::invalid_argument, or c10::ValueError, that names the option and the value
CoverageOptions coverage_options(const CoverageChoice& choice, double tau);

}  // namespace pliant::tasks
