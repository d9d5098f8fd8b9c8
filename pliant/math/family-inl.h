// pliant/math/family-inl.h — what a family of distributions is, and what follows from its formulas
// (no torch)
//
// Re-read per SIMD target. A family is one struct: what it is as data, then its formulas over a
// value type V. It derives from
//   Symmetric (F(−u) = 1 − F(u)) and states, for a = |u| ≥ 0,   tail(a) = F(−a),  pdf(a) = F′(a),
//   or Asymmetric, and states   sides(u) = (F(u), 1 − F(u)), each accurate by itself,  pdf(u).
// Where 1 − F or F leaves the range of numbers before its logarithm does, it states neg_log_sf(u) =
// −ln(1 − F(u)) or neg_log_cdf(u) = −ln F(u) too. All are branch-free, give NaN for NaN and the
// limits at ±inf.
#if defined(PLIANT_MATH_FAMILY_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PLIANT_MATH_FAMILY_INL_H_
#undef PLIANT_MATH_FAMILY_INL_H_
#else
#define PLIANT_MATH_FAMILY_INL_H_
#endif

#include <limits>
#include <string_view>

#include "pliant/math/value.h"

PLIANT_MATH_BEGIN

inline constexpr double kInf = std::numeric_limits<double>::infinity();

/// What most families are; a family restates what differs. One with a shape can be made from it:
/// F(double shape).
struct FamilyDefaults {
  static constexpr bool has_shape = false;
  static constexpr double support_low = -kInf;
  static constexpr double support_high = kInf;
  static constexpr double sort_scale = 1;
};
struct Symmetric : FamilyDefaults {
  static constexpr bool symmetric = true;
};
struct Asymmetric : FamilyDefaults {
  static constexpr bool symmetric = false;
};

/// F(u) and 1 − F(u), each with the relative accuracy that the family states.
template <class V>
struct Sides {
  V p;
  V tail;
};

template <class F, class V>
PLIANT_FN Sides<V> sides(const F& f, V u) {
  if constexpr (F::symmetric) {
    const V t = f.tail(abs(u)), rest = V(1) - t;
    return {select(u < V(0), t, rest), select(u < V(0), rest, t)};
  } else {
    return f.sides(u);
  }
}

template <class F, class V>
PLIANT_FN V pdf(const F& f, V u) {
  if constexpr (F::symmetric) {
    return f.pdf(abs(u));
  } else {
    return f.pdf(u);
  }
}

/// −ln of the second of two shares that add up to 1, by the smaller one.
template <class V>
PLIANT_FN V neg_log_second(V first, V second) {
  return select(first < V(0.5), -log1p(-first), -log(second));
}

/// −ln(1 − F(u))
template <class F, class V>
PLIANT_FN V neg_log_sf(const F& f, V u) {
  if constexpr (requires { f.neg_log_sf(u); }) {
    return f.neg_log_sf(u);
  } else {
    const Sides<V> s = sides(f, u);
    return neg_log_second(s.p, s.tail);
  }
}

/// −ln F(u)
template <class F, class V>
PLIANT_FN V neg_log_cdf(const F& f, V u) {
  if constexpr (F::symmetric) {
    return neg_log_sf(f, -u);
  } else if constexpr (requires { f.neg_log_cdf(u); }) {
    return f.neg_log_cdf(u);
  } else {
    const Sides<V> s = sides(f, u);
    return neg_log_second(s.tail, s.p);
  }
}

/// The mirror image, 1 − F(−u): the law of −X where F is the law of X. A family derives from it and
/// states its own name and formula.
template <class F>
struct Reversed : Asymmetric {
  static constexpr std::string_view source = F::source;
  static constexpr bool monotonic_swap = F::monotonic_swap;
  static constexpr bool has_shape = F::has_shape;
  static constexpr double support_low = 0 - F::support_high;
  static constexpr double support_high = 0 - F::support_low;
  static constexpr double swap_error = F::swap_error;
  static constexpr double sort_scale = F::sort_scale;
  static constexpr double max_ulp_float = F::max_ulp_float;
  static constexpr double max_ulp_double = F::max_ulp_double;

  F image;

  Reversed() = default;
  explicit Reversed(double shape)
    requires F::has_shape
      : image(shape) {}

  template <class V>
  PLIANT_FN Sides<V> sides(V u) const {
    const Sides<V> s = HWY_NAMESPACE::sides(image, -u);
    return {s.tail, s.p};
  }
  template <class V>
  PLIANT_FN V pdf(V u) const {
    return HWY_NAMESPACE::pdf(image, -u);
  }
  template <class V>
  PLIANT_FN V neg_log_sf(V u) const {
    return HWY_NAMESPACE::neg_log_cdf(image, -u);
  }
  template <class V>
  PLIANT_FN V neg_log_cdf(V u) const {
    return HWY_NAMESPACE::neg_log_sf(image, -u);
  }
};

PLIANT_MATH_END
#endif  // PLIANT_MATH_FAMILY_INL_H_
