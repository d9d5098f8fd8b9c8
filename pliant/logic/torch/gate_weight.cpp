// pliant/logic/torch/gate_weight.cpp — the weights of a module's gates
#include "pliant/logic/torch/gate_weight.h"

#include <ATen/Functions.h>

#include "pliant/logic/parametrization.h"

namespace pliant {
namespace {

/// −ln(−ln U): Gumbel noise of the shape of `like`.
at::Tensor gumbel_noise(const at::Tensor& like) {
  return -at::empty_like(like).exponential_().log();
}

}  // namespace

at::Tensor initial_gate_weight(const GateOptions& options, std::string_view init, int64_t gates) {
  options.tau();  // checks the name
  const int index = logic::parametrization_index(options.parametrization);
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
  // The largest of 16 logits with Gumbel noise is a draw from their softmax; an entry above 0 with
  // the difference of two is one from its logistic.
  at::Tensor noise = gumbel_noise(weight);
  if (options.parametrization != "softmax") noise = noise - gumbel_noise(weight);
  return gate_coefficients(weight + noise, options, /*hard=*/true);
}

}  // namespace pliant
