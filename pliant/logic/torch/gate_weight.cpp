// pliant/logic/torch/gate_weight.cpp — the weights of a module's gates
#include "pliant/logic/torch/gate_weight.h"

#include <ATen/Functions.h>

#include "pliant/base/torch/op.h"
#include "pliant/logic/parametrization.h"

namespace pliant {
namespace {

/// −ln(−ln U): Gumbel noise of the shape of `like`.
at::Tensor gumbel_noise(const at::Tensor& like) {
  return -at::empty_like(like).exponential_().log();
}

/// The Walsh coefficients (2^k, gates) whose table has these logits.
at::Tensor walsh_of_entries(at::Tensor logits) {
  const int64_t entries = logits.size(0);
  for (int64_t bit = 1; bit < entries; bit *= 2) {
    const at::Tensor halves = logits.reshape({-1, 2, bit, logits.size(1)});
    const at::Tensor low = halves.select(1, 0);
    const at::Tensor high = halves.select(1, 1);
    logits = at::stack({low + high, low - high}, 1).reshape({entries, -1});
  }
  return -logits / entries;
}

/// The parametrisations that gates can be drawn of, as text.
std::string with_logits() {
  std::string names;
  for (const auto& each : logic::parametrizations()) {
    if (each.draws == logic::Draws::kNothing) continue;
    names += (names.empty() ? "" : ", ") + std::string(each.name);
  }
  return names;
}

}  // namespace

void check_gates(const char* module, const GateOptions& options, std::string_view init,
                 bool gumbel) {
  TORCH_CHECK_VALUE(init == "residual" || init == "gaussian", module, ": unknown init '", init,
                    "'; there are: residual, gaussian");
  TORCH_CHECK_VALUE(!gumbel || options.entry().draws != logic::Draws::kNothing, module,
                    ": gumbel draws gates from logits, which '", options.parametrization,
                    "' has not: take ", with_logits());
}

at::Tensor initial_gate_weight(const GateOptions& options, std::string_view init, int64_t gates) {
  const int index = detail::Checked<&logic::parametrization_index>::call(options.parametrization);
  const auto inputs = static_cast<int>(options.fan_in);
  const auto rows = static_cast<int64_t>(logic::parameters_of(index, inputs));
  const at::Tensor start = at::randn({rows, gates});
  if (init == "gaussian") return start;
  for (int64_t row = 0; row < rows; ++row) {
    const logic::Start normal = logic::residual_start(index, inputs, static_cast<std::size_t>(row));
    start[row].mul_(normal.deviation).add_(normal.mean);
  }
  return start;
}

at::Tensor drawn_gate_coefficients(const at::Tensor& weight, const GateOptions& options) {
  const logic::Draws draws = options.entry().draws;
  // The largest of 16 logits with Gumbel noise is a draw from their softmax; an entry whose logit
  // is above 0 with the difference of two is one from its logistic.
  at::Tensor noise = gumbel_noise(weight);
  if (draws != logic::Draws::kGateLogits) noise = noise - gumbel_noise(weight);
  if (draws == logic::Draws::kWalshLogits) noise = walsh_of_entries(noise);
  return gate_coefficients(weight + noise, options, /*hard=*/true);
}

}  // namespace pliant
