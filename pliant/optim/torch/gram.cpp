// pliant/optim/torch/gram.cpp — what is solved with factorised Gram matrices
#include "pliant/optim/torch/gram.h"

#include <ATen/ops/empty.h>

#include <algorithm>

namespace pliant {

template <class T>
void Gram<T>::add_others(const Communicator& processes) {
  const auto count = static_cast<int64_t>(size_ * (size_ + 1) / 2);
  const at::Tensor packed = at::empty({count}, at::CPU(c10::CppTypeToScalarType<T>::value));
  T* const upper = packed.mutable_data_ptr<T>();
  T* next = upper;
  for (std::size_t r = 0; r < size_; ++r) {
    const T* const row = matrix_.data() + r * pitch_;
    *next = row[r] - 1;  // I is added once
    next = std::copy(row + r + 1, row + size_, next + 1);
  }
  processes.all_reduce_sum(packed);
  next = upper;
  for (std::size_t r = 0; r < size_; ++r) {
    T* const row = matrix_.data() + r * pitch_;
    std::copy_n(next, size_ - r, row + r);
    row[r] += 1;
    next += size_ - r;
  }
}

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
