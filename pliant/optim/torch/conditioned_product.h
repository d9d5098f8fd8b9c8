// pliant/optim/torch/conditioned_product.h — Gᵀ·X·(I + XᵀX/β)⁻¹, in float32 or else float64
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "pliant/optim/cost.h"
#include "pliant/optim/torch/condition.h"

namespace pliant {

/// @throws c10::ValueError unless the damping is > 0
void check_damping(const char* caller, double damping);

/// Whether nothing is to be conditioned, by the damping or by the cost; notes it.
bool is_plain(const optim::Cost& cost, const IsaacSettings& settings);

/// Notes that X is not finite.   @throws c10::ValueError that names the layer, if that is asked for
void note_not_finite(const IsaacSettings& settings);

/// The product as it stands.
struct ConditionedProduct {
  at::Tensor x;     ///< (R, n)
  at::Tensor grad;  ///< (R, m)
  at::Tensor gram;  ///< (N, n): what the Gram matrix is made of; undefined: x
  double damping;   ///< λ; β is λ times the rows of the Gram matrix
  at::Tensor
      source;  ///< what the layer read, of which x and gram are views: with it the factor may be
               ///< shared by layers that read the same; views below autograd have no version

  /// (m, n) in the dtype of x; nothing where X has a NaN or ±inf, which is noted.
  [[nodiscard]] std::optional<at::Tensor> value(const IsaacSettings& settings) const;

 private:
  template <class T>
  [[nodiscard]] at::Tensor attempt(bool& shared) const;
};

}  // namespace pliant
