// tasks/program_choice.cpp — how a relaxed program is run, as options of the tasks that learn
// through one
#include "tasks/program_choice.h"

#include "pliant/base/errors.h"
#include "pliant/math/softness.h"
#include "pliant/program/program.h"
#include "pliant/program/torch/ops.h"

namespace pliant::tasks {

void settle_softness(ProgramChoice& choice, double beta) {
  if (choice.softness) {
    base::require(!choice.beta, "softness stands for beta: give one of them");
    const math::Distribution comparison = {.family = math::family_index(choice.distribution)};
    choice.beta = math::scale_of_margin(comparison, *choice.softness);
    choice.softness.reset();
  }
  if (!choice.beta) choice.beta = beta;
}

ProgramOptions program_options(const ProgramChoice& choice) {
  program::Options checked;
  checked.distribution.family = math::family_index(choice.distribution);
  checked.distribution.scale = *choice.beta;
  checked.t_norm.family = math::t_norm_index(choice.t_norm);
  const auto family = static_cast<std::size_t>(checked.t_norm.family);
  checked.t_norm.p = choice.p.value_or(math::t_norms()[family].default_p);
  program::check(checked, "program");
  return {.beta = *choice.beta,
          .distribution = choice.distribution,
          .t_norm = choice.t_norm,
          .p = choice.p};
}

}  // namespace pliant::tasks
