// tasks/program_choice.h — how a relaxed program is run, as options of the tasks that learn through
// one (no torch)
#pragma once

#include <optional>
#include <string>

#include "pliant/math/distribution.h"
#include "pliant/math/t_norm.h"

namespace pliant {
struct ProgramOptions;
}

namespace pliant::tasks {

struct ProgramChoice {
  std::optional<double> beta;
  std::optional<double> softness;
  std::string distribution = "logistic";
  std::string t_norm = "probabilistic";
  std::optional<double> p;

  template <class Option>
  void declare(Option&& option) {
    option("beta", beta, "Inverse temperature of the program; default: the task's");
    option("softness", softness,
           "Instead of beta: the difference of which the program's comparisons are 90 % sure");
    option("distribution", distribution, "Distribution that relaxes the program's comparisons",
           math::family_names());
    option("t-norm", t_norm, "What puts its conditions together", math::t_norm_names());
    option("p", p, "Parameter of the T-norm; default: the family's");
  }
};

/// Gives the choice a beta: that of its softness, which is taken back, else `beta` where it has
/// none.
/// @throws std::invalid_argument if both are given, or the softness is out of its range
void settle_softness(ProgramChoice& choice, double beta);

/// As programs take it.
/// @param choice  with beta   @throws std::invalid_argument that names the option and the value
ProgramOptions program_options(const ProgramChoice& choice);

}  // namespace pliant::tasks
