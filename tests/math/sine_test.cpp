// tests/math/sine_test.cpp — the sines and cosines of value.h, on every SIMD target, against
// quadruple precision
#include <doctest/doctest.h>
#include <quadmath.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "pliant/base/simd_target.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/math/sine_test.cpp"
#include "pliant/base/simd.h"
// After simd.h, which re-reads this file for every target.
#include "pliant/math/value.h"

HWY_BEFORE_NAMESPACE();
namespace pliant::math::HWY_NAMESPACE {
namespace {

template <class T>
void Waves(const T* x, std::size_t n, T* sines, T* cosines) {
  const hn::ScalableTag<T> d;
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    const Vector<hn::ScalableTag<T>> v = hn::LoadU(d, x + i);
    hn::StoreU(sin(v).raw, d, sines + i);
    hn::StoreU(cos(v).raw, d, cosines + i);
  }
}
void FloatWaves(const float* x, std::size_t n, float* s, float* c) { Waves(x, n, s, c); }
void DoubleWaves(const double* x, std::size_t n, double* s, double* c) { Waves(x, n, s, c); }

}  // namespace
}  // namespace pliant::math::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pliant::math {
namespace {

HWY_EXPORT(FloatWaves);
HWY_EXPORT(DoubleWaves);

/// Small and large arguments of both signs, and those beside the multiples of π/2.
template <class T>
std::vector<T> angles() {
  std::vector<T> x = {T(0), T(1e-40), T(1e-5)};
  for (int i = 0; i < 40'000; ++i) x.push_back(T(39'000.0 * i / 40'000));
  for (int i = 1; i < 24'000; i += 7) {
    const T at = static_cast<T>(M_PI_2 * i);
    for (const T beside : {std::nextafter(at, T(0)), at, std::nextafter(at, T(1e9))})
      x.push_back(beside);
  }
  for (std::size_t i = x.size(); i-- > 0;) x.push_back(-x[i]);
  while (x.size() % 64 != 0) x.push_back(T(1));
  return x;
}

/// The largest absolute error of sines and cosines at |x| ≤ 39000.
template <class T, class Waves>
double worst(Waves waves) {
  const std::vector<T> x = angles<T>();
  std::vector<T> sines(x.size()), cosines(x.size());
  waves(x.data(), x.size(), sines.data(), cosines.data());
  double error = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    error = std::max(error, static_cast<double>(fabsq(sines[i] - sinq(x[i]))));
    error = std::max(error, static_cast<double>(fabsq(cosines[i] - cosq(x[i]))));
  }
  return error;
}

TEST_CASE("sines and cosines keep the absolute errors that value.h states") {
  for (const auto& target : base::simd_targets()) {
    base::set_simd_target(target);
    CAPTURE(target);
    const auto single = worst<float>(HWY_DYNAMIC_DISPATCH(FloatWaves));
    const auto twice = worst<double>(HWY_DYNAMIC_DISPATCH(DoubleWaves));
    CHECK(single <= 1.5e-7);
    CHECK(twice <= 3e-16);
  }
  base::set_simd_target(base::simd_targets().front());
}

}  // namespace
}  // namespace pliant::math
#endif  // HWY_ONCE
