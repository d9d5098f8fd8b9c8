// pliant/optim/torch/factor_ops.cpp — factors that are kept from step to step, and solving by them
#include <ATen/Functions.h>

#include <cmath>
#include <cstdint>
#include <tuple>

#include "pliant/base/aligned.h"
#include "pliant/base/torch/executor.h"
#include "pliant/base/torch/op.h"
#include "pliant/base/torch/working_type.h"
#include "pliant/optim/definite.h"
#include "pliant/optim/gram.h"
#include "pliant/optim/torch/gram.h"

namespace pliant {
namespace {

using at::Tensor;

int64_t pitch_of(int64_t size) {
  return static_cast<int64_t>(optim::matrix_pitch(static_cast<std::size_t>(size)));
}

void check_moment(const Tensor& moment, double damping) {
  TORCH_CHECK_TYPE(moment.scalar_type() == at::kFloat || moment.scalar_type() == at::kDouble,
                   "isaac_factorise: moment must be float32 or float64, got ",
                   moment.scalar_type());
  TORCH_CHECK_VALUE(moment.dim() == 2 && moment.sym_size(0) == moment.sym_size(1),
                    "isaac_factorise: moment must have shape (n, n), got ", moment.sym_sizes());
  TORCH_CHECK_VALUE(damping > 0 && std::isfinite(damping),
                    "isaac_factorise: damping must be > 0 and finite, got ", damping);
}

/// U with I + moment/λ = Uᵀ·U, as optim::factorise leaves it; and whether there is one.
std::tuple<Tensor, bool> isaac_factorise_cpu(const Tensor& moment, double damping) {
  check_moment(moment, damping);
  const int64_t n = moment.size(0);
  const Tensor factor = at::zeros({n, pitch_of(n)}, moment.options());
  const Tensor square = factor.narrow(1, 0, n);
  square.copy_(moment);
  square.div_(damping);
  square.diagonal().add_(1);
  bool whole = true;
  with_type(factor, [&]<class T>(T) {
    whole = optim::factorise(factor.mutable_data_ptr<T>(), static_cast<std::size_t>(n),
                             static_cast<std::size_t>(factor.size(1)));
  });
  return {factor, whole};
}

std::tuple<Tensor, bool> isaac_factorise_meta(const Tensor& moment, double damping) {
  check_moment(moment, damping);
  const int64_t n = moment.size(0);
  return {at::empty({n, pitch_of(n)}, moment.options()), true};
}

void check_factor(const Tensor& factor, const Tensor& right) {
  TORCH_CHECK_TYPE(factor.scalar_type() == at::kFloat || factor.scalar_type() == at::kDouble,
                   "isaac_solve: factor must be float32 or float64, got ", factor.scalar_type());
  TORCH_CHECK_TYPE(right.scalar_type() == factor.scalar_type(),
                   "isaac_solve: right must have the dtype of factor, ", factor.scalar_type(),
                   ", got ", right.scalar_type());
  TORCH_CHECK_VALUE(
      factor.dim() == 2 && factor.size(1) == pitch_of(factor.size(0)) && factor.is_contiguous(),
      "isaac_solve: factor must be what isaac_factorise gave, got shape ", factor.sizes());
  TORCH_CHECK_VALUE(right.dim() == 2 && right.size(0) == factor.size(0),
                    "isaac_solve: right must have shape (", factor.size(0), ", columns), got ",
                    right.sizes());
}

Tensor isaac_solve_cpu(const Tensor& factor, const Tensor& right) {
  check_factor(factor, right);
  const Tensor from = with_contiguous_rows(right);
  const Tensor result = at::empty(right.sizes(), right.options());
  with_type(factor, [&]<class T>(T) {
    optim::SolveArgs<T> args{};
    args.factor = factor.const_data_ptr<T>();
    args.pitch = static_cast<std::size_t>(factor.size(1));
    args.size = static_cast<std::size_t>(factor.size(0));
    args.x = from.const_data_ptr<T>();
    args.x_stride = static_cast<std::size_t>(from.stride(0));
    args.y = result.mutable_data_ptr<T>();
    args.y_stride = static_cast<std::size_t>(result.stride(0));
    args.columns = static_cast<std::size_t>(right.size(1));
    optim::solve(args, torch_executor());
  });
  return result;
}

Tensor isaac_solve_meta(const Tensor& factor, const Tensor& right) {
  check_factor(factor, right);
  return at::empty(right.sizes(), right.options());
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  define_op(library,
            "isaac_factorise(Tensor moment, float damping) -> (Tensor factor, bool whole)");
  define_op(library, "isaac_solve(Tensor factor, Tensor right) -> Tensor");
}

TORCH_LIBRARY_IMPL(pliant, CPU, library) {
  library.impl("isaac_factorise", checked<&isaac_factorise_cpu>);
  library.impl("isaac_solve", checked<&isaac_solve_cpu>);
}

TORCH_LIBRARY_IMPL(pliant, Meta, library) {
  library.impl("isaac_factorise", checked<&isaac_factorise_meta>);
  library.impl("isaac_solve", checked<&isaac_solve_meta>);
}

}  // namespace pliant
