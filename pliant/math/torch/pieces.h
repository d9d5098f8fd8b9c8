// pliant/math/torch/pieces.h — elementwise work on tensors in pieces of one size; private to math
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstddef>

#include "pliant/base/torch/executor.h"
#include "pliant/base/torch/working_type.h"

namespace pliant {

/// Values that one piece of parallel work takes. Sums of gradients run within pieces and then over
/// them in order, so that they do not depend on the number of threads.
inline constexpr std::size_t kPiece = 8192;

inline std::size_t pieces_of(const at::Tensor& x) {
  return (static_cast<std::size_t>(x.numel()) + kPiece - 1) / kPiece;
}

/// fn(T{}, begin, end) on every piece of x, with the kernels' type of x.
template <class Fn>
void for_each_piece(const at::Tensor& x, const Fn& fn) {
  const auto count = static_cast<std::size_t>(x.numel());
  torch_executor()(pieces_of(x), 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t piece = first; piece < last; ++piece) {
      const std::size_t begin = piece * kPiece, end = std::min(count, begin + kPiece);
      with_type(x, [&]<class T>(T) { fn(T{}, begin, end); });
    }
  });
}

}  // namespace pliant
