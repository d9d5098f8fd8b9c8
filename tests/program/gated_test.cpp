// tests/program/gated_test.cpp — gated loops of programs: what a gate weighs, and what it does not
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "pliant/program/program.h"
#include "tests/program/programs.h"

namespace {

using namespace pliant;  // NOLINT(google-build-using-namespace)
using program::Mode;
using program::Options;
using program::Program;
using Numbers = std::vector<double>;

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

/// kGated as the formulas have it: total and a.
Numbers gated_sums(double s, Numbers a, double y) {
  double total = 0;
  for (double g = 1; (g *= logistic(s * (total + 2 - y)) * logistic(s * (5 - total))) > 1e-5;) {
    double step = 0.5 + a[0] * a[0];  // of the pass: no gate
    const double p = logistic(s * (a[1] - a[0]));
    a[0] += p * g * 0.25;
    total += (1 - p) * g * 0.1;
    double left = 1.5;
    for (double h = 1; g * (h *= logistic(s * left)) > 1e-5;) {
      left -= h * 0.75;
      step += h * 0.1;
      total += g * h * 0.2 * step;
    }
    total += g * 0.3;
  }
  a.insert(a.begin(), total);
  return a;
}

/// program p(x, a[n]) { …: its first output for a batch of x.
Numbers run(const std::string& body, Mode mode, const Numbers& x) {
  Options options = test::logistic(2);
  options.mode = mode;
  const Program program = Program::parse("program p(x, a[n]) {\n" + body + "\n}");
  const Numbers a(4 * x.size(), 1);
  return test::run_batch(program, options, {{{}, x}, {{4}, a}}, x.size()).outputs[0];
}

std::string error_of(const std::string& body, const Numbers& x) {
  try {
    run(body, Mode::kSoft, x);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a gate weighs what a pass writes to names from outside, and no others") {
  const Program program = Program::parse(test::kGated);
  for (const double s : {1.5, 5.0, 20.0}) {
    for (const double y : {-1.0, 2.5}) {
      const Numbers a = {0.3, 0.4, -1};
      const auto found = test::run_one(program, test::logistic(s), {{{3}, a}, {{}, {y}}});
      const Numbers expected = gated_sums(s, a, y);
      CHECK(found.outputs[0][0] == doctest::Approx(expected[0]).epsilon(1e-12));
      for (std::size_t i = 0; i < 3; ++i) {
        CHECK(found.outputs[1][i] == doctest::Approx(expected[i + 1]).epsilon(1e-12));
      }
    }
  }
}

TEST_CASE("derivatives of gated loops are those of finite differences") {
  const Program program = Program::parse(test::kGated);
  Options options = test::logistic(3);
  options.epsilon = 1e-13;
  const std::vector<test::Input> at = {{{3}, {0.3, 0.4, -1}}, {{}, {1.2}}};
  double by_scale = 0;
  const auto slopes = test::gradient_batch(program, options, at, 0, 1, &by_scale);
  constexpr double h = 1e-6;
  const auto value = [&](const std::vector<test::Input>& inputs, double scale) {
    Options with = options;
    with.distribution.scale = scale;
    return test::run_one(program, with, inputs).outputs[0][0];
  };
  for (std::size_t k = 0; k < 2; ++k) {
    for (std::size_t i = 0; i < at[k].numbers.size(); ++i) {
      auto up = at, down = at;
      up[k].numbers[i] += h;
      down[k].numbers[i] -= h;
      CHECK(slopes[k][i] ==
            doctest::Approx((value(up, 3) - value(down, 3)) / (2 * h)).epsilon(1e-6).scale(1));
    }
  }
  CHECK(by_scale ==
        doctest::Approx((value(at, 3 + h) - value(at, 3 - h)) / (2 * h)).epsilon(1e-6).scale(1));
}

TEST_CASE("hard and straight through, a gated loop is a loop") {
  std::string ungated = test::kGated;
  for (std::size_t at; (at = ungated.find("gated while")) != std::string::npos;) {
    ungated.erase(at, 6);
  }
  for (const Mode mode : {Mode::kHard, Mode::kStraightThrough}) {
    Options options = test::logistic(2);
    options.mode = mode;
    for (const double y : {-3.0, 0.0, 2.0, 9.0}) {
      const std::vector<test::Input> inputs = {{{3}, {0.3, 0.4, -1}}, {{}, {y}}};
      const auto one = test::run_one(Program::parse(test::kGated), options, inputs);
      const auto other = test::run_one(Program::parse(ungated), options, inputs);
      CHECK(one.outputs == other.outputs);
    }
  }
}

TEST_CASE("single places and ranges are weighed, the others stay as they are, bit by bit") {
  const char* body = R"(
    var y[n] = a / 3
    var left = 0.25
    gated while left > 0 {
      y[1] = x
      y[2 : 4] = y[2 : 4] + 1
      left = left - 1
    }
    return y)";
  const Numbers y = run(body, Mode::kSoft, {5});
  double left = 0.25, g = 1, first = 1.0 / 3, rest = 1.0 / 3;
  while ((g *= logistic(2 * left)) > 1e-5) {
    first = (1 - g) * first + g * 5;
    rest += g;
    left -= g;
  }
  CHECK(y[0] == 1.0 / 3);
  CHECK(y[1] == doctest::Approx(first).epsilon(1e-12));
  CHECK(y[2] == doctest::Approx(rest).epsilon(1e-12));
  CHECK(y[2] == y[3]);
}

TEST_CASE("a condition of whole numbers is exact in gated loops, and others leave none behind") {
  const char* exact = "var y = 0\nint k = 0\ngated while k < n { k = k + 1\ny = y + x }\nreturn y";
  CHECK(run(exact, Mode::kSoft, {0.5, 2}) == Numbers{2, 8});
  CHECK(error_of("int k = 0\nvar y = x\ngated while y > 1 { y = y - 1\nk = k + 1 }\nvar z = a[k]\n"
                 "return z",
                 {3})
            .find("line 6, column 11: 'k' was changed by a while loop") != std::string::npos);
}

TEST_CASE("samples leave a gated loop by themselves") {
  const char* body = "var y = 0\ngated while y < x { y = y + 1 }\nreturn y";
  CHECK(run(body, Mode::kHard, {0, 3, 100, -5}) == Numbers{0, 3, 100, 0});
  const Numbers together = run(body, Mode::kSoft, {0.3, 3, 40});
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(run(body, Mode::kSoft, {Numbers{0.3, 3, 40}[i]})[0] == together[i]);
  }
}

TEST_CASE("errors of gated loops") {
  CHECK(error_of("gated { }\nreturn x", {1}) ==
        "program: line 2, column 7: expected 'while', got '{'");
  CHECK(error_of("var gated = 1\nreturn x", {1}) ==
        "program: line 2, column 5: expected the name of a variable, got 'gated'");
  CHECK(error_of("var y = 0\ngated while 0 < 1 + x { y = y + 1 }\nreturn y", {3})
            .find("line 3, column 1: the loop goes on after 1024 passes (max_passes)") !=
        std::string::npos);
  CHECK(error_of("var y = 0\ngated while a { y = y + 1 }\nreturn y", {3})
            .find("a condition must be a single number") != std::string::npos);
}
