// pliant/optim/torch/conditioned_product.h — Gᵀ·X·(I + XᵀX/β)⁻¹, in float32 or else float64
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "pliant/optim/cost.h"
#include "pliant/optim/rounded_gram.h"
#include "pliant/optim/torch/condition.h"
#include "pliant/optim/torch/counts.h"

namespace pliant {

/// @throws c10::ValueError unless the damping is > 0
void check_damping(const char* caller, double damping);

/// How many processes condition together.
std::int64_t process_count(const IsaacSettings& settings);

/// Whether rows of X travel between processes; whether sums of XᵀX do.
bool rows_travel(const IsaacSettings& settings);
bool sums_travel(const IsaacSettings& settings);

/// The rows of all processes, by rank; of one process alone the tensor itself.
/// @throws c10::ValueError unless every process has as many
at::Tensor gathered(const at::Tensor& rows, const IsaacSettings& settings);

/// Whether nothing is to be conditioned, by the damping or by the cost; notes it.
bool is_plain(const optim::Cost& cost, const IsaacSettings& settings);

/// Notes that X is not finite.   @throws c10::ValueError that names the layer, if that is asked for
void note_not_finite(const IsaacSettings& settings);

/// Whether a Gram matrix of numbers that were rounded so is good enough; the same on all processes.
bool rounding_is_safe(optim::Side side, optim::Rounding rounding, double beta,
                      const IsaacSettings& settings);

/// The product as it stands; λ and the rest are the settings'.
struct ConditionedProduct {
  at::Tensor x;     ///< (R, n)
  at::Tensor grad;  ///< (R, m)
  at::Tensor gram;  ///< (N, n): what the Gram matrix is made of; undefined: x
  at::Tensor
      source;  ///< what the layer read, of which x and gram are views: with it the factor may be
               ///< shared by layers that read the same; views below autograd have no version
  at::Tensor everyone;  ///< where rows are gathered: what stands in for gram or x, of all processes

  /// (m, n) in the dtype of x; of several processes this one's part, times their number. Nothing
  /// where X has a NaN or ±inf, which is noted.
  [[nodiscard]] std::optional<at::Tensor> value(const IsaacSettings& settings) const;

 private:
  template <class T>
  [[nodiscard]] at::Tensor attempt(const IsaacSettings& settings, Conditioning& how) const;
};

}  // namespace pliant
