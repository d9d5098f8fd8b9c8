// pliant/math/choice.cpp — soft choices, SIMD along the numbers (no torch)
#include "pliant/math/choice.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pliant/math/choice.cpp"
#include "pliant/base/simd.h"
// After simd.h, which re-reads this file for every target.
#include "pliant/math/value.h"

#ifndef PLIANT_MATH_CHOICE_KERNELS_
#define PLIANT_MATH_CHOICE_KERNELS_
namespace pliant::math {

/// The functions of choice.h, compiled for one target.
template <class T>
struct ChoiceKernels {
  T (*log_sum_exp)(const T*, std::size_t);
  T (*soft_argmax)(const T*, std::size_t, T*);
  void (*exp_minus)(const T*, std::size_t, T, T*);
  void (*soft_argmax_backward)(const T*, const T*, std::size_t, T*);
};

}  // namespace pliant::math
#endif

HWY_BEFORE_NAMESPACE();
namespace pliant::math::HWY_NAMESPACE {
namespace {

/// Sums run in so many lanes whatever the CPU's vectors are: their order is the same everywhere.
template <class T>
inline constexpr std::size_t kSumLanes = 64 / sizeof(T);

template <class T>
using Tag = hn::CappedTag<T, kSumLanes<T>>;

/// kSumLanes numbers in as many vectors as the CPU needs for them.
template <class T>
struct Lanes {
  using V = Vector<Tag<T>>;
  static constexpr std::size_t kStep = hn::MaxLanes(Tag<T>());
  static constexpr std::size_t kVectors = kSumLanes<T> / kStep;

  alignas(64) T number[kSumLanes<T>];

  explicit Lanes(T value) { std::fill(number, number + kSumLanes<T>, value); }

  /// number ← fn(number, from), vector by vector.
  template <class Fn>
  HWY_INLINE HWY_ATTR void update(const T* from, const Fn& fn) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      T* at = number + v * kStep;
      const V old(hn::Load(Tag<T>(), at)), come(hn::LoadU(Tag<T>(), from + v * kStep));
      hn::Store(fn(old, come).raw, Tag<T>(), at);
    }
  }

  /// The lanes' sum, pairwise.
  [[nodiscard]] T sum() {
    for (std::size_t half = kSumLanes<T> / 2; half > 0; half /= 2) {
      for (std::size_t i = 0; i < half; ++i) number[i] += number[i + half];
    }
    return number[0];
  }
};

/// fn(numbers, kSumLanes of them) for the whole of x, whose end is filled up with `rest`.
template <class T, class Fn>
HWY_INLINE HWY_ATTR void for_lanes(const T* x, std::size_t n, T rest, const Fn& fn) {
  std::size_t i = 0;
  for (; i + kSumLanes<T> <= n; i += kSumLanes<T>) fn(x + i, i);
  if (i == n) return;
  alignas(64) T last[kSumLanes<T>];
  std::fill(std::copy(x + i, x + n, last), last + kSumLanes<T>, rest);
  fn(last, i);
}

template <class T>
HWY_ATTR T largest(const T* x, std::size_t n) {
  using V = typename Lanes<T>::V;
  Lanes<T> lanes(-std::numeric_limits<T>::infinity());
  for_lanes(x, n, -std::numeric_limits<T>::infinity(), [&](const T* from, std::size_t) HWY_ATTR {
    lanes.update(from, [](V old, V come) HWY_ATTR { return max(come, old); });
  });
  return *std::max_element(lanes.number, lanes.number + kSumLanes<T>);
}

/// exp(x), and 0 below the smallest normal number: to make denormal ones takes some CPUs a hundred
/// times as long, and a choice does not need them.
template <class T, class V>
HWY_INLINE HWY_ATTR V weight(V x) {
  const V low(sizeof(T) == sizeof(float) ? -87.3 : -708.3);
  return select(x < low, V(0), exp(max(low, x)));  // NaN passes: it stands second
}

/// Σ exp(x_i − shift), and the terms themselves unless `p` is null.
template <class T>
HWY_ATTR T sum_of_exp(const T* x, std::size_t n, T shift, T* p) {
  using L = Lanes<T>;
  using V = typename L::V;
  L sums(0);
  const V by(static_cast<double>(shift));
  for_lanes(x, n, -std::numeric_limits<T>::infinity(), [&](const T* from, std::size_t i) HWY_ATTR {
    alignas(64) T terms[kSumLanes<T>];
    for (std::size_t v = 0; v < L::kVectors; ++v) {
      const V term = weight<T>(V(hn::LoadU(Tag<T>(), from + v * L::kStep)) - by);
      hn::Store(term.raw, Tag<T>(), terms + v * L::kStep);
    }
    sums.update(terms, [](V old, V come) HWY_ATTR { return old + come; });
    if (p != nullptr) std::copy(terms, terms + std::min(kSumLanes<T>, n - i), p + i);
  });
  return sums.sum();
}

template <class T>
HWY_ATTR T log_sum_exp_here(const T* x, std::size_t n) {
  const T shift = largest(x, n);
  return shift + std::log(sum_of_exp<T>(x, n, shift, nullptr));
}

template <class T>
HWY_ATTR T soft_argmax_here(const T* x, std::size_t n, T* p) {
  const T shift = largest(x, n);
  const T sum = sum_of_exp(x, n, shift, p);
  const T factor = 1 / sum;
  for (std::size_t i = 0; i < n; ++i) p[i] *= factor;
  return shift + std::log(sum);
}

template <class T>
HWY_ATTR void exp_minus_here(const T* x, std::size_t n, T total, T* p) {
  using L = Lanes<T>;
  using V = typename L::V;
  const V by(static_cast<double>(total));
  std::size_t i = 0;
  for (; i + L::kStep <= n; i += L::kStep) {
    hn::StoreU(weight<T>(V(hn::LoadU(Tag<T>(), x + i)) - by).raw, Tag<T>(), p + i);
  }
  if (i == n) return;
  alignas(64) T last[L::kStep] = {};
  std::copy(x + i, x + n, last);
  hn::Store(weight<T>(V(hn::Load(Tag<T>(), last)) - by).raw, Tag<T>(), last);
  std::copy_n(last, n - i, p + i);
}

template <class T>
HWY_ATTR void soft_argmax_backward_here(const T* p, const T* g, std::size_t n, T* grad_x) {
  using V = typename Lanes<T>::V;
  Lanes<T> sums(0);
  for_lanes<T>(p, n, 0, [&](const T* from, std::size_t i) HWY_ATTR {
    alignas(64) T products[kSumLanes<T>] = {};
    const std::size_t count = std::min(kSumLanes<T>, n - i);
    for (std::size_t k = 0; k < count; ++k) products[k] = from[k] * g[i + k];
    sums.update(products, [](V old, V come) HWY_ATTR { return old + come; });
  });
  const T mean = sums.sum();
  for (std::size_t i = 0; i < n; ++i) grad_x[i] = p[i] * (g[i] - mean);
}

template <class T>
ChoiceKernels<T> kernels() {
  return {&log_sum_exp_here<T>, &soft_argmax_here<T>, &exp_minus_here<T>,
          &soft_argmax_backward_here<T>};
}
ChoiceKernels<float> FloatKernels() { return kernels<float>(); }
ChoiceKernels<double> DoubleKernels() { return kernels<double>(); }

}  // namespace
}  // namespace pliant::math::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pliant::math {
namespace {

HWY_EXPORT(FloatKernels);
HWY_EXPORT(DoubleKernels);

/// The kernels for the CPU that runs.
template <class T>
ChoiceKernels<T> kernels() {
  if constexpr (sizeof(T) == sizeof(float)) {
    return HWY_DYNAMIC_DISPATCH(FloatKernels)();
  } else {
    return HWY_DYNAMIC_DISPATCH(DoubleKernels)();
  }
}

}  // namespace

template <class T>
T log_sum_exp(const T* x, std::size_t n) {
  return kernels<T>().log_sum_exp(x, n);
}

template <class T>
T soft_argmax(const T* x, std::size_t n, T* p) {
  return kernels<T>().soft_argmax(x, n, p);
}

template <class T>
void exp_minus(const T* x, std::size_t n, T total, T* p) {
  kernels<T>().exp_minus(x, n, total, p);
}

template <class T>
void soft_argmax_backward(const T* p, const T* g, std::size_t n, T* grad_x) {
  kernels<T>().soft_argmax_backward(p, g, n, grad_x);
}

template float log_sum_exp(const float*, std::size_t);
template double log_sum_exp(const double*, std::size_t);
template float soft_argmax(const float*, std::size_t, float*);
template double soft_argmax(const double*, std::size_t, double*);
template void exp_minus(const float*, std::size_t, float, float*);
template void exp_minus(const double*, std::size_t, double, double*);
template void soft_argmax_backward(const float*, const float*, std::size_t, float*);
template void soft_argmax_backward(const double*, const double*, std::size_t, double*);

}  // namespace pliant::math
#endif  // HWY_ONCE
