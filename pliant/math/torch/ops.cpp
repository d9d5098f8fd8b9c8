// pliant/math/torch/ops.cpp — the relaxed step as an op, and the list of distributions
#include <ATen/Functions.h>

#include <array>
#include <string>
#include <tuple>
#include <vector>

#include "pliant/base/torch/op.h"
#include "pliant/base/torch/transforms.h"
#include "pliant/math/distribution.h"
#include "pliant/math/softness.h"
#include "pliant/math/torch/parameters.h"
#include "pliant/math/torch/pieces.h"

namespace pliant {
namespace {

using at::Tensor;

void check_x(const Tensor& x) {
  TORCH_CHECK_TYPE(x.is_floating_point(), "decide: x must be floating point, got ",
                   x.scalar_type());
}

Tensor decide_cpu(const Tensor& x, std::string_view distribution, const Tensor& parameters) {
  check_x(x);
  const math::Distribution comparison = distribution_of(distribution, parameters, "decide");
  const Tensor from = working(x), p = at::empty_like(from);
  for_each_piece(from, [&]<class T>(T, std::size_t begin, std::size_t end) {
    const T* values = from.const_data_ptr<T>() + begin;
    T* answers = p.mutable_data_ptr<T>() + begin;
    if (comparison.straight_through) return math::step<T>(values, end - begin, answers);
    math::decide<T>(comparison, values, end - begin, {.p = answers});
  });
  return p.to(x.scalar_type());
}

std::tuple<Tensor, Tensor> decide_backward_cpu(const Tensor& grad_p, const Tensor& x,
                                               std::string_view distribution,
                                               const Tensor& parameters, c10::List<bool> needed) {
  check_x(x);
  TORCH_CHECK_VALUE(grad_p.sizes() == x.sizes(), "decide: the gradient must have the shape of x, ",
                    x.sizes(), ", got ", grad_p.sizes());
  const math::Distribution comparison = distribution_of(distribution, parameters, "decide");
  const Tensor from = working(x), grad = working(grad_p.to(from.scalar_type()));
  Tensor grad_x = at::empty_like(from), grad_parameters = at::zeros_like(parameters);
  const bool parameters_needed = needed.get(1);
  std::vector<std::array<double, 4>> sums(parameters_needed ? pieces_of(x) : 0);
  for_each_piece(from, [&]<class T>(T, std::size_t begin, std::size_t end) {
    const T* values = from.const_data_ptr<T>() + begin;
    const T* upstream = grad.const_data_ptr<T>() + begin;
    T* out = grad_x.mutable_data_ptr<T>() + begin;
    math::decide<T>(comparison, values, end - begin, {.density = out});
    for (std::size_t i = 0; i < end - begin; ++i) out[i] *= upstream[i];
    if (parameters_needed) {
      math::add_parameter_gradient(comparison, values, upstream, end - begin,
                                   sums[begin / kPiece].data());
    }
  });
  for (const auto& piece : sums) {
    for (int k = 0; k < 4; ++k) grad_parameters.mutable_data_ptr<double>()[k] += piece[k];
  }
  return {grad_x.to(x.scalar_type()), grad_parameters};
}

Tensor decide_meta(const Tensor& x, std::string_view, const Tensor&) {
  check_x(x);
  return at::empty_like(x, at::MemoryFormat::Contiguous);
}

std::tuple<Tensor, Tensor> decide_backward_meta(const Tensor&, const Tensor& x, std::string_view,
                                                const Tensor& parameters, c10::List<bool>) {
  return {at::empty_like(x, at::MemoryFormat::Contiguous), at::empty_like(parameters)};
}

double quantile_op(std::string_view distribution, const Tensor& parameters, double p) {
  return math::quantile(distribution_of(distribution, parameters, "softness"), p);
}

double scale_of_width_op(std::string_view distribution, const Tensor& parameters, double width) {
  return math::scale_of_width(distribution_of(distribution, parameters, "softness"), width);
}

double scale_of_margin_op(std::string_view distribution, const Tensor& parameters, double margin,
                          double chance) {
  return math::scale_of_margin(distribution_of(distribution, parameters, "softness"), margin,
                               chance);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  library.def("distributions() -> str", &math::families_json);
  library.def("quantile(str distribution, Tensor parameters, float p) -> float",
              checked<&quantile_op>);
  library.def("scale_of_width(str distribution, Tensor parameters, float width) -> float",
              checked<&scale_of_width_op>);
  library.def(
      "scale_of_margin(str distribution, Tensor parameters, float margin, float chance) -> float",
      checked<&scale_of_margin_op>);
  define_op(library, "decide(Tensor x, str distribution, Tensor parameters) -> Tensor p",
            {.rows = {{"x"}, true}});
  define_op(library,
            "decide_backward(Tensor grad_p, Tensor x, str distribution, Tensor parameters,"
            " bool[] needed) -> (Tensor grad_x, Tensor grad_parameters)");
}

TORCH_LIBRARY_IMPL(pliant, CPU, library) {
  library.impl("decide", checked<&decide_cpu>);
  library.impl("decide_backward", checked<&decide_backward_cpu>);
}

TORCH_LIBRARY_IMPL(pliant, Meta, library) {
  library.impl("decide", checked<&decide_meta>);
  library.impl("decide_backward", checked<&decide_backward_meta>);
}

}  // namespace pliant
