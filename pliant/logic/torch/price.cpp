// pliant/logic/torch/price.cpp — the price of gates and the OR of neighbours, of ops that are there
#include "pliant/logic/torch/price.h"

#include <ATen/Functions.h>

#include <bit>

#include "pliant/base/torch/op.h"
#include "pliant/base/torch/transforms.h"
#include "pliant/logic/gate.h"
#include "pliant/logic/torch/functions.h"

namespace pliant {
namespace {

using at::Tensor;

// Tensors are taken apart by unbind and chunk, whose gradients are put together in one pass; those
// of select and slice are each a tensor of the whole.

/// The multilinear form at the corners, (2^k, gates): entry i is the sum over the subsets of i.
Tensor entries_of(Tensor coefficients) {
  const int64_t count = coefficients.size(0);
  const int64_t gates = coefficients.size(1);
  for (int64_t bit = 1; bit < count; bit *= 2) {
    const auto halves = coefficients.reshape({count / bit / 2, 2, bit, gates}).unbind(1);
    coefficients = at::stack({halves[0], halves[0] + halves[1]}, 1).reshape({count, gates});
  }
  return coefficients;
}

/// The product over the second of three dimensions, whose size is a power of two. Unlike prod's,
/// its gradient needs no division by what may be 0.
Tensor product(Tensor factors) {
  while (factors.size(1) > 1) {
    const auto halves = factors.chunk(2, 1);
    factors = halves[0] * halves[1];
  }
  return factors.squeeze(1);
}

/// The chance of each gate (gates) to be a constant, an input or the complement of one.
/// @param p  (2^k, gates), the chance of each entry to be 1
Tensor wires(const Tensor& p) {
  const int64_t count = p.size(0);
  const int64_t gates = p.size(1);
  const Tensor chances = at::stack({1 - p, p});  // of each entry to be 0, and to be 1
  Tensor sum;
  for (int64_t bit = 1; bit < count; bit *= 2) {
    const auto halves = chances.reshape({2, count / bit / 2, 2, bit, gates}).unbind(2);
    // (2, gates): that all entries where this input is 0, or is 1, are 0, or are 1.
    const Tensor where_0 = product(halves[0].reshape({2, count / 2, gates}));
    const Tensor where_1 = product(halves[1].reshape({2, count / 2, gates}));
    if (!sum.defined()) sum = (where_0 * where_1).sum(0);  // the constants
    sum = sum + (where_0 * where_1.flip(0)).sum(0);
  }
  return sum;
}

Tensor price(const Tensor& coefficients, bool sigmoid) {
  TORCH_CHECK_TYPE(coefficients.is_floating_point(),
                   "expected_gates: coefficients must be floating point, got ",
                   coefficients.scalar_type());
  const int64_t entries = coefficients.dim() == 2 ? coefficients.size(0) : 0;
  TORCH_CHECK_VALUE(entries >= 2 && entries <= int64_t{1} << logic::kMaxInputs &&
                        std::has_single_bit(static_cast<std::uint64_t>(entries)),
                    "expected_gates: coefficients must have shape (2^k, gates) with k in 1 … ",
                    logic::kMaxInputs, ", got ", coefficients.sizes());
  const Tensor values = entries_of(coefficients);
  return (1 - wires((sigmoid ? values.sigmoid() : values).clamp(0, 1))).sum();
}

/// An OR is a gate: its form has the coefficient −(−1)^|S| for every set S of inputs but the empty.
Tensor pooled(const Tensor& x, int64_t size, int64_t groups) {
  TORCH_CHECK_TYPE(x.is_floating_point(), "or_pool: x must be floating point, got ",
                   x.scalar_type());
  TORCH_CHECK_VALUE(x.dim() == 2, "or_pool: x must have shape (batch, features), got ", x.sizes());
  TORCH_CHECK_VALUE(size >= 1 && size <= logic::kMaxInputs && x.size(1) % size == 0,
                    "or_pool: size must be in 1 … ", logic::kMaxInputs, " and divide the ",
                    x.size(1), " features, got ", size);
  const int64_t pools = x.size(1) / size;
  const at::TensorOptions here = x.options().dtype(at::kInt);
  const Tensor wiring = at::arange(x.size(1), here).reshape({pools, size}).t().contiguous();
  // By ops alone: under torch's transforms no tensor's numbers may be written.
  Tensor signs = at::full({1, 1}, -1, x.options());
  for (int64_t input = 0; input < size; ++input) signs = at::cat({signs, -signs});
  const Tensor form = at::cat({at::zeros({1, 1}, x.options()), signs.slice(0, 1)});
  LogicDenseOptions options;
  options.groups = groups;
  return logic_dense(x, wiring, form.expand({-1, pools}).contiguous(), options);
}

}  // namespace

Tensor expected_gates(const Tensor& coefficients, bool sigmoid) {
  return price(coefficients, sigmoid);
}

Tensor or_pool(const Tensor& x, int64_t size, int64_t groups) { return pooled(x, size, groups); }

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  define_composite(library, "expected_gates(Tensor coefficients, bool sigmoid) -> Tensor gates",
                   &price);
  define_composite(library, "or_pool(Tensor x, int size, int groups) -> Tensor y", &pooled);
}

}  // namespace pliant
