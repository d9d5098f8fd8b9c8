// tests/math/gradient_test.cpp — the gradients of scale, power, shift and shape against finite
// differences, and the golden values of every family
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "pliant/base/simd_target.h"
#include "pliant/math/distribution.h"
#include "tests/math/reference.h"
#include "tests/math/values.h"

namespace {

using pliant::math::Distribution;
using pliant::math::families;
using pliant::test::at;
using pliant::test::Quad;

template <class T>
std::array<double, 4> gradient(const Distribution& distribution, const std::vector<T>& x,
                               const std::vector<T>& g) {
  std::array<double, 4> out{};
  pliant::math::add_parameter_gradient<T>(distribution, x.data(), g.data(), x.size(), out.data());
  return out;
}

/// Arguments whose u stays off the places where a density jumps.
std::vector<double> smooth_arguments(const pliant::math::Family& family,
                                     const Distribution& distribution) {
  std::vector<double> x;
  for (double v = -3.03; v < 3; v += 0.0917) {
    const double u =
        distribution.scale * std::copysign(std::pow(std::abs(v), distribution.power), v) +
        distribution.shift;
    const bool jump =
        std::abs(u - family.support_low) < 0.02 || std::abs(u - family.support_high) < 0.02;
    if (!jump) x.push_back(v);
  }
  return x;
}

/// Σ g·F by the smaller of F and 1 − F, up to a constant.
double weighted_sum(const Distribution& distribution, const std::vector<double>& x,
                    const std::vector<double>& g) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += g[i] * at(distribution, x[i]).p;
  return sum;
}

}  // namespace

TEST_CASE("gradients of the parameters match finite differences") {
  for (const auto& family : families()) {
    CAPTURE(family.name);
    for (const double power : {1., 2., 0.75}) {
      CAPTURE(power);
      const Distribution base{.family = pliant::math::family_index(family.name),
                              .scale = 1.3,
                              .power = power,
                              .shift = 0.2,
                              .shape = 1.7};
      const std::vector<double> x = smooth_arguments(family, base);
      std::vector<double> g;
      for (std::size_t i = 0; i < x.size(); ++i) g.push_back(std::sin(1 + 2.7 * i));
      const auto got = gradient<double>(base, x, g);
      const std::vector<float> xf(x.begin(), x.end()), gf(g.begin(), g.end());
      const auto got_float = gradient<float>(base, xf, gf);
      const std::array<double Distribution::*, 4> fields = {
          &Distribution::scale, &Distribution::power, &Distribution::shift, &Distribution::shape};
      for (int k = 0; k < 4; ++k) {
        CAPTURE(k);
        Distribution up = base, down = base;
        up.*fields[k] += 1e-5;
        down.*fields[k] -= 1e-5;
        // The warp's ε comes and goes with whole powers, which moves F by 1e-10.
        if (k == 1 && power != 0.75) continue;
        const double slope = (weighted_sum(up, x, g) - weighted_sum(down, x, g)) / 2e-5;
        CHECK(got[k] == doctest::Approx(slope).epsilon(2e-6).scale(1));
        CHECK(got_float[k] == doctest::Approx(slope).epsilon(2e-4).scale(1));
      }
    }
  }
}

TEST_CASE("the gradient of a whole power is f(u)·scale·w·ln|x|") {
  const Distribution squared{.family = pliant::math::family_index("logistic"), .power = 2};
  const std::vector<double> x = {0.5}, g = {1};
  const double f = at(Distribution{.family = squared.family}, 0.25).density;
  CHECK(gradient<double>(squared, x, g)[1] == doctest::Approx(f * 0.25 * std::log(0.5)));
}

TEST_CASE("the gradient of the shape matches quadruple precision on the whole range") {
  for (const char* name : {"gamma", "gamma_rev"}) {
    for (const double shape : pliant::test::kShapes) {
      CAPTURE(shape);
      const Distribution gamma{.family = pliant::math::family_index(name), .shape = shape};
      const double sign = gamma.family == pliant::math::family_index("gamma") ? 1 : -1;
      const double h = 1e-7 * shape;
      double largest = 0, worst = 0;
      for (double x = 1e-12; x < 3 * shape + 40; x *= 1.07) {
        const Quad up = pliant::test::reference(name, sign * x, shape + h).p;
        const Quad down = pliant::test::reference(name, sign * x, shape - h).p;
        const double exact = static_cast<double>((up - down) / Quad((shape + h) - (shape - h)));
        const double got = gradient<double>(gamma, {sign * x}, {1})[3];
        largest = std::max(largest, std::abs(exact));
        worst = std::max(worst, std::abs(got - exact));
      }
      CHECK(worst <= 1e-9 * largest);
    }
  }
}

TEST_CASE("gradients skip what is infinite, and what lies outside of the support") {
  const double inf = std::numeric_limits<double>::infinity();
  for (const auto& family : families()) {
    CAPTURE(family.name);
    const Distribution distribution{.family = pliant::math::family_index(family.name),
                                    .shape = 0.5};
    for (const double v :
         gradient<double>(distribution, {inf, -inf, 0., 1e300, -1e300}, {1, 1, 1, 1, 1})) {
      CHECK(std::isfinite(v));
    }
  }
  const Distribution exponential{.family = pliant::math::family_index("exponential")};
  CHECK(gradient<double>(exponential, {-1., -5.}, {1, 1}) == std::array<double, 4>{});
}

TEST_CASE("a family without a shape has none to change") {
  const Distribution cauchy{.family = pliant::math::family_index("cauchy")};
  CHECK(gradient<double>(cauchy, {0.3}, {1})[3] == 0);
}

TEST_CASE("shapes outside of the tested range are refused by name") {
  Distribution gamma{.family = pliant::math::family_index("gamma"), .shape = 2000};
  CHECK_THROWS_WITH(pliant::math::check(gamma, "decide"),
                    "decide: shape must be in [0.01, 1000], got 2000");
  gamma.shape = 0;
  CHECK_THROWS_WITH(pliant::math::check(gamma, "decide"),
                    "decide: shape must be in [0.01, 1000], got 0");
  gamma.family = pliant::math::family_index("cauchy");
  CHECK_NOTHROW(pliant::math::check(gamma, "decide"));
}
