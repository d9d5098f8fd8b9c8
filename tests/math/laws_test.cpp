// tests/math/laws_test.cpp — what every distribution of the list must satisfy, on every SIMD target
// and in both types
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "pliant/base/simd_target.h"
#include "pliant/math/distribution.h"
#include "tests/math/arguments.h"
#include "tests/math/values.h"

namespace {

using pliant::math::Decision;
using pliant::math::Distribution;
using pliant::math::families;
using pliant::math::Family;
using pliant::test::at;
using pliant::test::kShapes;
using pliant::test::Values;

constexpr double kInf = std::numeric_limits<double>::infinity();

/// fn(family, distribution) for each family at scale 1, with each of the tested shapes where it has
/// one.
template <class Fn>
void for_each_law(const Fn& fn) {
  for (const Family& family : families()) {
    for (const double shape : family.has_shape ? kShapes : std::vector<double>{1}) {
      CAPTURE(family.name);
      CAPTURE(shape);
      fn(family, Distribution{.family = pliant::math::family_index(family.name), .shape = shape});
    }
  }
}

/// fn(T{}, bound in ULP of the type) in float and double on each SIMD target.
template <class Fn>
void for_each_kind(const Family& family, const Fn& fn) {
  for (const auto& target : pliant::base::simd_targets()) {
    pliant::base::set_simd_target(target);
    CAPTURE(target);
    fn(float{}, family.max_ulp_float * std::numeric_limits<float>::epsilon());
    fn(double{}, family.max_ulp_double * std::numeric_limits<double>::epsilon());
  }
  pliant::base::set_simd_target(pliant::base::simd_targets().front());
}

template <class T>
struct Table {
  std::vector<T> u = {}, p = {}, tail = {}, density = {}, log_tail = {};
};
template <class T>
Table<T> table(const Distribution& distribution) {
  Table<T> t{.u = pliant::test::arguments<T>(distribution.shape)};
  for (auto* column : {&t.p, &t.tail, &t.density, &t.log_tail}) column->resize(t.u.size());
  pliant::math::decide<T>(distribution, t.u.data(), t.u.size(),
                          {t.p.data(), t.tail.data(), t.density.data(), t.log_tail.data()});
  return t;
}

/// u·max(F(−u), 1 − F(u)): how far a relaxed minimum of 0 and ±u is off.
double blend_error(const Distribution& distribution, double u) {
  return u * std::max(at(distribution, -u).p, at(distribution, u).tail);
}

/// The most by which F(−u) ≥ u·f(−u) and 1 − F(u) ≥ u·f(u) fail, as a share of u·f.
double monotonic_violation(const Distribution& distribution, double u) {
  const Values below = at(distribution, -u), above = at(distribution, u);
  const double low = u * below.density, high = u * above.density;
  return std::max(low > 0 ? (low - below.p) / low : 0, high > 0 ? (high - above.tail) / high : 0);
}

/// Positive numbers, 200 a decade.
std::vector<double> decades(double low, double high) {
  std::vector<double> all;
  for (double u = low; u < high; u *= std::pow(10, 0.005)) all.push_back(u);
  return all;
}

}  // namespace

TEST_CASE("F is a distribution function: in [0, 1], non-decreasing, with F + tail = 1") {
  for_each_law([](const Family& family, const Distribution& distribution) {
    for_each_kind(family, [&]<class T>(T, double bound) {
      const Table<T> t = table<T>(distribution);
      T highest = 0, lowest = 1;
      bool in_range = true, sums = true, rises = true, falls = true, densities = true;
      for (std::size_t i = 0; i < t.u.size(); ++i) {
        in_range = in_range && t.p[i] >= 0 && t.p[i] <= 1 && t.tail[i] >= 0 && t.tail[i] <= 1;
        densities = densities && t.density[i] >= 0 && std::isfinite(t.density[i]);
        sums = sums && std::abs(t.p[i] + t.tail[i] - 1) <= bound + 1e-18;
        // Neighbouring numbers may be off in opposite directions.
        rises = rises && t.p[i] >= highest * (1 - 2 * bound);
        falls =
            falls && t.tail[i] <= lowest * (1 + 2 * bound) + std::numeric_limits<T>::denorm_min();
        highest = std::max(highest, t.p[i]);
        lowest = std::min(lowest, t.tail[i]);
      }
      CHECK(in_range);
      CHECK(densities);
      CHECK(sums);
      CHECK(rises);
      CHECK(falls);
    });
  });
}

TEST_CASE("the density is the slope of F") {
  for_each_law([](const Family& family, const Distribution& distribution) {
    for_each_kind(family, [&]<class T>(T, double) {
      if (!std::is_same_v<T, double>) return;
      for (double x = -11.7; x < 12; x += 0.0831) {
        const double h = 1e-5;
        const bool at_edge =
            std::abs(x - family.support_low) < 0.02 || std::abs(x - family.support_high) < 0.02;
        if (at_edge) continue;
        const auto smaller_side = [&](double u) {
          const Values v = at(distribution, u);
          return x < 0 ? v.p : -v.tail;
        };
        const double slope = (smaller_side(x + h) - smaller_side(x - h)) / (2 * h);
        const double density = at(distribution, x).density;
        CHECK(density == doctest::Approx(slope).epsilon(1e-6).scale(1e-3));
      }
    });
  });
}

TEST_CASE("the ends: F is 0 and 1 at ±inf, and NaN stays NaN") {
  for_each_law([](const Family& family, const Distribution& distribution) {
    for_each_kind(family, [&]<class T>(T, double) {
      const T inf = std::numeric_limits<T>::infinity();
      const Values high = at(distribution, inf), low = at(distribution, -inf);
      CHECK(high.p == 1);
      CHECK(high.tail == 0);
      CHECK(high.density == 0);
      CHECK(high.log_tail == kInf);
      CHECK(low.p == 0);
      CHECK(low.tail == 1);
      CHECK(low.density == 0);
      CHECK(low.log_tail == 0);
      const Values nan = at(distribution, std::numeric_limits<T>::quiet_NaN());
      for (const double v : {nan.p, nan.tail, nan.density, nan.log_tail}) CHECK(std::isnan(v));
    });
  });
}

TEST_CASE("symmetric is what F(-u) = 1 - F(u) holds for, and a tie is a half there, exactly") {
  for_each_law([](const Family& family, const Distribution& distribution) {
    double largest = 0;
    for (const double u : decades(1e-3, 1e3)) {
      largest = std::max(largest, std::abs(at(distribution, -u).p - at(distribution, u).tail));
    }
    CHECK(family.symmetric == (largest == 0));
    if (!family.symmetric) return;
    for_each_kind(family, [&]<class T>(T, double) {
      CHECK(at(distribution, T(0)).p == 0.5);
      CHECK(at(distribution, T(0)).tail == 0.5);
    });
  });
}

TEST_CASE("the support is what the family states") {
  for_each_law([](const Family& family, const Distribution& distribution) {
    const double low = family.support_low, high = family.support_high;
    if (std::isfinite(low)) {
      if (low != high) CHECK(at(distribution, low).p == 0);
      CHECK(at(distribution, low - 1e-9).p == 0);
      CHECK(at(distribution, low - 1e-9).density == 0);
      CHECK(pliant::math::support_radius(distribution) <= std::max(0., -low) + 1e-12);
    } else {
      CHECK(at(distribution, -0.5).p > 0);
      CHECK(at(distribution, -2.).p > 0);
    }
    if (std::isfinite(high)) {
      if (low != high) CHECK(at(distribution, high).tail == 0);
      CHECK(at(distribution, high + 1e-9).tail == 0);
      CHECK(at(distribution, high + 1e-9).density == 0);
      CHECK(at(distribution, high + 1e-9).log_tail == kInf);
    } else {
      CHECK(at(distribution, 2.).tail > 0);
    }
  });
}

TEST_CASE("monotonic_swap is what F(-u) >= u f(u) holds for") {
  for_each_law([](const Family& family, const Distribution& distribution) {
    double worst = -1;
    for (const double u : decades(1e-6, 1e9)) {
      worst = std::max(worst, monotonic_violation(distribution, u));
    }
    if (family.monotonic_swap) {
      CHECK(worst <= 1e-14);
    } else {
      CHECK(worst > 0.05);
    }
  });
}

TEST_CASE("swap_error is the largest u F(-u)") {
  for (const Family& family : families()) {
    CAPTURE(family.name);
    const Distribution distribution{.family = pliant::math::family_index(family.name)};
    double largest = 0;
    for (const double u : decades(1e-6, 1e12)) {
      largest = std::max(largest, blend_error(distribution, u));
    }
    if (std::isinf(family.swap_error)) {
      CHECK(blend_error(distribution, 1e24) > 100 * blend_error(distribution, 1e18));
    } else {
      CHECK(largest <= family.swap_error * (1 + 1e-12));
      CHECK(largest >= family.swap_error * (1 - 1e-4));
    }
  }
}

TEST_CASE("extreme arguments and parameters give numbers in range") {
  for_each_law([](const Family& family, Distribution distribution) {
    for_each_kind(family, [&]<class T>(T, double) {
      for (const double scale : {1e-300, 1e-30, 1., 1e30}) {
        for (const double power : {0.25, 0.75, 1., 2., 3.}) {
          distribution.scale = scale;
          distribution.power = power;
          for (const T x : {T(1e30), T(-1e30), std::numeric_limits<T>::denorm_min(),
                            -std::numeric_limits<T>::denorm_min(), std::numeric_limits<T>::max(),
                            std::numeric_limits<T>::lowest(), T(0)}) {
            const Values v = at(distribution, x);
            CHECK(v.p >= 0);
            CHECK(v.p <= 1);
            CHECK(v.tail >= 0);
            CHECK(v.tail <= 1);
            CHECK(v.density >= 0);
            CHECK(std::isfinite(v.density));
            CHECK(v.log_tail >= 0);
          }
        }
      }
    });
  });
}
