// tests/train/console_test.cpp — what a training shows
#include "pliant/train/console.h"

#include <doctest/doctest.h>

namespace pliant::train {

TEST_CASE("the part that is done is of the budget that is nearest its end") {
  CHECK(fraction_done({.step = 25, .steps = 100, .seconds = 1, .seconds_budget = {}, .loss = 0}) ==
        0.25);
  CHECK(fraction_done({.step = 25, .steps = 100, .seconds = 30, .seconds_budget = 60, .loss = 0}) ==
        0.5);
  CHECK(fraction_done({.step = 5, .steps = {}, .seconds = 90, .seconds_budget = 60, .loss = 0}) ==
        1);
}

TEST_CASE("the time left follows the rate so far and ends with the first budget") {
  CHECK_FALSE(
      seconds_left({.step = 0, .steps = 100, .seconds = 0, .seconds_budget = {}, .loss = 0}));
  CHECK(*seconds_left({.step = 20, .steps = 100, .seconds = 10, .seconds_budget = {}, .loss = 0}) ==
        doctest::Approx(40));
  CHECK(*seconds_left({.step = 20, .steps = 100, .seconds = 10, .seconds_budget = 25, .loss = 0}) ==
        doctest::Approx(15));
}

TEST_CASE("a clock shows hours only where there are some") {
  CHECK(clock_text(5.9) == "0:05");
  CHECK(clock_text(750) == "12:30");
  CHECK(clock_text(3 * 3600 + 7 * 60 + 9) == "3:07:09");
}

TEST_CASE("a line of progress has the bar, the rate, the time left and the loss") {
  CHECK(progress_text(
            {.step = 500, .steps = 1000, .seconds = 10, .seconds_budget = {}, .loss = 0.25}) ==
        "[############············] 500/1000  50 steps/s  0:10 left  loss 0.2500");
}

TEST_CASE("an event is shown with its figures, and a flag only where it is set") {
  CHECK(event_text({"validation", 200, {{"exact", 0.41}, {"best", true}}}) ==
        "validation at step 200  exact 0.41  best");
  CHECK(event_text({"validation", 300, {{"exact", 0.4}, {"best", false}}}) ==
        "validation at step 300  exact 0.4");
}

}  // namespace pliant::train
