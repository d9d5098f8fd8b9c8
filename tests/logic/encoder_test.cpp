// tests/logic/encoder_test.cpp — thresholds by each method: by hand, their laws, what is wrong
#include "pliant/logic/encoder.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace pliant::logic {
namespace {

using doctest::Approx;
using doctest::Contains;
using Numbers = std::vector<double>;

ThresholdArgs args(int count, const Numbers& values, std::size_t groups = 1, std::size_t each = 1) {
  return {.count = count,
          .values = values.data(),
          .samples = values.size() / (groups * each),
          .groups = groups,
          .each = each};
}

TEST_CASE("uniform thresholds split the range evenly") {
  CHECK(choose_thresholds("uniform", {.count = 3}) == Numbers{0.25, 0.5, 0.75});
  CHECK(choose_thresholds("uniform", {.count = 1}) == Numbers{0.5});
  CHECK(choose_thresholds("uniform", {.count = 31})[30] == 31.0 / 32);
  CHECK(choose_thresholds("uniform", {.count = 3, .low = -2, .high = 6}) == Numbers{0, 2, 4});
  CHECK(choose_thresholds("uniform", {.count = 1, .groups = 3}) == Numbers{0.5, 0.5, 0.5});
}

TEST_CASE("distributive thresholds are the values at ⌊n·i / (T + 1)⌋") {
  // Sorted: 0 1 2 5 7; places ⌊5/3⌋ = 1 and ⌊10/3⌋ = 3.
  CHECK(choose_thresholds("distributive", args(2, {7, 0, 5, 2, 1})) == Numbers{1, 5});
  CHECK(choose_thresholds("distributive", args(1, {4})) == Numbers{4});
  // Two groups; thresholds are (T, groups).
  CHECK(choose_thresholds("distributive", args(2, {3, 30, 1, 10, 2, 20}, 2)) ==
        Numbers{2, 20, 3, 30});
}

TEST_CASE("gaussian thresholds are quantiles of the normal distribution") {
  // Mean 3, deviation √(40/4) = √10.
  const Numbers values = {1, 7, 3, -1, 5};
  const double deviation = std::sqrt(10.0);
  const Numbers chosen = choose_thresholds("gaussian", args(3, values));
  CHECK(chosen[0] == Approx(3 - 0.6744897501960817 * deviation).epsilon(1e-15));
  CHECK(chosen[1] == Approx(3).epsilon(1e-15));
  CHECK(chosen[2] == Approx(3 + 0.6744897501960817 * deviation).epsilon(1e-15));
  // Mean 0, deviation 1, far into the tails.
  const Numbers standard = {-std::sqrt(0.5), std::sqrt(0.5)};
  const Numbers tails = choose_thresholds("gaussian", args(999, standard));
  CHECK(tails[0] == Approx(-3.090232306167813).epsilon(1e-14));
  CHECK(tails[24] == Approx(-1.959963984540054).epsilon(1e-14));
  CHECK(tails[899] == Approx(1.2815515655446004).epsilon(1e-14));
  CHECK(tails[998] == Approx(3.090232306167813).epsilon(1e-14));
}

TEST_CASE("every method: a group alone has the thresholds that it has among others") {
  // (samples, groups, each) = (4, 2, 3), all values distinct.
  Numbers values(24);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = std::sin(7.0 * static_cast<double>(i));
  Numbers first, second;
  for (std::size_t i = 0; i < values.size(); ++i)
    (i / 3 % 2 == 0 ? first : second).push_back(values[i]);
  for (const std::string_view method : threshold_methods()) {
    CAPTURE(method);
    const Numbers both = choose_thresholds(method, args(4, values, 2, 3));
    const Numbers a = choose_thresholds(method, args(4, first)),
                  b = choose_thresholds(method, args(4, second));
    for (std::size_t i = 0; i < 4; ++i) {
      CHECK(both[2 * i] == a[i]);
      CHECK(both[2 * i + 1] == b[i]);
    }
  }
}

TEST_CASE("what is wrong is said, and of which feature") {
  const auto error = [](std::string_view method, const ThresholdArgs& wrong, const char* text) {
    CHECK_THROWS_WITH_AS(choose_thresholds(method, wrong), Contains(text), std::invalid_argument);
  };
  const Numbers values = {1, 5, 2, 5, 3, 5};  // feature 1 is always 5
  error("unifrom", {.count = 1},
        "unknown method of thresholds 'unifrom'; there are: uniform, distributive, gaussian");
  error("uniform", {.count = 0}, "choose_thresholds: count must be ≥ 1, got 0");
  error("uniform", {.count = 2, .low = 1, .high = 1}, "low must be below high, both finite, got 1");
  error("uniform", {.count = 2, .high = INFINITY}, "got 0 and inf");
  error("distributive", args(2, values, 2),
        "thresholds must increase, got 5 after 5 as number 1 of feature 1");
  error("gaussian", args(2, values, 2),
        "thresholds must increase, got 5 after 5 as number 1 of feature 1");
  error("distributive", args(1, {}, 2), "distributive needs 1 values of each feature, got 0");
  error("gaussian", args(1, {3, 4}, 2), "gaussian needs 2 values of each feature, got 1");
  const Numbers bad = {1, 2, 3, std::numeric_limits<double>::quiet_NaN()};
  error("distributive", args(1, bad, 2), "values must be finite, got nan in feature 1");
  CHECK(choose_thresholds("distributive", args(1, values, 2)) == Numbers{2, 5});  // one has no tie
}

TEST_CASE("thresholds given by hand are checked") {
  const auto error = [](const Numbers& thresholds, std::size_t groups, const char* text) {
    CHECK_THROWS_WITH_AS(check_thresholds(thresholds.data(), thresholds.size() / groups, groups),
                         text, std::invalid_argument);
  };
  CHECK_NOTHROW(check_thresholds(Numbers{1, 5, 2, 6}.data(), 2, 2));
  error({1, 5, 2, 4}, 2, "thresholds must increase, got 4 after 5 as number 1 of feature 1");
  error({1, 1}, 1, "thresholds must increase, got 1 after 1 as number 1 of feature 0");
  error({1, NAN}, 1, "thresholds must be finite, got nan as number 1 of feature 0");
  error({-INFINITY}, 1, "thresholds must be finite, got -inf as number 0 of feature 0");
}

}  // namespace
}  // namespace pliant::logic
