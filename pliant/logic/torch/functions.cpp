// pliant/logic/torch/functions.cpp — the C++ functions over the ops of logic gates
#include "pliant/logic/torch/functions.h"

#include <ATen/Functions.h>

#include <vector>

#include "pliant/base/torch/find_op.h"
#include "pliant/base/torch/op.h"

namespace pliant {
namespace {

using at::Tensor;

const logic::Parametrization& parametrization_of(const std::string& name) {
  return logic::parametrizations()[static_cast<std::size_t>(logic::parametrization_index(name))];
}

std::vector<std::int32_t> sources(std::string_view kind, const logic::WiringOptions& options) {
  return logic::make_wiring(kind, options);
}

}  // namespace

Tensor logic_wiring(std::string_view kind, const logic::WiringOptions& options) {
  const auto made = detail::Checked<&sources>::call(kind, options);
  return at::tensor(made, at::kInt).reshape({options.fan_in, static_cast<int64_t>(options.gates)});
}

const logic::Parametrization& GateOptions::entry() const {
  return detail::Checked<&parametrization_of>::call(parametrization);
}

double GateOptions::tau() const { return temperature == 0 ? entry().temperature : temperature; }

bool GateOptions::sigmoid() const { return entry().sigmoid; }

Tensor gate_coefficients(const Tensor& parameters, const GateOptions& options, bool hard) {
  static const auto call_op =
      op<Tensor(const Tensor&, std::string_view, int64_t, double, bool, std::string_view)>(
          "pliant::gate_coefficients");
  return call_op.call(parameters, options.parametrization, options.fan_in, options.tau(), hard,
                      options.hardening);
}

Tensor hard_tables(const Tensor& parameters, const GateOptions& options) {
  const at::NoGradGuard no_grad;
  Tensor table = gate_coefficients(parameters, options, /*hard=*/true);
  // The multilinear form at the corners: what to_coefficients took away is added again.
  for (int64_t bit = 1; bit < table.size(0); bit *= 2) {
    for (int64_t s = 0; s < table.size(0); ++s) {
      if ((s & bit) != 0) table[s].add_(table[s ^ bit]);
    }
  }
  return table.round().to(at::kLong);
}

Tensor logic_dense(const Tensor& x, const Tensor& wiring, const Tensor& coefficients,
                   const LogicDenseOptions& options) {
  static const auto call_op =
      op<Tensor(const Tensor&, const Tensor&, const Tensor&, at::IntArrayRef, bool, int64_t,
                double)>("pliant::logic_dense");
  const std::vector<int64_t> one_layer = {wiring.size(-1)};
  return call_op.call(x, wiring, coefficients, options.widths.empty() ? one_layer : options.widths,
                      options.sigmoid, options.groups, options.grad_factor);
}

Tensor group_sum(const Tensor& x, int64_t k, double tau) {
  TORCH_CHECK_VALUE(x.dim() >= 1 && k >= 1 && x.size(-1) % k == 0,
                    "group_sum: k must divide the features of x, got k = ", k, " and x of shape ",
                    x.sizes());
  TORCH_CHECK_VALUE(tau > 0, "group_sum: tau must be > 0, got ", tau);
  return x.unflatten(-1, {k, x.size(-1) / k}).sum(-1) / tau;
}

}  // namespace pliant
