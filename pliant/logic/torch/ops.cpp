// pliant/logic/torch/ops.cpp — the ops of logic gates: schemas, checks, CPU and Meta kernels
#include <ATen/Functions.h>

#include <cmath>
#include <string>
#include <tuple>
#include <vector>

#include "pliant/base/torch/executor.h"
#include "pliant/base/torch/op.h"
#include "pliant/base/torch/transforms.h"
#include "pliant/base/torch/working_type.h"
#include "pliant/logic/dense.h"
#include "pliant/logic/gate.h"
#include "pliant/logic/parametrization.h"
#include "pliant/logic/torch/batch_last.h"
#include "pliant/logic/wiring.h"

namespace pliant {
namespace {

using at::Tensor;

// === gate_coefficients ===

logic::Hardening hardening_of(std::string_view name) {
  if (name == "gate") return logic::Hardening::kGate;
  TORCH_CHECK_VALUE(name == "table", "unknown hardening '", name, "'; there are: gate, table");
  return logic::Hardening::kTable;
}

/// The arguments of gate_coefficients, checked.
struct GateCall {
  int parametrization;
  int inputs;
  double temperature;
  Tensor parameters;

  GateCall(const Tensor& given, std::string_view name, int64_t fan_in, double tau)
      : parametrization(logic::parametrization_index(name)),
        inputs(static_cast<int>(fan_in)),
        temperature(tau) {
    const auto rows =
        static_cast<int64_t>(logic::parameters_of(parametrization, static_cast<int>(fan_in)));
    TORCH_CHECK_TYPE(given.is_floating_point(),
                     "gate_coefficients: parameters must be floating point, got ",
                     given.scalar_type());
    TORCH_CHECK_VALUE(given.dim() == 2 && given.size(0) == rows,
                      "gate_coefficients: parameters must have shape (", rows, ", gates), got ",
                      given.sizes());
    TORCH_CHECK_VALUE(tau > 0 && std::isfinite(tau),
                      "gate_coefficients: temperature must be > 0 and finite, got ", tau);
    if (!given.is_meta()) parameters = working(given);
  }

  template <class T>
  [[nodiscard]] logic::GateArgs<T> args() const {
    return {parametrization, inputs, temperature, static_cast<std::size_t>(parameters.size(1)),
            parameters.const_data_ptr<T>()};
  }
  [[nodiscard]] int64_t entries() const { return static_cast<int64_t>(logic::table_size(inputs)); }
};

Tensor gate_coefficients_cpu(const Tensor& parameters, std::string_view parametrization,
                             int64_t inputs, double temperature, bool hard,
                             std::string_view hardening) {
  const GateCall call(parameters, parametrization, inputs, temperature);
  const logic::Hardening kind = hardening_of(hardening);
  const Tensor coefficients =
      at::empty({call.entries(), call.parameters.size(1)}, call.parameters.options());
  with_type(call.parameters, [&]<class T>(T) {
    T* out = coefficients.mutable_data_ptr<T>();
    if (hard) {
      logic::hard_coefficients(call.args<T>(), kind, out, torch_executor());
    } else {
      logic::soft_coefficients(call.args<T>(), out, torch_executor());
    }
  });
  return coefficients.to(parameters.scalar_type());
}

Tensor gate_coefficients_backward_cpu(const Tensor& grad_coefficients, const Tensor& parameters,
                                      std::string_view parametrization, int64_t inputs,
                                      double temperature, bool hard, std::string_view) {
  const GateCall call(parameters, parametrization, inputs, temperature);
  const Tensor upstream = working(grad_coefficients);
  const Tensor grad = at::empty_like(call.parameters);
  with_type(call.parameters, [&]<class T>(T) {
    logic::soft_coefficients_backward(call.args<T>(), upstream.const_data_ptr<T>(), hard,
                                      grad.mutable_data_ptr<T>(), torch_executor());
  });
  return grad.to(parameters.scalar_type());
}

Tensor gate_coefficients_meta(const Tensor& parameters, std::string_view parametrization,
                              int64_t inputs, double temperature, bool, std::string_view) {
  const GateCall call(parameters, parametrization, inputs, temperature);
  return at::empty_symint({call.entries(), parameters.sym_size(1)}, parameters.options());
}

Tensor gate_coefficients_backward_meta(const Tensor&, const Tensor& parameters, std::string_view,
                                       int64_t, double, bool, std::string_view) {
  return at::empty_like(parameters, at::MemoryFormat::Contiguous);
}

// === gate_adam_ ===

void gate_adam(const Tensor& parameters, const Tensor& mean, const Tensor& square,
               const Tensor& coefficients, const Tensor& grad_coefficients,
               std::string_view parametrization, int64_t inputs, double temperature, bool hard,
               double learning_rate, double beta1, double beta2, double epsilon,
               double weight_decay, int64_t step) {
  constexpr const char* kAdam = "gate_adam_";
  const GateCall call(parameters, parametrization, inputs, temperature);
  TORCH_CHECK_TYPE(call.parameters.is_same(parameters), kAdam,
                   ": parameters must be contiguous, of float32 or float64, got ",
                   parameters.scalar_type());
  const auto check = [&](const Tensor& tensor, const char* name, int64_t rows) {
    TORCH_CHECK_TYPE(tensor.scalar_type() == parameters.scalar_type(), kAdam, ": ", name,
                     " must have the dtype of parameters, ", parameters.scalar_type(), ", got ",
                     tensor.scalar_type());
    TORCH_CHECK_VALUE(tensor.is_contiguous() && tensor.dim() == 2 && tensor.size(0) == rows &&
                          tensor.size(1) == parameters.size(1),
                      kAdam, ": ", name, " must be contiguous and have shape (", rows, ", ",
                      parameters.size(1), "), got ", tensor.sizes());
  };
  check(mean, "mean", parameters.size(0));
  check(square, "square", parameters.size(0));
  check(coefficients, "coefficients", call.entries());
  check(grad_coefficients, "grad_coefficients", call.entries());
  TORCH_CHECK_VALUE(step >= 1, kAdam, ": step must be at least 1, got ", step);
  with_type(parameters, [&]<class T>(T) {
    logic::adam_step<T>(call.args<T>(), {learning_rate, beta1, beta2, epsilon, weight_decay, step},
                        grad_coefficients.const_data_ptr<T>(), hard,
                        {parameters.mutable_data_ptr<T>(), mean.mutable_data_ptr<T>(),
                         square.mutable_data_ptr<T>()},
                        coefficients.mutable_data_ptr<T>(), torch_executor());
  });
  // What was saved of them for a gradient is no longer true.
  for (const Tensor& changed : {parameters, mean, square, coefficients}) {
    if (!changed.is_inference()) changed.unsafeGetTensorImpl()->bump_version();
  }
}

// === logic_dense ===

constexpr const char* kDense = "logic_dense";

/// What can be said of the arguments without their data.
void check_dense(const Tensor& x, const Tensor& wiring, const Tensor& coefficients,
                 at::IntArrayRef widths, int64_t groups) {
  TORCH_CHECK_TYPE(x.is_floating_point(), kDense, ": x must be floating point, got ",
                   x.scalar_type());
  TORCH_CHECK_VALUE(x.dim() == 2, kDense, ": x must have shape (batch, features), got ", x.sizes());
  TORCH_CHECK_TYPE(wiring.scalar_type() == at::kInt, kDense, ": wiring must be int32, got ",
                   wiring.scalar_type());
  TORCH_CHECK_TYPE(coefficients.is_floating_point(), kDense,
                   ": coefficients must be floating point, got ", coefficients.scalar_type());
  TORCH_CHECK_VALUE(wiring.dim() == 2 && wiring.size(0) >= 1 && wiring.size(0) <= logic::kMaxInputs,
                    kDense, ": wiring must have shape (1 … ", logic::kMaxInputs, ", gates), got ",
                    wiring.sizes());
  TORCH_CHECK_VALUE(!widths.empty(), kDense, ": widths must name at least one layer");
  int64_t gates = 0;
  for (const int64_t width : widths) {
    TORCH_CHECK_VALUE(width >= 1, kDense, ": widths must be at least 1, got ", width);
    gates += width;
  }
  TORCH_CHECK_VALUE(wiring.size(1) == gates, kDense, ": widths must add up to the gates of ",
                    "wiring, ", wiring.size(1), ", got ", gates);
  const auto entries = static_cast<int64_t>(logic::table_size(static_cast<int>(wiring.size(0))));
  TORCH_CHECK_VALUE(
      coefficients.dim() == 2 && coefficients.size(0) == entries && coefficients.size(1) == gates,
      kDense, ": coefficients must have shape (", entries, ", ", gates, "), got ",
      coefficients.sizes());
  TORCH_CHECK_VALUE(groups >= 0 && (groups == 0 || widths.back() % groups == 0), kDense,
                    ": groups must divide the last layer's ", widths.back(), " gates, got ",
                    groups);
}

/// The arguments of logic_dense, checked, in the type that the kernels work in.
struct DenseCall {
  Tensor x;
  Tensor wiring;
  Tensor coefficients;
  std::vector<int64_t> widths;
  bool sigmoid;
  int64_t groups;
  double grad_factor;

  DenseCall(const Tensor& given_x, const Tensor& given_wiring, const Tensor& given_coefficients,
            at::IntArrayRef given_widths, bool given_sigmoid, int64_t given_groups, double factor)
      : x(as_samples(given_x)),
        wiring(given_wiring.contiguous()),
        coefficients(given_coefficients.to(x.scalar_type()).contiguous()),
        sigmoid(given_sigmoid),
        groups(given_groups),
        grad_factor(factor) {
    check_dense(given_x, given_wiring, given_coefficients, given_widths, given_groups);
    TORCH_CHECK_VALUE(x.size(1) >= 1, kDense, ": x must have at least one feature, got ",
                      x.sizes());
    widths = given_widths.vec();
    check_sources();
  }

  template <class T>
  static logic::Samples<T> samples(const Tensor& from) {
    return {from.const_data_ptr<T>(), unsigned_of(from.stride(0)), unsigned_of(from.stride(1))};
  }

  template <class T>
  [[nodiscard]] logic::DenseArgs<T> args() const {
    return {static_cast<std::size_t>(x.size(0)),
            static_cast<std::size_t>(x.size(1)),
            widths,
            static_cast<int>(wiring.size(0)),
            samples<T>(x),
            wiring.const_data_ptr<int32_t>(),
            coefficients.const_data_ptr<T>(),
            sigmoid,
            static_cast<std::size_t>(groups),
            grad_factor};
  }
  [[nodiscard]] int64_t outputs() const { return groups > 0 ? groups : widths.back(); }

 private:
  /// Every source must be a feature of its layer's input.
  void check_sources() const {
    const auto* sources = wiring.const_data_ptr<int32_t>();
    int64_t features = x.size(1);
    int64_t begin = 0;
    for (const int64_t width : widths) {
      for (int64_t j = 0; j < wiring.size(0); ++j)
        logic::check_wiring(sources + j * wiring.size(1) + begin, static_cast<std::size_t>(width),
                            static_cast<std::size_t>(features));
      begin += width;
      features = width;
    }
  }
};

Tensor logic_dense_cpu(const Tensor& x, const Tensor& wiring, const Tensor& coefficients,
                       at::IntArrayRef widths, bool sigmoid, int64_t groups, double grad_factor) {
  const DenseCall call(x, wiring, coefficients, widths, sigmoid, groups, grad_factor);
  const Tensor y = batch_last(x.size(0), {call.outputs()}, call.x.options());
  with_type(call.x, [&]<class T>(T) {
    logic::dense(call.args<T>(), y.mutable_data_ptr<T>(), torch_executor());
  });
  return in_type_of(x, y);
}

std::tuple<Tensor, Tensor> logic_dense_backward_cpu(const Tensor& grad_y, const Tensor& x,
                                                    const Tensor& wiring,
                                                    const Tensor& coefficients,
                                                    at::IntArrayRef widths, bool sigmoid,
                                                    int64_t groups, double grad_factor,
                                                    c10::List<bool> needed) {
  const DenseCall call(x, wiring, coefficients, widths, sigmoid, groups, grad_factor);
  const Tensor upstream = grad_y.to(call.x.scalar_type());
  const Tensor grad_x = batch_last(needed.get(0) ? x.size(0) : 0, {x.size(1)}, call.x.options());
  const Tensor grad_coefficients = at::empty_like(call.coefficients);
  with_type(call.x, [&]<class T>(T) {
    logic::dense_backward<T>(call.args<T>(), DenseCall::samples<T>(upstream),
                             needed.get(0) ? grad_x.mutable_data_ptr<T>() : nullptr,
                             needed.get(1) ? grad_coefficients.mutable_data_ptr<T>() : nullptr,
                             torch_executor());
  });
  return {needed.get(0) ? in_type_of(x, grad_x) : unwanted(x),
          grad_coefficients.to(coefficients.scalar_type())};
}

Tensor logic_dense_meta(const Tensor& x, const Tensor& wiring, const Tensor& coefficients,
                        at::IntArrayRef widths, bool, int64_t groups, double) {
  check_dense(x, wiring, coefficients, widths, groups);
  const int64_t outputs = groups > 0 ? groups : widths.back();
  return batch_last_meta(x.sym_size(0), {outputs}, x.options());
}

std::tuple<Tensor, Tensor> logic_dense_backward_meta(const Tensor&, const Tensor& x, const Tensor&,
                                                     const Tensor& coefficients, at::IntArrayRef,
                                                     bool, int64_t, double, c10::List<bool>) {
  return {batch_last_meta(x.sym_size(0), {x.sym_size(1)}, x.options()),
          at::empty_like(coefficients, at::MemoryFormat::Contiguous)};
}

// === What there is ===

Tensor logic_wiring(std::string_view kind, int64_t inputs, int64_t gates, int64_t fan_in,
                    int64_t seed, int64_t level, int64_t height, int64_t width, int64_t radius) {
  for (const int64_t size : {inputs, gates, fan_in, height, width})
    TORCH_CHECK_VALUE(size >= 0, "logic_wiring: sizes must not be negative, got ", size);
  const std::vector<int32_t> sources =
      logic::make_wiring(kind, {unsigned_of(inputs), unsigned_of(gates), static_cast<int>(fan_in),
                                static_cast<std::uint64_t>(seed), static_cast<int>(level),
                                unsigned_of(height), unsigned_of(width), static_cast<int>(radius)});
  return at::tensor(sources, at::kInt).reshape({fan_in, gates});
}

std::vector<std::string> wiring_names_op() {
  const auto names = logic::wiring_names();
  return {names.begin(), names.end()};
}

std::string logic_parametrizations() { return logic::parametrizations_json(); }

std::vector<std::string> gate_names() {
  std::vector<std::string> names;
  for (int id = 0; id < logic::kGates; ++id) names.emplace_back(logic::gate_name(id));
  return names;
}

/// Means and deviations (2, parameters) of residual initialisation.
Tensor residual_start_op(std::string_view parametrization, int64_t inputs) {
  const int index = logic::parametrization_index(parametrization);
  const std::size_t count = logic::parameters_of(index, static_cast<int>(inputs));
  Tensor start = at::empty({2, static_cast<int64_t>(count)}, at::kDouble);
  auto* to = start.mutable_data_ptr<double>();
  for (std::size_t i = 0; i < count; ++i) {
    const logic::Start one = logic::residual_start(index, static_cast<int>(inputs), i);
    to[i] = one.mean;
    to[count + i] = one.deviation;
  }
  return start;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  define_op(library,
            "gate_coefficients(Tensor parameters, str parametrization, int inputs, float "
            "temperature, bool hard, str hardening) -> Tensor coefficients");
  define_op(library,
            "gate_coefficients_backward(Tensor grad_coefficients, Tensor parameters, str "
            "parametrization, int inputs, float temperature, bool hard, str hardening) -> Tensor "
            "grad_parameters");
  define_op(library,
            "logic_dense(Tensor x, Tensor wiring, Tensor coefficients, int[] widths, bool "
            "sigmoid, int groups, float grad_factor) -> Tensor y",
            {.rows = {{"x"}}});
  define_op(library,
            "logic_dense_backward(Tensor grad_y, Tensor x, Tensor wiring, Tensor coefficients, "
            "int[] widths, bool sigmoid, int groups, float grad_factor, bool[] needed) -> "
            "(Tensor grad_x, Tensor grad_coefficients)");
  library.def(
      "gate_adam_(Tensor(a!) parameters, Tensor(b!) mean, Tensor(c!) square, Tensor(d!) "
      "coefficients, Tensor grad_coefficients, str parametrization, int inputs, float temperature, "
      "bool hard, float learning_rate, float beta1, float beta2, float epsilon, float "
      "weight_decay, int step) -> ()");
  library.def(
      "logic_wiring(str kind, int inputs, int gates, int fan_in, int seed, int level, int height, "
      "int width, int radius) -> Tensor",
      checked<&logic_wiring>);
  library.def("logic_wiring_names() -> str[]", checked<&wiring_names_op>);
  library.def("logic_parametrizations() -> str", checked<&logic_parametrizations>);
  library.def("logic_gate_names() -> str[]", checked<&gate_names>);
  library.def("logic_residual_start(str parametrization, int inputs) -> Tensor",
              checked<&residual_start_op>);
}

TORCH_LIBRARY_IMPL(pliant, CPU, library) {
  library.impl("gate_coefficients", checked<&gate_coefficients_cpu>);
  library.impl("gate_coefficients_backward", checked<&gate_coefficients_backward_cpu>);
  library.impl("gate_adam_", checked<&gate_adam>);
  library.impl("logic_dense", checked<&logic_dense_cpu>);
  library.impl("logic_dense_backward", checked<&logic_dense_backward_cpu>);
}

TORCH_LIBRARY_IMPL(pliant, Meta, library) {
  library.impl("gate_coefficients", checked<&gate_coefficients_meta>);
  library.impl("gate_coefficients_backward", checked<&gate_coefficients_backward_meta>);
  library.impl("logic_dense", checked<&logic_dense_meta>);
  library.impl("logic_dense_backward", checked<&logic_dense_backward_meta>);
}

}  // namespace pliant
