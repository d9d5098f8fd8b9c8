// pliant/math/distribution.cpp — decide(): one dispatch to the running CPU's code of the family (no
// torch)
#include "pliant/math/distribution.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pliant/math/distribution.cpp"
#include "pliant/base/simd.h"
// After simd.h, which re-reads this file for every target.
#include "pliant/math/distribution-inl.h"

HWY_BEFORE_NAMESPACE();
namespace pliant::math::HWY_NAMESPACE {
namespace {

/// A density that is infinite or beyond the range of numbers is this.
template <class T>
inline constexpr auto kLargest = static_cast<double>(std::numeric_limits<T>::max());

/// The family with the parameters that act inside its formula.
template <class F>
F make(const Distribution& distribution) {
  if constexpr (F::has_shape) {
    return F(distribution.shape);
  } else {
    return F();
  }
}

/// F, 1 − F, dF/dx and −ln(1 − F) at one vector of x; what is not wanted is optimised away.
template <bool kSides, bool kDensity, bool kLogTail, class F, class V>
HWY_INLINE void evaluate(const F& f, V x, V scale, V shift, V* out) {
  const V u = fma(x, scale, shift);
  if constexpr (kSides) {
    const Sides<V> s = sides(f, u);
    out[0] = s.p;
    out[1] = s.tail;
  }
  if constexpr (kDensity) out[2] = min(V(kLargest<Lane<V>>), pdf(f, u) * scale);
  if constexpr (kLogTail) out[3] = neg_log_sf(f, u);
}

/// F(scale·x + shift) and what belongs to it. The last values, fewer than a vector, go through a
/// full one: no value depends on its place or on n.
template <bool kSides, bool kDensity, bool kLogTail, class F, class T>
HWY_NOINLINE void run(const Distribution& distribution, const T* x, std::size_t n,
                      Decision<T> out) {
  const hn::ScalableTag<T> d;
  using V = Vector<std::remove_const_t<decltype(d)>>;
  constexpr int kFirst = kSides ? 0 : kDensity ? 2 : 3;
  constexpr int kResults = kLogTail ? 4 : kDensity ? 3 : 2;
  const F f = make<F>(distribution);
  constexpr auto kSmallest = static_cast<double>(std::numeric_limits<T>::min());
  const V scale(std::clamp(distribution.scale, kSmallest, kLargest<T>));
  const V shift(std::clamp(distribution.shift, -kLargest<T>, kLargest<T>));
  const std::size_t lanes = hn::Lanes(d);
  // What is not wanted is stored in one place over and over: with a branch in the loop the compiler
  // computes twice what p and the tail share.
  alignas(64) T part[hn::MaxLanes(d)] = {};
  T* const wanted[4] = {out.p, out.tail, out.density, out.log_tail};
  T* to[4];
  std::size_t moves[4];
  for (int k = kFirst; k < kResults; ++k) {
    to[k] = wanted[k] != nullptr ? wanted[k] : part;
    moves[k] = wanted[k] != nullptr ? ~std::size_t{0} : 0;
  }
  V result[4] = {scale, scale, scale, scale};
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    evaluate<kSides, kDensity, kLogTail>(f, V(hn::LoadU(d, x + i)), scale, shift, result);
    for (int k = kFirst; k < kResults; ++k) hn::StoreU(result[k].raw, d, to[k] + (i & moves[k]));
  }
  if (i == n) return;
  std::copy(x + i, x + n, part);
  evaluate<kSides, kDensity, kLogTail>(f, V(hn::Load(d, part)), scale, shift, result);
  for (int k = kFirst; k < kResults; ++k) {
    hn::Store(result[k].raw, d, part);
    if (wanted[k] != nullptr) std::copy(part, part + (n - i), wanted[k] + i);
  }
}

/// run() for every family of the list, by its index.
template <class T>
using Run = void (*)(const Distribution&, const T*, std::size_t, Decision<T>);
template <bool kSides, bool kDensity, bool kLogTail, class T, class... Fs>
constexpr std::array<Run<T>, sizeof...(Fs)> run_table(base::TypeList<Fs...>) {
  return {&run<kSides, kDensity, kLogTail, Fs, T>...};
}

template <class T>
void affine(const Distribution& distribution, const T* x, std::size_t n, Decision<T> out) {
  static constexpr auto kPlain = run_table<true, false, false, T>(Distributions{});
  static constexpr auto kWithDensity = run_table<true, true, false, T>(Distributions{});
  static constexpr auto kAll = run_table<true, true, true, T>(Distributions{});
  static constexpr auto kLogarithms = run_table<false, false, true, T>(Distributions{});
  static constexpr auto kLogarithmsAndDensity = run_table<false, true, true, T>(Distributions{});
  const bool sides = out.p != nullptr || out.tail != nullptr, density = out.density != nullptr;
  const auto& table = out.log_tail == nullptr ? (density ? kWithDensity : kPlain)
                      : sides                 ? kAll
                      : density               ? kLogarithmsAndDensity
                                              : kLogarithms;
  table[static_cast<std::size_t>(distribution.family)](distribution, x, n, out);
}

/// A tile of arguments w = x·(|x| + ε)^(power − 1), their derivative by x, and ln(|x| + ε).
template <class T>
struct Warped {
  static constexpr std::size_t kTile = 256;
  alignas(64) T value[kTile];
  alignas(64) T slope[kTile];
  alignas(64) T log[kTile];
};

bool is_whole(double power) { return power == std::floor(power); }

template <class T>
HWY_NOINLINE void warp(double exponent, const T* x, std::size_t n, Warped<T>& out) {
  const hn::ScalableTag<T> d;
  using V = Vector<std::remove_const_t<decltype(d)>>;
  const V inf(std::numeric_limits<double>::infinity());
  const V largest(kLargest<T>);
  const V epsilon(is_whole(exponent) ? 0 : 1e-10);
  const V p(exponent), q(exponent - 1);
  std::copy(x, x + n, out.value);
  std::fill(out.value + n, out.value + Warped<T>::kTile, T(0));
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    const V a(hn::Load(d, out.value + i)), r = abs(a) + epsilon;
    V value = a * r, slope = V(2) * r;
    if (exponent == 1) {
      value = a;
      slope = V(1);
    } else if (exponent != 2) {
      const V factor = power(r, exponent - 1);
      value = select(abs(a) == inf, a, a * factor);
      // d/dx x·r^q = r^q·(1 + q·|x|/r); without ε that is power·r^q.
      slope = is_whole(exponent) ? p * factor : factor * fma(q, abs(a) / min(largest, r), V(1));
    }
    hn::Store(value.raw, d, out.value + i);
    hn::Store(min(largest, slope).raw, d, out.slope + i);
  }
}

/// The density by x, from that by w.
template <class T>
HWY_NOINLINE void times_slope(const Warped<T>& warped, std::size_t n, T* density) {
  const hn::ScalableTag<T> d;
  using V = Vector<std::remove_const_t<decltype(d)>>;
  const V largest(kLargest<T>);
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) {
    const V slope(hn::Load(d, warped.slope + i));
    hn::StoreU(min(largest, V(hn::LoadU(d, density + i)) * slope).raw, d, density + i);
  }
  for (; i < n; ++i) {
    const T by_x = density[i] * warped.slope[i];
    density[i] = by_x > std::numeric_limits<T>::max() ? std::numeric_limits<T>::max() : by_x;
  }
}

template <class T>
void decide_here(const Distribution& distribution, const T* x, std::size_t n, Decision<T> out) {
  if (distribution.power == 1) return affine(distribution, x, n, out);
  constexpr std::size_t kTile = Warped<T>::kTile;
  Warped<T> warped;
  for (std::size_t begin = 0; begin < n; begin += kTile) {
    const std::size_t count = std::min(kTile, n - begin);
    warp(distribution.power, x + begin, count, warped);
    const auto at = [begin](T* to) { return to == nullptr ? nullptr : to + begin; };
    const Decision<T> tile{at(out.p), at(out.tail), at(out.density), at(out.log_tail)};
    affine(distribution, warped.value, count, tile);
    if (tile.density != nullptr) times_slope(warped, count, tile.density);
  }
}

/// ln(|x| + ε) for the gradient of the power.
template <class T>
HWY_NOINLINE void warp_log(double exponent, const T* x, std::size_t n, Warped<T>& out) {
  const hn::ScalableTag<T> d;
  using V = Vector<std::remove_const_t<decltype(d)>>;
  const V epsilon(is_whole(exponent) ? 0 : 1e-10);
  std::copy(x, x + n, out.log);
  std::fill(out.log + n, out.log + Warped<T>::kTile, T(1));
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    hn::Store(log(abs(V(hn::Load(d, out.log + i))) + epsilon).raw, d, out.log + i);
  }
}

/// By how much F at each w of a tile grows with the shape: a difference of four shapes, of F or
/// 1 − F, whichever is smaller. Off by about 1e-10 of the largest that it gets.
HWY_NOINLINE void slope_by_shape(Distribution distribution, const double* w, std::size_t n,
                                 double* out) {
  constexpr std::size_t kTile = Warped<double>::kTile;
  const double shape = distribution.shape, h = 2e-3 * std::min(shape, std::sqrt(shape));
  alignas(64) double p[4][kTile], tail[4][kTile];
  constexpr double kSteps[4] = {-2, -1, 1, 2}, kWeights[4] = {1, -8, 8, -1};
  for (int k = 0; k < 4; ++k) {
    distribution.shape = shape + kSteps[k] * h;
    affine<double>(distribution, w, n, {.p = p[k], .tail = tail[k]});
  }
  for (std::size_t i = 0; i < n; ++i) {
    const bool by_tail = p[1][i] > 0.5;
    double sum = 0;
    for (int k = 0; k < 4; ++k) sum += kWeights[k] * (by_tail ? -tail[k][i] : p[k][i]);
    out[i] = sum / (12 * h);
  }
}

/// The gradient of the shape, for families that have one.
template <class T>
void shape_gradient(const Distribution& distribution, const T* x, const T* g, std::size_t n,
                    double* gradient) {
  constexpr std::size_t kTile = Warped<T>::kTile;
  Warped<T> warped;
  Distribution unit = distribution;  // without the power, which `warped` holds
  unit.power = 1;
  alignas(64) double w[kTile], slope[kTile];
  for (std::size_t begin = 0; begin < n; begin += kTile) {
    const std::size_t count = std::min(kTile, n - begin);
    warp(distribution.power, x + begin, count, warped);
    std::copy(warped.value, warped.value + count, w);
    slope_by_shape(unit, w, count, slope);
    for (std::size_t i = 0; i < count; ++i) *gradient += g[begin + i] * slope[i];
  }
}

constexpr auto kHasShape = []<class... Fs>(base::TypeList<Fs...>) {
  return std::array<bool, sizeof...(Fs)>{Fs::has_shape...};
}(Distributions{});

template <class T>
void gradient_here(const Distribution& distribution, const T* x, const T* g, std::size_t n,
                   double* gradient) {
  constexpr std::size_t kTile = Warped<T>::kTile;
  Warped<T> warped;
  Distribution unit = distribution;  // without the power, which `warped` holds
  unit.power = 1;
  double sums[3] = {gradient[0], gradient[1], gradient[2]};
  for (std::size_t begin = 0; begin < n; begin += kTile) {
    const std::size_t count = std::min(kTile, n - begin);
    warp(distribution.power, x + begin, count, warped);
    warp_log(distribution.power, x + begin, count, warped);
    affine(unit, warped.value, count, {.density = warped.slope});
    for (std::size_t i = 0; i < count; ++i) {
      const double density = warped.slope[i], w = warped.value[i];
      if (density == 0) continue;  // w may be infinite here
      const double by_argument = g[begin + i] * (density / distribution.scale);
      sums[0] += by_argument * w;
      sums[1] += w == 0 ? 0 : by_argument * distribution.scale * w * warped.log[i];
      sums[2] += by_argument;
    }
  }
  std::copy(sums, sums + 3, gradient);
  if (kHasShape[static_cast<std::size_t>(distribution.family)]) {
    shape_gradient(distribution, x, g, n, gradient + 3);
  }
}

void decide_float(const Distribution& distribution, const float* x, std::size_t n,
                  Decision<float> out) {
  decide_here(distribution, x, n, out);
}
void decide_double(const Distribution& distribution, const double* x, std::size_t n,
                   Decision<double> out) {
  decide_here(distribution, x, n, out);
}
void gradient_float(const Distribution& distribution, const float* x, const float* g, std::size_t n,
                    double* gradient) {
  gradient_here(distribution, x, g, n, gradient);
}
void gradient_double(const Distribution& distribution, const double* x, const double* g,
                     std::size_t n, double* gradient) {
  gradient_here(distribution, x, g, n, gradient);
}

}  // namespace
}  // namespace pliant::math::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pliant::math {
namespace {
HWY_EXPORT(decide_float);
HWY_EXPORT(decide_double);
HWY_EXPORT(gradient_float);
HWY_EXPORT(gradient_double);
}  // namespace

template <>
void decide(const Distribution& distribution, const float* x, std::size_t n, Decision<float> out) {
  HWY_DYNAMIC_DISPATCH(decide_float)(distribution, x, n, out);
}

template <>
void decide(const Distribution& distribution, const double* x, std::size_t n,
            Decision<double> out) {
  HWY_DYNAMIC_DISPATCH(decide_double)(distribution, x, n, out);
}

template <>
void add_parameter_gradient(const Distribution& distribution, const float* x, const float* g,
                            std::size_t n, double* gradient) {
  HWY_DYNAMIC_DISPATCH(gradient_float)(distribution, x, g, n, gradient);
}

template <>
void add_parameter_gradient(const Distribution& distribution, const double* x, const double* g,
                            std::size_t n, double* gradient) {
  HWY_DYNAMIC_DISPATCH(gradient_double)(distribution, x, g, n, gradient);
}

}  // namespace pliant::math
#endif  // HWY_ONCE
