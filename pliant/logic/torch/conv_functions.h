// pliant/logic/torch/conv_functions.h — convolutions of gates and learned wiring on tensors, as
// pliant's Python functions
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string_view>

#include "pliant/logic/conv_wiring.h"

namespace pliant {

/// Rows and columns.
using Pair = std::array<std::int64_t, 2>;

/// The taps (3, kernels, 2^depth), int32, that logic::make_conv_taps gives.
/// @throws c10::ValueError if the kind is unknown or the sizes do not fit
at::Tensor conv_taps(std::string_view kind, const logic::TapOptions& options);

/// Options of logic_conv2d, as those of pliant.logic_conv2d.
struct LogicConv2dCallOptions {
  Pair kernel_size = {3, 3};  ///< rows and columns of the receptive field
  Pair stride = {1, 1};
  Pair padding = {0, 0};   ///< zeros on each side
  std::int64_t pool = 1;   ///< an output is the largest of pool × pool placements
  bool sigmoid = false;    ///< the gates' outputs are σ of their multilinear form
  double grad_factor = 1;  ///< multiplies the gradient of x
};

/// x (batch, channels, rows, columns) through trees of gates: (batch, kernels, rows, columns),
/// stored with the batch last, so that flatten(1) is a view.
/// @param taps          (3, kernels, 2^depth) int32: channel, row and column of each leaf
/// @param coefficients  (4, kernels·(2^depth − 1))
/// @throws c10::ValueError, c10::TypeError that name the argument
at::Tensor logic_conv2d(const at::Tensor& x, const at::Tensor& taps, const at::Tensor& coefficients,
                        const LogicConv2dCallOptions& options = {});

/// The maximum of size × size pixels, stored as by logic_conv2d. Pixels that fill no pool are left
/// out; the gradient goes to the first of equal ones.
/// @throws c10::ValueError, c10::TypeError that name the argument
at::Tensor or_pool2d(const at::Tensor& x, std::int64_t size = 2);

/// The candidates (candidates, slots), int32, that logic::make_candidates gives.
/// @throws c10::ValueError if there are fewer features than candidates
at::Tensor wiring_candidates(std::int64_t in_features, std::int64_t slots, std::int64_t candidates,
                             std::uint64_t seed = 0);

/// Of x (batch, features) the weighted sum of each slot's candidates, (batch, slots); or, `hard`,
/// the one of the largest weight, with the gradient of that sum.
/// @param candidates  (candidates, slots) int32     @param weights  of the same shape
/// @throws c10::ValueError, c10::TypeError that name the argument
at::Tensor logic_select(const at::Tensor& x, const at::Tensor& candidates,
                        const at::Tensor& weights, bool hard = false);

}  // namespace pliant
