// pliant/sorting/torch/check_keys.h — what every op of this room asks of its keys; private to
// sorting/torch
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <cmath>

#include "pliant/sorting/order.h"

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

/// The same of rows that are ordered, whose places are 32-bit numbers.
inline void check_rows(const at::Tensor& x, const char* op, const char* name = "x") {
  check_keys(x, op, name);
  TORCH_CHECK_VALUE(x.size(1) < static_cast<int64_t>(sorting::kLongestRow), op,
                    ": a row must have less than ", sorting::kLongestRow, " values, got shape ",
                    x.sizes());
}

/// The one number of a steepness.
/// @throws TypeError, ValueError that name `op`, unless it is float64, > 0 and finite
inline double steepness_of(const at::Tensor& steepness, const char* op) {
  TORCH_CHECK_TYPE(steepness.scalar_type() == at::kDouble, op, ": steepness must be float64, got ",
                   steepness.scalar_type());
  TORCH_CHECK_VALUE(steepness.numel() == 1, op, ": steepness must be one number, got shape ",
                    steepness.sizes());
  const auto number = steepness.item<double>();
  TORCH_CHECK_VALUE(number > 0 && std::isfinite(number), op,
                    ": steepness must be > 0 and finite, got ", number);
  return number;
}

}  // namespace pliant
