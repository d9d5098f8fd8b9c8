// pliant/optim/torch/gram.cpp — what is solved with factorised Gram matrices
#include "pliant/optim/torch/gram.h"

#include <ATen/ops/empty.h>

namespace pliant {

template <class T>
at::Tensor Gram<T>::solve(const at::Tensor& right) const {
  const at::Tensor result = at::empty(right.sizes(), right.options());
  optim::SolveArgs<T> args{};
  args.factor = matrix_.data();
  args.pitch = pitch_;
  args.size = size_;
  args.x = right.const_data_ptr<T>();
  args.x_stride = static_cast<std::size_t>(right.stride(0));
  args.y = result.mutable_data_ptr<T>();
  args.y_stride = static_cast<std::size_t>(result.stride(0));
  args.columns = static_cast<std::size_t>(right.size(1));
  optim::solve(args, torch_executor());
  return result;
}

template class Gram<float>;
template class Gram<double>;

}  // namespace pliant
