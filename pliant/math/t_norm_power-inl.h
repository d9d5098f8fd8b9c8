// pliant/math/t_norm_power-inl.h — the T-conorms whose generators are powers, summed by their
// logarithms (no torch)
//
// Re-read per SIMD target. s = ln Σ h(a_j) is the folded term.
#if defined(PLIANT_MATH_T_NORM_POWER_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PLIANT_MATH_T_NORM_POWER_INL_H_
#undef PLIANT_MATH_T_NORM_POWER_INL_H_
#else
#define PLIANT_MATH_T_NORM_POWER_INL_H_
#endif

#include <algorithm>
#include <cmath>
#include <string_view>

#include "pliant/math/t_norm_family-inl.h"

PLIANT_MATH_BEGIN

/// A number that powers and roots are taken of: beyond these, A is the limit in every digit.
inline double bounded_power(double p) { return std::clamp(p, 1e-30, 1e30); }

/// h = g^p for a g(a) that the family states. G = (Σ g^p)^(1/p).
struct PowerSum : TNormDefaults {
  static constexpr bool has_p = true;
  static constexpr double p_low = 0;
  static constexpr double default_p = 2;

  double p, inverse;

  explicit PowerSum(double parameter) : p(bounded_power(parameter)), inverse(1 / p) {}
  [[nodiscard]] Fold fold() const { return Fold::kLogSum; }

  /// ln G
  template <class V>
  PLIANT_FN V log_root(V s) const {
    return s * V(inverse);
  }
  /// (p − 1)·(ln g − ln G), so that it is 0 for the only g that counts, however large p is.
  template <class V>
  PLIANT_FN V log_share(V log_g, V s) const {
    const V own = bounded_log(log_g), all = max(V(-1e8 * p), s);
    return (own * V(p) - all) - (own - all * V(inverse));
  }
  /// ∂(ln G)/∂p at fixed s.
  template <class V>
  PLIANT_FN V log_root_by_p(V s) const {
    return -max(V(-1e8 * p), s) * V(inverse) * V(inverse);
  }
  /// What a member adds to ∂(ln G)/∂p.
  template <class V>
  PLIANT_FN V log_term_by_p(V log_g, V s) const {
    const V own = bounded_log(log_g);
    return exp(min(V(0), own * V(p) - max(V(-1e8 * p), s))) * own * V(inverse);
  }
};

/// g = a, A = min(1, G).
struct Yager : PowerSum {
  static constexpr std::string_view name = "yager";
  static constexpr std::string_view formula = "min(1, (a^p + b^p)^(1/p))";
  static constexpr std::string_view source = "Yager (1980); GenDR (CVPR 2022)";
  static constexpr std::string_view limits = "1: the bounded sum min(1, a + b); → ∞: max";
  static constexpr bool strict = false;
  static constexpr bool nilpotent = true;
  static constexpr bool infinite_at_one = false;
  static constexpr double max_ulp_float = 60;
  static constexpr double max_ulp_double = 60;

  explicit Yager(double parameter = default_p) : PowerSum(parameter) {}
  template <class V>
  PLIANT_FN V term(Member<V> m) const {
    return log_of(m) * V(p);
  }
  template <class V>
  PLIANT_FN Sides<V> value(V s) const {
    const V log_a = min(V(0), log_root(s));
    return {exp(log_a), -expm1(log_a)};
  }
  template <class V>
  PLIANT_FN V slope(Member<V> m, V s) const {
    return select(s > V(0), V(0), exp(log_share(log_of(m), s)));
  }
  template <class V>
  PLIANT_FN V value_by_p(V s) const {
    return select(s > V(0), V(0), value(s).p * log_root_by_p(s));
  }
  template <class V>
  PLIANT_FN V term_by_p(Member<V> m, V s) const {
    return select(s > V(0), V(0), value(s).p * log_term_by_p(log_of(m), s));
  }
};

/// g = ℓ, A = 1 − e^(−G).
struct AczelAlsina : PowerSum {
  static constexpr std::string_view name = "aczel_alsina";
  static constexpr std::string_view formula = "T = exp(−((−ln x)^p + (−ln y)^p)^(1/p))";
  static constexpr std::string_view source = "Aczél, Alsina (1982); GenDR (CVPR 2022)";
  static constexpr std::string_view limits = "1: probabilistic; → ∞: max";
  static constexpr double max_ulp_float = 200;
  static constexpr double max_ulp_double = 200;

  explicit AczelAlsina(double parameter = default_p) : PowerSum(parameter) {}
  template <class V>
  PLIANT_FN V term(Member<V> m) const {
    return log(m.log_tail) * V(p);
  }
  template <class V>
  PLIANT_FN V root(V s) const {  // G
    return exp(log_root(s));
  }
  template <class V>
  PLIANT_FN Sides<V> value(V s) const {
    const V g = root(s);
    return {-expm1(-g), exp(-g)};
  }
  /// (X/x)·(ℓ/G)^(p − 1)
  template <class V>
  PLIANT_FN V slope(Member<V> m, V s) const {
    return exp((m.log_tail - root(s)) + log_share(log(m.log_tail), s));
  }
  template <class V>
  PLIANT_FN V alone(V s) const {
    if (p == 1) return exp(-root(s));
    return p > 1 ? V(1) : select(root(s) > V(0), V(0), V(1));
  }
  /// ∂A/∂(ln G)
  template <class V>
  PLIANT_FN V by_log_root(V s) const {
    const V g = min(V(1e4), root(s));
    return g * exp(-g);
  }
  template <class V>
  PLIANT_FN V value_by_p(V s) const {
    return by_log_root(s) * log_root_by_p(s);
  }
  template <class V>
  PLIANT_FN V term_by_p(Member<V> m, V s) const {
    return by_log_root(s) * log_term_by_p(log(m.log_tail), s);
  }
};

/// g = o = a/x, A = G/(1 + G).
struct Dombi : PowerSum {
  static constexpr std::string_view name = "dombi";
  static constexpr std::string_view formula = "T = 1/(1 + ((1/x − 1)^p + (1/y − 1)^p)^(1/p))";
  static constexpr std::string_view source = "Dombi (1982); GenDR (CVPR 2022)";
  static constexpr std::string_view limits = "1: hamacher 0, schweizer_sklar −1; → ∞: max";
  static constexpr double max_ulp_float = 110;
  static constexpr double max_ulp_double = 110;

  explicit Dombi(double parameter = default_p) : PowerSum(parameter) {}
  template <class V>
  PLIANT_FN V log_odds(Member<V> m) const {
    return log(m.p) + m.log_tail;
  }
  template <class V>
  PLIANT_FN V term(Member<V> m) const {
    return log_odds(m) * V(p);
  }
  template <class V>
  PLIANT_FN Sides<V> value(V s) const {
    const V v = log_root(s), e = exp(-abs(v)), big = V(1) / (V(1) + e), small = e * big;
    return {select(v < V(0), small, big), select(v < V(0), big, small)};
  }
  /// (X/x)²·(o/G)^(p − 1)
  template <class V>
  PLIANT_FN V slope(Member<V> m, V s) const {
    const V log_ratio = m.log_tail - softplus(log_root(s));
    return exp(V(2) * log_ratio + log_share(log_odds(m), s));
  }
  template <class V>
  PLIANT_FN V alone(V) const {
    return V(1);
  }
  template <class V>
  PLIANT_FN V by_log_root(V s) const {
    const Sides<V> both = value(s);
    return both.p * both.tail;
  }
  template <class V>
  PLIANT_FN V value_by_p(V s) const {
    return by_log_root(s) * log_root_by_p(s);
  }
  template <class V>
  PLIANT_FN V term_by_p(Member<V> m, V s) const {
    return by_log_root(s) * log_term_by_p(log_odds(m), s);
  }
};

/// With q = −p: h = e^(qℓ) − 1, and L = −ln(1 − A) = ln(1 + e^s)/q.
struct SchweizerSklar : TNormDefaults {
  static constexpr std::string_view name = "schweizer_sklar";
  static constexpr std::string_view formula = "T = (x^p + y^p − 1)^(1/p)";
  static constexpr std::string_view source = "Schweizer, Sklar (1963); GenDR (CVPR 2022)";
  static constexpr std::string_view limits =
      "→ 0: probabilistic; −1: hamacher 0, dombi 1; → −∞: max";
  static constexpr bool has_p = true;
  static constexpr double p_high = 0;
  static constexpr double default_p = -2;
  static constexpr double max_ulp_float = 100;
  static constexpr double max_ulp_double = 100;

  double q, inverse, log_q;

  explicit SchweizerSklar(double parameter = default_p)
      : q(bounded_power(-parameter)), inverse(1 / q), log_q(std::log(q)) {}
  [[nodiscard]] Fold fold() const { return Fold::kLogSum; }

  /// ln(e^z − 1) = ln z + z/2 + … for z = qℓ.
  template <class V>
  PLIANT_FN V term(Member<V> m) const {
    const V z = m.log_tail * V(q);
    const V power = expm1(select(z < V(1), z, -z));
    const V of = select(z < V(1), power, -power);
    const V tiny = fma(V(0.5), z, log(m.log_tail) + V(log_q));
    return select(z < V(1e-8), tiny, log(of) + select(z < V(1), V(0), z));
  }
  /// L
  template <class V>
  PLIANT_FN V level(V s) const {
    return select(s < V(-37), exp(s - V(log_q)), softplus(s) * V(inverse));
  }
  template <class V>
  PLIANT_FN Sides<V> value(V s) const {
    const V l = level(s);
    return {-expm1(-l), exp(-l)};
  }
  /// (X/x)^(q + 1) = e^((q + 1)(ℓ − L)), where q(ℓ − L) is 0 for the only member that counts.
  template <class V>
  PLIANT_FN V slope(Member<V> m, V s) const {
    return exp((m.log_tail * V(q) - softplus(s)) + (m.log_tail - level(s)));
  }
  template <class V>
  PLIANT_FN V alone(V) const {
    return V(1);
  }
  /// −∂A/∂q. The members' shares of s add up to 1, and so the first term of each member's part is
  /// taken into this one, where it cancels: by itself it is larger by 1/q.
  template <class V>
  PLIANT_FN V value_by_p(V s) const {
    const V h = exp(min(V(700), s)), scaled = exp(min(V(700), s) - V(log_q));
    const V near = scaled * scaled * second_of_log(h);
    const V far = (softplus(s) - logistic(s)) * V(inverse) * V(inverse);
    return value(s).tail * select(h < V(1e-3), near, far);
  }
  template <class V>
  PLIANT_FN V term_by_p(Member<V> m, V s) const {
    const V z = m.log_tail * V(q), share = exp(min(V(0), term(m) - max(V(-1e8), s)));
    const V series = z * fma(z, fma(z * z, V(-1. / 720), V(1. / 12)), V(0.5));
    const V growth = select(z < V(1e-2), series, min(V(1e300), z) / -expm1(-z) - V(1));
    return -value(s).tail * logistic(s) * share * growth * V(inverse) * V(inverse);
  }
};

PLIANT_MATH_END
#endif  // PLIANT_MATH_T_NORM_POWER_INL_H_
