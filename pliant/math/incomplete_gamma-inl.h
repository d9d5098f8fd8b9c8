// pliant/math/incomplete_gamma-inl.h — the law of the gamma distribution, in double (no torch)
//
// Re-read per SIMD target. P(a, x) and Q = 1 − P, each to full relative accuracy. With
//   D = x^a·e^(−x)/Γ(a + 1)
// (DLMF 8.7.1, 8.9.2):   P = D·(1 + x/(a+1) + x²/((a+1)(a+2)) + …)   below the split max(a, 1),
//   Q = D·a/(x + 1 − a − 1(1 − a)/(x + 3 − a − 2(2 − a)/(x + 5 − a − …)))   above it,
// and, for a < 1 and below the split, where 1 − P cancels,
//   Q = 1 − x^a/Γ(a + 1) + x^a/Γ(a + 1)·a·(x/(a + 1) − x²/(2!(a + 2)) + …)   (DLMF 8.7.3).
// How many terms each takes depends on the shape a alone, so no value depends on its neighbours.
#if defined(PLIANT_MATH_INCOMPLETE_GAMMA_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PLIANT_MATH_INCOMPLETE_GAMMA_INL_H_
#undef PLIANT_MATH_INCOMPLETE_GAMMA_INL_H_
#else
#define PLIANT_MATH_INCOMPLETE_GAMMA_INL_H_
#endif

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pliant/math/family-inl.h"
#include "pliant/math/pair-inl.h"

PLIANT_MATH_BEGIN

/// What does not depend on x. Made in extended precision where the machine has it.
class IncompleteGamma {
 public:
  /// @param a  the shape, about 1e-2 … 1e3
  explicit IncompleteGamma(double a)
      : a_(a),
        split_(std::max(a, 1.)),
        log_gamma1_(static_cast<double>(std::lgamma(1 + static_cast<long double>(a)))),
        log_norm_(static_cast<double>(log_norm(a))),
        norm_(static_cast<double>(std::exp(log_norm(a)))),
        series_terms_(static_cast<int>(18 + 8.3 * std::sqrt(a))),
        fraction_terms_(static_cast<int>(6 + 95 / split_ + 2.6 * std::sqrt(a))) {}

  template <class V>
  PLIANT_FN Sides<V> sides(V u) const {
    const V x = clamped(u), d = density_times_x(x) * V(1 / a_);
    const V low = min(V(split_), x), high = max(V(split_), x);
    const V p = d * series(low), q = d * V(a_) * (V(1) / fraction(high));
    const V near_q = a_ < 1 ? small_shape_tail(low) : V(1) - p;
    const auto below = x < V(split_);
    const V first = select(below, p, V(1) - q), second = select(below, near_q, q);
    return {select(x > V(0), first, x), select(x > V(0), second, V(1) - x)};
  }

  /// x^(a−1)·e^(−x)/Γ(a), 0 for x ≤ 0.
  template <class V>
  PLIANT_FN V pdf(V u) const {
    const V x = clamped(u);
    // Far from a the power is a − 1 from the start: D may underflow where this does not.
    const double power = a_ - 1;
    const Pair<V> e = exponent(x, power, a_ - (power + 1));
    const Pair<V> all = two_sum(e.high, V(log_norm_));
    const V far = exp_sum(all.high, all.low + e.low);
    const V value = select(is_near(x), density_times_x(x) / x, far);
    return select(x > V(0), value, x);
  }

  /// −ln Q, far beyond where Q is 0.
  template <class V>
  PLIANT_FN V neg_log_sf(V u) const {
    const Sides<V> s = sides(u);
    const V x = min(V(kFar), u), high = max(V(split_), x);
    const Pair<V> e = exponent(high, a_);
    const V far = (log(fraction(high)) - (e.high + e.low)) - V(log_norm_ + std::log(a_));
    const V value = select(u < V(split_), neg_log_second(s.p, s.tail), far);
    return select(u < V(kFar), value, u);
  }

  /// −ln P, far below where P is 0.
  template <class V>
  PLIANT_FN V neg_log_cdf(V u) const {
    const Sides<V> s = sides(u);
    const V x = min(V(split_), abs(max(V(0), u)));
    const Pair<V> e = exponent(x, a_);
    const V near = -(e.high + e.low) - V(log_norm_) - log(series(x));
    const V value = select(s.p < V(0.5), near, -log1p(-s.tail));
    return select(u < V(split_), select(u > V(0), value, V(kInf)), neg_log_second(s.tail, s.p));
  }

 private:
  static constexpr double kFar = 1e300;
  static constexpr double kInverseFactorial18 = 1.5619206968586226e-16;

  /// ln(a^a·e^(−a)/Γ(a + 1))
  static long double log_norm(long double a) { return a * std::log(a) - a - std::lgamma(1 + a); }

  /// Beyond, Q is 0 for every shape there is.
  template <class V>
  PLIANT_FN static V clamped(V u) {
    return min(V(1e5), max(V(0), u));
  }
  /// Where ln(x/a) is taken as ln(1 + (x − a)/a).
  template <class V>
  PLIANT_FN auto is_near(V x) const {
    return abs(x - V(a_)) < V(0.29 * a_);
  }

  /// −(x − a) + (power + power_low)·ln(x/a); near a for power = a only.
  template <class V>
  PLIANT_FN Pair<V> exponent(V x, double power, double power_low = 0) const {
    // Small numbers are lifted, so that what the quotient is rounded by is no denormal.
    const auto is_small = x < V(1e-200);
    const V lifted = select(is_small, x * V(0x1p300), x), ratio = lifted / V(a_);
    const V rest = -product_error(ratio, V(a_), lifted) / lifted;
    const Pair<V> log_ratio = log_pair(ratio, select(is_small, V(-300), V(0)));
    const V product = log_ratio.high * V(power);
    const V log_low = fma(log_ratio.high, V(power_low), V(power) * (log_ratio.low + rest));
    const V product_low = product_error(log_ratio.high, V(power), product) + log_low;
    const Pair<V> gap = two_sum(V(a_), -x), sum = two_sum(gap.high, product);
    const V near = V(a_) * log1p_rest((x - V(a_)) * V(1 / a_));
    const auto is_close = is_near(x);
    return {select(is_close, near, sum.high),
            select(is_close, V(0), sum.low + (product_low + gap.low))};
  }

  /// x^a·e^(−x)/Γ(a) = D·a
  template <class V>
  PLIANT_FN V density_times_x(V x) const {
    const Pair<V> e = exponent(x, a_);
    return exp_sum(e.high, e.low) * V(norm_ * a_);
  }

  template <class V>
  PLIANT_FN V series(V x) const {
    V sum(1);
    for (int n = series_terms_; n > 0; --n) sum = fma(x * V(1 / (a_ + n)), sum, V(1));
    return sum;
  }

  /// The continued fraction, from its last term back; what follows that is taken as its limit.
  template <class V>
  PLIANT_FN V fraction(V x) const {
    const V b = x + V(1 - a_);
    const double last = fraction_terms_;
    const V bounded = min(V(1e150), b);
    V f = V(last) + V(0.5) * (b + sqrt(fma(V(4 * last), x + V(1), bounded * bounded)));
    for (double n = last; n > 0; --n) f = b + (V(2 * (n - 1)) + V(n * (a_ - n)) / f);
    return f;
  }

  template <class V>
  PLIANT_FN V small_shape_tail(V x) const {
    const V y = log(x) * V(a_) - V(log_gamma1_);
    V sum(0);
    double inverse_factorial = kInverseFactorial18;
    for (int k = 18; k > 0; --k) {
      sum = V(inverse_factorial / (a_ + k)) - x * sum;
      inverse_factorial *= k;
    }
    return exp(y) * (x * sum * V(a_)) - expm1(y);
  }

  double a_;
  double split_;
  double log_gamma1_;
  double log_norm_;
  double norm_;
  int series_terms_;
  int fraction_terms_;
};

PLIANT_MATH_END
#endif  // PLIANT_MATH_INCOMPLETE_GAMMA_INL_H_
