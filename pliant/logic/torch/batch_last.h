// pliant/logic/torch/batch_last.h — tensors stored with the batch last, in rows of whole slices
#pragma once

#include <ATen/Functions.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pliant/logic/dense.h"

namespace pliant {

inline std::size_t unsigned_of(int64_t number) { return static_cast<std::size_t>(number); }

/// x in the type that the kernels work in; its strides stay.
inline at::Tensor as_samples(const at::Tensor& x) {
  return x.scalar_type() == at::kDouble ? x : x.to(at::kFloat);
}

/// (batch, sizes…) stored with the batch last, in rows of whole slices.
inline at::Tensor batch_last(int64_t batch, std::vector<int64_t> sizes,
                             const at::TensorOptions& options) {
  sizes.push_back(static_cast<int64_t>(logic::padded(unsigned_of(batch))));
  return at::empty(sizes, options).narrow(-1, 0, batch).movedim(-1, 0);
}
inline at::Tensor batch_last_meta(const c10::SymInt& batch, std::vector<c10::SymInt> sizes,
                                  const at::TensorOptions& options) {
  const c10::SymInt slice = static_cast<int64_t>(logic::kSlice);
  sizes.push_back((batch + slice - 1) / slice * slice);
  return at::empty_symint(sizes, options).narrow_symint(-1, 0, batch).movedim(-1, 0);
}

/// A result in the type of `like`, stored as it was.
inline at::Tensor in_type_of(const at::Tensor& like, const at::Tensor& result) {
  if (like.scalar_type() == result.scalar_type()) return result;
  const at::Tensor converted =
      batch_last(result.size(0), result.sizes().slice(1).vec(), like.options());
  return converted.copy_(result);
}

/// Zeros in the shape of x that nobody asked for.
inline at::Tensor unwanted(const at::Tensor& x) { return at::zeros({1}, x.options()).expand_as(x); }

}  // namespace pliant
