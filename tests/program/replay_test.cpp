// tests/program/replay_test.cpp — what a program did before is run again: the same bits as anew
#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "pliant/base/random.h"
#include "tests/program/programs.h"

namespace {

using namespace pliant;  // NOLINT(google-build-using-namespace)
using program::Mode;
using program::Options;
using program::Program;
using Numbers = std::vector<double>;

/// Loops in loops, which go on as often as x and y say.
constexpr const char* kNested = R"(
program nested(x, y) {
  var total = 0
  var i = x
  while i > 0.5 {
    var j = y
    while j > 0.5 {
      total = total + 1
      j = j - 1
    }
    if total > 3 { total = total + 0.25 }
    i = i - 1
  }
  return total
}
)";

Numbers uniform(std::size_t n, double low, double high, std::uint64_t seed) {
  base::Random random(seed, 0, 0);
  Numbers numbers(n);
  for (double& x : numbers) x = low + (high - low) * random.uniform();
  return numbers;
}

std::vector<test::Input> pairs(const Numbers& x, const Numbers& y) { return {{{}, x}, {{}, y}}; }

}  // namespace

TEST_CASE("a program that has seen other numbers gives the bits of one that has not") {
  const Program seasoned = Program::parse(kNested);
  constexpr std::size_t kBatch = 40;
  for (const Mode mode : {Mode::kSoft, Mode::kStraightThrough, Mode::kHard}) {
    Options options = test::logistic(6);
    options.mode = mode;
    for (std::uint64_t round = 0; round < 24; ++round) {
      // Few passes, many, few …: recordings that are too long, too short, and forgotten again.
      const double most = 0.6 + static_cast<double>(round * 5 % 7);
      const auto inputs = pairs(uniform(kBatch, 0, most, round), uniform(kBatch, 0, 4, 99 + round));
      const Program fresh = Program::parse(kNested);
      CAPTURE(round);
      CHECK(test::run_batch(seasoned, options, inputs, kBatch).outputs ==
            test::run_batch(fresh, options, inputs, kBatch).outputs);
      if (mode == Mode::kHard) continue;
      double seasoned_scale = 0, fresh_scale = 0;
      CHECK(test::gradient_batch(seasoned, options, inputs, 0, kBatch, &seasoned_scale) ==
            test::gradient_batch(fresh, options, inputs, 0, kBatch, &fresh_scale));
      CHECK(seasoned_scale == fresh_scale);
      CHECK(seasoned_scale != 0);
    }
  }
}

TEST_CASE("many threads that meet a program for the first time give the bits of one") {
  constexpr std::size_t kBatch = 400;
  const auto inputs = pairs(uniform(kBatch, 0, 5, 1), uniform(kBatch, 0, 5, 2));
  const auto one = test::run_batch(Program::parse(kNested), test::logistic(4), inputs, kBatch);
  const Program shared = Program::parse(kNested);
  for (int round = 0; round < 3; ++round) {
    const auto many =
        test::run_batch(shared, test::logistic(4), inputs, kBatch, base::thread_executor(4));
    CHECK(many.outputs == one.outputs);
  }
}

TEST_CASE("errors are found in what was recorded, and say where") {
  const Program program = Program::parse(R"(
program p(x) {
  var y = x
  if truth(x) { y = 2 }
  var z = log(x)
  if z < 1 { y = y + 1 }
  return y
}
)");
  const auto run = [&](double x) {
    return test::run_batch(program, test::logistic(2), {{{}, {0.5, x}}}, 2).outputs[0];
  };
  const auto error_of = [&](double x) -> std::string {
    try {
      run(x);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  const Numbers good = run(0.25);
  CHECK(error_of(1.5) == "program: line 4, column 6: truth takes a number in [0, 1], got 1.5");
  CHECK(error_of(-1e-6) == "program: line 6, column 8: a condition must be in [0, 1], got NaN");
  CHECK(run(0.25) == good);
}

TEST_CASE("a long program is computed in segments, once more on the way back") {
  // x ← r·x·(1 − x), which depends on every step before: 80 × 300 elements of several kinds.
  constexpr std::size_t n = 80, kSteps = 300;
  const Program iterate = Program::parse(R"(
program iterate(x[n], r) {
  var y[n] = x
  for step in 0 .. 300 { y = r * y * (1 - y) + 0.001 * y[0] }
  return y
}
)");
  const Numbers x = uniform(n, 0.1, 0.9, 5);
  constexpr double r = 2.9;
  const std::vector<test::Input> inputs = {{{n}, x}, {{}, {r}}};
  const auto found = test::run_one(iterate, test::logistic(1), inputs).outputs[0];
  const auto gradient = test::gradient_one(iterate, test::logistic(1), inputs, 0);

  std::vector<Numbers> y = {x};
  for (std::size_t step = 0; step < kSteps; ++step) {
    Numbers next(n);
    const Numbers& at = y.back();
    for (std::size_t k = 0; k < n; ++k) next[k] = r * at[k] * (1 - at[k]) + 0.001 * at[0];
    y.push_back(next);
  }
  Numbers by_y(n, 1);
  double by_r = 0;
  for (std::size_t step = kSteps; step-- > 0;) {
    Numbers before(n, 0);
    for (std::size_t k = 0; k < n; ++k) {
      by_r += by_y[k] * y[step][k] * (1 - y[step][k]);
      before[k] += by_y[k] * r * (1 - 2 * y[step][k]);
      before[0] += 0.001 * by_y[k];
    }
    by_y = before;
  }
  for (std::size_t k = 0; k < n; ++k) {
    CHECK(found[k] == doctest::Approx(y.back()[k]).epsilon(1e-11));
    CHECK(gradient[0][k] == doctest::Approx(by_y[k]).epsilon(1e-9).scale(1e-3));
  }
  CHECK(gradient[1][0] == doctest::Approx(by_r).epsilon(1e-10));
}

TEST_CASE("the memory of a long program is that of its segments") {
  const Program iterate = Program::parse(R"(
program iterate(x[n]) {
  var y[n] = x
  for step in 0 .. 2000 { y = y + 0.001 * (1 - y) * exp(-y) }
  return y
}
)");
  constexpr std::size_t n = 64;
  Options options = test::logistic(1);
  // All steps would be 2000 · 6 nodes of 64 elements of 16 samples in double: 98 MB, and as much
  // for the gradients.
  options.memory = std::size_t{24} << 20;
  const std::vector<test::Input> inputs = {{{n}, uniform(n, 0, 1, 3)}};
  const auto gradient = test::gradient_one(iterate, options, inputs, 0);
  for (const double slope : gradient[0]) CHECK((slope > 0 && slope < 1));
  options.memory = std::size_t{1} << 20;
  CHECK_THROWS_WITH_AS(test::gradient_one(iterate, options, inputs, 0),
                       "program: the state of 16 samples takes more than 1048576 bytes",
                       std::invalid_argument);
}
