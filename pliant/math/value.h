// pliant/math/value.h — the number that formulas are written in: a SIMD vector, float, double, a
// CUDA thread
//
// Re-read once per SIMD target, between Highway's namespace macros; only pliant/math's .cpp files
// and tests include it. A function marked PLIANT_FN sees a value type V with + − · /, comparisons,
// and the functions below; V(0.5) makes a constant. V = float and double go by the C++ (or CUDA)
// standard library, vectors by what is written here, with these errors on the whole range of the
// type, denormals included, by test:
//
//   exp, log 1 ULP, expm1, log1p, log1p_to_1 2, power 3 (exponents in [−2, 2]), sqrt ½.  NaN stays.
//
// sin and cos are Highway's: absolute errors of at most 1.5e-7 (float) and 3e-16 (double) for |x| ≤
// 39000, by test.
#if defined(PLIANT_MATH_VALUE_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PLIANT_MATH_VALUE_H_
#undef PLIANT_MATH_VALUE_H_
#else
#define PLIANT_MATH_VALUE_H_
#endif

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include "pliant/math/polynomials.h"

#undef PLIANT_FN
#undef PLIANT_MATH_BEGIN
#undef PLIANT_MATH_END
#ifdef __CUDACC__
#define PLIANT_FN __host__ __device__ inline
#define PLIANT_MATH_BEGIN namespace pliant::math::device {
#define PLIANT_MATH_END }
#else
#include "pliant/base/simd.h"
#define PLIANT_FN HWY_INLINE HWY_ATTR
#define PLIANT_MATH_BEGIN \
  HWY_BEFORE_NAMESPACE(); \
  namespace pliant::math::HWY_NAMESPACE {
#define PLIANT_MATH_END \
  }                     \
  HWY_AFTER_NAMESPACE();
#endif

PLIANT_MATH_BEGIN

// === float and double ===

template <class T>
concept Scalar = std::is_floating_point_v<T>;

// clang-format off
template <Scalar T> PLIANT_FN T abs(T x) { return std::fabs(x); }
template <Scalar T> PLIANT_FN T sqrt(T x) { return std::sqrt(x); }
template <Scalar T> PLIANT_FN T exp(T x) { return std::exp(x); }
template <Scalar T> PLIANT_FN T expm1(T x) { return std::expm1(x); }
template <Scalar T> PLIANT_FN T log(T x) { return std::log(x); }
template <Scalar T> PLIANT_FN T log1p(T x) { return std::log1p(x); }
template <Scalar T> PLIANT_FN T log1p_to_1(T x) { return std::log1p(x); }
template <Scalar T> PLIANT_FN T sin(T x) { return std::sin(x); }
template <Scalar T> PLIANT_FN T cos(T x) { return std::cos(x); }
template <Scalar T> PLIANT_FN T power(T x, double q) { return std::pow(x, static_cast<T>(q)); }
template <Scalar T> PLIANT_FN T fma(T a, T b, T c) { return std::fma(a, b, c); }
template <Scalar T> PLIANT_FN T reciprocal(T x) { return 1 / x; }
template <Scalar T> PLIANT_FN T product_error(T a, T b, T product) { return std::fma(a, b, -product); }
/// The smaller, the larger of two; b where one is NaN.
template <Scalar T> PLIANT_FN T min(T a, T b) { return a < b ? a : b; }
template <Scalar T> PLIANT_FN T max(T a, T b) { return a > b ? a : b; }
template <Scalar T> PLIANT_FN T select(bool condition, T yes, T no) { return condition ? yes : no; }
// clang-format on

/// The number type of one lane of V.
template <class V>
struct LaneOf {
  using type = V;
};
template <class V>
using Lane = typename LaneOf<V>::type;

// === A SIMD vector ===
#ifndef __CUDACC__

namespace hn = hwy::HWY_NAMESPACE;

/// A full vector of tag D with ordinary operators.
template <class D>
struct Vector {
  using T = hn::TFromD<D>;
  using Mask = hn::Mask<D>;
  hn::Vec<D> raw;

  Vector() = default;  // uninitialised
  PLIANT_FN Vector(hn::Vec<D> v) : raw(v) {}
  PLIANT_FN explicit Vector(double c) : raw(hn::Set(D(), static_cast<T>(c))) {}

  // clang-format off
  friend PLIANT_FN Vector operator+(Vector a, Vector b) { return hn::Add(a.raw, b.raw); }
  friend PLIANT_FN Vector operator-(Vector a, Vector b) { return hn::Sub(a.raw, b.raw); }
  friend PLIANT_FN Vector operator*(Vector a, Vector b) { return hn::Mul(a.raw, b.raw); }
  friend PLIANT_FN Vector operator/(Vector a, Vector b) { return hn::Div(a.raw, b.raw); }
  friend PLIANT_FN Vector operator-(Vector a) { return hn::Neg(a.raw); }
  friend PLIANT_FN Mask operator<(Vector a, Vector b) { return hn::Lt(a.raw, b.raw); }
  friend PLIANT_FN Mask operator>(Vector a, Vector b) { return hn::Gt(a.raw, b.raw); }
  friend PLIANT_FN Mask operator<=(Vector a, Vector b) { return hn::Le(a.raw, b.raw); }
  friend PLIANT_FN Mask operator>=(Vector a, Vector b) { return hn::Ge(a.raw, b.raw); }
  friend PLIANT_FN Mask operator==(Vector a, Vector b) { return hn::Eq(a.raw, b.raw); }
  friend PLIANT_FN Vector abs(Vector a) { return hn::Abs(a.raw); }
  friend PLIANT_FN Vector sqrt(Vector a) { return hn::Sqrt(a.raw); }
  friend PLIANT_FN Vector fma(Vector a, Vector b, Vector c) { return hn::MulAdd(a.raw, b.raw, c.raw); }
#if HWY_TARGET == HWY_SCALAR  // whose Min and Max drop a NaN
  friend PLIANT_FN Vector min(Vector a, Vector b) { return hn::IfThenElse(hn::Lt(a.raw, b.raw), a.raw, b.raw); }
  friend PLIANT_FN Vector max(Vector a, Vector b) { return hn::IfThenElse(hn::Gt(a.raw, b.raw), a.raw, b.raw); }
#else
  friend PLIANT_FN Vector min(Vector a, Vector b) { return hn::Min(a.raw, b.raw); }
  friend PLIANT_FN Vector max(Vector a, Vector b) { return hn::Max(a.raw, b.raw); }
#endif
  friend PLIANT_FN Vector select(Mask m, Vector a, Vector b) { return hn::IfThenElse(m, a.raw, b.raw); }
  // clang-format on
};

template <class D>
struct LaneOf<Vector<D>> {
  using type = hn::TFromD<D>;
};
#endif

// === For every V ===

namespace detail {
template <auto c, class V, std::size_t... i>
PLIANT_FN V horner(V x, std::index_sequence<i...>) {
  V sum = V(c[c.size() - 1]);
  ((sum = fma(sum, x, V(c[c.size() - 2 - i]))), ...);
  return sum;
}
}  // namespace detail

/// The polynomial with coefficients `for_float` or `for_double`, lowest power first, by the type of
/// V's lanes.
template <auto for_float, auto for_double, class V>
PLIANT_FN V polynomial(V x) {
  if constexpr (std::is_same_v<Lane<V>, float>) {
    return detail::horner<for_float>(x, std::make_index_sequence<for_float.size() - 1>());
  } else {
    return detail::horner<for_double>(x, std::make_index_sequence<for_double.size() - 1>());
  }
}

/// x² − square, where `square` is x² rounded.
template <class V>
PLIANT_FN V square_error(V x, V square) {
  return product_error(x, x, square);
}

/// ln(1 + f) − f + low, for f in [√½ − 1, √2 − 1).
template <class V>
PLIANT_FN V log1p_rest(V f, V low = V(0)) {
  const V s = f / (V(2) + f), z = s * s, half_square = V(0.5) * f * f;
  const V rest = z * polynomial<kLogFloat, kLogDouble>(z);
  return fma(s, half_square + rest, low) - half_square;
}

/// The numbers of a float V as double, in two parts that together hold them all.
template <class W>
struct Halves {
  W lower;
  W upper;
};
PLIANT_FN Halves<double> widen(float x) { return {x, x}; }
template <class V>
  requires std::is_same_v<V, float>
PLIANT_FN V narrow(double lower, double) {
  return static_cast<float>(lower);
}

// === Elementary functions of a SIMD vector ===
#ifndef __CUDACC__

namespace detail {

/// How the bits of a float and a double lie, and ln 2 cut so that k·high is exact for every
/// exponent k.
template <class T>
struct Format;
template <>
struct Format<float> {
  static constexpr int kMantissa = 23, kBias = 127;
  static constexpr std::uint32_t kSqrtHalf = 0x3f3504f3, kOne = 0x3f800000;
  static constexpr double kLn2High = 0.693115234375, kLn2Low = 3.194618494529e-05;
  static constexpr double kExpLow = -110, kExpHigh = 90;  // beyond these e^x is 0 and +inf
};
template <>
struct Format<double> {
  static constexpr int kMantissa = 52, kBias = 1023;
  static constexpr std::uint64_t kSqrtHalf = 0x3fe6a09e667f3bcd, kOne = 0x3ff0000000000000;
  static constexpr double kLn2High = 0.6931471803691238, kLn2Low = 1.9082149292705877e-10;
  static constexpr double kExpLow = -760, kExpHigh = 712;
};

/// Added and taken away again, rounds to a whole number, which then stands in the lowest bits.
template <class T>
inline constexpr double kRound =
    1.5 * static_cast<double>(std::uint64_t{1} << Format<T>::kMantissa);

/// 2^k for whole k with −bias < k ≤ bias.
template <class D>
PLIANT_FN Vector<D> two_to(Vector<D> k) {
  using T = hn::TFromD<D>;
  const hn::RebindToUnsigned<D> bits;
  const Vector<D> lifted = k + Vector<D>(kRound<T> + Format<T>::kBias);
  return hn::BitCast(D(), hn::ShiftLeft<Format<T>::kMantissa>(hn::BitCast(bits, lifted.raw)));
}

/// x·2^k for whole k, rounded once where the result is denormal.
template <class D>
PLIANT_FN Vector<D> scale_by(Vector<D> x, Vector<D> k) {
#if HWY_TARGET == HWY_AVX3
  if constexpr (std::is_same_v<hn::TFromD<D>, float>) {
    return hn::Vec<D>{_mm512_scalef_ps(x.raw.raw, k.raw.raw)};
  } else {
    return hn::Vec<D>{_mm512_scalef_pd(x.raw.raw, k.raw.raw)};
  }
#else
  using V = Vector<D>;
  const V magic(kRound<hn::TFromD<D>>);
  const V half = (k * V(0.5) + magic) - magic;
  return x * two_to(half) * two_to(k - half);
#endif
}

/// 2^k·e^r as (k, e^r − 1) with r in ±ln 2/2, for e^(x + low); |low| is tiny beside 1.
template <class D>
struct ExpParts {
  Vector<D> k;
  Vector<D> r;
  Vector<D> rest;  ///< e^r − 1 = r + rest
};
template <class D>
PLIANT_FN ExpParts<D> exp_parts(Vector<D> x, Vector<D> low) {
  using V = Vector<D>;
  using F = Format<hn::TFromD<D>>;
  const V magic(kRound<hn::TFromD<D>>);
  const V k = fma(x, V(1.4426950408889634), magic) - magic;
  const V r = fma(k, V(-F::kLn2Low), fma(k, V(-F::kLn2High), x)) + low;
  return {k, r, r * r * polynomial<kExpFloat, kExpDouble>(r)};
}

/// x with the lower half of its digits set to 0.
template <class D>
PLIANT_FN Vector<D> upper_half(Vector<D> x) {
  const hn::RebindToUnsigned<D> bits;
  using U = hn::TFromD<decltype(bits)>;
  constexpr int kHalf = Format<hn::TFromD<D>>::kMantissa / 2 + 1;
  const auto mask = hn::Set(bits, static_cast<U>(~((U{1} << kHalf) - 1)));
  return hn::BitCast(D(), hn::And(hn::BitCast(bits, x.raw), mask));
}

/// x = 2^k·(1 + f), 1 + f in [√½, √2), for positive x, denormals included.
template <class D>
struct LogParts {
  Vector<D> k;
  Vector<D> f;
};
template <class D>
PLIANT_FN LogParts<D> log_parts(Vector<D> x) {
  using V = Vector<D>;
  using T = hn::TFromD<D>;
  using F = Format<T>;
  constexpr int kShift = F::kMantissa;
  const hn::RebindToUnsigned<D> bits;
  using U = hn::TFromD<decltype(bits)>;
  const auto denormal = x < V(static_cast<double>(std::numeric_limits<T>::min()));
  x = select(denormal, x * V(static_cast<double>(U{1} << (kShift + 1))), x);
  const auto shifted = hn::Add(hn::BitCast(bits, x.raw), hn::Set(bits, F::kOne - F::kSqrtHalf));
  const auto fraction = hn::And(shifted, hn::Set(bits, (U{1} << kShift) - 1));
  const V m(hn::BitCast(D(), hn::Add(fraction, hn::Set(bits, F::kSqrtHalf))));
  // The exponent as a number: its bits below the leading one of 2^mantissa.
  const auto two_to_mantissa = hn::Set(bits, static_cast<U>(F::kBias + kShift) << kShift);
  const V k(hn::BitCast(D(), hn::Or(hn::ShiftRight<kShift>(shifted), two_to_mantissa)));
  const V offset(static_cast<double>(U{1} << kShift) + F::kBias);
  return {k - select(denormal, offset + V(kShift + 1), offset), m - V(1)};
}

}  // namespace detail

/// e^(x + low), where `low` carries what x was rounded by.
template <class D>
PLIANT_FN Vector<D> exp_sum(Vector<D> x, Vector<D> low) {
  using V = Vector<D>;
  using F = detail::Format<hn::TFromD<D>>;
  x = min(V(F::kExpHigh), max(V(F::kExpLow), x));  // NaN passes: it stands second
  const auto [k, r, rest] = detail::exp_parts(x, low);
  return detail::scale_by(V(1) + (r + rest), k);
}

template <class D>
PLIANT_FN Vector<D> exp(Vector<D> x) {
  return exp_sum(x, Vector<D>(0));
}

template <class D>
PLIANT_FN Vector<D> expm1(Vector<D> x) {
  using V = Vector<D>;
  const V small = fma(x * x, polynomial<kExpFloat, kExpDouble>(x), x);
  return select(abs(x) < V(0.34), small, exp(x) - V(1));
}

template <class D>
PLIANT_FN Vector<D> log(Vector<D> x) {
  using V = Vector<D>;
  using F = detail::Format<hn::TFromD<D>>;
  const V inf(std::numeric_limits<double>::infinity());
  const auto [k, f] = detail::log_parts(x);
  const V positive = fma(k, V(F::kLn2High), f + log1p_rest(f, k * V(F::kLn2Low)));
  const V other = select(x == V(0), -inf, select(x == inf, inf, V(std::nan(""))));
  return select(x > V(0), select(x < inf, positive, other), other);
}

template <class D>
PLIANT_FN Vector<D> log1p(Vector<D> x) {
  using V = Vector<D>;
  const V small = x + log1p_rest(x);
  return select(abs(x) < V(0.29), small, log(V(1) + x));
}

/// log1p for x in [0, 1], at half its cost.
template <class D>
PLIANT_FN Vector<D> log1p_to_1(Vector<D> x) {
  using V = Vector<D>;
  using F = detail::Format<hn::TFromD<D>>;
  // 1 + x = 2^k·(1 + f), k = 0 or 1.
  const auto halve = x > V(0.41421356);
  const V f = select(halve, (x - V(1)) * V(0.5), x);
  const V high = select(halve, V(F::kLn2High), V(0)), low = select(halve, V(F::kLn2Low), V(0));
  return high + (f + log1p_rest(f, low));
}

template <class D>
PLIANT_FN Vector<D> sin(Vector<D> x) {
  return hn::Sin(D(), x.raw);
}

template <class D>
PLIANT_FN Vector<D> cos(Vector<D> x) {
  return hn::Cos(D(), x.raw);
}

/// x^q for x ≥ 0. The exponent of x is multiplied by q without rounding, so a large one costs no
/// accuracy.
template <class D>
PLIANT_FN Vector<D> power(Vector<D> x, double q) {
  using V = Vector<D>;
  using F = detail::Format<hn::TFromD<D>>;
  // q = high + low, where high has so few bits that high·k is exact (Veltkamp).
  constexpr double kCut = F::kMantissa == 23 ? 0x1p37 + 1 : 0x1p11 + 1;
  const double high = q * kCut - (q * kCut - q), low = q - high;
  const V magic(detail::kRound<hn::TFromD<D>>), limit(2 * F::kBias - 4);
  const auto [k, f] = detail::log_parts(x);
  const V log_m = f + log1p_rest(f), t = k * V(high);
  V n = (fma(log_m, V(q * 1.4426950408889634), t) + magic) - magic;
  const V r = fma((t - n) + k * V(low), V(0.6931471805599453), log_m * V(q));
  n = min(limit, max(-limit, n));
  const V value = detail::scale_by(V(1) + fma(r * r, polynomial<kExpFloat, kExpDouble>(r), r), n);
  const V inf(std::numeric_limits<double>::infinity());
  const V at_zero = q > 0 ? V(0) : q < 0 ? inf : V(1), at_inf = q > 0 ? inf : q < 0 ? V(0) : V(1);
  return select(x > V(0), select(x < inf, value, at_inf), select(x == V(0), at_zero, x));
}

#if HWY_TARGET == HWY_SCALAR
template <class D>
PLIANT_FN Halves<Vector<hn::Rebind<double, D>>> widen(Vector<D> x) {
  const Vector<hn::Rebind<double, D>> wide = hn::PromoteTo(hn::Rebind<double, D>(), x.raw);
  return {wide, wide};
}
template <class V, class D>
PLIANT_FN V narrow(Vector<D> lower, Vector<D>) {
  // Highway's own would make a number of ±inf here.
  return hn::Set(hn::Rebind<float, D>(), static_cast<float>(hn::GetLane(lower.raw)));
}
#else
template <class D>
PLIANT_FN Halves<Vector<hn::RepartitionToWide<D>>> widen(Vector<D> x) {
  const hn::RepartitionToWide<D> wide;
  const hn::Half<D> half;
  return {hn::PromoteTo(wide, hn::LowerHalf(half, x.raw)),
          hn::PromoteTo(wide, hn::UpperHalf(half, x.raw))};
}
template <class V, class D>
PLIANT_FN V narrow(Vector<D> lower, Vector<D> upper) {
  const hn::Rebind<float, D> half;
  return hn::Combine(hn::Twice<decltype(half)>(), hn::DemoteTo(half, upper.raw),
                     hn::DemoteTo(half, lower.raw));
}
#endif

/// 1/x for x in [2⁻¹⁰⁰, 2¹⁰⁰], within 1 ULP.
template <class D>
PLIANT_FN Vector<D> reciprocal(Vector<D> x) {
  return Vector<D>(1) / x;
}

/// a·b − product, where `product` is a·b rounded.
template <class D>
PLIANT_FN Vector<D> product_error(Vector<D> a, Vector<D> b, Vector<D> product) {
#if HWY_NATIVE_FMA
  return fma(a, b, -product);
#else
  // Dekker: each factor cut in two halves, the products of which are exact.
  const Vector<D> a_high = detail::upper_half(a), a_low = a - a_high;
  const Vector<D> b_high = detail::upper_half(b), b_low = b - b_high;
  return ((a_high * b_high - product) + (a_high * b_low + a_low * b_high)) + a_low * b_low;
#endif
}
#endif

PLIANT_MATH_END
#endif  // PLIANT_MATH_VALUE_H_
