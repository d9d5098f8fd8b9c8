// tests/program/while_test.cpp — WHILE programs: hard beside a plain interpreter, smooth beside the
// formulas, limits, derivatives, errors
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "pliant/base/random.h"
#include "pliant/program/while_language.h"
#include "tests/program/fuzz/text.h"
#include "tests/program/programs.h"
#include "tests/program/random_while.h"

namespace {

using namespace pliant;  // NOLINT(google-build-using-namespace)
using program::LoopCondition;
using program::LoopPolicy;
using program::Mode;
using program::Options;
using program::Program;
using program::Subtraction;
using program::WhileOptions;
using Numbers = std::vector<double>;

constexpr LoopPolicy kPolicies[] = {LoopPolicy::kGated, LoopPolicy::kMixture};
constexpr LoopCondition kConditions[] = {LoopCondition::kPositive, LoopCondition::kNonzero};
constexpr Subtraction kBoth[] = {Subtraction::kTruncated, Subtraction::kPlain};

Options hard_options() {
  Options options = test::logistic(1);
  options.mode = Mode::kHard;
  return options;
}

std::vector<test::Input> inputs_of(const Numbers& numbers) {
  std::vector<test::Input> inputs;
  for (const double x : numbers) inputs.push_back({{}, {x}});
  return inputs;
}

Numbers run(const Program& program, const Options& options, const Numbers& numbers) {
  Numbers out;
  for (const Numbers& output : test::run_one(program, options, inputs_of(numbers)).outputs) {
    out.push_back(output[0]);
  }
  return out;
}

/// x0 from x1 and x2.
Program multiplication(WhileOptions options) {
  options.inputs = {"x1", "x2"};
  options.outputs = {"x0"};
  return program::parse_while(test::kMultiply, options);
}

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

/// c(x) of a loop, as the formulas have it.
double chance(LoopCondition condition, double s, double x) {
  if (condition == LoopCondition::kPositive) return logistic(s * (x - 0.5));
  const double sech = 1 / std::cosh(s * x / 2);
  return 1 - sech * sech;
}

/// x − 1, as the formulas have it.
double decrement(Subtraction subtraction, double s, double x) {
  return subtraction == Subtraction::kPlain ? x - 1 : logistic(s * (x - 0.5)) * (x - 1);
}

/// x1 counts down and x0 up, as mixtures of whole states: (x0, x1).
Numbers mixed_count(const WhileOptions& form, double s, double x1) {
  double down = x1, up = 0, mean_down = x1, mean_up = 0, p = 1;
  while ((p *= chance(form.condition, s, down)) > 1e-5) {
    const double next = decrement(form.subtraction, s, down);
    mean_down += p * (next - down);
    mean_up += p;
    down = next;
    up += 1;
  }
  return {mean_up, mean_down};
}

Numbers gated_count(const WhileOptions& form, double s, double x1) {
  double down = x1, up = 0, g = 1;
  while ((g *= chance(form.condition, s, down)) > 1e-5) {
    down = (1 - g) * down + g * decrement(form.subtraction, s, down);
    up = (1 - g) * up + g * (up + 1);
  }
  return {up, down};
}

/// Multiplication, gated; the gate of the inner loop begins with that of the outer.
double gated_product(LoopCondition condition, double s, double x1, double x2) {
  double x0 = 0, x3 = 0, g = 1;
  while ((g *= chance(condition, s, x1)) > 1e-5) {
    x3 = (1 - g) * x3 + g * x2;
    for (double h = g; (h *= chance(condition, s, x3)) > 1e-5;) {
      x0 += h;
      x3 -= h;
    }
    x1 -= g;
  }
  return x0;
}

std::string error_of(const std::string& text) {
  try {
    program::parse_while(text);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("hard WHILE programs are what a plain interpreter makes of them") {
  int ended = 0, endless = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    base::Random random(seed, 1, 0);
    const test::RandomWhile made(random);
    CAPTURE(made.text());
    const Numbers start = {double(random.below(4)), double(random.below(4)),
                           double(random.below(4)), double(random.below(4))};
    Options options = hard_options();
    options.max_passes = 50;
    const auto expected = made.interpret(start, options.max_passes);
    WhileOptions form;
    form.policy = kPolicies[seed % 2];
    form.condition = kConditions[seed / 2 % 2];
    form.inputs = form.outputs = {"x0", "x1", "x2", "x3"};
    const Program program = program::parse_while(made.text(), form);
    if (expected.steps_spent) continue;
    if (expected.endless) {
      ++endless;
      CHECK_THROWS_AS(run(program, options, start), std::invalid_argument);
    } else {
      ++ended;
      CHECK(run(program, options, start) == expected.numbers);
    }
  }
  CHECK(ended > 150);
  CHECK(endless > 20);
}

TEST_CASE("smooth counting is what the formulas say") {
  for (const LoopCondition condition : kConditions) {
    for (const Subtraction subtraction : kBoth) {
      // Below 0 this condition grows again: the loop may never end.
      if (condition == LoopCondition::kNonzero && subtraction == Subtraction::kPlain) continue;
      WhileOptions form{.condition = condition, .subtraction = subtraction};
      for (const double s : {1.5, 4.0, 20.0}) {
        for (const double x : {0.0, 1.0, 2.3, 3.0}) {
          form.policy = LoopPolicy::kMixture;
          const auto mixed =
              run(program::parse_while(test::kCount, form), test::logistic(s), {0, x});
          form.policy = LoopPolicy::kGated;
          const auto gated =
              run(program::parse_while(test::kCount, form), test::logistic(s), {0, x});
          const Numbers by_mixture = mixed_count(form, s, x), by_gates = gated_count(form, s, x);
          for (std::size_t i = 0; i < 2; ++i) {
            CHECK(mixed[i] == doctest::Approx(by_mixture[i]).epsilon(1e-12));
            CHECK(gated[i] == doctest::Approx(by_gates[i]).epsilon(1e-12));
          }
        }
      }
    }
  }
}

TEST_CASE("gates of nested loops multiply") {
  const Program product = multiplication({.subtraction = Subtraction::kPlain});
  for (const double s : {3.0, 8.0, 30.0}) {
    for (const auto& [x, y] : {std::pair{2.0, 3.0}, {2.5, 1.25}, {0.0, 4.0}}) {
      CHECK(run(product, test::logistic(s), {x, y})[0] ==
            doctest::Approx(gated_product(LoopCondition::kPositive, s, x, y)).epsilon(1e-12));
    }
  }
}

TEST_CASE("multiplication by counting is multiplication as sharpness grows, and between numbers") {
  for (const LoopPolicy policy : kPolicies) {
    for (const LoopCondition condition : kConditions) {
      for (const Subtraction subtraction : kBoth) {
        const Program product = multiplication({policy, condition, subtraction});
        for (double x = 0; x < 4; ++x) {
          for (double y = 0; y < 4; ++y) {
            CHECK(run(product, hard_options(), {x, y})[0] == x * y);
            CHECK(std::abs(run(product, test::logistic(100), {x, y})[0] - x * y) < 1e-9);
          }
        }
        // The error falls as e^(−s/2) or faster.
        const auto error = [&](double sharpness) {
          Options options = test::logistic(sharpness);
          options.epsilon = 1e-14;
          return std::abs(run(product, options, {2, 3})[0] - 6);
        };
        const double at_15 = error(15), at_25 = error(25);
        CHECK(at_25 < at_15 * std::exp(-4));
      }
    }
    const double between =
        run(multiplication({.policy = policy}), test::logistic(8), {2.5, 3.5})[0];
    CHECK(between > 6);
    CHECK(between < 12);
  }
}

TEST_CASE("derivatives of smooth loops are those of finite differences") {
  for (const LoopPolicy policy : kPolicies) {
    for (const LoopCondition condition : kConditions) {
      for (const Subtraction subtraction : kBoth) {
        if (condition == LoopCondition::kNonzero && subtraction == Subtraction::kPlain) continue;
        const Program product = multiplication({policy, condition, subtraction});
        for (const double s : {1.0, 5.0, 20.0}) {
          // With ε = 0 a loop would not end; where it does, the result jumps by about ε.
          Options options = test::logistic(s);
          options.epsilon = 1e-13;
          options.truncate = true;
          options.max_passes = 60;
          Numbers at = {1.7, 2.2};
          double by_scale = 0;
          const auto slopes =
              test::gradient_batch(product, options, inputs_of(at), 0, 1, &by_scale);
          constexpr double h = 1e-5;
          const auto value = [&](double x, double y, double scale) {
            Options with = options;
            with.distribution.scale = scale;
            return run(product, with, {x, y})[0];
          };
          const double by_x = (value(1.7 + h, 2.2, s) - value(1.7 - h, 2.2, s)) / (2 * h);
          const double by_y = (value(1.7, 2.2 + h, s) - value(1.7, 2.2 - h, s)) / (2 * h);
          const double by_s = (value(1.7, 2.2, s + h) - value(1.7, 2.2, s - h)) / (2 * h);
          CHECK(slopes[0][0] == doctest::Approx(by_x).epsilon(1e-5).scale(1));
          CHECK(slopes[1][0] == doctest::Approx(by_y).epsilon(1e-5).scale(1));
          CHECK(by_scale == doctest::Approx(by_s).epsilon(1e-5).scale(1));
        }
      }
    }
  }
}

TEST_CASE("a sample has the same bits alone and in any batch, in gated loops too") {
  const Program product = multiplication({});
  constexpr std::size_t kBatch = 130;
  base::Random random(3, 0, 0);
  Numbers x(kBatch), y(kBatch);
  for (double& v : x) v = 5 * random.uniform();
  for (double& v : y) v = 5 * random.uniform();
  const std::vector<test::Input> inputs = {{{}, x}, {{}, y}};
  const auto all = test::run_batch(product, test::logistic(4), inputs, kBatch);
  const auto slopes = test::gradient_batch(product, test::logistic(4), inputs, 0, kBatch);
  const auto threads =
      test::run_batch(product, test::logistic(4), inputs, kBatch, base::thread_executor(3));
  CHECK(threads.outputs[0] == all.outputs[0]);
  for (const std::size_t i : {0, 63, 64, 129}) {
    CHECK(run(product, test::logistic(4), {x[i], y[i]})[0] == all.outputs[0][i]);
    const auto alone = test::gradient_one(product, test::logistic(4), inputs_of({x[i], y[i]}), 0);
    CHECK(alone[0][0] == slopes[0][i]);
    CHECK(alone[1][0] == slopes[1][i]);
  }
}

TEST_CASE("subtraction stops at 0, and plain subtraction does not") {
  const char* text = "x0 := x1 - 3";
  WhileOptions form;
  CHECK(run(program::parse_while(text, form), hard_options(), {9, 5}) == Numbers{2, 5});
  CHECK(run(program::parse_while(text, form), hard_options(), {9, 2}) == Numbers{0, 2});
  CHECK(std::abs(run(program::parse_while(text, form), test::logistic(1000), {9, 2})[0]) < 1e-200);
  CHECK(run(program::parse_while(text, form), test::logistic(2), {9, 3})[0] == 0);
  form.subtraction = Subtraction::kPlain;
  CHECK(run(program::parse_while(text, form), hard_options(), {9, 2}) == Numbers{-1, 2});
}

TEST_CASE("the language is read in every spelling, and written as a program") {
  const Program plain = program::parse_while("x0 := x1 + 2; WHILE x0 != 0 DO x0 := x0 - 1 END");
  const Program other = program::parse_while(
      "  X_0 := x1+2 ; # a comment\n // another\nwhile x00 \u2260 0 dO\r\n x0:=X0\u22121;\nenD;");
  CHECK(plain.text() == other.text());
  CHECK(plain.text() == R"(program while_program(start_x0, start_x1) {
  var x0 = start_x0
  var x1 = start_x1
  x0 = x1 + 2
  gated while 0.5 < x0 {
    x0 = where(0.5 < x0, x0 - 1, 0)
  }
  return x0, x1
}
)");
  WhileOptions form{.policy = LoopPolicy::kMixture,
                    .condition = LoopCondition::kNonzero,
                    .subtraction = Subtraction::kPlain,
                    .inputs = {{"x1"}},
                    .outputs = {{"x1", "x0"}}};
  CHECK(program::parse_while("x0 := x1; WHILE x1 != 0 DO x1 := x1 - 10; x2 := 7; x2 := x2 - 0 END",
                             form)
            .text() == R"(program while_program(start_x1) {
  var x0 = 0
  var x1 = start_x1
  var x2 = 0
  x0 = x1
  while x1 != 0 {
    x1 = x1 - 10
    x2 = 7
    x2 = x2
  }
  return x1, x0
}
)");
  CHECK(program::while_variables("x10 := x9; x2 := 0") ==
        std::vector<std::string>{"x2", "x9", "x10"});
}

TEST_CASE("errors of WHILE programs say where and what") {
  CHECK(error_of("x0 := x1 +\n  y") ==
        "while: line 2, column 3: expected a whole number in 0 … 10^15, got 'y'");
  CHECK(error_of("") ==
        "while: line 1, column 1: expected a statement, xi := … or WHILE, got the end of the text");
  CHECK(error_of("x0 := 1 x1 := 2") ==
        "while: line 1, column 9: expected ';' or the end of the text, got 'x1'");
  CHECK(error_of("x0 = 1") == "while: line 1, column 4: expected ':=', got '='");
  CHECK(error_of("x0 := -1") ==
        "while: line 1, column 7: expected a variable x0, x1, … or a number, got '-'");
  CHECK(error_of("x0 := 1.5") ==
        "while: line 1, column 8: expected ';' or the end of the text, got '.'");
  CHECK(error_of("x0 := x1 + x2") ==
        "while: line 1, column 12: expected a whole number in 0 … 10^15, got 'x2'");
  CHECK(error_of("x0 := 1000000000000001").find("expected a whole number in 0 … 10^15") !=
        std::string::npos);
  CHECK(error_of("WHILE x0 \u2260 1 DO") == "while: line 1, column 12: expected '0', got '1'");
  CHECK(error_of("WHILE 3 != 0 DO") ==
        "while: line 1, column 7: expected a variable x0, x1, …, got '3'");
  CHECK(error_of("WHILE x0 < 0 DO") == "while: line 1, column 10: expected '!=', got '<'");
  CHECK(error_of("WHILE x0 != 0\nx0 := 0") == "while: line 2, column 1: expected 'DO', got 'x0'");
  CHECK(error_of("WHILE x0 != 0 DO x0 := 0") ==
        "while: line 1, column 25: expected ';' or 'END', got the end of the text");
  CHECK(error_of("WHILE x0 != 0 DO END") ==
        "while: line 1, column 18: expected a statement, xi := … or WHILE, got 'END'");
  CHECK(error_of("x := 1").find("expected a statement, xi := … or WHILE, got 'x'") !=
        std::string::npos);
  CHECK(error_of("\x01") ==
        "while: line 1, column 1: expected a statement, xi := … or WHILE, got the character 1");
  std::string deep;
  for (int i = 0; i < 101; ++i) deep += "WHILE x0 != 0 DO ";
  CHECK(error_of(deep).find("loops nest deeper than 100") != std::string::npos);
  std::string deepest = "x0 := 0";
  for (int i = 0; i < 99; ++i) deepest = "WHILE x0 != 0 DO " + deepest + " END";
  CHECK(error_of(deepest).empty());

  WhileOptions form;
  form.inputs = {"x5"};
  CHECK_THROWS_WITH(program::parse_while("x0 := 1", form), "unknown input 'x5'; there are: x0");
  form.inputs = {"x0", "x0"};
  CHECK_THROWS_WITH(program::parse_while("x0 := 1", form), "while: the input x0 is named twice");
  form.inputs = std::vector<std::string>{};
  CHECK_THROWS_WITH(program::parse_while("x0 := 1", form),
                    "while: there must be at least one input");
  CHECK_THROWS_WITH(program::loop_policy("gate"),
                    "unknown policy 'gate'; there are: gated, mixture");
  CHECK_THROWS_WITH(program::loop_condition("x"),
                    "unknown condition 'x'; there are: positive, nonzero");
  CHECK_THROWS_WITH(program::subtraction("x"),
                    "unknown subtraction 'x'; there are: truncated, plain");
}

TEST_CASE("errors of a run name the line of the WHILE program") {
  const Program endless =
      program::parse_while("x1 := 1;\n\n  WHILE x1 != 0 DO\n    x0 := x0 + 1\n  END");
  Options options = hard_options();
  options.max_passes = 9;
  CHECK_THROWS_WITH(
      run(endless, options, {0, 0}),
      "program: line 3, column 3: the loop goes on after 9 passes (max_passes) with a "
      "chance of up to 1");
  options.truncate = true;
  CHECK(run(endless, options, {0, 0}) == Numbers{9, 1});
}

TEST_CASE("damaged WHILE programs are refused or read, and nothing else") {
  base::Random random(6, 0, 0);
  for (const char* source : test::kWhilePrograms) {
    for (int round = 0; round < 3000; ++round) {
      std::string damaged = source;
      for (std::uint32_t change = random.below(4) + 1; change > 0; --change) {
        const std::size_t at = random.below(static_cast<std::uint32_t>(damaged.size()));
        if (random.below(2) == 0) {
          damaged[at] = static_cast<char>(random.below(256));
        } else {
          damaged.insert(at,
                         damaged.substr(random.below(static_cast<std::uint32_t>(damaged.size())),
                                        random.below(20)));
        }
      }
      CHECK_NOTHROW(program::fuzz_while(damaged));
    }
  }
}
