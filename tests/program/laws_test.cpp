// tests/program/laws_test.cpp — what must hold for every program: batches, threads, derivatives,
// hard runs, errors with their place
#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "pliant/base/random.h"
#include "tests/program/programs.h"

namespace {

using namespace pliant;  // NOLINT(google-build-using-namespace)
using program::Mode;
using program::Options;
using program::Program;

std::vector<double> random_numbers(std::size_t n, std::uint64_t seed) {
  base::Random random(seed, 0, 0);
  std::vector<double> numbers(n);
  for (double& x : numbers) x = 4 * random.uniform() - 2;
  return numbers;
}

}  // namespace

TEST_CASE("a sample has the same bits alone and in any batch, on any number of threads") {
  const Program sort = Program::parse(test::kBubbleSort);
  constexpr std::size_t kBatch = 150, n = 6;
  const auto xs = random_numbers(kBatch * n, 1);
  const auto all = test::run_batch(sort, test::logistic(3), {{{n}, xs}}, kBatch);
  const auto gradient = test::gradient_batch(sort, test::logistic(3), {{{n}, xs}}, 2, kBatch);
  const auto threads =
      test::run_batch(sort, test::logistic(3), {{{n}, xs}}, kBatch, base::thread_executor(3));
  for (std::size_t k = 0; k < 3; ++k) CHECK(threads.outputs[k] == all.outputs[k]);
  for (const std::size_t sample : {0, 1, 63, 64, 149}) {
    const std::vector<double> one(xs.begin() + sample * n, xs.begin() + (sample + 1) * n);
    const auto alone = test::run_one(sort, test::logistic(3), {{{n}, one}});
    const auto slopes = test::gradient_one(sort, test::logistic(3), {{{n}, one}}, 2);
    CHECK(alone.outputs[2][0] == all.outputs[2][sample]);
    for (std::size_t i = 0; i < n; ++i) {
      CHECK(alone.outputs[0][i] == all.outputs[0][sample * n + i]);
      CHECK(slopes[0][i] == gradient[0][sample * n + i]);
    }
  }
}

TEST_CASE("gradients are the derivatives, of inputs and of beta") {
  const Program everything = Program::parse(test::kEverything);
  for (const char* family : {"logistic", "gaussian", "cauchy"}) {
    CAPTURE(family);
    Options options = test::logistic(1.5);
    options.distribution.family = math::family_index(family);
    std::vector<test::Input> inputs = {{{4}, random_numbers(4, 7)}, {{}, {0.7}}};
    for (std::size_t output = 0; output < 3; ++output) {
      double by_scale = 0;
      const auto slopes = test::gradient_batch(everything, options, inputs, output, 1, &by_scale);
      const auto value = [&](const std::vector<test::Input>& at, const Options& with) {
        double total = 0;
        const auto run = test::run_one(everything, with, at);
        for (const double v : run.outputs[output]) total += v;
        return total;
      };
      constexpr double h = 1e-6;
      for (std::size_t k = 0; k < inputs.size(); ++k) {
        for (std::size_t i = 0; i < inputs[k].numbers.size(); ++i) {
          auto up = inputs, down = inputs;
          up[k].numbers[i] += h;
          down[k].numbers[i] -= h;
          const double difference = (value(up, options) - value(down, options)) / (2 * h);
          CHECK(slopes[k][i] == doctest::Approx(difference).epsilon(1e-6).scale(1));
        }
      }
      Options up = options, down = options;
      up.distribution.scale += h;
      down.distribution.scale -= h;
      const double difference = (value(inputs, up) - value(inputs, down)) / (2 * h);
      CHECK(by_scale == doctest::Approx(difference).epsilon(1e-6).scale(1));
    }
  }
}

TEST_CASE("every T-norm joins conditions, with its derivative") {
  const Program both = Program::parse(R"(
    program both(x, y) {
      var a = 0
      var b = 0
      if x < 0 and y < 0 { a = 1 }
      if x < 0 or y < 0 { b = 1 }
      return a, b
    })");
  for (const auto& family : math::t_norms()) {
    CAPTURE(std::string(family.name));
    Options options = test::logistic(1);
    options.t_norm = {.family = math::t_norm_index(family.name), .p = family.default_p};
    const std::vector<test::Input> at = {{{}, {0.3}}, {{}, {-0.4}}};
    const double x = 1 / (1 + std::exp(0.3)), y = 1 / (1 + std::exp(-0.4));
    double expected[2] = {};
    for (const auto connective : {math::Connective::kAnd, math::Connective::kOr}) {
      const double pair[2] = {x, y};
      math::connect(options.t_norm, connective, pair, 1, 2,
                    &expected[connective == math::Connective::kOr ? 1 : 0]);
    }
    const auto run = test::run_one(both, options, at);
    for (std::size_t k = 0; k < 2; ++k) {
      CHECK(run.outputs[k][0] == doctest::Approx(expected[k]).epsilon(1e-12));
      const auto slopes = test::gradient_one(both, options, at, k);
      for (std::size_t i = 0; i < 2; ++i) {
        auto up = at, down = at;
        up[i].numbers[0] += 1e-6;
        down[i].numbers[0] -= 1e-6;
        const double difference = (test::run_one(both, options, up).outputs[k][0] -
                                   test::run_one(both, options, down).outputs[k][0]) /
                                  2e-6;
        CHECK(slopes[i][0] == doctest::Approx(difference).epsilon(1e-6).scale(1));
      }
    }
  }
}

TEST_CASE("what no branch writes stays as it is, bit by bit") {
  const Program program = Program::parse(R"(
    program keep(x[n]) {
      var y[n] = x / 3
      var z = 0
      var t = 0
      while t < 2 {
        t = t + 0.7
        if x[0] < x[1] { z = z + 1 } else { z = z - y[1] }
      }
      return y, z
    })");
  const auto xs = random_numbers(2, 3);
  const auto run = test::run_one(program, test::logistic(2), {{{2}, xs}});
  for (std::size_t i = 0; i < 2; ++i) CHECK(run.outputs[0][i] == xs[i] / 3);
}

TEST_CASE("sums of sorted numbers and shifts are conserved") {
  const Program sort = Program::parse(test::kBubbleSort);
  const auto xs = random_numbers(5, 9);
  const auto run = test::run_one(sort, test::logistic(2), {{{5}, xs}});
  double before = 0, after = 0, shift = 0;
  for (const double x : xs) before += x;
  for (const double y : run.outputs[0]) after += y;
  CHECK(after == doctest::Approx(before).epsilon(1e-13));
  CHECK((run.outputs[2][0] > 0 && run.outputs[2][0] < 10));
  const auto slopes = test::gradient_one(sort, test::logistic(2), {{{5}, xs}}, 2);
  for (const double g : slopes[0]) shift += g;
  CHECK(std::abs(shift) < 1e-12);
}

TEST_CASE("sequential ifs lose their correlation, nested ones keep it") {
  const Program program = Program::parse(R"(
    program correlation(x) {
      var u = 0
      var v = 0
      var inside = 0
      if x < 0 { u = 1 }
      if x < 0 {
        v = 1
        if u < 2 { inside = 1 }
      }
      var outside = u * v
      return outside, inside
    })");
  Options options = test::logistic(1000);
  const auto run = test::run_one(program, options, {{{}, {0}}});
  CHECK(run.outputs[0][0] == 0.25);
  CHECK(run.outputs[1][0] == 0.5);
}

TEST_CASE("hard comparisons differ at ties, and the first of the smallest is chosen") {
  const Program program = Program::parse(R"(
    program ties(x[n], y) {
      var less = x[0] < y
      var at_most = x[0] <= y
      var more = x[0] > y
      var at_least = x[0] >= y
      var equal = x[0] == y
      var unequal = x[0] != y
      var first[n] = argmin(x)
      var all[n + 6] = 0
      all[0] = less
      all[1] = at_most
      all[2] = more
      all[3] = at_least
      all[4] = equal
      all[5] = unequal
      all[6 : n + 6] = first
      return all
    })");
  Options hard = test::logistic(1);
  hard.mode = Mode::kHard;
  const auto run = test::run_one(program, hard, {{{3}, {2, 1, 1}}, {{}, {2}}});
  CHECK(run.outputs[0] == std::vector<double>{0, 1, 0, 1, 1, 0, 0, 1, 0});
}

TEST_CASE("straight-through has hard values and relaxed derivatives at them") {
  const Program step =
      Program::parse("program step(x) {\n var y = 0\n if x > 0 { y = x }\n return y\n}");
  Options options = test::logistic(2);
  options.mode = Mode::kStraightThrough;
  const auto run = test::run_one(step, options, {{{}, {0.3}}});
  CHECK(run.outputs[0][0] == 0.3);
  const double p = 1 / (1 + std::exp(-0.6));
  // The branch's own derivative, and that of the decision times what it decides.
  CHECK(test::gradient_one(step, options, {{{}, {0.3}}}, 0)[0][0] ==
        doctest::Approx(1 + 2 * p * (1 - p) * 0.3));
}

TEST_CASE("samples leave a loop by themselves") {
  const Program count = Program::parse(R"(
    program count(limit) {
      var x = 0
      while x < limit { x = x + 1 }
      return x
    })");
  Options hard = test::logistic(1);
  hard.mode = Mode::kHard;
  const auto run = test::run_batch(count, hard, {{{}, {0, 3, 100, -5}}}, 4);
  CHECK(run.outputs[0] == std::vector<double>{0, 3, 100, 0});
}

TEST_CASE("errors say where and what") {
  const auto message = [](const std::function<void()>& run) -> std::string {
    try {
      run();
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  const auto parse = [&](const std::string& body) {
    return message([&] { Program::parse("program p(x[n], y) {\n" + body + "\n}"); });
  };
  CHECK(parse("var a = 1\nreturn b") == "program: line 3, column 8: 'b' is not declared");
  CHECK(parse("var x = 1\nreturn x") == "program: line 2, column 5: 'x' is declared already");
  CHECK(parse("x = 1\nreturn x").find("'x' is an input, and cannot be written to") !=
        std::string::npos);
  CHECK(parse("n = 1\nreturn x").find("'n' is a size") != std::string::npos);
  CHECK(parse("int k = y\nreturn x") ==
        "program: line 2, column 9: the first value must be a whole number, made of whole numbers "
        "and sizes");
  CHECK(parse("var a = foo(y)\nreturn a").find("unknown function 'foo'; there are: exp, log") !=
        std::string::npos);
  CHECK(parse("var a = exp(y, y)\nreturn a") ==
        "program: line 2, column 9: exp takes 1 arguments, got 2");
  CHECK(parse("var a = (y\nreturn a").find("expected ')', got 'return'") != std::string::npos);
  CHECK(parse("var a = 1 +\nreturn a").find("expected a value") != std::string::npos);
  CHECK(parse("var a = 1") ==
        "program: line 3, column 2: expected 'return' before the end of the program, "
        "got the end of the text");
  CHECK(parse("for i in 0 .. n { i = 2 }\nreturn x").find("'i' is the number of a loop") !=
        std::string::npos);
  CHECK(parse("if y < 1 { var t = 1 }\nvar s = t\nreturn s").find("'t' is not declared") !=
        std::string::npos);
  CHECK(parse("var a = " + std::string(500, '(') + "1" + std::string(500, ')') + "\nreturn a")
            .find("nested deeper than 200") != std::string::npos);
  std::string terms = "y", branches = "if y < 0 { }";
  for (int i = 0; i < 100000; ++i) terms += " + y", branches += " else if y < 0 { }";
  CHECK(parse("var a = " + terms + "\nreturn a").find("an expression of more than 2000 terms") !=
        std::string::npos);
  CHECK(parse(branches + "\nreturn y").find("nested deeper than 200") != std::string::npos);
  CHECK(parse("var a = 1e999\nreturn a").find("expected a finite number") != std::string::npos);

  const auto run = [&](const std::string& body, const Options& options = test::logistic(1)) {
    const Program program = Program::parse("program p(x[n], y) {\n" + body + "\n}");
    return message([&] { test::run_one(program, options, {{{3}, {1, 2, 3}}, {{}, {0.5}}}); });
  };
  CHECK(run("var a = x[n]\nreturn a") ==
        "program: line 2, column 11: index 3 is out of range in dimension 0 of an array of shape "
        "[3]");
  CHECK(run("var a = x[0, 1]\nreturn a") ==
        "program: line 2, column 9: 2 indices for an array of shape [3]");
  CHECK(run("var a[2] = 0\nvar b[3] = x + a\nreturn b") ==
        "program: line 3, column 14: the shapes [3] and [2] differ");
  CHECK(run("var a = 0\nif x { a = 1 }\nreturn a") ==
        "program: line 3, column 4: a condition must be a single number, got shape [3]");
  CHECK(
      run("var a = 0\nif y * 4 { a = 1 }\nreturn a").find("a condition must be in [0, 1], got 2") !=
      std::string::npos);
  CHECK(run("var a = truth(y + 1)\nreturn a").find("truth takes a number in [0, 1], got 1.5") !=
        std::string::npos);
  CHECK(run("int k = 0\nif y < 1 { k = 1 }\nvar a = k\nreturn a")
            .find("the whole number 'k' differs between the branches of if: 1 and 0") !=
        std::string::npos);
  CHECK(run("var a = log(0 - 1)\nvar b = 0\nif a < 1 { b = 1 }\nreturn b").find("got NaN") !=
        std::string::npos);
  CHECK(run("int k = 1\nfor i in 0 .. 60 { k = k * 2 }\nvar a = k\nreturn a")
            .find("a whole number beyond 2^40") != std::string::npos);

  Options few = test::logistic(1);
  few.max_passes = 10;
  const std::string endless = "var a = 0\nwhile 0 < 1 + a * a { a = a + 1 }\nreturn a";
  CHECK(run(endless, few).find("line 3, column 1: the loop goes on after 10 passes (max_passes)") !=
        std::string::npos);
  few.truncate = true;
  CHECK(run(endless, few).empty());
  few.memory = 1000;
  CHECK(run(endless, few).find("takes more than 1000 bytes") != std::string::npos);

  const Program sizes = Program::parse("program p(x[n], z[n]) {\nvar a = x[0] + z[0]\nreturn a\n}");
  CHECK(message([&] {
          test::run_one(sizes, test::logistic(1), {{{2}, {1, 2}}, {{3}, {1, 2, 3}}});
        }) == "program p: z must have n = 2 places in dimension 0, got 3");
  Options through = test::logistic(1);
  through.distribution.straight_through = true;
  CHECK_THROWS_WITH(
      program::check(through, "f"),
      "f: for hard decisions with relaxed derivatives take the mode straight_through, "
      "not a straight-through distribution");
  CHECK_THROWS_WITH(program::check(test::logistic(-1), "f"),
                    "f: beta must be > 0 and finite, got -1");
}
