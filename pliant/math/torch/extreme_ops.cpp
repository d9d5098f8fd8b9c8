// pliant/math/torch/extreme_ops.cpp — the larger or smaller output of a relaxed swap as an op
#include <ATen/Functions.h>

#include <array>
#include <string_view>
#include <tuple>
#include <vector>

#include "pliant/base/torch/op.h"
#include "pliant/base/torch/transforms.h"
#include "pliant/math/extreme.h"
#include "pliant/math/torch/parameters.h"
#include "pliant/math/torch/pieces.h"

namespace pliant {
namespace {

using at::Tensor;

void check_pair(const Tensor& a, const Tensor& b) {
  TORCH_CHECK_TYPE(a.is_floating_point() && b.scalar_type() == a.scalar_type(),
                   "extreme: a and b must be floating point of one dtype, got ", a.scalar_type(),
                   " and ", b.scalar_type());
  TORCH_CHECK_VALUE(a.sizes() == b.sizes(), "extreme: a and b must have one shape, got ", a.sizes(),
                    " and ", b.sizes());
}

Tensor extreme_cpu(const Tensor& a, const Tensor& b, std::string_view distribution,
                   const Tensor& parameters, bool larger) {
  check_pair(a, b);
  const math::Distribution comparison = distribution_of(distribution, parameters, "extreme");
  const Tensor left = working(a), right = working(b), result = at::empty_like(left);
  for_each_piece(left, [&]<class T>(T, std::size_t begin, std::size_t end) {
    math::extreme(comparison, larger, left.const_data_ptr<T>() + begin,
                  right.const_data_ptr<T>() + begin, end - begin,
                  result.mutable_data_ptr<T>() + begin);
  });
  return result.to(a.scalar_type());
}

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
    math::extreme_backward(comparison, larger, left.const_data_ptr<T>() + begin,
                           right.const_data_ptr<T>() + begin, upstream.const_data_ptr<T>() + begin,
                           end - begin, grad_a.mutable_data_ptr<T>() + begin,
                           grad_b.mutable_data_ptr<T>() + begin,
                           parameters_needed ? sums[begin / kPiece].data() : nullptr);
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
