// pliant/math/distribution-inl.h — every family's formulas, once, for every kind of number (no
// torch)
//
// Re-read per SIMD target. A family is one struct: what it is as data, then its formulas over a
// value type V.
//   Symmetric families (F(−u) = 1 − F(u)) state, for a = |u| ≥ 0,   tail(a) = F(−a) and pdf(a) =
//   F′(a); the others state   cdf(u), sf(u) = 1 − F(u) by a formula of its own, and pdf(u).
// Where 1 − F(u) leaves the range of numbers before its logarithm does, neg_log_sf(u) = −ln(1 −
// F(u)) too. All are branch-free, give NaN for NaN and the limits at ±inf. To add a family: write
// the struct, add it to the list at the foot. It is then in every table, op and test
// (docs/adding_a_variant.md).
#if defined(PLIANT_MATH_DISTRIBUTION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PLIANT_MATH_DISTRIBUTION_INL_H_
#undef PLIANT_MATH_DISTRIBUTION_INL_H_
#else
#define PLIANT_MATH_DISTRIBUTION_INL_H_
#endif

#include <limits>
#include <numbers>
#include <string_view>

#include "pliant/base/type_list.h"
#include "pliant/math/value.h"

PLIANT_MATH_BEGIN

inline constexpr double kInf = std::numeric_limits<double>::infinity();

/// What most families are; a family restates what differs.
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

// === What follows from a family's own formulas ===

template <class F, class V>
PLIANT_FN V cdf(const F& f, V u) {
  if constexpr (F::symmetric) {
    const V t = f.tail(abs(u));
    return select(u < V(0), t, V(1) - t);
  } else {
    return f.cdf(u);
  }
}

template <class F, class V>
PLIANT_FN V sf(const F& f, V u) {
  if constexpr (F::symmetric) {
    const V t = f.tail(abs(u));
    return select(u < V(0), V(1) - t, t);
  } else {
    return f.sf(u);
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

/// −ln(1 − F(u)): by the smaller of F and 1 − F, unless the family has a formula of its own.
template <class F, class V>
PLIANT_FN V neg_log_sf(const F& f, V u) {
  if constexpr (requires { f.neg_log_sf(u); }) {
    return f.neg_log_sf(u);
  } else {
    const V p = cdf(f, u);
    return select(p < V(0.5), -log1p(-p), -log(sf(f, u)));
  }
}

// === The families ===

struct Hard : Symmetric {
  static constexpr std::string_view name = "hard";
  static constexpr std::string_view formula = "0 (u < 0), 1/2 (u = 0), 1 (u > 0)";
  static constexpr std::string_view source = "the limit of every symmetric family; a tie is a half";
  static constexpr bool monotonic_swap = true;
  static constexpr double support_low = 0;
  static constexpr double support_high = 0;
  static constexpr double swap_error = 0;
  static constexpr double max_ulp_float = 0;
  static constexpr double max_ulp_double = 0;

  template <class V>
  PLIANT_FN V tail(V a) const {
    return select(a > V(0), V(0), a + V(0.5));  // NaN stays
  }
  template <class V>
  PLIANT_FN V pdf(V a) const {
    return select(a >= V(0), V(0), a);
  }
};

struct Gaussian : Symmetric {
  static constexpr std::string_view name = "gaussian";
  static constexpr std::string_view formula = "(1 + erf(u/√2))/2";
  static constexpr std::string_view source = "GenDR (CVPR 2022), table 1";
  static constexpr bool monotonic_swap = false;
  static constexpr double swap_error = 0.16997120747990369;
  static constexpr double max_ulp_float = 4;
  static constexpr double max_ulp_double = 4;

  static constexpr double kDensityAtZero = std::numbers::inv_sqrtpi / std::numbers::sqrt2;

  /// (1 − F(a))·e^(a²/2): Mills' ratio over √(2π), by one polynomial in (a − 4)/(a + 4) on the
  /// whole half-line.
  template <class V>
  PLIANT_FN static V mills(V a) {
    const V r = reciprocal(a + V(4));
    return r * polynomial<kMillsFloat, kMillsDouble>((a - V(4)) * r);
  }
  /// e^(−a²/2), with what a² is rounded by.
  template <class V>
  PLIANT_FN static V bell(V a) {
    const V square = a * a;
    return exp_sum(square * V(-0.5), square_error(a, square) * V(-0.5));
  }
  template <class V>
  PLIANT_FN V tail(V a) const {
    a = min(V(60), a);                                  // beyond, both are 0 in every type
    const V near = fma(a, V(-kDensityAtZero), V(0.5));  // a tie is a half, exactly
    return select(a < V(1e-6), near, bell(a) * mills(a));
  }
  template <class V>
  PLIANT_FN V pdf(V a) const {
    return bell(min(V(60), a)) * V(kDensityAtZero);
  }
  template <class V>
  PLIANT_FN V neg_log_sf(V u) const {
    const V positive = max(V(0), u);
    const V far = positive * positive * V(0.5) - log(mills(min(V(1e30), positive)));
    return select(u > V(0), far, -log1p(-tail(abs(u))));
  }
};

struct Logistic : Symmetric {
  static constexpr std::string_view name = "logistic";
  static constexpr std::string_view formula = "1/(1 + e^(−u))";
  static constexpr std::string_view source =
      "Differentiable Sorting Networks (ICML 2021); GenDR, table 1";
  static constexpr bool monotonic_swap = false;
  static constexpr double swap_error = 0.27846454276107380;
  static constexpr double max_ulp_float = 4;
  static constexpr double max_ulp_double = 4;

  template <class V>
  PLIANT_FN V tail(V a) const {
    const V e = exp(-a);
    return e * reciprocal(V(1) + e);
  }
  template <class V>
  PLIANT_FN V pdf(V a) const {
    const V e = exp(-a), r = reciprocal(V(1) + e);
    return e * r * r;
  }
  template <class V>
  PLIANT_FN V neg_log_sf(V u) const {
    return max(V(0), u) + log1p(exp(-abs(u)));
  }
};

struct Cauchy : Symmetric {
  static constexpr std::string_view name = "cauchy";
  static constexpr std::string_view formula = "1/2 + atan(u)/π";
  static constexpr std::string_view source =
      "Monotonic Differentiable Sorting Networks (ICLR 2022)";
  static constexpr bool monotonic_swap = true;
  static constexpr double swap_error = std::numbers::inv_pi;
  static constexpr double max_ulp_float = 4;
  static constexpr double max_ulp_double = 4;

  /// z = a or 1/a, whichever is in [0, 1]; atan(a) is atan(z) or π/2 − atan(z).
  template <class V>
  PLIANT_FN static V inner(V a) {
    return min(V(1), a) / max(V(1), a);
  }
  template <class V>
  PLIANT_FN V tail(V a) const {
    const V z = inner(a), t = z * polynomial<kAtanFloat, kAtanDouble>(z * z);
    return select(a > V(1), t, V(0.5) - t);
  }
  template <class V>
  PLIANT_FN V pdf(V a) const {
    const V z = inner(a), q = V(std::numbers::inv_pi) * reciprocal(fma(z, z, V(1)));
    return select(a > V(1), q * z * z, q);
  }
};

struct Reciprocal : Symmetric {
  static constexpr std::string_view name = "reciprocal";
  static constexpr std::string_view formula = "1/2 + u/(2(1 + |u|))";
  static constexpr std::string_view source =
      "Monotonic Differentiable Sorting Networks (ICLR 2022)";
  static constexpr bool monotonic_swap = true;
  static constexpr double swap_error = 0.5;
  static constexpr double sort_scale = 0.5;
  static constexpr double max_ulp_float = 2;
  static constexpr double max_ulp_double = 2;

  template <class V>
  PLIANT_FN V tail(V a) const {
    return V(0.5) / (V(1) + a);
  }
  template <class V>
  PLIANT_FN V pdf(V a) const {
    const V t = V(0.5) / (V(1) + a);
    return V(2) * t * t;
  }
};

struct Optimal : Symmetric {
  static constexpr std::string_view name = "optimal";
  static constexpr std::string_view formula =
      "u + 1/2 (|u| ≤ 1/4), 1 − 1/(16u) (u > 1/4), −1/(16u) (u < −1/4)";
  static constexpr std::string_view source =
      "Monotonic Differentiable Sorting Networks (ICLR 2022)";
  static constexpr bool monotonic_swap = true;
  static constexpr double swap_error = 0.0625;
  static constexpr double max_ulp_float = 2;
  static constexpr double max_ulp_double = 2;

  template <class V>
  PLIANT_FN V tail(V a) const {
    const V t = V(0.0625) / max(V(0.25), a);
    return select(a > V(0.25), t, V(0.5) - min(V(0.25), a));
  }
  template <class V>
  PLIANT_FN V pdf(V a) const {
    const V t = V(0.0625) / max(V(0.25), a);
    return V(16) * t * t;
  }
};

/// Every family there is; a family's place here is its index.
using Distributions = base::TypeList<Hard, Gaussian, Logistic, Cauchy, Reciprocal, Optimal>;

PLIANT_MATH_END
#endif  // PLIANT_MATH_DISTRIBUTION_INL_H_
