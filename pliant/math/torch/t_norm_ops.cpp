// pliant/math/torch/t_norm_ops.cpp — T-conorms and T-norms over the last dimension as ops, and
// their list
#include <ATen/Functions.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "pliant/base/torch/executor.h"
#include "pliant/base/torch/op.h"
#include "pliant/base/torch/transforms.h"
#include "pliant/base/torch/working_type.h"
#include "pliant/math/t_norm.h"
#include "pliant/math/torch/parameters.h"

namespace pliant {
namespace {

using at::Tensor;
using math::Connective;

/// Members that one piece of parallel work takes, in whole rows. Sums of gradients run within
/// pieces and then over them in order, so that they do not depend on the number of threads.
constexpr std::size_t kPiece = 8192;

constexpr const char* name_of(Connective connective) {
  return connective == Connective::kOr ? "t_conorm" : "t_norm";
}

void check_shape(const Tensor& members, const char* op) {
  TORCH_CHECK_TYPE(members.is_floating_point(), op, ": members must be floating point, got ",
                   members.scalar_type());
  TORCH_CHECK_VALUE(members.dim() >= 1, op,
                    ": members must have at least one dimension, got a number");
}

/// A call as the kernels take it.
struct Rows {
  math::TNorm t_norm;
  Tensor members;  ///< (rows, n), float or double
  std::size_t rows, n;

  Rows(const Tensor& x, std::string_view name, const Tensor& parameters, const char* op)
      : t_norm(t_norm_of(name, parameters, op)) {
    check_shape(x, op);
    members = working(x);
    n = static_cast<std::size_t>(x.size(-1));
    rows = static_cast<std::size_t>(c10::multiply_integers(x.sizes().slice(0, x.dim() - 1)));
    with_type(members,
              [&]<class T>(T) { math::check_members(members.const_data_ptr<T>(), rows * n, op); });
  }

  [[nodiscard]] std::size_t step() const {
    return std::max<std::size_t>(1, kPiece / std::max<std::size_t>(n, 1));
  }
  [[nodiscard]] std::size_t pieces() const { return (rows + step() - 1) / step(); }

  /// fn(T{}, piece, first row, rows) for every piece.
  template <class Fn>
  void for_each_piece(const Fn& fn) const {
    with_type(members, [&]<class T>(T type) {
      torch_executor()(pieces(), 1, [&](std::size_t first, std::size_t last) {
        for (std::size_t piece = first; piece < last; ++piece) {
          const std::size_t row = piece * step();
          fn(type, piece, row, std::min(step(), rows - row));
        }
      });
    });
  }
};

template <Connective connective>
Tensor value_meta(const Tensor& members, std::string_view, const Tensor&) {
  check_shape(members, name_of(connective));
  return at::empty_symint(members.sym_sizes().slice(0, members.dim() - 1), members.options());
}

template <Connective connective>
Tensor value_cpu(const Tensor& members, std::string_view t_norm, const Tensor& parameters) {
  const Rows all(members, t_norm, parameters, name_of(connective));
  Tensor value = at::empty(members.sizes().slice(0, members.dim() - 1), all.members.options());
  all.for_each_piece([&]<class T>(T, std::size_t, std::size_t row, std::size_t rows) {
    const T* x = all.members.const_data_ptr<T>() + row * all.n;
    T* out = value.mutable_data_ptr<T>() + row;
    math::connect(all.t_norm, connective, x, rows, all.n, out);
  });
  return value.to(members.scalar_type());
}

template <Connective connective>
std::tuple<Tensor, Tensor> backward_cpu(const Tensor& grad_value, const Tensor& members,
                                        std::string_view t_norm, const Tensor& parameters,
                                        c10::List<bool> needed) {
  const char* op = name_of(connective);
  const Rows all(members, t_norm, parameters, op);
  TORCH_CHECK_VALUE(grad_value.sizes() == members.sizes().slice(0, members.dim() - 1), op,
                    ": the gradient must have the shape of members without the last dimension, ",
                    members.sizes().slice(0, members.dim() - 1), ", got ", grad_value.sizes());
  const Tensor grad = working(grad_value.to(all.members.scalar_type()));
  Tensor grad_members = at::empty_like(all.members), grad_parameters = at::zeros_like(parameters);
  std::vector<double> sums(needed.get(1) ? all.pieces() : 0);
  all.for_each_piece([&]<class T>(T, std::size_t piece, std::size_t row, std::size_t rows) {
    const T* x = all.members.const_data_ptr<T>() + row * all.n;
    const T* g = grad.const_data_ptr<T>() + row;
    T* out = grad_members.mutable_data_ptr<T>() + row * all.n;
    double* p = sums.empty() ? nullptr : &sums[piece];
    math::connect_backward(all.t_norm, connective, g, x, rows, all.n, out, p);
  });
  for (const double sum : sums) grad_parameters.mutable_data_ptr<double>()[0] += sum;
  return {grad_members.to(members.scalar_type()), grad_parameters};
}

std::tuple<Tensor, Tensor> backward_meta(const Tensor&, const Tensor& members, std::string_view,
                                         const Tensor& parameters, c10::List<bool>) {
  return {at::empty_like(members, at::MemoryFormat::Contiguous), at::empty_like(parameters)};
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  library.def("t_norms() -> str", &math::t_norms_json);
  for (const std::string name : {"t_conorm", "t_norm"}) {
    const std::string arguments = "Tensor members, str t_norm, Tensor parameters";
    define_op(library, (name + "(" + arguments + ") -> Tensor value").c_str(),
              {.rows = {{"members"}, true}});
    define_op(library, (name + "_backward(Tensor grad_value, " + arguments +
                        ", bool[] needed) -> (Tensor grad_members, Tensor grad_parameters)")
                           .c_str());
  }
}

TORCH_LIBRARY_IMPL(pliant, CPU, library) {
  library.impl("t_conorm", checked<&value_cpu<Connective::kOr>>);
  library.impl("t_norm", checked<&value_cpu<Connective::kAnd>>);
  library.impl("t_conorm_backward", checked<&backward_cpu<Connective::kOr>>);
  library.impl("t_norm_backward", checked<&backward_cpu<Connective::kAnd>>);
}

TORCH_LIBRARY_IMPL(pliant, Meta, library) {
  library.impl("t_conorm", checked<&value_meta<Connective::kOr>>);
  library.impl("t_norm", checked<&value_meta<Connective::kAnd>>);
  library.impl("t_conorm_backward", checked<&backward_meta>);
  library.impl("t_norm_backward", checked<&backward_meta>);
}

}  // namespace pliant
