// pliant/sorting/torch/op_arguments.h — what the ops of this room check and convert alike; private
// to sorting/torch
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <optional>

namespace pliant {

using OptionalTensor = std::optional<at::Tensor>;

inline void check_keys(const at::Tensor& x, const char* op, const char* name = "x") {
  TORCH_CHECK_TYPE(x.is_floating_point(), op, ": ", name, " must be floating point, got ",
                   x.scalar_type());
  TORCH_CHECK_VALUE(x.dim() == 2, op, ": ", name, " must have 2 dimensions (batch, n), got shape ",
                    x.sizes());
  TORCH_CHECK_VALUE(x.size(1) > 0, op, ": there must be at least one value to sort, got shape ",
                    x.sizes());
}

/// `tensor` in the dtype that the kernels work in, double or else float, contiguous.
inline at::Tensor working(const at::Tensor& tensor) {
  return (tensor.scalar_type() == at::kDouble ? tensor : tensor.to(at::kFloat)).contiguous();
}

/// An upstream gradient in the kernels' dtype; undefined stays undefined.
inline at::Tensor upstream(const OptionalTensor& gradient) {
  return gradient && gradient->defined() ? working(*gradient) : at::Tensor();
}

/// fn(T{}) with the kernels' type of x.
template <class Fn>
void with_type(const at::Tensor& x, const Fn& fn) {
  if (x.scalar_type() == at::kDouble) {
    fn(double{});
  } else {
    fn(float{});
  }
}

template <class T>
const T* data_or_null(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.const_data_ptr<T>() : nullptr;
}

inline double* parameters_gradient(const at::Tensor& gradient, bool needed) {
  return needed ? gradient.mutable_data_ptr<double>() : nullptr;
}

}  // namespace pliant
