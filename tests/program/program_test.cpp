// tests/program/program_test.cpp — golden values of relaxed programs, laws, and the way back
#include "pliant/program/program.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "pliant/base/random.h"
#include "tests/program/fuzz/text.h"
#include "tests/program/programs.h"

namespace {

using namespace pliant;  // NOLINT(google-build-using-namespace)
using program::Mode;
using program::Options;
using program::Program;
using test::Run;

}  // namespace

TEST_CASE("golden values of bubble sort") {
  const Program sort = Program::parse(test::kBubbleSort);
  const std::vector<double> xs = {0.3, -0.1, 0.2, 0.25};
  const Run run = test::run_one(sort, test::logistic(8), {{{4}, xs}});
  const double sorted[] = {-0.048981252690, 0.212455307722, 0.233519358020, 0.253006586948};
  for (std::size_t i = 0; i < 4; ++i) CHECK(std::abs(run.outputs[0][i] - sorted[i]) < 1e-11);
  CHECK(std::abs(run.outputs[1][0] - 0.996579665417) < 1e-11);
  CHECK(std::abs(run.outputs[2][0] - 2.654234902407) < 1e-11);
  const double by_count[] = {3.370830838304, 0.231262948182, -0.451414630415, -3.150679156072};
  const double by_any[] = {0.055326432855, -0.026185610019, -0.008846600298, -0.020294222538};
  const auto count = test::gradient_one(sort, test::logistic(8), {{{4}, xs}}, 2);
  const auto any = test::gradient_one(sort, test::logistic(8), {{{4}, xs}}, 1);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(std::abs(count[0][i] - by_count[i]) < 1e-10);
    CHECK(std::abs(any[0][i] - by_any[i]) < 1e-10);
  }
  const Run far = test::run_one(sort, test::logistic(8), {{{4}, {3, 1, 2, 0}}});
  const double far_sorted[] = {3.349036361e-4, 1.00000011126, 2.000000560946, 2.999664424158};
  for (std::size_t i = 0; i < 4; ++i) CHECK(std::abs(far.outputs[0][i] - far_sorted[i]) < 1e-9);
  CHECK(std::abs(far.outputs[2][0] - 4.999664310199) < 1e-9);
}

TEST_CASE("golden value of a counting loop") {
  const Program count = Program::parse(R"(
    program count(limit) {
      var x = 0
      while x < limit { x = x + 1 }
      return x
    })");
  CHECK(std::abs(test::run_one(count, test::logistic(1.25), {{{}, {5}}}).outputs[0][0] -
                 4.9803892773) < 1e-9);
  Options hard = test::logistic(1.25);
  hard.mode = Mode::kHard;
  CHECK(test::run_one(count, hard, {{{}, {5}}}).outputs[0][0] == 5);
}

TEST_CASE("golden values of the Levenshtein distance") {
  const Program distance = Program::parse(test::kLevenshtein);
  const std::vector<test::Input> words = {{{2, 2}, {.7, .3, .2, .8}}, {{2, 2}, {1, 0, .4, .6}}};
  const Run run = test::run_one(distance, test::logistic(9), words);
  const double golden[] = {0, 1, 2, 1, .2167076088, 1.2316629694, 2, 1.2173984627, .3400033416};
  for (std::size_t i = 0; i < 9; ++i) CHECK(std::abs(run.outputs[1][i] - golden[i]) < 1e-9);
  const auto slopes = test::gradient_one(distance, test::logistic(9), words, 0);
  const double by_s[] = {-.8929281562, 2.0834990312, -1.5018374387, .3754593597};
  for (std::size_t i = 0; i < 4; ++i) CHECK(std::abs(slopes[0][i] - by_s[i]) < 1e-9);
}

TEST_CASE("text is read back as it was written") {
  for (const char* source : test::kPrograms) CHECK_NOTHROW(program::fuzz_text(source));
  const char* nested = R"(program p(x, y) {
  var a = (x + y) * (x - y) / -(x * y)
  var b = x - (y - x) - y
  if not (x < y and y < 2.5) or x == 3.0 {
    a = 1e-05
  } else {
    b = 2.0
  }
  return a, b
}
)";
  CHECK(Program::parse(nested).text() == nested);
}

TEST_CASE("large whole numbers stay whole in the text") {
  const char* loop =
      "program p(x) {\n  var y = x\n  for k in 0 .. 100000 {\n    y = 1000000\n  }\n  return "
      "y\n}\n";
  CHECK(Program::parse(loop).text() == loop);
}

TEST_CASE("hard bubble sort is bubble sort") {
  const Program sort = Program::parse(test::kBubbleSort);
  Options hard = test::logistic(8);
  hard.mode = Mode::kHard;
  const Run run = test::run_one(sort, hard, {{{6}, {4, 0, 5, 2, 1, 3}}});
  for (std::size_t i = 0; i < 6; ++i) CHECK(run.outputs[0][i] == static_cast<double>(i));
  CHECK(run.outputs[1][0] == 1);
  CHECK(run.outputs[2][0] == 8);
}

TEST_CASE("relaxed programs approach hard ones as beta grows") {
  const Program sort = Program::parse(test::kBubbleSort);
  const Run run = test::run_one(sort, test::logistic(1000), {{{6}, {4, 0, 5, 2, 1, 3}}});
  CHECK(run.outputs[2][0] == doctest::Approx(8).epsilon(1e-9));
}

TEST_CASE("damaged programs are refused or read, and nothing else") {
  base::Random random(5, 0, 0);
  for (const char* source : test::kPrograms) {
    const std::string text = source;
    for (int round = 0; round < 3000; ++round) {
      std::string damaged = text;
      for (std::uint32_t change = random.below(4) + 1; change > 0; --change) {
        const std::size_t at = random.below(static_cast<std::uint32_t>(damaged.size()));
        switch (random.below(3)) {
          case 0:
            damaged[at] = static_cast<char>(random.below(256));
            break;
          case 1:
            damaged.erase(at, random.below(20));
            break;
          default:
            damaged.insert(at,
                           damaged.substr(random.below(static_cast<std::uint32_t>(damaged.size())),
                                          random.below(20)));
        }
        if (damaged.empty()) damaged = " ";
      }
      CHECK_NOTHROW(program::fuzz_text(damaged));
    }
  }
}
