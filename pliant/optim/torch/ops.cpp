// pliant/optim/torch/ops.cpp — layers whose gradient is conditioned: schemas, checks, kernels
#include <ATen/Functions.h>
#include <ATen/autocast_mode.h>

#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "pliant/base/torch/find_op.h"
#include "pliant/base/torch/op.h"
#include "pliant/base/torch/transforms.h"
#include "pliant/optim/cost.h"
#include "pliant/optim/torch/condition.h"
#include "pliant/optim/torch/counts.h"

namespace pliant {
namespace {

using at::Tensor;
using OptionalTensor = std::optional<Tensor>;
using Gradients = std::tuple<Tensor, Tensor, Tensor>;

/// The arguments that say how a gradient is conditioned, as they come.
struct Given {
  const Tensor& damping;
  bool augmented_bias;
  bool divided;
  bool reduced;
  bool bfloat16_gram;
  double overhead_cap;
  bool raise_not_finite;
  std::string_view layer;
  int64_t record;

  /// @param caller  names the op in errors
  [[nodiscard]] IsaacSettings settings(const char* caller) const {
    check(caller);
    const double value = damping.item<double>();
    TORCH_CHECK_VALUE(value > 0, caller, ": damping must be > 0, got ", value);
    IsaacSettings found{value,         augmented_bias, divided,         reduced,
                        bfloat16_gram, overhead_cap,   raise_not_finite};
    found.layer = layer;
    found.record = record;
    return found;
  }

  /// All that can be said without the damping's value.
  void check(const char* caller) const {
    TORCH_CHECK_VALUE(damping.numel() == 1, caller, ": damping must be one number, got shape ",
                      damping.sizes());
    TORCH_CHECK_VALUE(overhead_cap >= 0, caller, ": overhead_cap must be at least 0, got ",
                      overhead_cap);
  }
};

std::string with_settings(const std::string& arguments) {
  return arguments +
         ", Tensor damping, bool augmented_bias, bool divided, bool reduced, bool bfloat16_gram, "
         "float overhead_cap, "
         "bool raise_not_finite, str layer, int record";
}

void check_types(const char* caller, const Tensor& x, const Tensor& weight,
                 const OptionalTensor& bias) {
  TORCH_CHECK_TYPE(x.is_floating_point(), caller, ": x must be floating point, got ",
                   x.scalar_type());
  TORCH_CHECK_TYPE(weight.scalar_type() == x.scalar_type(), caller,
                   ": weight must have the dtype of x, ", x.scalar_type(), ", got ",
                   weight.scalar_type());
  TORCH_CHECK_TYPE(!bias || bias->scalar_type() == x.scalar_type(), caller,
                   ": bias must have the dtype of x, ", x.scalar_type(), ", got ",
                   bias ? bias->scalar_type() : x.scalar_type());
}

void check_bias(const char* caller, const OptionalTensor& bias, const Tensor& weight) {
  TORCH_CHECK_VALUE(!bias || (bias->dim() == 1 && bias->sym_size(0) == weight.sym_size(0)), caller,
                    ": bias must have shape (", weight.sym_size(0), "), got ",
                    bias ? bias->sym_sizes() : weight.sym_sizes());
}

/// Of a gradient nobody wants.
Tensor unwanted(const OptionalTensor& of) { return of ? at::empty({0}, of->options()) : Tensor(); }

// === isaac_linear ===

void check_linear(const Tensor& x, const Tensor& weight, const OptionalTensor& bias) {
  constexpr const char* kName = "isaac_linear";
  check_types(kName, x, weight, bias);
  TORCH_CHECK_VALUE(weight.dim() == 2, kName, ": weight must have shape (m, n), got ",
                    weight.sym_sizes());
  TORCH_CHECK_VALUE(x.dim() >= 2 && x.sym_size(-1) == weight.sym_size(1), kName,
                    ": x must have shape (batch, …, ", weight.sym_size(1), "), got ",
                    x.sym_sizes());
  check_bias(kName, bias, weight);
}

Tensor isaac_linear_cpu(const Tensor& x, const Tensor& weight, const OptionalTensor& bias,
                        const Tensor& damping, bool augmented_bias, bool divided, bool reduced,
                        bool bfloat16_gram, double overhead_cap, bool raise_not_finite,
                        std::string_view layer, int64_t record) {
  check_linear(x, weight, bias);
  static_cast<void>(Given{damping, augmented_bias, divided, reduced, bfloat16_gram, overhead_cap,
                          raise_not_finite, layer, record}
                        .settings("isaac_linear"));
  return at::linear(x, weight, bias);
}

Tensor isaac_linear_meta(const Tensor& x, const Tensor& weight, const OptionalTensor& bias,
                         const Tensor&, bool, bool, bool, bool, double, bool, std::string_view,
                         int64_t) {
  check_linear(x, weight, bias);
  auto sizes = x.sym_sizes().vec();
  sizes.back() = weight.sym_size(0);
  return at::empty_symint(sizes, x.options());
}

Gradients isaac_linear_backward_cpu(const Tensor& grad_y, const Tensor& x, const Tensor& weight,
                                    const OptionalTensor& bias, const Tensor& damping,
                                    bool augmented_bias, bool divided, bool reduced,
                                    bool bfloat16_gram, double overhead_cap, bool raise_not_finite,
                                    std::string_view layer, int64_t record,
                                    c10::List<bool> needed) {
  const IsaacSettings settings =
      Given{damping,      augmented_bias,   divided, reduced, bfloat16_gram,
            overhead_cap, raise_not_finite, layer,   record}
          .settings("isaac_linear_backward");
  Tensor grad_x = unwanted(x);
  if (needed.get(0)) {
    grad_x = at::mm(grad_y.reshape({-1, grad_y.size(-1)}), weight).reshape(x.sizes());
  }
  const bool with_bias = bias.has_value() && needed.get(2);
  if (!needed.get(1)) {
    const Tensor sum = with_bias ? grad_y.reshape({-1, grad_y.size(-1)}).sum(0) : unwanted(bias);
    return {grad_x, unwanted(weight), sum};
  }
  const LayerGradient gradient = isaac_linear_gradient(x, grad_y, with_bias, settings);
  return {grad_x, gradient.weight, with_bias ? gradient.bias : unwanted(bias)};
}

Gradients isaac_linear_backward_meta(const Tensor&, const Tensor& x, const Tensor& weight,
                                     const OptionalTensor& bias, const Tensor&, bool, bool, bool,
                                     bool, double, bool, std::string_view, int64_t,
                                     c10::List<bool> needed) {
  const auto like = [](const Tensor& t, bool wanted) {
    return wanted ? at::empty_symint(t.sym_sizes(), t.options()) : unwanted(t);
  };
  return {like(x, needed.get(0)), like(weight, needed.get(1)),
          bias ? like(*bias, needed.get(2)) : Tensor()};
}

/// As torch's linear layer does under autocast: in the lower precision.
Tensor isaac_linear_autocast(const Tensor& x, const Tensor& weight, const OptionalTensor& bias,
                             const Tensor& damping, bool augmented_bias, bool divided, bool reduced,
                             bool bfloat16_gram, double overhead_cap, bool raise_not_finite,
                             std::string_view layer, int64_t record) {
  using Linear = Tensor(const Tensor&, const Tensor&, const OptionalTensor&, const Tensor&, bool,
                        bool, bool, bool, double, bool, std::string_view, int64_t);
  static const auto call = op<Linear>("pliant::isaac_linear");
  const auto device = x.device().type();
  const c10::impl::ExcludeDispatchKeyGuard below(
      at::autocast::get_autocast_dispatch_key_from_device_type(device));
  const auto type = at::autocast::get_lower_precision_fp_from_device_type(device);
  return call.call(at::autocast::cached_cast(type, x, device),
                   at::autocast::cached_cast(type, weight, device),
                   at::autocast::cached_cast(type, bias, device), damping, augmented_bias, divided,
                   reduced, bfloat16_gram, overhead_cap, raise_not_finite, layer, record);
}

// === isaac_conv2d ===

ConvShape conv_shape(const char* caller, at::IntArrayRef stride, at::IntArrayRef padding,
                     at::IntArrayRef dilation, int64_t groups) {
  const auto pair = [&](const char* name, at::IntArrayRef values, int64_t least) {
    TORCH_CHECK_VALUE(values.size() == 2 && values[0] >= least && values[1] >= least, caller, ": ",
                      name, " must be two numbers of at least ", least, ", got ", values);
    return std::array{values[0], values[1]};
  };
  TORCH_CHECK_VALUE(groups >= 1, caller, ": groups must be at least 1, got ", groups);
  return {pair("stride", stride, 1), pair("padding", padding, 0), pair("dilation", dilation, 1),
          groups};
}

void check_conv(const Tensor& x, const Tensor& weight, const OptionalTensor& bias,
                const ConvShape& shape) {
  constexpr const char* kName = "isaac_conv2d";
  check_types(kName, x, weight, bias);
  TORCH_CHECK_VALUE(
      weight.dim() == 4 && weight.sym_size(0) % shape.groups == 0, kName,
      ": weight must have shape (m, channels/groups, height, width) with m a multiple "
      "of the groups, ",
      shape.groups, ", got ", weight.sym_sizes());
  TORCH_CHECK_VALUE(x.dim() == 4 && x.sym_size(1) == weight.sym_size(1) * shape.groups, kName,
                    ": x must have shape (N, ", weight.sym_size(1) * shape.groups,
                    ", height, width), got ", x.sym_sizes());
  check_bias(kName, bias, weight);
}

Tensor isaac_conv2d_cpu(const Tensor& x, const Tensor& weight, const OptionalTensor& bias,
                        at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation,
                        int64_t groups, const Tensor& damping, bool augmented_bias, bool divided,
                        bool reduced, bool bfloat16_gram, double overhead_cap,
                        bool raise_not_finite, std::string_view layer, int64_t record) {
  check_conv(x, weight, bias, conv_shape("isaac_conv2d", stride, padding, dilation, groups));
  static_cast<void>(Given{damping, augmented_bias, divided, reduced, bfloat16_gram, overhead_cap,
                          raise_not_finite, layer, record}
                        .settings("isaac_conv2d"));
  return at::conv2d(x, weight, bias, stride, padding, dilation, groups);
}

Tensor isaac_conv2d_meta(const Tensor& x, const Tensor& weight, const OptionalTensor& bias,
                         at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation,
                         int64_t groups, const Tensor&, bool, bool, bool, bool, double, bool,
                         std::string_view, int64_t) {
  check_conv(x, weight, bias, conv_shape("isaac_conv2d", stride, padding, dilation, groups));
  const auto places = [&](int64_t axis) {
    const auto k = static_cast<std::size_t>(axis);
    return (x.sym_size(axis + 2) + 2 * padding[k] - dilation[k] * (weight.sym_size(axis + 2) - 1) -
            1) /
               stride[k] +
           1;
  };
  return at::empty_symint({x.sym_size(0), weight.sym_size(0), places(0), places(1)}, x.options());
}

Gradients isaac_conv2d_backward_cpu(const Tensor& grad_y, const Tensor& x, const Tensor& weight,
                                    const OptionalTensor& bias, at::IntArrayRef stride,
                                    at::IntArrayRef padding, at::IntArrayRef dilation,
                                    int64_t groups, const Tensor& damping, bool augmented_bias,
                                    bool divided, bool reduced, bool bfloat16_gram,
                                    double overhead_cap, bool raise_not_finite,
                                    std::string_view layer, int64_t record,
                                    c10::List<bool> needed) {
  constexpr const char* kName = "isaac_conv2d_backward";
  const IsaacSettings settings =
      Given{damping,      augmented_bias,   divided, reduced, bfloat16_gram,
            overhead_cap, raise_not_finite, layer,   record}
          .settings(kName);
  const ConvShape shape = conv_shape(kName, stride, padding, dilation, groups);
  Tensor grad_x = unwanted(x);
  if (needed.get(0)) {
    grad_x = std::get<0>(at::convolution_backward(grad_y, x, weight, std::nullopt, stride, padding,
                                                  dilation, /*transposed=*/false, {0, 0}, groups,
                                                  {true, false, false}));
  }
  const bool with_bias = bias.has_value() && needed.get(2);
  if (!needed.get(1)) {
    const Tensor sum = with_bias ? grad_y.sum(at::IntArrayRef{0, 2, 3}) : unwanted(bias);
    return {grad_x, unwanted(weight), sum};
  }
  const LayerGradient gradient =
      isaac_conv2d_gradient(x, grad_y, weight, with_bias, shape, settings);
  return {grad_x, gradient.weight, with_bias ? gradient.bias : unwanted(bias)};
}

Gradients isaac_conv2d_backward_meta(const Tensor& grad_y, const Tensor& x, const Tensor& weight,
                                     const OptionalTensor& bias, at::IntArrayRef, at::IntArrayRef,
                                     at::IntArrayRef, int64_t, const Tensor& damping, bool, bool,
                                     bool, bool, double, bool, std::string_view layer,
                                     int64_t record, c10::List<bool> needed) {
  return isaac_linear_backward_meta(grad_y, x, weight, bias, damping, false, false, false, false, 0,
                                    false, layer, record, std::move(needed));
}

Tensor isaac_conv2d_autocast(const Tensor& x, const Tensor& weight, const OptionalTensor& bias,
                             at::IntArrayRef stride, at::IntArrayRef padding,
                             at::IntArrayRef dilation, int64_t groups, const Tensor& damping,
                             bool augmented_bias, bool divided, bool reduced, bool bfloat16_gram,
                             double overhead_cap, bool raise_not_finite, std::string_view layer,
                             int64_t record) {
  using Conv = Tensor(const Tensor&, const Tensor&, const OptionalTensor&, at::IntArrayRef,
                      at::IntArrayRef, at::IntArrayRef, int64_t, const Tensor&, bool, bool, bool,
                      bool, double, bool, std::string_view, int64_t);
  static const auto call = op<Conv>("pliant::isaac_conv2d");
  const auto device = x.device().type();
  const c10::impl::ExcludeDispatchKeyGuard below(
      at::autocast::get_autocast_dispatch_key_from_device_type(device));
  const auto type = at::autocast::get_lower_precision_fp_from_device_type(device);
  return call.call(at::autocast::cached_cast(type, x, device),
                   at::autocast::cached_cast(type, weight, device),
                   at::autocast::cached_cast(type, bias, device), stride, padding, dilation, groups,
                   damping, augmented_bias, divided, reduced, bfloat16_gram, overhead_cap,
                   raise_not_finite, layer, record);
}

// === What it costs, what was done ===

/// @returns the side's name, and (operations of the plain layer, of the conditioning, their ratio)
std::tuple<std::string, double, double, double> isaac_cost_op(int64_t rows, int64_t inputs,
                                                              int64_t outputs, int64_t groups,
                                                              bool gradient_of_input) {
  const optim::Cost cost = optim::isaac_cost({rows, inputs, outputs, groups, gradient_of_input});
  return {std::string(optim::side_name(cost.side)), cost.plain, cost.extra, cost.overhead};
}

std::vector<int64_t> isaac_counts_op(int64_t record) {
  const ConditioningCounts counts = conditioning_counts(record);
  return {counts.begin(), counts.end()};
}

std::vector<std::string> isaac_count_names_op() {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < ConditioningCounts{}.size(); ++i)
    names.emplace_back(conditioning_name(i));
  return names;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  const std::string linear = with_settings("Tensor x, Tensor weight, Tensor? bias");
  const std::string conv = with_settings(
      "Tensor x, Tensor weight, Tensor? bias, int[2] stride, int[2] padding, int[2] dilation, int "
      "groups");
  const std::string gradients =
      ", bool[] needed) -> (Tensor grad_x, Tensor grad_weight, Tensor grad_bias)";
  define_op(library, ("isaac_linear(" + linear + ") -> Tensor y").c_str(), {.own_autocast = true});
  define_op(library, ("isaac_linear_backward(Tensor grad_y, " + linear + gradients).c_str());
  define_op(library, ("isaac_conv2d(" + conv + ") -> Tensor y").c_str(), {.own_autocast = true});
  define_op(library, ("isaac_conv2d_backward(Tensor grad_y, " + conv + gradients).c_str());
  library.def(
      "isaac_cost(int rows, int inputs, int outputs, int groups, bool gradient_of_input) -> (str, "
      "float, float, float)",
      checked<&isaac_cost_op>);
  library.def("isaac_record() -> int", &new_conditioning_record);
  library.def("isaac_counts(int record) -> int[]", &isaac_counts_op);
  library.def("isaac_count_names() -> str[]", &isaac_count_names_op);
}

TORCH_LIBRARY_IMPL(pliant, CPU, library) {
  library.impl("isaac_linear", checked<&isaac_linear_cpu>);
  library.impl("isaac_linear_backward", checked<&isaac_linear_backward_cpu>);
  library.impl("isaac_conv2d", checked<&isaac_conv2d_cpu>);
  library.impl("isaac_conv2d_backward", checked<&isaac_conv2d_backward_cpu>);
}

TORCH_LIBRARY_IMPL(pliant, Meta, library) {
  library.impl("isaac_linear", checked<&isaac_linear_meta>);
  library.impl("isaac_linear_backward", checked<&isaac_linear_backward_meta>);
  library.impl("isaac_conv2d", checked<&isaac_conv2d_meta>);
  library.impl("isaac_conv2d_backward", checked<&isaac_conv2d_backward_meta>);
}

TORCH_LIBRARY_IMPL(pliant, AutocastCPU, library) {
  library.impl("isaac_linear", &isaac_linear_autocast);
  library.impl("isaac_conv2d", &isaac_conv2d_autocast);
}

TORCH_LIBRARY_IMPL(pliant, AutocastCUDA, library) {
  library.impl("isaac_linear", &isaac_linear_autocast);
  library.impl("isaac_conv2d", &isaac_conv2d_autocast);
}

}  // namespace pliant
