// pliant/sorting/torch/fast_ops.cpp — the ops of sorting without a matrix: schemas, checks, CPU and
// Meta kernels
#include <ATen/Functions.h>

#include <string_view>
#include <tuple>

#include "pliant/base/torch/executor.h"
#include "pliant/base/torch/op.h"
#include "pliant/base/torch/transforms.h"
#include "pliant/base/torch/working_type.h"
#include "pliant/sorting/fast_sort.h"
#include "pliant/sorting/lap_sum.h"
#include "pliant/sorting/torch/check_keys.h"

namespace pliant {
namespace {

using at::Tensor;

/// The arguments that all ops share, checked.
struct Call {
  const char* op;
  Tensor x;
  Tensor order;
  double steepness;

  Call(const char* op_name, const Tensor& rows, const Tensor& ascending, const Tensor& number)
      : op(op_name) {
    check_rows(rows, op);
    TORCH_CHECK_TYPE(ascending.scalar_type() == at::kInt, op, ": order must be int32, got ",
                     ascending.scalar_type());
    TORCH_CHECK_VALUE(ascending.sizes() == rows.sizes(), op, ": order must have the shape of x, ",
                      rows.sizes(), ", got ", ascending.sizes());
    steepness = steepness_of(number, op);
    x = working(rows);
    order = ascending.contiguous();
    with_type(x, [&]<class T>(T) { sorting::check_order(this->rows<T>(), op, torch_executor()); });
  }

  template <class T>
  [[nodiscard]] sorting::OrderedRows<T> rows() const {
    return {static_cast<std::size_t>(x.size(0)), static_cast<std::size_t>(x.size(1)),
            x.const_data_ptr<T>(), order.const_data_ptr<int32_t>()};
  }
  template <class T>
  [[nodiscard]] sorting::LapArgs<T> lap() const {
    return {rows<T>(), steepness};
  }
};

/// The masses of a call, checked.
struct Masses {
  Tensor k;

  Masses(const Tensor& numbers, const Call& call) : k(numbers.contiguous()) {
    const int64_t n = call.x.size(1);
    TORCH_CHECK_TYPE(k.scalar_type() == at::kDouble, call.op, ": k must be float64, got ",
                     k.scalar_type());
    TORCH_CHECK_VALUE(k.dim() == 2 && k.size(0) == call.x.size(0), call.op,
                      ": k must have shape (batch, count) with the batch of x, ", call.x.size(0),
                      ", got ", k.sizes());
    const double* mass = k.const_data_ptr<double>();
    for (int64_t i = 0; i < k.numel(); ++i) {
      TORCH_CHECK_VALUE(mass[i] >= 0 && mass[i] <= static_cast<double>(n), call.op,
                        ": k must be in [0, n], n = ", n, ", got ", mass[i]);
    }
  }

  [[nodiscard]] sorting::LapMasses get() const {
    return {static_cast<std::size_t>(k.size(1)), k.const_data_ptr<double>()};
  }
};

void check_upstream(const Tensor& given, at::IntArrayRef shape, const char* op, const char* name) {
  TORCH_CHECK_VALUE(given.sizes() == shape, op, ": ", name, " must have shape ", shape, ", got ",
                    given.sizes());
}

/// An upstream gradient in the kernels' dtype.
Tensor upstream(const Tensor& gradient, const Call& call, at::IntArrayRef shape, const char* name) {
  check_upstream(gradient, shape, call.op, name);
  return gradient.to(call.x.scalar_type()).contiguous();
}

double* data_if(const Tensor& gradient, bool needed) {
  return needed ? gradient.mutable_data_ptr<double>() : nullptr;
}

Tensor ascending_order_cpu(const Tensor& x) {
  check_rows(x, "ascending_order");
  const Tensor rows = working(x);
  const Tensor order = at::empty(x.sizes(), rows.options().dtype(at::kInt));
  with_type(rows, [&]<class T>(T) {
    sorting::ascending_order(rows.const_data_ptr<T>(), static_cast<std::size_t>(rows.size(0)),
                             static_cast<std::size_t>(rows.size(1)),
                             order.mutable_data_ptr<int32_t>(), torch_executor());
  });
  return order;
}

/// What fast_sort and fast_rank do, one of them by `forward` (args, out, executor).
template <class Forward>
Tensor fast_forward(const Call& call, std::string_view regularization, at::ScalarType dtype,
                    const Forward& forward) {
  const auto kind = sorting::regularization_of(regularization, call.op);
  const Tensor out = at::empty_like(call.x);
  with_type(call.x, [&]<class T>(T) {
    const sorting::FastArgs<T> args{call.rows<T>(), kind, call.steepness};
    forward(args, out.mutable_data_ptr<T>(), torch_executor());
  });
  return out.to(dtype);
}

template <class Backward>
std::tuple<Tensor, Tensor> fast_backward(const Call& call, const Tensor& gradient,
                                         const Tensor& steepness, std::string_view regularization,
                                         at::ScalarType dtype, bool steepness_needed,
                                         const Backward& backward) {
  const auto kind = sorting::regularization_of(regularization, call.op);
  const Tensor g = upstream(gradient, call, call.x.sizes(), "the upstream gradient");
  const Tensor grad_x = at::zeros_like(call.x);
  const Tensor grad_steepness = at::zeros_like(steepness);
  with_type(call.x, [&]<class T>(T) {
    const sorting::FastArgs<T> args{call.rows<T>(), kind, call.steepness};
    backward(args, g.const_data_ptr<T>(), grad_x.mutable_data_ptr<T>(),
             data_if(grad_steepness, steepness_needed), torch_executor());
  });
  return {grad_x.to(dtype), grad_steepness};
}

Tensor fast_sort_cpu(const Tensor& x, const Tensor& order, const Tensor& steepness,
                     std::string_view regularization) {
  return fast_forward(Call("fast_sort", x, order, steepness), regularization, x.scalar_type(),
                      [](const auto&... arguments) { sorting::fast_sort(arguments...); });
}

std::tuple<Tensor, Tensor> fast_sort_backward_cpu(const Tensor& grad_values, const Tensor& x,
                                                  const Tensor& order, const Tensor& steepness,
                                                  std::string_view regularization,
                                                  c10::List<bool> needed) {
  return fast_backward(Call("fast_sort", x, order, steepness), grad_values, steepness,
                       regularization, x.scalar_type(), needed.get(1),
                       [](const auto&... arguments) { sorting::fast_sort_backward(arguments...); });
}

Tensor fast_rank_cpu(const Tensor& x, const Tensor& order, const Tensor& steepness,
                     std::string_view regularization) {
  return fast_forward(Call("fast_rank", x, order, steepness), regularization, x.scalar_type(),
                      [](const auto&... arguments) { sorting::fast_rank(arguments...); });
}

std::tuple<Tensor, Tensor> fast_rank_backward_cpu(const Tensor& grad_ranks, const Tensor& x,
                                                  const Tensor& order, const Tensor& steepness,
                                                  std::string_view regularization,
                                                  c10::List<bool> needed) {
  return fast_backward(Call("fast_rank", x, order, steepness), grad_ranks, steepness,
                       regularization, x.scalar_type(), needed.get(1),
                       [](const auto&... arguments) { sorting::fast_rank_backward(arguments...); });
}

Tensor lap_rank_cpu(const Tensor& x, const Tensor& order, const Tensor& steepness) {
  const Call call("lap_rank", x, order, steepness);
  const Tensor ranks = at::empty_like(call.x);
  with_type(call.x, [&]<class T>(T) {
    sorting::lap_rank(call.lap<T>(), ranks.mutable_data_ptr<T>(), torch_executor());
  });
  return ranks.to(x.scalar_type());
}

std::tuple<Tensor, Tensor> lap_rank_backward_cpu(const Tensor& grad_ranks, const Tensor& x,
                                                 const Tensor& order, const Tensor& steepness,
                                                 c10::List<bool> needed) {
  const Call call("lap_rank", x, order, steepness);
  const Tensor g = upstream(grad_ranks, call, call.x.sizes(), "grad_ranks");
  const Tensor grad_x = at::zeros_like(call.x);
  const Tensor grad_steepness = at::zeros_like(steepness);
  with_type(call.x, [&]<class T>(T) {
    sorting::lap_rank_backward(call.lap<T>(), g.const_data_ptr<T>(), grad_x.mutable_data_ptr<T>(),
                               data_if(grad_steepness, needed.get(1)), torch_executor());
  });
  return {grad_x.to(x.scalar_type()), grad_steepness};
}

Tensor lap_mask_cpu(const Tensor& x, const Tensor& order, const Tensor& k,
                    const Tensor& steepness) {
  const Call call("lap_mask", x, order, steepness);
  const Masses masses(k, call);
  const Tensor mask = at::empty({k.size(0), k.size(1), x.size(1)}, call.x.options());
  with_type(call.x, [&]<class T>(T) {
    sorting::lap_mask(call.lap<T>(), masses.get(), mask.mutable_data_ptr<T>(), torch_executor());
  });
  return mask.to(x.scalar_type());
}

std::tuple<Tensor, Tensor, Tensor> lap_mask_backward_cpu(const Tensor& grad_mask, const Tensor& x,
                                                         const Tensor& order, const Tensor& k,
                                                         const Tensor& steepness,
                                                         c10::List<bool> needed) {
  const Call call("lap_mask", x, order, steepness);
  const Masses masses(k, call);
  const Tensor g = upstream(grad_mask, call, {k.size(0), k.size(1), x.size(1)}, "grad_mask");
  const Tensor grad_x = at::zeros_like(call.x);
  const Tensor grad_k = at::empty_like(masses.k);
  const Tensor grad_steepness = at::zeros_like(steepness);
  with_type(call.x, [&]<class T>(T) {
    sorting::lap_mask_backward(call.lap<T>(), masses.get(), g.const_data_ptr<T>(),
                               grad_x.mutable_data_ptr<T>(), grad_k.mutable_data_ptr<double>(),
                               data_if(grad_steepness, needed.get(2)), torch_executor());
  });
  return {grad_x.to(x.scalar_type()), grad_k, grad_steepness};
}

// Meta: shapes and dtypes alone.
Tensor like(const Tensor& tensor) { return at::empty_like(tensor, at::MemoryFormat::Contiguous); }

Tensor ascending_order_meta(const Tensor& x) {
  check_rows(x, "ascending_order");
  return at::empty_symint(x.sym_sizes(), x.options().dtype(at::kInt));
}

Tensor fast_meta(const Tensor& x, const Tensor&, const Tensor&, std::string_view) {
  check_rows(x, "fast_sort");
  return like(x);
}

std::tuple<Tensor, Tensor> fast_backward_meta(const Tensor&, const Tensor& x, const Tensor&,
                                              const Tensor& steepness, std::string_view,
                                              c10::List<bool>) {
  return {like(x), like(steepness)};
}

Tensor lap_rank_meta(const Tensor& x, const Tensor&, const Tensor&) {
  check_rows(x, "lap_rank");
  return like(x);
}

std::tuple<Tensor, Tensor> lap_rank_backward_meta(const Tensor&, const Tensor& x, const Tensor&,
                                                  const Tensor& steepness, c10::List<bool>) {
  return {like(x), like(steepness)};
}

Tensor lap_mask_meta(const Tensor& x, const Tensor&, const Tensor& k, const Tensor&) {
  check_rows(x, "lap_mask");
  return at::empty_symint({k.sym_size(0), k.sym_size(1), x.sym_size(1)}, x.options());
}

std::tuple<Tensor, Tensor, Tensor> lap_mask_backward_meta(const Tensor&, const Tensor& x,
                                                          const Tensor&, const Tensor& k,
                                                          const Tensor& steepness,
                                                          c10::List<bool>) {
  return {like(x), like(k), like(steepness)};
}

}  // namespace

// `order` is ascending_order(x): given, not found again, so that the backward and other ops on the
// same rows share one sort. `steepness` is float64, one number.
TORCH_LIBRARY_FRAGMENT(pliant, library) {
  define_op(library, "ascending_order(Tensor x) -> Tensor order", {.rows = {{"x"}}});
  define_op(library,
            "fast_sort(Tensor x, Tensor order, Tensor steepness, str regularization) -> Tensor",
            {.rows = {{"x", "order"}}});
  define_op(library,
            "fast_sort_backward(Tensor grad_values, Tensor x, Tensor order, Tensor steepness, str "
            "regularization, bool[] needed) -> (Tensor grad_x, Tensor grad_steepness)");
  define_op(library,
            "fast_rank(Tensor x, Tensor order, Tensor steepness, str regularization) -> Tensor",
            {.rows = {{"x", "order"}}});
  define_op(library,
            "fast_rank_backward(Tensor grad_ranks, Tensor x, Tensor order, Tensor steepness, str "
            "regularization, bool[] needed) -> (Tensor grad_x, Tensor grad_steepness)");
  define_op(library, "lap_rank(Tensor x, Tensor order, Tensor steepness) -> Tensor",
            {.rows = {{"x", "order"}}});
  define_op(library,
            "lap_rank_backward(Tensor grad_ranks, Tensor x, Tensor order, Tensor steepness, bool[] "
            "needed) -> (Tensor grad_x, Tensor grad_steepness)");
  define_op(library, "lap_mask(Tensor x, Tensor order, Tensor k, Tensor steepness) -> Tensor",
            {.rows = {{"x", "order", "k"}}});
  define_op(library,
            "lap_mask_backward(Tensor grad_mask, Tensor x, Tensor order, Tensor k, Tensor "
            "steepness, bool[] needed) -> (Tensor grad_x, Tensor grad_k, Tensor grad_steepness)");
}

TORCH_LIBRARY_IMPL(pliant, CPU, library) {
  library.impl("ascending_order", checked<&ascending_order_cpu>);
  library.impl("fast_sort", checked<&fast_sort_cpu>);
  library.impl("fast_sort_backward", checked<&fast_sort_backward_cpu>);
  library.impl("fast_rank", checked<&fast_rank_cpu>);
  library.impl("fast_rank_backward", checked<&fast_rank_backward_cpu>);
  library.impl("lap_rank", checked<&lap_rank_cpu>);
  library.impl("lap_rank_backward", checked<&lap_rank_backward_cpu>);
  library.impl("lap_mask", checked<&lap_mask_cpu>);
  library.impl("lap_mask_backward", checked<&lap_mask_backward_cpu>);
}

TORCH_LIBRARY_IMPL(pliant, Meta, library) {
  library.impl("ascending_order", checked<&ascending_order_meta>);
  library.impl("fast_sort", checked<&fast_meta>);
  library.impl("fast_sort_backward", checked<&fast_backward_meta>);
  library.impl("fast_rank", checked<&fast_meta>);
  library.impl("fast_rank_backward", checked<&fast_backward_meta>);
  library.impl("lap_rank", checked<&lap_rank_meta>);
  library.impl("lap_rank_backward", checked<&lap_rank_backward_meta>);
  library.impl("lap_mask", checked<&lap_mask_meta>);
  library.impl("lap_mask_backward", checked<&lap_mask_backward_meta>);
}

}  // namespace pliant
