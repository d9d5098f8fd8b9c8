// tests/optim/cost_test.cpp — what conditioning costs, by count
#include "pliant/optim/cost.h"

#include <doctest/doctest.h>

#include <stdexcept>

namespace {

using namespace pliant::optim;

TEST_CASE("the overhead of a square layer is b/(2n) + b²/(18n²)") {
  for (const double n : {100., 400., 1600., 6400.}) {
    const auto width = static_cast<std::int64_t>(n);
    const Cost cost = isaac_cost({60, width, width});
    CHECK(cost.side == Side::kRows);
    CHECK(cost.overhead == doctest::Approx(60 / (2 * n) + 3600 / (18 * n * n)));
  }
}

TEST_CASE("the smaller side is taken, and min(m, other side) right-hand columns are solved for") {
  const Cost rows = isaac_cost({10, 40, 7});
  CHECK(rows.side == Side::kRows);
  CHECK(rows.extra == doctest::Approx(100 * 40 + 1000 / 3. + 200 * 7));
  const Cost inputs = isaac_cost({40, 10, 100});
  CHECK(inputs.side == Side::kInputs);
  CHECK(inputs.extra == doctest::Approx(100 * 40 + 1000 / 3. + 200 * 40));
  CHECK(isaac_cost({16, 16, 16}).side == Side::kRows);
  CHECK(isaac_cost({10, 40, 7}, Side::kInputs).extra ==
        doctest::Approx(1600 * 10 + 64000 / 3. + 3200 * 7));
}

TEST_CASE("a first layer has a cheaper step, groups are as many layers") {
  const Cost all = isaac_cost({60, 784, 400});
  const Cost first = isaac_cost({60, 784, 400, 1, false});
  CHECK(first.overhead == doctest::Approx(1.5 * all.overhead));
  CHECK(isaac_cost({60, 784, 400, 3}).extra == doctest::Approx(3 * all.extra));
}

TEST_CASE("nothing to do costs nothing, and wrong sizes are errors") {
  CHECK(isaac_cost({0, 5, 5}).overhead == 0);
  CHECK_THROWS_WITH_AS(isaac_cost({-1, 5, 6}),
                       "isaac_cost: sizes must not be negative, got rows -1, inputs 5, outputs 6",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(isaac_cost({1, 5, 6, 0}), "isaac_cost: groups must be at least 1, got 0",
                       std::invalid_argument);
}

}  // namespace
