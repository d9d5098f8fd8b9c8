// pliant/math/t_norm_sum-inl.h — the T-conorms whose generators are summed as they are (no torch)
//
// Re-read per SIMD target. S is the sum of the terms.
#if defined(PLIANT_MATH_T_NORM_SUM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PLIANT_MATH_T_NORM_SUM_INL_H_
#undef PLIANT_MATH_T_NORM_SUM_INL_H_
#else
#define PLIANT_MATH_T_NORM_SUM_INL_H_
#endif

#include <algorithm>
#include <cmath>
#include <string_view>

#include "pliant/math/t_norm_power-inl.h"

PLIANT_MATH_BEGIN

/// h = ℓ: the "or" of independent answers.
struct Probabilistic : TNormDefaults {
  static constexpr std::string_view name = "probabilistic";
  static constexpr std::string_view formula = "a + b − ab";
  static constexpr std::string_view source =
      "the product T-norm; SoftRas (ICCV 2019), GenDR (CVPR 2022)";
  static constexpr double max_ulp_float = 50;
  static constexpr double max_ulp_double = 50;
  static constexpr bool takes_logarithms = true;

  explicit Probabilistic(double = 0) {}
  [[nodiscard]] Fold fold() const { return Fold::kSum; }
  template <class V>
  PLIANT_FN V term(Member<V> m) const {
    return m.log_tail;
  }
  template <class V>
  PLIANT_FN Sides<V> value(V sum) const {
    return {-expm1(-sum), exp(-sum)};
  }
  template <class V>
  PLIANT_FN V slope(Member<V> m, V sum) const {
    return exp(m.log_tail - sum);
  }
  template <class V>
  PLIANT_FN V alone(V sum) const {
    return exp(-sum);
  }
};

/// h = atanh a = (ln(1 + a) + ℓ)/2, A = tanh S.
struct Einstein : TNormDefaults {
  static constexpr std::string_view name = "einstein";
  static constexpr std::string_view formula = "(a + b)/(1 + ab)";
  static constexpr std::string_view source = "the sum of velocities; GenDR (CVPR 2022)";
  static constexpr double max_ulp_float = 60;
  static constexpr double max_ulp_double = 60;

  explicit Einstein(double = 0) {}
  [[nodiscard]] Fold fold() const { return Fold::kSum; }
  template <class V>
  PLIANT_FN V term(Member<V> m) const {
    return V(0.5) * (log1p(m.p) + m.log_tail);
  }
  template <class V>
  PLIANT_FN Sides<V> value(V sum) const {
    const V z = V(-2) * sum, e = exp(z), inverse = V(1) / (V(1) + e);
    return {-expm1(z) * inverse, V(2) * e * inverse};
  }
  /// (1 − A²)/(1 − a²)
  template <class V>
  PLIANT_FN V slope(Member<V> m, V sum) const {
    const V z = V(-2) * sum, inverse = V(2) / (V(1) + exp(z));
    return exp(m.log_tail + z) * inverse * inverse / (V(1) + m.p);
  }
  template <class V>
  PLIANT_FN V alone(V sum) const {
    return exp(V(-2) * sum);
  }
};

/// h = ln(1 + p·o)/p of the odds o = a/x: o itself as p → 0. With w = e^(−pS) and r = (1 − w)/p,
/// A = r/(r + w).
struct Hamacher : TNormDefaults {
  static constexpr std::string_view name = "hamacher";
  static constexpr std::string_view formula = "T = xy/(p + (1 − p)(x + y − xy))";
  static constexpr std::string_view source = "Hamacher (1978); GenDR (CVPR 2022)";
  static constexpr std::string_view limits =
      "0: dombi 1, schweizer_sklar −1; 1: probabilistic; 2: einstein";
  static constexpr bool has_p = true;
  static constexpr double p_low = 0, p_high = 1e6;
  static constexpr bool p_low_open = false, p_high_open = false;
  static constexpr double default_p = 0;
  static constexpr double max_ulp_float = 75;
  static constexpr double max_ulp_double = 75;

  double p, inverse, log_p;
  bool at_zero;  ///< A at p = 0 and at 1e-30 are the same number
  Dombi zero;

  explicit Hamacher(double parameter = default_p)
      : p(parameter),
        inverse(1 / std::max(p, 1e-30)),
        log_p(-std::log(inverse)),
        at_zero(p < 1e-30),
        zero(1) {}
  [[nodiscard]] Fold fold() const { return at_zero ? Fold::kLogSum : Fold::kSum; }

  /// o, up to ℓ = 60, where a is 1.
  template <class V>
  PLIANT_FN static V odds(Member<V> m) {
    return m.p * exp(min(V(60), m.log_tail));
  }
  template <class V>
  PLIANT_FN V term(Member<V> m) const {
    if (at_zero) return zero.term(m);
    const V o = odds(m), y = o * V(p);
    const V near = select(y < V(1e-8), o * fma(V(-0.5), y, V(1)), log1p(y) * V(inverse));
    const V v = m.log_tail + V(log_p), far = p < 1e-9 ? softplus(v) : v;  // else v > 39
    return select(m.log_tail > V(60), far * V(inverse), near);
  }
  template <class V>
  PLIANT_FN Sides<V> parts(V sum) const {  // (r, w)
    return {scaled_expm1(sum, -p, -inverse), exp(sum * V(-p))};
  }
  template <class V>
  PLIANT_FN Sides<V> value(V folded) const {
    if (at_zero) return zero.value(folded);
    const auto [r, w] = parts(folded);
    return {r / (r + w), w / (r + w)};
  }
  /// X(p + (1 − p)X)/(x(p + (1 − p)x)), and p + (1 − p)X = 1/(r + w).
  template <class V>
  PLIANT_FN V slope(Member<V> m, V folded) const {
    if (at_zero) return zero.slope(m, folded);
    const auto [r, w] = parts(folded);
    const V share = exp(m.log_tail - folded * V(p)) / (r + w);
    return share / ((r + w) * fma(V(p), m.p, m.tail));
  }
  template <class V>
  PLIANT_FN V alone(V folded) const {
    return at_zero ? zero.alone(folded) : exp(folded * V(-p));
  }
  template <class V>
  PLIANT_FN V value_by_p(V folded) const {
    if (at_zero) {
      const V a = logistic(folded);
      return V(0.5) * a * a;
    }
    const auto [r, w] = parts(folded);
    const V s = min(V(1e300), folded), share = s / (r + w);
    return w * share * share * second_of_exp(s * V(p));
  }
  template <class V>
  PLIANT_FN V term_by_p(Member<V> m, V folded) const {
    if (at_zero) {
      const V share = exp(zero.log_odds(m) - softplus(folded));
      return V(-0.5) * share * share;
    }
    const auto [r, w] = parts(folded);
    const V o = odds(m), y = o * V(p);
    const V near = o / (r + w), far = V(inverse) / (r + w);
    const V rest = term(m) * V(p) - V(p) * m.p / fma(V(p), m.p, m.tail);
    return -w * select(y < V(1e-3), near * near * second_of_log(y), far * far * rest);
  }
};

/// From this ℓ on, Frank's h is ℓ + ln((e^λ − 1)/λ).
template <class V>
inline constexpr double kFrankFar = sizeof(Lane<V>) == sizeof(float) ? 20 : 40;
/// Below this |λ|, differences that cancel there go by their series in λ.
inline constexpr double kSmallLambda = 1e-2;

/// With λ = ln p: h = ln((p − 1)/(p^x − 1)) = ln(1 + (e^(λa) − 1)/(1 − e^(−λx))), and with e =
/// e^(−S), m = 1 − e: A = −ln(e + m/p)/λ, 1 − A = ln(p·e + m)/λ. In float, h is lost where p·a is
/// below 1e-38.
struct Frank : TNormDefaults {
  static constexpr std::string_view name = "frank";
  static constexpr std::string_view formula = "T = ln(1 + (p^x − 1)(p^y − 1)/(p − 1))/ln p";
  static constexpr std::string_view source = "Frank (1979); GenDR (CVPR 2022)";
  static constexpr std::string_view limits = "→ 0: max; 1: probabilistic; → ∞: yager 1";
  static constexpr bool has_p = true;
  static constexpr double p_low = 1e-30, p_high = 1e30;
  static constexpr bool p_low_open = false, p_high_open = false;
  static constexpr double default_p = 2;
  static constexpr double max_ulp_float = 90;
  static constexpr double max_ulp_double = 90;

  double p, lambda, inverse;  ///< 1/λ, 0 at p = 1
  double down;                ///< e^(−λ) − 1
  double mean, log_mean;      ///< (e^λ − 1)/λ and its logarithm
  double mean_down;           ///< (1 − e^(−λ))/λ

  explicit Frank(double parameter = default_p)
      : p(parameter),
        lambda(std::log(p)),
        inverse(lambda == 0 ? 0 : 1 / lambda),
        down(std::expm1(-lambda)),
        mean(lambda == 0 ? 1 : std::expm1(lambda) * inverse),
        log_mean(std::log(mean)),
        mean_down(lambda == 0 ? 1 : -down * inverse) {}
  [[nodiscard]] Fold fold() const { return Fold::kSum; }

  template <class V>
  PLIANT_FN V term(Member<V> m) const {
    const V ratio = scaled_expm1(m.p, lambda, inverse) / scaled_expm1(m.tail, -lambda, -inverse);
    return select(m.log_tail > V(kFrankFar<V>), m.log_tail + V(log_mean), log1p(ratio));
  }
  /// ln(1 + change)/λ·sign, where 1 + change = all, and sign·change/λ = first for small changes.
  template <class V>
  PLIANT_FN V root(V change, V all, V first, double sign) const {
    const V small = first * fma(V(-0.5), change, V(1));
    const V logarithm = select(abs(change) < V(0.5), log1p(change), log(all));
    return select(abs(change) < V(1e-8), small, logarithm * V(sign * inverse));
  }
  template <class V>
  PLIANT_FN Sides<V> value(V sum) const {
    const V e = exp(-sum), m = -expm1(-sum);
    return {root(m * V(down), fma(m, V(1 / p), e), m * V(mean_down), -1),
            root(e * V(p - 1), fma(e, V(p), m), e * V(mean), 1)};
  }
  /// p^(x − X)·(p^X − 1)/(p^x − 1)
  template <class V>
  PLIANT_FN V slope(Member<V> m, V sum) const {
    const V all = fma(-expm1(-sum), V(1 / p), exp(-sum));
    return exp(fma(m.p, V(-lambda), term(m) - sum)) / all;
  }
  template <class V>
  PLIANT_FN V alone(V sum) const {
    return exp(-sum);
  }
  /// By λ, then by p. K(t) = ln(e + m·e^t), the cumulants of a coin: A = −K(−λ)/λ.
  template <class V>
  PLIANT_FN V value_by_p(V sum) const {
    const V m = -expm1(-sum), v = m * exp(-sum), skew = V(1) - V(2) * m;
    const V third = v * skew, fourth = v * (V(1) - V(6) * v), fifth = third * (V(1) - V(12) * v);
    const V sixth = v * fma(v, fma(v, V(120), V(-30)), V(1));
    V by_lambda;
    if (std::abs(lambda) < kSmallLambda) {
      const V l(lambda), high = fma(l, sixth * V(-1. / 144), fifth * V(1. / 30));
      const V low = fma(l, third * V(1. / 3), v * V(-0.5));
      by_lambda = fma(l * l, fma(l, high, fourth * V(-0.125)), low);
    } else {
      const V grown = m * V(1 / p);
      by_lambda = (grown / (exp(-sum) + grown) - value(sum).p) * V(inverse);
    }
    return by_lambda * V(1 / p);
  }
  template <class V>
  PLIANT_FN V term_by_p(Member<V> m, V sum) const {
    const V by_sum = exp(-sum) * V(mean_down) / fma(-expm1(-sum), V(1 / p), exp(-sum));
    V by_lambda;
    if (std::abs(lambda) < kSmallLambda) {
      const V square = m.tail * m.tail, l(lambda * lambda);
      const V rest = fma(l * V(-1. / 720), V(1) + square, V(1. / 12)) * (V(1) + m.tail);
      by_lambda = m.p * fma(V(lambda), rest, V(0.5));
    } else {
      const V own = m.tail / scaled_expm1(m.tail, -lambda, -inverse);
      by_lambda = (V(1 / mean_down) - select(m.tail == V(0), V(1), own)) * V(inverse);
    }
    return by_sum * by_lambda * V(1 / p);
  }
};

PLIANT_MATH_END
#endif  // PLIANT_MATH_T_NORM_SUM_INL_H_
