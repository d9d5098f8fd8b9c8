// pliant/math/torch/parameters.h — distributions and T-norms as ops receive them: a name and a
// tensor of parameters
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <string_view>

#include "pliant/math/distribution.h"
#include "pliant/math/t_norm.h"

namespace pliant {

/// @throws TypeError unless `parameters` is a float64 tensor on the CPU; names `op`
inline void check_parameters(const at::Tensor& parameters, const char* op) {
  TORCH_CHECK_TYPE(parameters.scalar_type() == at::kDouble && parameters.is_cpu(), op,
                   ": parameters must be a float64 tensor on the CPU, got ",
                   parameters.scalar_type(), " on ", parameters.device());
}

/// The distribution `family` with parameters (scale, power, shift, shape), a float64 CPU tensor of
/// 4, or of 5 where the last is not 0 if the decision is straight-through: a tensor, so that a
/// changing steepness neither recompiles a graph nor loses its gradient.
/// @throws TypeError / ValueError that names `op` and the parameter (the scale as `scale_name`)
inline math::Distribution distribution_of(std::string_view family, const at::Tensor& parameters,
                                          const char* op, std::string_view scale_name = "scale") {
  check_parameters(parameters, op);
  TORCH_CHECK_VALUE(parameters.dim() == 1 && (parameters.size(0) == 4 || parameters.size(0) == 5),
                    op,
                    ": parameters must be (scale, power, shift, shape) or (…, straight_through), "
                    "got shape ",
                    parameters.sizes());
  const at::Tensor numbers = parameters.contiguous();
  const double* p = numbers.const_data_ptr<double>();
  const math::Distribution distribution{math::family_index(family),       p[0], p[1], p[2], p[3],
                                        numbers.size(0) == 5 && p[4] != 0};
  math::check(distribution, op, scale_name);
  return distribution;
}

/// The T-norm `family` with parameters (p,), a float64 CPU tensor of 1 for the same reasons.
/// @throws TypeError / ValueError that names `op`
inline math::TNorm t_norm_of(std::string_view family, const at::Tensor& parameters,
                             const char* op) {
  check_parameters(parameters, op);
  TORCH_CHECK_VALUE(parameters.dim() == 1 && parameters.size(0) == 1, op,
                    ": parameters must be (p,), got shape ", parameters.sizes());
  const math::TNorm t_norm{math::t_norm_index(family), parameters.const_data_ptr<double>()[0]};
  math::check(t_norm, op);
  return t_norm;
}

}  // namespace pliant
