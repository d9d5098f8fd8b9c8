// tests/math/decide_test.cpp — decide() against golden values, and bits that do not depend on the
// place
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "pliant/base/simd_target.h"
#include "pliant/math/distribution.h"
#include "tests/math/values.h"

namespace {

using pliant::math::Distribution;
using pliant::test::at;
using pliant::test::Values;

Distribution family(const char* name) { return {.family = pliant::math::family_index(name)}; }

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

TEST_CASE_TEMPLATE("the hard step is 0, 1/2 and 1, and NaN stays NaN", T, float, double) {
  constexpr T kInf = std::numeric_limits<T>::infinity();
  constexpr T kTiny = std::numeric_limits<T>::denorm_min();
  std::vector<T> x = {-kInf, -2, -kTiny, 0, T(-0.0), kTiny, 3, kInf};
  pliant::math::step(x.data(), x.size(), x.data());
  CHECK(x == std::vector<T>{0, 0, 0, T(0.5), T(0.5), 1, 1, 1});
  T number = std::numeric_limits<T>::quiet_NaN();
  pliant::math::step(&number, 1, &number);
  CHECK(std::isnan(number));
}
