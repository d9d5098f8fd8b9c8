// pliant/logic/torch/conv_modules.cpp — convolutions of gates as modules
#include "pliant/logic/torch/conv_modules.h"

#include <torch/types.h>

#include "pliant/logic/torch/gate_weight.h"
#include "pliant/logic/torch/price.h"

namespace pliant {
namespace {

logic::Extent extent(const Pair& pair) {
  TORCH_CHECK_VALUE(pair[0] >= 0 && pair[1] >= 0,
                    "LogicConv2d: kernel_size must not be negative, got ", pair[0], " × ", pair[1]);
  return {static_cast<std::size_t>(pair[0]), static_cast<std::size_t>(pair[1])};
}

std::size_t positive(int64_t number, const char* name) {
  TORCH_CHECK_VALUE(number >= 1, "LogicConv2d: ", name, " must be at least 1, got ", number);
  return static_cast<std::size_t>(number);
}

torch::Tensor initial_taps(const LogicConv2dOptions& o) {
  return conv_taps(o.taps,
                   {.channels = positive(o.in_channels, "in_channels"),
                    .kernels = positive(o.out_channels, "out_channels"),
                    .depth = static_cast<int>(o.depth),
                    .receptive = extent(o.kernel_size),
                    .channels_per_kernel = positive(o.channels_per_kernel, "channels_per_kernel"),
                    .groups = positive(o.groups, "groups"),
                    .seed = o.taps_seed});
}

}  // namespace

LogicConv2dImpl::LogicConv2dImpl(const LogicConv2dOptions& given) : options(given) {
  check_gates("LogicConv2d", options.gates, options.init, options.gumbel);
  TORCH_CHECK_VALUE(options.gates.fan_in == 2,
                    "LogicConv2d: gates have 2 inputs, got fan_in = ", options.gates.fan_in);
  taps = register_buffer("taps", initial_taps(options));
  weight = register_parameter(
      "weight",
      initial_gate_weight(options.gates, options.init, options.out_channels * (taps.size(2) - 1)));
  const torch::NoGradGuard no_grad;  // checks the rest
  const auto least = [&](std::size_t i) {
    return options.kernel_size[i] + (options.pool - 1) * options.stride[i];
  };
  forward(torch::zeros({0, options.in_channels, least(0), least(1)}));
}

torch::Tensor LogicConv2dImpl::expected_gates() const {
  return pliant::expected_gates(gate_coefficients(weight, options.gates), options.gates.sigmoid());
}

torch::Tensor LogicConv2dImpl::forward(const torch::Tensor& x) {
  TORCH_CHECK_VALUE(x.dim() == 4 && x.size(1) == options.in_channels,
                    "LogicConv2d: x must have shape (batch, ", options.in_channels,
                    ", rows, columns), got ", x.sizes());
  const bool drawn = is_training() && options.gumbel;
  const torch::Tensor coefficients =
      drawn ? drawn_gate_coefficients(weight, options.gates)
            : gate_coefficients(weight, options.gates, /*hard=*/!is_training());
  return logic_conv2d(x, taps, coefficients,
                      {.kernel_size = options.kernel_size,
                       .stride = options.stride,
                       .padding = options.padding,
                       .pool = options.pool,
                       .sigmoid = is_training() && !drawn && options.gates.sigmoid(),
                       .grad_factor = options.grad_factor});
}

}  // namespace pliant
