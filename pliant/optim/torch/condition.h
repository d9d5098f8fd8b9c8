// pliant/optim/torch/condition.h — weight gradients conditioned by the layer's inputs (ISAAC)
//
// For a layer Z = X·Wᵀ with X (R, n) and the upstream gradient G (R, m) the plain gradient is GᵀX.
// ISAAC (Petersen et al., ISAAC Newton, ICLR 2023) hands on
//
//   ζ* = λ·GᵀX·(XᵀX/R + λI)⁻¹ = GᵀX·(I_n + XᵀX/β)⁻¹ = Gᵀ·(I_R + XXᵀ/β)⁻¹·X,   β = Rλ,
//
// by a Cholesky factor of the smaller of the two matrices and two triangular systems; no inverse
// and no identity is formed, and the system is solved for whichever right side has fewer columns.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string>

#include "pliant/base/torch/communicator.h"

namespace pliant {

/// How a layer's gradient is conditioned.
struct IsaacSettings {
  double damping = 1;             ///< λ > 0; infinite: the plain gradient, to the bit
  bool augmented_bias = false;    ///< condition the bias too, as the weight of an input of ones
  bool divided = false;           ///< ζ*/λ instead of ζ* (TrAct, Petersen et al., NeurIPS 2024)
  bool reduced = false;           ///< the mean over a sample's positions makes the Gram matrix
  bool bfloat16_gram = false;     ///< float32 inputs rounded to bfloat16 for the Gram matrix, where
                                  ///< optim::rounding_bound allows it
  double overhead_cap = 0;        ///< plain gradient where optim::isaac_cost's overhead is above
  bool raise_not_finite = false;  ///< error instead of the plain gradient for a NaN or ±inf in X
  std::string layer = {};         ///< its name in that error
  std::int64_t record = 0;        ///< where counts go (pliant/optim/torch/counts.h)
  const Communicator* processes =
      nullptr;           ///< whose batches are conditioned as one; null: own alone
  bool gathers = false;  ///< the processes' rows travel (dual); otherwise sums of XᵀX (primal)
};

/// With `processes` each has an equal share of the rows, and gets its part of the joined batch's
/// gradient times their number: the mean over processes, which data parallelism takes anyway, is
/// what one process with all rows would get. What travels, in numbers a layer: primal n(n + 1)/2;
/// dual the rows of X, and those of G where m ≤ n and the joined rows are at most n. Every process
/// makes the call.

struct LayerGradient {
  at::Tensor weight;
  at::Tensor bias;  ///< undefined unless asked for
};

/// ζ* of a linear layer, in the dtype of x; half precision is worked on in float32. Where float32
/// leaves its range it is made in float64; where that fails too, X has a NaN or ±inf, and the plain
/// gradient is the result, or an error.
///
/// Layers that read the same tensor one after the other share one factor.
/// @param x     (…, n) what the layer read
/// @param grad  (…, m) upstream gradient
/// Memory beside the result: s² + s·min(m, n, R) numbers for s = min(R, n).
/// Bits: those of torch's matrix products, which may depend on the number of threads in the last
/// digits.
LayerGradient isaac_linear_gradient(const at::Tensor& x, const at::Tensor& grad, bool with_bias,
                                    const IsaacSettings& settings);

/// Of a convolution in two dimensions, {vertical, horizontal}.
struct ConvShape {
  std::array<std::int64_t, 2> stride;
  std::array<std::int64_t, 2> padding;
  std::array<std::int64_t, 2> dilation;
  std::int64_t groups;
};

/// The same of a convolution: X has a row for each sample and place of the result (R = N·L), and a
/// column for each input channel of the group and place of the kernel; each group has a matrix of
/// its own; `reduced` makes it of each sample's mean over places. Patches are made for a few
/// samples at a time.
/// @param x       (N, channels, height, width)
/// @param grad    (N, m, output height, output width)
/// @param weight  (m, channels/groups, kernel height, kernel width): its shape counts
LayerGradient isaac_conv2d_gradient(const at::Tensor& x, const at::Tensor& grad,
                                    const at::Tensor& weight, bool with_bias,
                                    const ConvShape& shape, const IsaacSettings& settings);

}  // namespace pliant
