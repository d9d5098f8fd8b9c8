// pliant/math/pair-inl.h — numbers in two parts: a rounded value, and what it was rounded by (no
// torch)
//
// Re-read per SIMD target. For arguments of e^x: an exponent of 700 that is off by half a ULP makes
// e^x wrong by 350.
#if defined(PLIANT_MATH_PAIR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PLIANT_MATH_PAIR_INL_H_
#undef PLIANT_MATH_PAIR_INL_H_
#else
#define PLIANT_MATH_PAIR_INL_H_
#endif

#include <numbers>

#include "pliant/math/value.h"

PLIANT_MATH_BEGIN

/// high + low, where high is the sum rounded.
template <class V>
struct Pair {
  V high;
  V low;
};

/// a + b without rounding (Knuth).
template <class V>
PLIANT_FN Pair<V> two_sum(V a, V b) {
  const V sum = a + b, b_part = sum - a;
  return {sum, (a - (sum - b_part)) + (b - b_part)};
}

/// a + b without rounding, for |a| ≥ |b| (Dekker).
template <class V>
PLIANT_FN Pair<V> ordered_sum(V a, V b) {
  const V sum = a + b;
  return {sum, (a - sum) + b};
}

template <Scalar T>
PLIANT_FN Pair<T> exp_pair(T x) {
  return {exp(x), T(0)};
}

template <Scalar T>
PLIANT_FN Pair<T> log_pair(T x, T exponent) {
  return {fma(exponent, T(std::numbers::ln2), log(x)), T(0)};
}

#ifndef __CUDACC__
/// ln(x·2^exponent) for positive finite x and whole exponents, within about 1/10 ULP of 1.
template <class D>
PLIANT_FN Pair<Vector<D>> log_pair(Vector<D> x, Vector<D> exponent) {
  using V = Vector<D>;
  using F = detail::Format<hn::TFromD<D>>;
  const auto [own, f] = detail::log_parts(x);
  const V k = own + exponent;
  const Pair<V> first = two_sum(k * V(F::kLn2High), f);
  const Pair<V> all = two_sum(first.high, log1p_rest(f, k * V(F::kLn2Low)));
  return {all.high, all.low + first.low};
}

/// e^x within about 1/50 ULP where it is neither denormal nor near the largest number.
template <class D>
PLIANT_FN Pair<Vector<D>> exp_pair(Vector<D> x) {
  using V = Vector<D>;
  using F = detail::Format<hn::TFromD<D>>;
  x = min(V(F::kExpHigh - 5), max(V(F::kExpLow), x));
  const V magic(detail::kRound<hn::TFromD<D>>);
  const V k = fma(x, V(std::numbers::log2e), magic) - magic;
  const Pair<V> r = ordered_sum(fma(k, V(-F::kLn2High), x), k * V(-F::kLn2Low));
  const V square = r.high * r.high;
  const V cube = square * r.high * polynomial<kExpCubeFloat, kExpCubeDouble>(r.high);
  const Pair<V> one = ordered_sum(V(1), r.high), two = ordered_sum(one.high, V(0.5) * square);
  const Pair<V> three = ordered_sum(two.high, cube);
  const V low = (one.low + two.low) +
                (three.low + fma(V(0.5), square_error(r.high, square), r.low * one.high));
  return {detail::scale_by(three.high, k), detail::scale_by(low, k)};
}
#endif

PLIANT_MATH_END
#endif  // PLIANT_MATH_PAIR_INL_H_
