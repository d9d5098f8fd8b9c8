// pliant/optim/cost.h — what conditioning a layer's gradient costs, by count (no torch)
#pragma once

#include <cstdint>
#include <string_view>

namespace pliant::optim {

/// Which of the two equal forms of ISAAC's gradient is computed.
enum class Side {
  kRows,   ///< (I_R + X·Xᵀ/β)⁻¹, a system of as many unknowns as the batch has rows
  kInputs  ///< (I_n + Xᵀ·X/β)⁻¹, as many as the layer has inputs
};

/// "rows", "inputs".
std::string_view side_name(Side side);

/// A layer Z = X·Wᵀ in one step of training.
struct LayerShape {
  std::int64_t rows = 0;    ///< R, of X: samples, times positions where a weight is shared, ≥ 0
  std::int64_t inputs = 0;  ///< n, ≥ 0; of a convolution channels/groups times the kernel's places
  std::int64_t outputs = 0;       ///< m, ≥ 0; of a convolution channels/groups
  std::int64_t groups = 1;        ///< of a convolution: so many layers of this shape
  bool gradient_of_input = true;  ///< false for the first layer, which hands none on
};

/// Operations count multiplications and additions; a symmetric product counts half.
struct Cost {
  Side side = Side::kRows;
  double plain = 0;     ///< operations of the layer's forward and backward pass
  double extra = 0;     ///< operations of Gram, factor and triangular systems
  double overhead = 0;  ///< extra/plain; 0 where nothing is to do
};

/// The better side, and what it costs: b²n + b³/3 + 2b²·min(m, n) for b = rows on the side of the
/// rows, b·n² + n³/3 + 2n²·min(m, b) on that of the inputs. The smaller matrix wins: it is cheaper,
/// and for it alone the float32 error does not grow with the condition.
/// @throws std::invalid_argument if a number is negative, or groups < 1
Cost isaac_cost(const LayerShape& layer);

/// What the given side costs.
Cost isaac_cost(const LayerShape& layer, Side side);

}  // namespace pliant::optim
