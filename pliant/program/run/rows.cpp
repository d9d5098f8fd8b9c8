// pliant/program/run/rows.cpp — reductions and choices over rows of elements, there and back, a
// vector of samples at a time (no torch)
#include <algorithm>

#include "pliant/program/run/lanes.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pliant/program/run/rows.cpp"
#include "pliant/base/simd.h"
// After simd.h, which re-reads this file for every target.
#include "pliant/math/value.h"

HWY_BEFORE_NAMESPACE();
namespace pliant::program::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Tag = hn::CappedTag<T, kLeastLanes>;
template <class T>
using Number = math::HWY_NAMESPACE::Vector<Tag<T>>;

template <class T>
HWY_INLINE Number<T> load(const T* x) {
  return Number<T>(hn::Load(Tag<T>(), x));
}
template <class T>
HWY_INLINE void store(Number<T> x, T* to) {
  hn::Store(x.raw, Tag<T>(), to);
}
template <class T>
HWY_INLINE void accumulate(Number<T> x, T* to) {
  store(load(to) + x, to);
}

/// fn(o, i) for each row and each vector of samples; a row's elements are `lanes` numbers apart.
template <class T, class Fn>
HWY_INLINE void for_columns(Rows rows, std::size_t lanes, const Fn& fn) {
  const std::size_t width = hn::Lanes(Tag<T>());
  for (std::size_t o = 0; o < rows.outer; ++o) {
    for (std::size_t i = 0; i < lanes; i += width) fn(o, i);
  }
}

// A reduction is its value over a column of n elements, and what it adds to the gradients.
struct Sum {
  template <class T>
  HWY_INLINE Number<T> value(const T* x, const T*, std::size_t n, std::size_t lanes) const {
    Number<T> total(T(0));
    for (std::size_t j = 0; j < n; ++j) total = total + load(x + j * lanes);
    return total;
  }
  template <class T>
  HWY_INLINE void slopes(const T*, const T*, std::size_t n, std::size_t lanes, Number<T>,
                         Number<T> g, T* dx, T*) const {
    for (std::size_t j = 0; j < n; ++j) accumulate(g, dx + j * lanes);
  }
};
struct Product {
  template <class T>
  HWY_INLINE Number<T> value(const T* x, const T*, std::size_t n, std::size_t lanes) const {
    Number<T> total(T(1));
    for (std::size_t j = 0; j < n; ++j) total = total * load(x + j * lanes);
    return total;
  }
  template <class T>
  HWY_INLINE void slopes(const T* x, const T*, std::size_t n, std::size_t lanes, Number<T>,
                         Number<T> g, T* dx, T*) const {
    for (std::size_t j = 0; j < n; ++j) {  // the product of all others
      Number<T> others = g;
      for (std::size_t k = 0; k < n; ++k) {
        if (k != j) others = others * load(x + k * lanes);
      }
      accumulate(others, dx + j * lanes);
    }
  }
};
struct LogSumExp {
  template <class T>
  HWY_INLINE Number<T> value(const T* x, const T*, std::size_t n, std::size_t lanes) const {
    Number<T> top = load(x), total(T(0));
    for (std::size_t j = 1; j < n; ++j) top = max(top, load(x + j * lanes));
    for (std::size_t j = 0; j < n; ++j) total = total + exp(load(x + j * lanes) - top);
    return top + log(total);
  }
  template <class T>
  HWY_INLINE void slopes(const T* x, const T*, std::size_t n, std::size_t lanes, Number<T> y,
                         Number<T> g, T* dx, T*) const {
    for (std::size_t j = 0; j < n; ++j) {
      accumulate(g * exp(load(x + j * lanes) - y), dx + j * lanes);
    }
  }
};
struct Dot {
  template <class T>
  HWY_INLINE Number<T> value(const T* x, const T* y, std::size_t n, std::size_t lanes) const {
    Number<T> total(T(0));
    for (std::size_t j = 0; j < n; ++j) {
      total = total + load(x + j * lanes) * load(y + j * lanes);
    }
    return total;
  }
  template <class T>
  HWY_INLINE void slopes(const T* x, const T* y, std::size_t n, std::size_t lanes, Number<T>,
                         Number<T> g, T* dx, T* dy) const {
    for (std::size_t j = 0; j < n; ++j) {
      // One after the other: a and b may be the same.
      const Number<T> a = load(x + j * lanes), b = load(y + j * lanes);
      if (dx != nullptr) accumulate(g * b, dx + j * lanes);
      if (dy != nullptr) accumulate(g * a, dy + j * lanes);
    }
  }
};

template <class Fn>
HWY_INLINE void visit_reduction(Reduction reduction, const Fn& fn) {
  switch (reduction) {
    case Reduction::kSum:
      return fn(Sum());
    case Reduction::kProduct:
      return fn(Product());
    case Reduction::kLogSumExp:
      return fn(LogSumExp());
    case Reduction::kDot:
      return fn(Dot());
  }
}

template <class R, class T>
HWY_NOINLINE void reduce_as(const Operands<T>& in, Rows rows, std::size_t lanes, T* out) {
  const T *const x = in.value[0], *const y = in.value[1];
  for_columns<T>(rows, lanes, [&](std::size_t o, std::size_t i) HWY_ATTR {
    const std::size_t at = o * rows.n * lanes + i;
    store(R().value(x + at, y + at, rows.n, lanes), out + o * lanes + i);
  });
}

template <class R, class T>
HWY_NOINLINE void reduce_backward_as(const Operands<T>& in, Rows rows, std::size_t lanes,
                                     const T* out, const T* grad) {
  const T *const x = in.value[0], *const y = in.value[1];
  T *const dx = in.gradient[0], *const dy = in.gradient[1];
  for_columns<T>(rows, lanes, [&](std::size_t o, std::size_t i) HWY_ATTR {
    const std::size_t at = o * rows.n * lanes + i, to = o * lanes + i;
    R().slopes(x + at, y + at, rows.n, lanes, load(out + to), load(grad + to),
               dx == nullptr ? nullptr : dx + at, dy == nullptr ? nullptr : dy + at);
  });
}

template <class T>
HWY_NOINLINE void soft_argmax_as(const T* x, T sharpness, bool hard, Rows rows, std::size_t lanes,
                                 T* out) {
  using V = Number<T>;
  const V s(sharpness);
  for_columns<T>(rows, lanes, [&](std::size_t o, std::size_t i) HWY_ATTR {
    const T* const from = x + o * rows.n * lanes + i;
    T* const to = out + o * rows.n * lanes + i;
    if (hard) {
      V best = s * load(from), first(T(0));
      for (std::size_t j = 1; j < rows.n; ++j) {
        const V here = s * load(from + j * lanes);
        first = select(here > best, V(static_cast<T>(j)), first);
        best = select(here > best, here, best);
      }
      for (std::size_t j = 0; j < rows.n; ++j) {
        store(select(first == V(static_cast<T>(j)), V(T(1)), V(T(0))), to + j * lanes);
      }
      return;
    }
    V top = s * load(from), total(T(0));
    for (std::size_t j = 1; j < rows.n; ++j) top = max(top, s * load(from + j * lanes));
    for (std::size_t j = 0; j < rows.n; ++j) {
      const V weight = exp(s * load(from + j * lanes) - top);
      total = total + weight;
      store(weight, to + j * lanes);
    }
    for (std::size_t j = 0; j < rows.n; ++j) {
      store(load(to + j * lanes) / total, to + j * lanes);
    }
  });
}

template <class T>
HWY_NOINLINE void soft_argmax_backward_as(const T* x, const T* p, T sharpness, Rows rows,
                                          std::size_t lanes, const T* grad, T* grad_x,
                                          T* grad_sharpness) {
  using V = Number<T>;
  const V s(sharpness);
  for_columns<T>(rows, lanes, [&](std::size_t o, std::size_t i) HWY_ATTR {
    const std::size_t at = o * rows.n * lanes + i;
    V mean(T(0)), mean_x(T(0));
    for (std::size_t j = 0, k = at; j < rows.n; ++j, k += lanes) {
      mean = mean + load(p + k) * load(grad + k);
    }
    for (std::size_t j = 0, k = at; j < rows.n; ++j, k += lanes) {
      accumulate(s * (load(p + k) * (load(grad + k) - mean)), grad_x + k);
    }
    if (grad_sharpness == nullptr) return;
    V slope(T(0));
    for (std::size_t j = 0, k = at; j < rows.n; ++j, k += lanes) {
      mean_x = mean_x + load(p + k) * load(x + k);
    }
    for (std::size_t j = 0, k = at; j < rows.n; ++j, k += lanes) {
      slope = slope + load(p + k) * (load(grad + k) - mean) * (load(x + k) - mean_x);
    }
    accumulate(slope, grad_sharpness + i);
  });
}

/// Where an element is, null where its node has no memory.
template <class T>
HWY_INLINE T* place(View view, T* const* nodes, std::size_t lanes) {
  T* const first = nodes[static_cast<std::size_t>(view.node)];
  return first == nullptr ? nullptr : first + static_cast<std::size_t>(view.element) * lanes;
}

/// The elements of a row, that stand anywhere.
template <class T>
struct Row {
  const Run* elements;
  T* const* values;
  std::size_t lanes;
  Number<T> sharpness;

  HWY_INLINE Number<T> x(std::size_t j, std::size_t i) const {
    return load(place(elements[j].from, values, lanes) + i);
  }
  HWY_INLINE Number<T> top(std::size_t n, std::size_t i) const {
    Number<T> found = sharpness * x(0, i);
    for (std::size_t j = 1; j < n; ++j) found = max(found, sharpness * x(j, i));
    return found;
  }
};

template <class T>
HWY_NOINLINE void extremum_as(const Run* elements, T* const* values, T sharpness, bool hard,
                              Rows rows, std::size_t lanes, T* out, T* share) {
  using V = Number<T>;
  for_columns<T>(rows, lanes, [&](std::size_t o, std::size_t i) HWY_ATTR {
    const Row<T> row{elements + o * rows.n, values, lanes, V(sharpness)};
    const std::size_t at = o * lanes + i;
    const V top = row.top(rows.n, i);
    if (hard) {
      V first = row.x(rows.n - 1, i);
      for (std::size_t j = rows.n - 1; j-- > 0;) {
        first = select(row.sharpness * row.x(j, i) == top, row.x(j, i), first);
      }
      store(first, out + at);
      if (share == nullptr) return;
    }
    V total(T(0)), sum(T(0));
    for (std::size_t j = 0; j < rows.n; ++j) {
      const V x = row.x(j, i), weight = exp(row.sharpness * x - top);
      total = total + weight;
      sum = fma(weight, x, sum);
    }
    const V part = V(T(1)) / total;
    if (!hard) store(sum * part, out + at);
    if (share != nullptr) store(part, share + at);
  });
}

template <class T>
HWY_NOINLINE void extremum_backward_as(const Run* elements, T* const* values, T sharpness,
                                       bool hard, Rows rows, std::size_t lanes, const T* out,
                                       const T* share, const T* grad, T* const* gradients,
                                       T* grad_sharpness) {
  using V = Number<T>;
  for_columns<T>(rows, lanes, [&](std::size_t o, std::size_t i) HWY_ATTR {
    const Row<T> row{elements + o * rows.n, values, lanes, V(sharpness)};
    const std::size_t at = o * lanes + i;
    const V g = load(grad + at), part = load(share + at), top = row.top(rows.n, i);
    V mean = load(out + at), open(T(1));
    if (hard) {
      mean = V(T(0));
      for (std::size_t j = 0; j < rows.n; ++j) {
        mean = fma(exp(row.sharpness * row.x(j, i) - top) * part, row.x(j, i), mean);
      }
    }
    for (std::size_t j = 0; j < rows.n; ++j) {
      const V x = row.x(j, i), ahead = row.sharpness * x;
      const V weight = exp(ahead - top) * part, beyond = x - mean;
      // What the weights do, and the element itself: hard, the first of the largest alone.
      V own = weight;
      if (hard) {
        own = select(ahead == top, open, V(T(0)));
        open = open - own;
      }
      T* const to = place(row.elements[j].from, gradients, lanes);
      if (to != nullptr) accumulate(g * fma(weight * row.sharpness, beyond, own), to + i);
    }
    if (grad_sharpness == nullptr) return;
    V slope(T(0));
    for (std::size_t j = 0; j < rows.n; ++j) {
      const V x = row.x(j, i), beyond = x - mean;
      slope = fma(exp(row.sharpness * x - top) * part * beyond, beyond, slope);
    }
    accumulate(g * slope, grad_sharpness + i);
  });
}

template <class T>
HWY_NOINLINE void contract_as(const Operands<T>& in, Rows rows, std::size_t inner,
                              std::size_t lanes, T* out) {
  const T *const w = in.value[0], *const x = in.value[1];
  const Rows all{rows.outer * inner, rows.n};
  for_columns<T>(all, lanes, [&](std::size_t e, std::size_t i) HWY_ATTR {
    const std::size_t o = e / inner, k = e % inner;
    Number<T> total(T(0));
    for (std::size_t j = 0; j < rows.n; ++j) {
      const std::size_t at = ((o * rows.n + j) * inner + k) * lanes + i;
      total = total + load(w + j * lanes + i) * load(x + at);
    }
    store(total, out + e * lanes + i);
  });
}

template <class T>
HWY_NOINLINE void contract_backward_as(const Operands<T>& in, Rows rows, std::size_t inner,
                                       std::size_t lanes, const T* grad) {
  const T *const w = in.value[0], *const x = in.value[1];
  T *const dw = in.gradient[0], *const dx = in.gradient[1];
  const Rows all{rows.outer * inner, rows.n};
  for_columns<T>(all, lanes, [&](std::size_t e, std::size_t i) HWY_ATTR {
    const std::size_t o = e / inner, k = e % inner;
    const Number<T> g = load(grad + e * lanes + i);
    for (std::size_t j = 0; j < rows.n; ++j) {
      const std::size_t at = ((o * rows.n + j) * inner + k) * lanes + i;
      if (dw != nullptr) accumulate(g * load(x + at), dw + j * lanes + i);
      if (dx != nullptr) accumulate(g * load(w + j * lanes + i), dx + at);
    }
  });
}

template <class T>
HWY_NOINLINE void add_as(const T* x, const T* y, std::size_t n, T* out) {
  for (std::size_t i = 0; i < n; i += hn::Lanes(Tag<T>())) {
    accumulate(y == nullptr ? load(x + i) : load(x + i) * load(y + i), out + i);
  }
}

template <class T>
HWY_NOINLINE void gather_as(const Run* runs, std::size_t n, T* const* values, std::size_t lanes,
                            T* out) {
  for (const Run* run = runs; run != runs + n; ++run) {
    const T* const from = place(run->from, values, lanes);
    const std::size_t numbers = static_cast<std::size_t>(run->count) * lanes;
    for (std::size_t i = 0; i < numbers; i += hn::Lanes(Tag<T>())) store(load(from + i), out + i);
    out += numbers;
  }
}

template <class T>
HWY_NOINLINE void gather_backward_as(const Run* runs, std::size_t n, const T* grad,
                                     std::size_t lanes, T* const* gradients) {
  for (const Run* run = runs; run != runs + n; ++run) {
    T* const to = place(run->from, gradients, lanes);
    const std::size_t numbers = static_cast<std::size_t>(run->count) * lanes;
    if (to != nullptr) add_as<T>(grad, nullptr, numbers, to);
    grad += numbers;
  }
}

template <class T>
HWY_NOINLINE bool within_as(const T* x, const T* path, T slack, std::size_t lanes) {
  const Tag<T> d;
  const auto low = hn::Set(d, -slack), high = hn::Set(d, 1 + slack), zero = hn::Zero(d);
  for (std::size_t i = 0; i < lanes; i += hn::Lanes(d)) {
    const auto here = hn::Load(d, x + i);
    const auto inside = hn::And(hn::Ge(here, low), hn::Le(here, high));
    if (!hn::AllTrue(d, hn::Or(inside, hn::Eq(hn::Load(d, path + i), zero)))) return false;
  }
  return true;
}

template <class T>
HWY_NOINLINE bool any_as(const T* x, std::size_t n) {
  const Tag<T> d;
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    if (!hn::AllFalse(d, hn::Gt(hn::Load(d, x + i), hn::Zero(d)))) return true;
  }
  return false;
}

template <class T>
void reduce_any(Reduction reduction, const Operands<T>& in, Rows rows, std::size_t lanes, T* out) {
  visit_reduction(reduction, [&]<class R>(R) { reduce_as<R>(in, rows, lanes, out); });
}
template <class T>
void reduce_backward_any(Reduction reduction, const Operands<T>& in, Rows rows, std::size_t lanes,
                         const T* out, const T* grad) {
  visit_reduction(reduction,
                  [&]<class R>(R) { reduce_backward_as<R>(in, rows, lanes, out, grad); });
}

template <class T>
constexpr RowKernels<T> kKernels = {.reduce = &reduce_any<T>,
                                    .reduce_backward = &reduce_backward_any<T>,
                                    .soft_argmax = &soft_argmax_as<T>,
                                    .soft_argmax_backward = &soft_argmax_backward_as<T>,
                                    .extremum = &extremum_as<T>,
                                    .extremum_backward = &extremum_backward_as<T>,
                                    .contract = &contract_as<T>,
                                    .contract_backward = &contract_backward_as<T>,
                                    .add = &add_as<T>,
                                    .gather = &gather_as<T>,
                                    .gather_backward = &gather_backward_as<T>,
                                    .within = &within_as<T>,
                                    .any = &any_as<T>};

const RowKernels<float>* FloatKernels() { return &kKernels<float>; }
const RowKernels<double>* DoubleKernels() { return &kKernels<double>; }

}  // namespace
}  // namespace pliant::program::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pliant::program {

HWY_EXPORT(FloatKernels);
HWY_EXPORT(DoubleKernels);

template <>
const RowKernels<float>& row_kernels() {
  static const RowKernels<float>* const found = HWY_DYNAMIC_DISPATCH(FloatKernels)();
  return *found;
}
template <>
const RowKernels<double>& row_kernels() {
  static const RowKernels<double>* const found = HWY_DYNAMIC_DISPATCH(DoubleKernels)();
  return *found;
}

}  // namespace pliant::program
#endif
