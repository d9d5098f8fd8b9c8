// pliant/sorting/torch/check_keys.h — what every op of this room asks of its keys; private to
// sorting/torch
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

namespace pliant {

/// @throws TypeError, ValueError that name `op` and the argument, unless x is (batch, n) floating
/// point with n > 0
inline void check_keys(const at::Tensor& x, const char* op, const char* name = "x") {
  TORCH_CHECK_TYPE(x.is_floating_point(), op, ": ", name, " must be floating point, got ",
                   x.scalar_type());
  TORCH_CHECK_VALUE(x.dim() == 2, op, ": ", name, " must have 2 dimensions (batch, n), got shape ",
                    x.sizes());
  TORCH_CHECK_VALUE(x.size(1) > 0, op, ": there must be at least one value to sort, got shape ",
                    x.sizes());
}

}  // namespace pliant
