// pliant/base/torch/working_type.h — the number type that kernels work in: double, or else float
#pragma once

#include <ATen/core/Tensor.h>

namespace pliant {

/// `tensor` as the kernels take it: double stays, every other type becomes float; contiguous.
inline at::Tensor working(const at::Tensor& tensor) {
  return (tensor.scalar_type() == at::kDouble ? tensor : tensor.to(at::kFloat)).contiguous();
}

/// fn(T{}) with the type of a working tensor.
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

}  // namespace pliant
