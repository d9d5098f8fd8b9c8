// pliant/sorting/torch/quantile_ops.cpp — soft quantiles as an op: schema, checks, CPU and Meta
// kernels
#include <ATen/Functions.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "pliant/base/torch/executor.h"
#include "pliant/base/torch/op.h"
#include "pliant/base/torch/transforms.h"
#include "pliant/base/torch/working_type.h"
#include "pliant/sorting/lap_sum.h"
#include "pliant/sorting/torch/check_keys.h"

namespace pliant {
namespace {

using at::Tensor;

constexpr const char* kOp = "soft_quantile";

/// Between which ranks, 0 … n − 1, a quantile is, and how far.
struct Place {
  double below, above, part;

  Place(double q, int64_t n)
      : below(std::floor(q * static_cast<double>(n - 1))),
        above(std::min(below + 1, static_cast<double>(n - 1))),
        part(q * static_cast<double>(n - 1) - below) {}
};

/// A call of the op, checked: rows, and the masses above the two ends of each quantile.
struct Call {
  Tensor x;
  Tensor q;
  Tensor masses;  ///< (batch, 2·count): above the lower ends, then above the upper ones
  double steepness;

  Call(const Tensor& rows, const Tensor& quantiles, const Tensor& number) {
    check_rows(rows, kOp);
    TORCH_CHECK_TYPE(quantiles.scalar_type() == at::kDouble, kOp, ": q must be float64, got ",
                     quantiles.scalar_type());
    TORCH_CHECK_VALUE(quantiles.dim() == 1, kOp, ": q must have shape (count), got ",
                      quantiles.sizes());
    steepness = steepness_of(number, kOp);
    x = working(rows);
    q = quantiles.contiguous();
    masses = at::empty({x.size(0), 2 * count()}, q.options());
    auto* mass = masses.mutable_data_ptr<double>();
    for (int64_t b = 0; b < x.size(0); ++b) {
      for (int64_t c = 0; c < count(); ++c) {
        const Place at = place(c);
        const double all = static_cast<double>(x.size(1)) - 0.5;
        mass[b * 2 * count() + c] = all - at.below;
        mass[b * 2 * count() + count() + c] = all - at.above;
      }
    }
  }

  [[nodiscard]] int64_t count() const { return q.size(0); }
  [[nodiscard]] Place place(int64_t c) const {
    const double number = q.const_data_ptr<double>()[c];
    TORCH_CHECK_VALUE(number >= 0 && number <= 1, kOp, ": q must be in [0, 1], got ", number);
    return {number, x.size(1)};
  }
  template <class T>
  [[nodiscard]] sorting::LapArgs<T> lap(const Tensor& order) const {
    return {{static_cast<std::size_t>(x.size(0)), static_cast<std::size_t>(x.size(1)),
             x.const_data_ptr<T>(), order.const_data_ptr<int32_t>()},
            steepness};
  }
  [[nodiscard]] sorting::LapMasses lap_masses() const {
    return {static_cast<std::size_t>(masses.size(1)), masses.const_data_ptr<double>()};
  }
};

/// Whether only the lower end counts: where both are the same infinity, or one that has no part in
/// it is, they have no difference.
template <class T>
bool is_low_alone(const Place& at, T low, T high) {
  return at.part == 0 || low == high;
}

/// (quantiles, order, the ends in the kernels' dtype).
std::tuple<Tensor, Tensor, Tensor> soft_quantile_cpu(const Tensor& rows, const Tensor& q,
                                                     const Tensor& steepness) {
  const Call call(rows, q, steepness);
  const int64_t count = call.count();
  const Tensor order = at::empty(call.x.sizes(), call.x.options().dtype(at::kInt));
  const Tensor ends = at::empty(call.masses.sizes(), call.x.options());
  const Tensor quantiles = at::empty({call.x.size(0), count}, call.x.options());
  with_type(call.x, [&]<class T>(T) {
    sorting::ascending_order(call.x.const_data_ptr<T>(), static_cast<std::size_t>(call.x.size(0)),
                             static_cast<std::size_t>(call.x.size(1)),
                             order.mutable_data_ptr<int32_t>(), torch_executor());
    sorting::lap_threshold(call.lap<T>(order), call.lap_masses(), ends.mutable_data_ptr<T>(),
                           torch_executor());
    const T* end = ends.const_data_ptr<T>();
    T* out = quantiles.mutable_data_ptr<T>();
    for (int64_t b = 0; b < call.x.size(0); ++b, end += 2 * count, out += count) {
      for (int64_t c = 0; c < count; ++c) {
        const Place at = call.place(c);
        const T low = end[c], high = end[count + c];
        out[c] = is_low_alone(at, low, high) ? low : low + static_cast<T>(at.part) * (high - low);
      }
    }
  });
  return {quantiles.to(rows.scalar_type()), order, ends};
}

std::tuple<Tensor, Tensor, Tensor> soft_quantile_backward_cpu(
    const Tensor& grad_quantiles, const Tensor& rows, const Tensor& q, const Tensor& steepness,
    const Tensor& order, const Tensor& ends, c10::List<bool> needed) {
  const Call call(rows, q, steepness);
  const int64_t count = call.count();
  TORCH_CHECK_VALUE(grad_quantiles.sizes() == at::IntArrayRef({call.x.size(0), count}), kOp,
                    ": grad_quantiles must have shape (", call.x.size(0), ", ", count, "), got ",
                    grad_quantiles.sizes());
  const Tensor g = grad_quantiles.to(call.x.scalar_type()).contiguous();
  const Tensor kept_order = order.contiguous(), kept_ends = ends.contiguous();
  const Tensor grad_ends = at::empty_like(kept_ends), grad_k = at::empty_like(call.masses);
  const Tensor grad_x = at::zeros_like(call.x), grad_q = at::zeros_like(call.q);
  const Tensor grad_steepness = at::zeros_like(steepness);
  with_type(call.x, [&]<class T>(T) {
    const T* end = kept_ends.const_data_ptr<T>();
    const T* upstream = g.const_data_ptr<T>();
    T* grad_end = grad_ends.mutable_data_ptr<T>();
    auto* of_q = grad_q.mutable_data_ptr<double>();
    for (int64_t b = 0; b < call.x.size(0);
         ++b, end += 2 * count, grad_end += 2 * count, upstream += count) {
      for (int64_t c = 0; c < count; ++c) {
        const Place at = call.place(c);
        const bool alone = is_low_alone(at, end[c], end[count + c]);
        const T part = alone ? T{0} : static_cast<T>(at.part);
        grad_end[c] = upstream[c] * (1 - part);
        grad_end[count + c] = upstream[c] * part;
        const auto gap = static_cast<double>(end[count + c] - end[c]);
        if (std::isfinite(gap))
          of_q[c] += static_cast<double>(upstream[c]) * gap * static_cast<double>(rows.size(1) - 1);
      }
    }
    sorting::lap_threshold_backward(
        call.lap<T>(kept_order), call.lap_masses(), grad_ends.const_data_ptr<T>(),
        grad_x.mutable_data_ptr<T>(), grad_k.mutable_data_ptr<double>(),
        needed.get(2) ? grad_steepness.mutable_data_ptr<double>() : nullptr, torch_executor());
  });
  return {grad_x.to(rows.scalar_type()), grad_q, grad_steepness};
}

std::tuple<Tensor, Tensor, Tensor> soft_quantile_meta(const Tensor& rows, const Tensor& q,
                                                      const Tensor&) {
  check_rows(rows, kOp);
  const auto kept = rows.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const auto batch = rows.sym_size(0);
  return {at::empty_symint({batch, q.sym_size(0)}, rows.options()),
          at::empty_symint(rows.sym_sizes(), rows.options().dtype(at::kInt)),
          at::empty_symint({batch, 2 * q.sym_size(0)}, rows.options().dtype(kept))};
}

std::tuple<Tensor, Tensor, Tensor> soft_quantile_backward_meta(const Tensor&, const Tensor& rows,
                                                               const Tensor& q,
                                                               const Tensor& steepness,
                                                               const Tensor&, const Tensor&,
                                                               c10::List<bool>) {
  return {at::empty_like(rows, at::MemoryFormat::Contiguous), at::empty_like(q),
          at::empty_like(steepness)};
}

}  // namespace

// `q` (count) and `steepness`, one number, are float64. `order` is ascending_order(x); `ends` are
// the numbers of the two ranks that a quantile is between.
TORCH_LIBRARY_FRAGMENT(pliant, library) {
  define_op(library,
            "soft_quantile(Tensor x, Tensor q, Tensor steepness) -> (Tensor quantiles, Tensor "
            "order, Tensor ends)",
            {.rows = {{"x"}}});
  define_op(library,
            "soft_quantile_backward(Tensor grad_quantiles, Tensor x, Tensor q, Tensor steepness, "
            "Tensor order, Tensor ends, bool[] needed) -> (Tensor grad_x, Tensor grad_q, Tensor "
            "grad_steepness)");
}

TORCH_LIBRARY_IMPL(pliant, CPU, library) {
  library.impl("soft_quantile", checked<&soft_quantile_cpu>);
  library.impl("soft_quantile_backward", checked<&soft_quantile_backward_cpu>);
}

TORCH_LIBRARY_IMPL(pliant, Meta, library) {
  library.impl("soft_quantile", checked<&soft_quantile_meta>);
  library.impl("soft_quantile_backward", checked<&soft_quantile_backward_meta>);
}

}  // namespace pliant
