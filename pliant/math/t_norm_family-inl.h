// pliant/math/t_norm_family-inl.h — what a family of T-conorms is, and the functions that their
// formulas share (no torch)
//
// Re-read per SIMD target. A family is one struct: what it is as data, a constructor from p that
// prepares what does not depend on the members, and over a value type V
//   fold()            how its terms are put together
//   term(m)           of one member
//   value(folded)     A and 1 − A
//   slope(m, folded)  ∂A/∂a for a member below 1
//   alone(folded)     ∂A/∂a for the only member at 1, beside others whose folded term this is; all
//                     but those with infinite_at_one = false
//   value_by_p(folded), term_by_p(m, folded)   the parts of ∂A/∂p, where there is a p
// m holds a, x = 1 − a and ℓ = −ln x: nothing is formed as 1 − a, and nothing divided by x where ℓ
// can be in an exponent instead. All are branch-free, except on p.
#if defined(PLIANT_MATH_T_NORM_FAMILY_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PLIANT_MATH_T_NORM_FAMILY_INL_H_
#undef PLIANT_MATH_T_NORM_FAMILY_INL_H_
#else
#define PLIANT_MATH_T_NORM_FAMILY_INL_H_
#endif

#include <string_view>

#include "pliant/math/family-inl.h"
#include "pliant/math/t_norm.h"

PLIANT_MATH_BEGIN

/// What most families are; a family restates what differs.
struct TNormDefaults {
  static constexpr std::string_view limits = "";
  static constexpr bool has_p = false;
  static constexpr double p_low = -kInf, p_high = kInf;
  static constexpr bool p_low_open = true, p_high_open = true;
  static constexpr double default_p = 0;
  static constexpr bool idempotent = false;
  static constexpr bool strict = true;
  static constexpr bool nilpotent = false;
  static constexpr bool infinite_at_one = true;
  static constexpr bool takes_logarithms = false;  ///< term and slope look at log_tail alone
};

template <class V>
struct Member {
  V p;         ///< a
  V tail;      ///< x = 1 − a
  V log_tail;  ///< ℓ = −ln x
};

/// ln a, accurate near 1 by the complement.
template <class V>
PLIANT_FN V log_of(Member<V> m) {
  const V near = max(V(-0.29), -m.tail);
  return select(m.tail < V(0.29), near + log1p_rest(near), log(m.p));
}

/// ln a for a logarithm that is multiplied: a = 0 is far below every number.
template <class V>
PLIANT_FN V bounded_log(V log_a) {
  return max(V(-1e8), log_a);
}

/// ln(1 + e^v)
template <class V>
PLIANT_FN V softplus(V v) {
  return max(V(0), v) + log1p(exp(-abs(v)));
}

/// 1/(1 + e^(−v))
template <class V>
PLIANT_FN V logistic(V v) {
  const V e = exp(-abs(v));
  return select(v < V(0), e, V(1)) / (V(1) + e);
}

/// (e^(t·k) − 1)/k for t ≥ 0, where k may be 0; inverse = 1/k.
template <class V>
PLIANT_FN V scaled_expm1(V t, double k, double inverse) {
  const V z = t * V(k);
  return select(abs(z) < V(1e-8), t * fma(V(0.5), z, V(1)), expm1(z) * V(inverse));
}

/// (z + e^(−z) − 1)/z², 1/2 at 0.
template <class V>
PLIANT_FN V second_of_exp(V z) {
  const V series = fma(z, fma(z, fma(z, V(-1. / 120), V(1. / 24)), V(-1. / 6)), V(0.5));
  return select(abs(z) < V(1e-3), series, (z + expm1(-z)) / (z * z));
}

/// The start of (ln(1 + y) − y/(1 + y))/y², for small y.
template <class V>
PLIANT_FN V second_of_log(V y) {
  return fma(y, fma(y, fma(y, fma(y, V(5. / 6), V(-0.8)), V(0.75)), V(-2. / 3)), V(0.5));
}

PLIANT_MATH_END
#endif  // PLIANT_MATH_T_NORM_FAMILY_INL_H_
