// pliant/math/torch/parameters.h — a distribution as an op receives it: a name and a tensor of its
// parameters
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <string_view>

#include "pliant/math/distribution.h"

namespace pliant {

/// The distribution `family` with parameters (scale, power, shift, shape), a float64 CPU tensor of
/// 4, or of 5 where the last is not 0 if the decision is straight-through: a tensor, so that a
/// changing steepness neither recompiles a graph nor loses its gradient.
/// @throws TypeError / ValueError that names `op` and the parameter (the scale as `scale_name`)
inline math::Distribution distribution_of(std::string_view family, const at::Tensor& parameters,
                                          const char* op, std::string_view scale_name = "scale") {
  TORCH_CHECK_TYPE(parameters.scalar_type() == at::kDouble && parameters.is_cpu(), op,
                   ": parameters must be a float64 tensor on the CPU, got ",
                   parameters.scalar_type(), " on ", parameters.device());
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

}  // namespace pliant
