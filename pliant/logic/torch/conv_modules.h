// pliant/logic/torch/conv_modules.h — convolutions of gates and OR pooling as modules
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <string>

#include "pliant/logic/torch/conv_functions.h"
#include "pliant/logic/torch/functions.h"
#include "pliant/logic/torch/integer_buffers.h"

namespace pliant {

/// Options of LogicConv2d, as those of pliant.nn.LogicConv2d. A kernel's gates have two inputs.
struct LogicConv2dOptions {
  int64_t in_channels = 0;
  int64_t out_channels = 0;  ///< kernels
  Pair kernel_size = {3, 3};
  int64_t depth = 3;  ///< of the trees, 1 … 8
  Pair stride = {1, 1};
  Pair padding = {0, 0};
  int64_t pool = 1;             ///< OR pooling of pool × pool placements; 1: none
  std::string taps = "random";  ///< logic::conv_tap_kinds()
  std::uint64_t taps_seed = 0;
  int64_t channels_per_kernel = 2;
  int64_t groups = 1;  ///< of channels and kernels that have no link between them
  GateOptions gates;
  std::string init = "residual";  ///< "residual": kernels pass their first leaf; "gaussian"
  double grad_factor = 1;
  /// Train with hard gates drawn at random, gradients straight through: of softmax, light or walsh.
  bool gumbel = false;
};

/// A convolution whose kernels are trees of gates. In training gates are soft, or with `gumbel`
/// hard ones drawn at random; in eval mode exactly Boolean. Parameters "weight" (P,
/// out_channels·(2^depth − 1)), buffers "taps" int32 (3, out_channels, 2^depth).
class LogicConv2dImpl : public IntegerBuffersModule {
 public:
  /// Weights come from torch's generator, taps from their own seed.
  /// @throws c10::ValueError that names the option
  explicit LogicConv2dImpl(const LogicConv2dOptions& options);

  /// @param x  (batch, in_channels, rows, columns) in [0, 1]; in eval mode exactly 0 and 1
  /// @return (batch, out_channels, rows, columns)
  torch::Tensor forward(const torch::Tensor& x);

  /// How many of its soft gates hardware is expected to need at one placement, in either mode: a
  /// scalar with a gradient to `weight` (pliant::expected_gates).
  torch::Tensor expected_gates() const;

  LogicConv2dOptions options;
  torch::Tensor weight;
  torch::Tensor taps;
};
TORCH_MODULE(LogicConv2d);

/// or_pool2d as a module.
class OrPool2dImpl : public torch::nn::Module {
 public:
  explicit OrPool2dImpl(int64_t pool_size = 2) : size(pool_size) {}
  torch::Tensor forward(const torch::Tensor& x) { return or_pool2d(x, size); }

  int64_t size;
};
TORCH_MODULE(OrPool2d);

}  // namespace pliant
