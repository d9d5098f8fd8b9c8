// pliant/math/asymmetric-inl.h — the families that lean to one side, and their mirror images (no
// torch)
//
// Re-read per SIMD target.
#if defined(PLIANT_MATH_ASYMMETRIC_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PLIANT_MATH_ASYMMETRIC_INL_H_
#undef PLIANT_MATH_ASYMMETRIC_INL_H_
#else
#define PLIANT_MATH_ASYMMETRIC_INL_H_
#endif

#include <limits>
#include <numbers>
#include <string_view>
#include <type_traits>

#include "pliant/math/family-inl.h"
#include "pliant/math/incomplete_gamma-inl.h"
#include "pliant/math/pair-inl.h"
#include "pliant/math/symmetric-inl.h"

PLIANT_MATH_BEGIN

struct GumbelMax : Asymmetric {
  static constexpr std::string_view name = "gumbel_max";
  static constexpr std::string_view formula = "exp(−e^(−u))";
  static constexpr std::string_view source = "GenDR (CVPR 2022), table 1";
  static constexpr bool monotonic_swap = false;
  static constexpr double swap_error = 0.31218251650651629;
  static constexpr double max_ulp_float = 8;
  static constexpr double max_ulp_double = 8;

  /// Beyond, F or 1 − F is 0 in every type.
  template <class V>
  PLIANT_FN static V clamped(V u) {
    return min(V(1e4), max(V(-7), u));
  }
  template <class V>
  PLIANT_FN Sides<V> sides(V u) const {
    // In two parts: e^(−w) is off by w times what w is rounded by.
    const Pair<V> w = exp_pair(-clamped(u));
    return {exp_sum(-w.high, -w.low), -expm1(-w.high)};
  }
  template <class V>
  PLIANT_FN V pdf(V u) const {
    u = clamped(u);
    const Pair<V> w = exp_pair(-u), exponent = two_sum(-u, -w.high);
    return exp_sum(exponent.high, exponent.low - w.low);
  }
  template <class V>
  PLIANT_FN V neg_log_sf(V u) const {
    const Sides<V> s = sides(u);
    const V w = max(V(1e-30), exp(-max(V(0), u)));  // (1 − e^(−w))/w is 1 below
    return select(u > V(1), u - log(-expm1(-w) / w), neg_log_second(s.p, s.tail));
  }
  template <class V>
  PLIANT_FN V neg_log_cdf(V u) const {
    return exp(-u);
  }
};

struct GumbelMin : Reversed<GumbelMax> {
  static constexpr std::string_view name = "gumbel_min";
  static constexpr std::string_view formula = "1 − exp(−e^u)";
};

struct Exponential : Asymmetric {
  static constexpr std::string_view name = "exponential";
  static constexpr std::string_view formula = "1 − e^(−u) (u ≥ 0), 0 (u < 0)";
  static constexpr std::string_view source = "GenDR (CVPR 2022), table 1";
  static constexpr bool monotonic_swap = false;
  static constexpr double support_low = 0;
  static constexpr double swap_error = 0.36787944117144233;
  static constexpr double max_ulp_float = 3;
  static constexpr double max_ulp_double = 3;

  template <class V>
  PLIANT_FN Sides<V> sides(V u) const {
    const V x = max(V(0), u);
    return {-expm1(-x), exp(-x)};
  }
  template <class V>
  PLIANT_FN V pdf(V u) const {
    return select(u < V(0), V(0), exp(-u));
  }
  template <class V>
  PLIANT_FN V neg_log_sf(V u) const {
    return max(V(0), u);
  }
};

struct ExponentialRev : Reversed<Exponential> {
  static constexpr std::string_view name = "exponential_rev";
  static constexpr std::string_view formula = "e^u (u ≤ 0), 1 (u > 0)";
};

/// Formulas that need more digits than float has: float goes by double.
template <class Law>
struct WorkedInDouble : Asymmetric {
  Law law;

  explicit WorkedInDouble(const Law& in_double) : law(in_double) {}

  template <class V>
  PLIANT_FN Sides<V> sides(V u) const {
    if constexpr (std::is_same_v<Lane<V>, float>) {
      const auto [lower, upper] = widen(u);
      const auto a = law.sides(lower), b = law.sides(upper);
      return {narrow<V>(a.p, b.p), narrow<V>(a.tail, b.tail)};
    } else {
      return law.sides(u);
    }
  }
  template <class V>
  PLIANT_FN V pdf(V u) const {
    if constexpr (std::is_same_v<Lane<V>, float>) {
      const auto [lower, upper] = widen(u);
      return narrow<V>(law.pdf(lower), law.pdf(upper));
    } else {
      return law.pdf(u);
    }
  }
  template <class V>
  PLIANT_FN V neg_log_sf(V u) const {
    if constexpr (std::is_same_v<Lane<V>, float>) {
      const auto [lower, upper] = widen(u);
      return narrow<V>(law.neg_log_sf(lower), law.neg_log_sf(upper));
    } else {
      return law.neg_log_sf(u);
    }
  }
  template <class V>
  PLIANT_FN V neg_log_cdf(V u) const {
    if constexpr (std::is_same_v<Lane<V>, float>) {
      const auto [lower, upper] = widen(u);
      return narrow<V>(law.neg_log_cdf(lower), law.neg_log_cdf(upper));
    } else {
      return law.neg_log_cdf(u);
    }
  }
};

struct Gamma : WorkedInDouble<IncompleteGamma> {
  static constexpr std::string_view name = "gamma";
  static constexpr std::string_view formula =
      "P(shape, u), the regularised incomplete gamma function";
  static constexpr std::string_view source = "GenDR (CVPR 2022), table 1";
  static constexpr bool monotonic_swap = false;
  static constexpr bool has_shape = true;
  static constexpr double support_low = 0;
  static constexpr double swap_error = 0.36787944117144233;  // at shape 1
  static constexpr double max_ulp_float = 1;
  static constexpr double max_ulp_double = 60;

  explicit Gamma(double shape = 1) : WorkedInDouble(IncompleteGamma(shape)) {}
};

struct GammaRev : Reversed<Gamma> {
  using Reversed::Reversed;
  static constexpr std::string_view name = "gamma_rev";
  static constexpr std::string_view formula = "1 − P(shape, −u)";
};

/// With q = 1/u this is the chance that a standard normal number lies beyond ±√q.
struct Levy : Asymmetric {
  static constexpr std::string_view name = "levy";
  static constexpr std::string_view formula = "erfc(√(1/(2u))) (u > 0), 0 (u ≤ 0)";
  static constexpr std::string_view source = "GenDR (CVPR 2022), table 1";
  static constexpr bool monotonic_swap = true;
  static constexpr double support_low = 0;
  static constexpr double swap_error = kInf;
  static constexpr double max_ulp_float = 6;
  static constexpr double max_ulp_double = 7;

  /// 1/u in two parts; u where it is at least 1/4000, since below F is 0 in every type.
  template <class V>
  PLIANT_FN static Pair<V> inverse(V u) {
    constexpr double kLargest = static_cast<double>(std::numeric_limits<Lane<V>>::max());
    u = min(V(kLargest), max(V(2.5e-4), u));
    const V q = V(1) / u;
    return {q, -product_error(q, u, V(1)) * q};
  }
  template <class V>
  PLIANT_FN Sides<V> sides(V u) const {
    const Pair<V> q = inverse(u);
    const V bell = exp_sum(q.high * V(-0.5), q.low * V(-0.5));
    const V p = V(2) * bell * Gaussian::mills(sqrt(q.high));
    const V far = polynomial<kErfFloat, kErfDouble>(q.high) / sqrt(max(V(1), u));
    return {select(u > V(1), V(1) - far, p), select(u > V(1), far, V(1) - p)};
  }
  template <class V>
  PLIANT_FN V pdf(V u) const {
    constexpr double kFactor = std::numbers::inv_sqrtpi / std::numbers::sqrt2;
    const Pair<V> q = inverse(u);
    // e^(−q/2) can be denormal where the density is not: it is multiplied in two halves.
    const V root = exp_sum(q.high * V(-0.25), q.low * V(-0.25));
    return V(kFactor) * root * q.high * sqrt(q.high) * root;
  }
  template <class V>
  PLIANT_FN V neg_log_cdf(V u) const {
    const V half = V(0.5) / abs(max(V(0), u)), g = min(V(1e30), sqrt(half + half));
    const Sides<V> s = sides(u);
    const V near = half - log(V(2) * Gaussian::mills(g));
    return select(u < V(1), near, neg_log_second(s.tail, s.p));
  }
};

struct LevyRev : Reversed<Levy> {
  static constexpr std::string_view name = "levy_rev";
  static constexpr std::string_view formula = "1 (u ≥ 0), erf(√(1/(−2u))) (u < 0)";
};

PLIANT_MATH_END
#endif  // PLIANT_MATH_ASYMMETRIC_INL_H_
