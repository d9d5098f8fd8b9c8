// pliant/math/symmetric-inl.h — the families with F(−u) = 1 − F(u) (no torch)
//
// Re-read per SIMD target. By how far their tails reach: bounded support first, then exponential
// tails, then those that fall as 1/u.
#if defined(PLIANT_MATH_SYMMETRIC_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PLIANT_MATH_SYMMETRIC_INL_H_
#undef PLIANT_MATH_SYMMETRIC_INL_H_
#else
#define PLIANT_MATH_SYMMETRIC_INL_H_
#endif

#include <numbers>
#include <string_view>

#include "pliant/math/family-inl.h"

PLIANT_MATH_BEGIN

struct Hard : Symmetric {
  static constexpr std::string_view name = "hard";
  static constexpr std::string_view formula = "0 (u < 0), 1/2 (u = 0), 1 (u > 0)";
  static constexpr std::string_view source = "the limit of every symmetric family; a tie is a half";
  static constexpr bool monotonic_swap = true;
  static constexpr double support_low = 0;
  static constexpr double support_high = 0;
  static constexpr double swap_error = 0;
  static constexpr double max_ulp_float = 1;
  static constexpr double max_ulp_double = 1;

  template <class V>
  PLIANT_FN V tail(V a) const {
    return select(a > V(0), V(0), a + V(0.5));  // NaN stays
  }
  template <class V>
  PLIANT_FN V pdf(V a) const {
    return select(a >= V(0), V(0), a);
  }
};

struct Uniform : Symmetric {
  static constexpr std::string_view name = "uniform";
  static constexpr std::string_view formula = "(1 + u)/2, between 0 and 1";
  static constexpr std::string_view source = "GenDR (CVPR 2022), table 1";
  static constexpr bool monotonic_swap = false;
  static constexpr double support_low = -1;
  static constexpr double support_high = 1;
  static constexpr double swap_error = 0.125;
  static constexpr double max_ulp_float = 3;
  static constexpr double max_ulp_double = 3;

  template <class V>
  PLIANT_FN V tail(V a) const {
    return V(0.5) * (V(1) - min(V(1), a));
  }
  template <class V>
  PLIANT_FN V pdf(V a) const {
    a = min(V(1), a);
    return select(a < V(1), V(0.5), a - V(1));  // 0 from the edge on; NaN stays
  }
};

struct CubicHermite : Symmetric {
  static constexpr std::string_view name = "cubic_hermite";
  static constexpr std::string_view formula = "3y² − 2y³, y = (1 + u)/2 between 0 and 1";
  static constexpr std::string_view source = "GenDR (CVPR 2022), table 1";
  static constexpr bool monotonic_swap = false;
  static constexpr double support_low = -1;
  static constexpr double support_high = 1;
  static constexpr double swap_error = 0.087019052838328985;
  static constexpr double max_ulp_float = 5;
  static constexpr double max_ulp_double = 5;

  template <class V>
  PLIANT_FN V tail(V a) const {
    a = min(V(1), a);
    const V y = V(0.5) * (V(1) - a);
    return y * y * (V(2) + a);
  }
  template <class V>
  PLIANT_FN V pdf(V a) const {
    a = min(V(1), a);
    return V(0.75) * (V(1) - a) * (V(1) + a);
  }
};

struct Wigner : Symmetric {
  static constexpr std::string_view name = "wigner";
  static constexpr std::string_view formula = "1/2 + (u√(1 − u²) + asin u)/π, |u| ≤ 1";
  static constexpr std::string_view source = "GenDR (CVPR 2022), table 1 (Wigner semicircle)";
  static constexpr bool monotonic_swap = false;
  static constexpr double support_low = -1;
  static constexpr double support_high = 1;
  static constexpr double swap_error = 0.10109711752868839;
  static constexpr double max_ulp_float = 5;
  static constexpr double max_ulp_double = 5;

  template <class V>
  PLIANT_FN V tail(V a) const {
    a = min(V(1), a);
    const V h = V(0.5) * (V(1) - a);
    const V near = fma(a, V(-2 * std::numbers::inv_pi), V(0.5));  // a tie is a half, exactly
    return select(a < V(1e-6), near,
                  h * sqrt(h) * polynomial<kSemicircleFloat, kSemicircleDouble>(h));
  }
  template <class V>
  PLIANT_FN V pdf(V a) const {
    a = min(V(1), a);
    return V(2 * std::numbers::inv_pi) * sqrt((V(1) - a) * (V(1) + a));
  }
};

struct Gaussian : Symmetric {
  static constexpr std::string_view name = "gaussian";
  static constexpr std::string_view formula = "(1 + erf(u/√2))/2";
  static constexpr std::string_view source = "GenDR (CVPR 2022), table 1";
  static constexpr bool monotonic_swap = false;
  static constexpr double swap_error = 0.16997120747990369;
  static constexpr double max_ulp_float = 7;
  static constexpr double max_ulp_double = 7;

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
    const V far = positive * (positive * V(0.5)) - log(mills(min(V(1e30), positive)));
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
    return max(V(0), u) + log1p_to_1(exp(-abs(u)));
  }
};

struct Laplace : Symmetric {
  static constexpr std::string_view name = "laplace";
  static constexpr std::string_view formula = "e^u/2 (u < 0), 1 − e^(−u)/2 (u ≥ 0)";
  static constexpr std::string_view source = "GenDR (CVPR 2022), table 1";
  static constexpr bool monotonic_swap = false;
  static constexpr double swap_error = 0.18393972058572117;
  static constexpr double max_ulp_float = 3;
  static constexpr double max_ulp_double = 3;

  template <class V>
  PLIANT_FN V tail(V a) const {
    return V(0.5) * exp(-a);
  }
  template <class V>
  PLIANT_FN V pdf(V a) const {
    return V(0.5) * exp(-a);
  }
  template <class V>
  PLIANT_FN V neg_log_sf(V u) const {
    return select(u > V(0), u + V(std::numbers::ln2), -log1p(-tail(abs(u))));
  }
};

struct Sech : Symmetric {
  static constexpr std::string_view name = "sech";
  static constexpr std::string_view formula = "(2/π)·atan(e^u)";
  static constexpr std::string_view source =
      "GenDR (CVPR 2022), table 1 (hyperbolic secant, Gudermann)";
  static constexpr bool monotonic_swap = false;
  static constexpr double swap_error = 0.22508904270348256;
  static constexpr double max_ulp_float = 5;
  static constexpr double max_ulp_double = 5;

  /// atan(z)/(πz) at z = e^(−a).
  template <class V>
  PLIANT_FN static V ratio(V z) {
    return polynomial<kAtanFloat, kAtanDouble>(z * z);
  }
  template <class V>
  PLIANT_FN V tail(V a) const {
    const V z = exp(-a);
    const V near = fma(a, V(-std::numbers::inv_pi), V(0.5));  // a tie is a half, exactly
    return select(a < V(1e-6), near, V(2) * z * ratio(z));
  }
  template <class V>
  PLIANT_FN V pdf(V a) const {
    const V z = exp(-a);
    return V(2 * std::numbers::inv_pi) * z * reciprocal(fma(z, z, V(1)));
  }
  template <class V>
  PLIANT_FN V neg_log_sf(V u) const {
    const V a = abs(u);
    return select(u > V(0), u - log(V(2) * ratio(exp(-a))), -log1p(-tail(a)));
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
  static constexpr double max_ulp_double = 5;

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
  static constexpr double max_ulp_float = 4;
  static constexpr double max_ulp_double = 5;

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
  static constexpr double max_ulp_float = 3;
  static constexpr double max_ulp_double = 3;

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

PLIANT_MATH_END
#endif  // PLIANT_MATH_SYMMETRIC_INL_H_
