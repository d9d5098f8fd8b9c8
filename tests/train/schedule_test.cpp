// tests/train/schedule_test.cpp — numbers that change over training
#include "pliant/train/schedule.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace pliant::train {

TEST_CASE("every schedule begins at its first number and stays at its last one") {
  for (std::string_view kind : schedule_names()) {
    CAPTURE(kind);
    const Schedule schedule = make_schedule(kind, 2, 32, 5, "steepness");
    const double end = kind == "constant" ? 2 : 32;
    CHECK(schedule.at(1) == 2);
    CHECK(schedule.at(5) == doctest::Approx(end));
    CHECK(schedule.at(100) == doctest::Approx(end));
  }
}

TEST_CASE(
    "linear adds the same each step, geometric multiplies by the same, cosine is a half wave") {
  const Schedule linear = make_schedule("linear", 2, 32, 5, "steepness");
  CHECK(linear.at(2) == doctest::Approx(9.5));
  CHECK(linear.at(3) == doctest::Approx(17));
  const Schedule geometric = make_schedule("geometric", 2, 32, 5, "steepness");
  CHECK(geometric.at(2) == doctest::Approx(4));
  CHECK(geometric.at(4) == doctest::Approx(16));
  const Schedule cosine = make_schedule("cosine", 2, 32, 5, "steepness");
  CHECK(cosine.at(2) == doctest::Approx(32 - 15 * (1 + std::sqrt(0.5))));
  CHECK(cosine.at(3) == doctest::Approx(17));
}

TEST_CASE("a training of one step is at the beginning") {
  CHECK(make_schedule("linear", 2, 32, 1, "steepness").at(1) == 2);
}

TEST_CASE("without an end the number stays") {
  CHECK(make_schedule("geometric", 3, {}, {}, "steepness").at(1000) == 3);
}

TEST_CASE("errors of schedules name the number and what was expected") {
  CHECK_THROWS_WITH(
      make_schedule("sawtooth", 1, 2, 5, "steepness"),
      "unknown steepness schedule 'sawtooth'; there are: constant, linear, geometric, cosine");
  CHECK_THROWS_WITH(make_schedule("linear", 0, 2, 5, "steepness"),
                    "steepness must be > 0 and finite, got 0");
  CHECK_THROWS_WITH(
      make_schedule("linear", 1, std::numeric_limits<double>::infinity(), 5, "learning-rate"),
      "learning-rate must be > 0 and finite, got inf");
  CHECK_THROWS_WITH(make_schedule("linear", 1, 2, {}, "steepness"),
                    "steepness-end needs steps: a budget of minutes alone has no last step");
}

}  // namespace pliant::train
