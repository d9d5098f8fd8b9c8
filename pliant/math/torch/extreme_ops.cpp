// pliant/math/torch/extreme_ops.cpp — the larger or smaller output of a relaxed swap as an op
#include <ATen/Functions.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "pliant/base/torch/op.h"
#include "pliant/base/torch/transforms.h"
#include "pliant/math/distribution.h"
#include "pliant/math/torch/parameters.h"
#include "pliant/math/torch/pieces.h"

namespace pliant {
namespace {

using at::Tensor;

/// Pairs that are decided at a time.
constexpr std::size_t kBlock = 256;

void check_pair(const Tensor& a, const Tensor& b) {
  TORCH_CHECK_TYPE(a.is_floating_point() && b.scalar_type() == a.scalar_type(),
                   "extreme: a and b must be floating point of one dtype, got ", a.scalar_type(),
                   " and ", b.scalar_type());
  TORCH_CHECK_VALUE(a.sizes() == b.sizes(), "extreme: a and b must have one shape, got ", a.sizes(),
                    " and ", b.sizes());
}

/// The differences a − b of some pairs; what is not finite counts as 0 and is not relaxed.
template <class T>
struct Differences {
  std::array<T, kBlock> values;
  std::array<bool, kBlock> relaxed;

  void take(const T* a, const T* b, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const T difference = a[i] - b[i];
      relaxed[i] = std::isfinite(difference);
      values[i] = relaxed[i] ? difference : T{0};
    }
  }
};

template <class T>
T hard(T a, T b, bool larger) {
  if (std::isnan(a) || std::isnan(b)) return a + b;
  return (a < b) == larger ? b : a;
}

/// fn(first, count) for the blocks of begin … end.
template <class Fn>
void for_each_block(std::size_t begin, std::size_t end, const Fn& fn) {
  for (std::size_t first = begin; first < end; first += kBlock)
    fn(first, std::min(kBlock, end - first));
}

Tensor extreme_cpu(const Tensor& a, const Tensor& b, std::string_view distribution,
                   const Tensor& parameters, bool larger) {
  check_pair(a, b);
  const math::Distribution comparison = distribution_of(distribution, parameters, "extreme");
  const Tensor left = working(a), right = working(b), result = at::empty_like(left);
  for_each_piece(left, [&]<class T>(T, std::size_t begin, std::size_t end) {
    Differences<T> differences;
    std::array<T, kBlock> chance, tail;
    for_each_block(begin, end, [&](std::size_t first, std::size_t count) {
      const T* x = left.const_data_ptr<T>() + first;
      const T* y = right.const_data_ptr<T>() + first;
      T* out = result.mutable_data_ptr<T>() + first;
      differences.take(x, y, count);
      const T *of_a = chance.data(), *of_b = tail.data();
      if (!larger) std::swap(of_a, of_b);
      if (!comparison.straight_through)
        math::decide<T>(comparison, differences.values.data(), count,
                        {.p = chance.data(), .tail = tail.data()});
      for (std::size_t i = 0; i < count; ++i) {
        if (comparison.straight_through || !differences.relaxed[i]) {
          out[i] = hard(x[i], y[i], larger);
          continue;
        }
        // From the nearer of the two, so that a sure swap gives it exactly.
        const T d = differences.values[i];
        out[i] = of_a[i] < of_b[i] ? y[i] + of_a[i] * d : x[i] - of_b[i] * d;
      }
    });
  });
  return result.to(a.scalar_type());
}

/// With the difference d, ∂/∂a = p + d·p′ and ∂/∂b = 1 − p − d·p′ for the larger one; for the
/// smaller one they change places. Where the output is not relaxed it is a's or b's, or half of
/// both.
std::tuple<Tensor, Tensor, Tensor> extreme_backward_cpu(const Tensor& grad_result, const Tensor& a,
                                                        const Tensor& b,
                                                        std::string_view distribution,
                                                        const Tensor& parameters, bool larger,
                                                        c10::List<bool> needed) {
  check_pair(a, b);
  const math::Distribution comparison = distribution_of(distribution, parameters, "extreme");
  const Tensor left = working(a), right = working(b);
  const Tensor upstream = working(grad_result.to(left.scalar_type()));
  const Tensor grad_a = at::empty_like(left), grad_b = at::empty_like(left);
  Tensor grad_parameters = at::zeros_like(parameters);
  const bool parameters_needed = needed.get(2);
  std::vector<std::array<double, 4>> sums(parameters_needed ? pieces_of(a) : 0);
  for_each_piece(left, [&]<class T>(T, std::size_t begin, std::size_t end) {
    Differences<T> differences;
    std::array<T, kBlock> chance, density;
    for_each_block(begin, end, [&](std::size_t first, std::size_t count) {
      const T* x = left.const_data_ptr<T>() + first;
      const T* y = right.const_data_ptr<T>() + first;
      const T* g = upstream.const_data_ptr<T>() + first;
      T* to_a = grad_a.mutable_data_ptr<T>() + first;
      T* to_b = grad_b.mutable_data_ptr<T>() + first;
      differences.take(x, y, count);
      const T* d = differences.values.data();
      math::decide<T>(comparison, d, count, {.p = chance.data(), .density = density.data()});
      for (std::size_t i = 0; i < count; ++i) {
        T of_larger = chance[i] + d[i] * density[i];
        if (!differences.relaxed[i]) of_larger = x[i] == y[i] ? T{0.5} : T(x[i] > y[i]);
        const T of_a = larger ? of_larger : 1 - of_larger;
        to_a[i] = g[i] * of_a;
        to_b[i] = g[i] * (1 - of_a);
      }
      if (parameters_needed) {
        for (std::size_t i = 0; i < count; ++i) chance[i] = (larger ? g[i] : -g[i]) * d[i];
        math::add_parameter_gradient(comparison, d, chance.data(), count,
                                     sums[begin / kPiece].data());
      }
    });
  });
  for (const auto& piece : sums) {
    for (int k = 0; k < 4; ++k) grad_parameters.mutable_data_ptr<double>()[k] += piece[k];
  }
  return {grad_a.to(a.scalar_type()), grad_b.to(a.scalar_type()), grad_parameters};
}

Tensor extreme_meta(const Tensor& a, const Tensor& b, std::string_view, const Tensor&, bool) {
  check_pair(a, b);
  return at::empty_like(a, at::MemoryFormat::Contiguous);
}

std::tuple<Tensor, Tensor, Tensor> extreme_backward_meta(const Tensor&, const Tensor& a,
                                                         const Tensor&, std::string_view,
                                                         const Tensor& parameters, bool,
                                                         c10::List<bool>) {
  return {at::empty_like(a, at::MemoryFormat::Contiguous),
          at::empty_like(a, at::MemoryFormat::Contiguous), at::empty_like(parameters)};
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  define_op(library,
            "extreme(Tensor a, Tensor b, str distribution, Tensor parameters, bool larger) -> "
            "Tensor result",
            {.rows = {{"a", "b"}, true}});
  define_op(library,
            "extreme_backward(Tensor grad_result, Tensor a, Tensor b, str distribution, Tensor "
            "parameters, bool larger, bool[] needed) -> (Tensor grad_a, Tensor grad_b, Tensor "
            "grad_parameters)");
}

TORCH_LIBRARY_IMPL(pliant, CPU, library) {
  library.impl("extreme", checked<&extreme_cpu>);
  library.impl("extreme_backward", checked<&extreme_backward_cpu>);
}

TORCH_LIBRARY_IMPL(pliant, Meta, library) {
  library.impl("extreme", checked<&extreme_meta>);
  library.impl("extreme_backward", checked<&extreme_backward_meta>);
}

}  // namespace pliant
