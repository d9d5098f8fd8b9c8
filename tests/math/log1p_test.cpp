// tests/math/log1p_test.cpp — log1p_to_1 of value.h, on every SIMD target, against quadruple
// precision
#include <doctest/doctest.h>
#include <quadmath.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "pliant/base/simd_target.h"
#include "tests/math/ulp.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/math/log1p_test.cpp"
#include "pliant/base/simd.h"
// After simd.h, which re-reads this file for every target.
#include "pliant/math/value.h"

HWY_BEFORE_NAMESPACE();
namespace pliant::math::HWY_NAMESPACE {
namespace {

template <class T>
void Logarithms(const T* x, std::size_t n, T* out) {
  const hn::ScalableTag<T> d;
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    hn::StoreU(log1p_to_1(Vector<hn::ScalableTag<T>>(hn::LoadU(d, x + i))).raw, d, out + i);
  }
}
void FloatLogarithms(const float* x, std::size_t n, float* out) { Logarithms(x, n, out); }
void DoubleLogarithms(const double* x, std::size_t n, double* out) { Logarithms(x, n, out); }

}  // namespace
}  // namespace pliant::math::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pliant::math {
namespace {

HWY_EXPORT(FloatLogarithms);
HWY_EXPORT(DoubleLogarithms);

/// From 0 over denormals to 1, evenly, by factors, and beside √2 − 1, where the formula changes.
template <class T>
std::vector<T> fractions() {
  std::vector<T> x = {T(0), std::numeric_limits<T>::denorm_min(), T(1)};
  for (int i = 1; i < 200'000; ++i) x.push_back(static_cast<T>(i / 200'000.0));
  for (T f = T(0.999); f > 100 * x[1]; f *= T(0.97)) x.push_back(f);
  T above = T(0.41421), below = above;
  for (int i = 0; i < 2'000; ++i) {
    x.push_back(above = std::nextafter(above, T(1)));
    x.push_back(below = std::nextafter(below, T(0)));
  }
  while (x.size() % 64 != 0) x.push_back(T(1));
  return x;
}

/// The largest error, in ULP.
template <class T, class Logarithm>
double worst(Logarithm logarithm) {
  const std::vector<T> x = fractions<T>();
  std::vector<T> found(x.size());
  logarithm(x.data(), x.size(), found.data());
  double error = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    error = std::max(error, test::ulp_error(found[i], log1pq(x[i])));
  }
  return error;
}

TEST_CASE("log1p_to_1 keeps the bound that value.h states, and NaN stays NaN") {
  for (const auto& target : base::simd_targets()) {
    base::set_simd_target(target);
    CAPTURE(target);
    CHECK(worst<float>(HWY_DYNAMIC_DISPATCH(FloatLogarithms)) <= 2);
    CHECK(worst<double>(HWY_DYNAMIC_DISPATCH(DoubleLogarithms)) <= 2);
    std::vector<double> x(64, std::numeric_limits<double>::quiet_NaN()), y(64);
    HWY_DYNAMIC_DISPATCH(DoubleLogarithms)(x.data(), x.size(), y.data());
    CHECK(std::isnan(y[0]));
  }
  base::set_simd_target(base::simd_targets().front());
}

}  // namespace
}  // namespace pliant::math
#endif  // HWY_ONCE
