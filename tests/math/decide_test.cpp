// tests/math/decide_test.cpp — decide() against golden values, limits, special numbers and bits
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "pliant/base/simd_target.h"
#include "pliant/math/distribution.h"

namespace {

using pliant::math::Decision;
using pliant::math::Distribution;

constexpr double kInf = std::numeric_limits<double>::infinity();

Distribution family(const char* name) { return {.family = pliant::math::family_index(name)}; }

struct Values {
  double p, tail, density, log_tail;
};

template <class T = double>
Values at(const Distribution& distribution, T x) {
  T p, tail, density, log_tail;
  pliant::math::decide<T>(distribution, &x, 1, {&p, &tail, &density, &log_tail});
  return {p, tail, density, log_tail};
}

}  // namespace

TEST_CASE("values by hand") {
  CHECK(at(family("logistic"), 2.).tail == doctest::Approx(0.11920292202211755).epsilon(1e-14));
  CHECK(at(family("gaussian"), 1.).p == doctest::Approx(0.8413447460685429).epsilon(1e-14));
  CHECK(at(family("cauchy"), -1e5).p == doctest::Approx(3.1830988617317e-6).epsilon(1e-12));
  CHECK(at(family("reciprocal"), 3.).p == doctest::Approx(0.875).epsilon(1e-14));
  CHECK(at(family("optimal"), 0.125).p == 0.625);
  CHECK(at(family("optimal"), -2.).p == 1. / 32);
  CHECK(at(family("hard"), 1e-300).p == 1);
  CHECK(at(family("logistic"), 1000.).log_tail == 1000);
  CHECK(at(family("gaussian"), 100.).log_tail == doctest::Approx(5005.524208).epsilon(1e-9));
}

TEST_CASE("a tie is a half, for every symmetric family") {
  for (const auto& f : pliant::math::families()) {
    if (!f.symmetric) continue;
    const Values v = at({.family = pliant::math::family_index(f.name)}, 0.);
    CHECK(v.p == 0.5);
    CHECK(v.tail == 0.5);
  }
}

TEST_CASE("no value depends on its place or on n") {
  std::vector<float> x(100), all(100), tail(100), density(100);
  for (int i = 0; i < 100; ++i) x[i] = static_cast<float>((i - 50) * 0.37);
  for (const auto& target : pliant::base::simd_targets()) {
    pliant::base::set_simd_target(target);
    for (const auto& f : pliant::math::families()) {
      const Distribution distribution = family(f.name.data());
      pliant::math::decide<float>(distribution, x.data(), 100,
                                  {all.data(), tail.data(), density.data(), nullptr});
      for (int i = 0; i < 100; ++i) {
        const Values one = at(distribution, x[i]);
        REQUIRE(one.p == all[i]);
        REQUIRE(one.tail == tail[i]);
        REQUIRE(one.density == density[i]);
      }
    }
  }
  pliant::base::set_simd_target(pliant::base::simd_targets().front());
}

TEST_CASE("±inf give the limits and NaN gives NaN") {
  for (const auto& f : pliant::math::families()) {
    const Distribution distribution = family(f.name.data());
    CAPTURE(f.name);
    const Values high = at(distribution, kInf), low = at(distribution, -kInf);
    CHECK(high.p == 1);
    CHECK(high.tail == 0);
    CHECK(high.density == 0);
    CHECK(high.log_tail == kInf);
    CHECK(low.p == 0);
    CHECK(low.tail == 1);
    CHECK(low.density == 0);
    CHECK(low.log_tail == 0);
    const Values nan = at(distribution, std::nan(""));
    CHECK(std::isnan(nan.p));
    CHECK(std::isnan(nan.tail));
    CHECK(std::isnan(nan.density));
    CHECK(std::isnan(nan.log_tail));
  }
}
