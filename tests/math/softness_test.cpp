// tests/math/softness_test.cpp — widths and margins of every distribution, and what is refused
#include "pliant/math/softness.h"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <string>

namespace pliant::math {
namespace {

double chance(const Distribution& distribution, double x) {
  double p = 0;
  decide<double>(distribution, &x, 1, {.p = &p});
  return p;
}

bool is_hard(int family) { return families()[static_cast<std::size_t>(family)].name == "hard"; }

template <class Fn>
void for_each_step(const Fn& fn) {
  for (int family = 0; family < static_cast<int>(families().size()); ++family) {
    if (is_hard(family)) continue;
    for (const double power : {1.0, 2.0, 0.75}) {
      for (const double shift : {0.0, 0.4}) {
        CAPTURE(families()[static_cast<std::size_t>(family)].name);
        CAPTURE(power);
        CAPTURE(shift);
        fn(Distribution{.family = family, .power = power, .shift = shift, .shape = 0.7});
      }
    }
  }
}

TEST_CASE("a quantile is the least x that has the chance") {
  for_each_step([](Distribution step) {
    step.scale = 3;
    for (const double p : {0.05, 0.1, 0.5, 0.9, 0.99}) {
      const double x = quantile(step, p);
      CHECK(chance(step, x) >= p);
      CHECK(chance(step, std::nextafter(x, -INFINITY)) < p);
      if (std::abs(x) > 1e-300) CHECK(chance(step, x - 1e-6 * std::abs(x)) < p);
    }
  });
}

TEST_CASE("quantiles with a formula") {
  const auto of = [](const char* name, double p) {
    return quantile({.family = family_index(name)}, p);
  };
  CHECK(of("cauchy", 0.75) == doctest::Approx(1).epsilon(1e-12));
  CHECK(of("logistic", 0.9) == doctest::Approx(std::log(9)).epsilon(1e-12));
  CHECK(of("gaussian", 0.1) == doctest::Approx(-1.2815515655446004).epsilon(1e-12));
  CHECK(of("uniform", 0.9) == doctest::Approx(0.8).epsilon(1e-12));
}

TEST_CASE("a step of the scale of a width goes from 10 % to 90 % within it") {
  for_each_step([](Distribution step) {
    for (const double width : {1e-3, 0.25, 40.0}) {
      step.scale = scale_of_width(step, width);
      CHECK(edge_width(step) == doctest::Approx(width).epsilon(1e-6));
    }
  });
}

TEST_CASE("a step of the scale of a margin has the chance there") {
  for_each_step([](Distribution step) {
    for (const double margin : {1e-3, 0.25, 40.0}) {
      if (chance(step, 0) >= 0.9) continue;
      step.scale = scale_of_margin(step, margin, 0.9);
      CHECK(chance(step, margin) == doctest::Approx(0.9).epsilon(1e-6));
    }
  });
}

TEST_CASE("what has no softness, or is out of its range, is refused") {
  const Distribution logistic = {.family = family_index("logistic")};
  const Distribution hard = {.family = family_index("hard")};
  CHECK_THROWS_WITH_AS(quantile(logistic, 1), "softness: p must be in (0, 1), got 1",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(scale_of_width(logistic, 0), "softness: width must be > 0 and finite, got 0",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(scale_of_width(hard, 1),
                       "softness: the distribution 'hard' has no width: it is a step at any scale",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(scale_of_margin(logistic, NAN),
                       "softness: margin must be > 0 and finite, got nan", std::invalid_argument);
  CHECK_THROWS_WITH_AS(scale_of_margin(logistic, 1, 0.5),
                       "softness: chance must be above 0.5, that of a tie, and below 1, got 0.5",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(scale_of_margin(hard, 1),
                       "softness: the distribution 'hard' decides at once, at any scale",
                       std::invalid_argument);
  CHECK(edge_width(hard) < 1e-300);
}

}  // namespace
}  // namespace pliant::math
