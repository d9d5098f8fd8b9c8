// tests/program/shipped_test.cpp — the shipped programs from C++, and what can be set at a
// program's head
#include "pliant/program/shipped.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "pliant/math/distribution.h"
#include "pliant/math/t_norm.h"

namespace pliant::test {
namespace {

using program::Program;

program::Options options() {
  program::Options options;
  options.mode = program::Mode::kHard;
  options.distribution.family = math::family_index("logistic");
  options.t_norm.family = math::t_norm_index("probabilistic");
  return options;
}

std::string message(const auto& call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("every shipped program is read, and is what its text says") {
  for (const std::string_view name : program::shipped_names()) {
    CAPTURE(name);
    const Program shipped = program::shipped(name);
    CHECK(shipped.name() == name);
    CHECK(program::shipped_text(name).starts_with("# "));
    CHECK(Program::parse(shipped.text()).text() == shipped.text());
  }
  CHECK(message([] { program::shipped("quick_sort"); }) ==
        "unknown program 'quick_sort'; there are: bubble_sort, levenshtein, shortest_path, "
        "silhouette");
}

TEST_CASE("a shipped program runs") {
  const std::vector<double> xs = {3, 1, 2, 0};
  std::vector<double> ys(4), any(1), swaps(1);
  const program::Array<const double> inputs[] = {{{4}, xs.data()}};
  const program::Array<double> outputs[] = {{{4}, ys.data()}, {{}, any.data()}, {{}, swaps.data()}};
  program::run<double>(program::shipped("bubble_sort"), options(), 1, inputs, outputs,
                       base::serial_executor());
  CHECK(ys == std::vector<double>{0, 1, 2, 3});
  CHECK(swaps[0] == 5);
}

TEST_CASE("the whole numbers at a program's head can be set, and no others") {
  const Program program = Program::parse(
      "program f(x) { int a = 1; int b = 20; var y = x * a + b; int c = 3; y = y + c; return y }");
  CHECK(program.settings() == std::vector<std::string>{"a", "b"});
  const Program other = program.with("b", 7).with("a", 4);
  CHECK(other.text() == Program::parse("program f(x) { int a = 4; int b = 7; var y = x * a + b; "
                                       "int c = 3; y = y + c; return y }")
                            .text());
  CHECK(program.with("a", 1).text() == program.text());
  CHECK(message([&] { static_cast<void>(program.with("c", 1)); }) ==
        "program f: there is no whole number 'c' to set at its head; there are: a, b");
  CHECK(message([&] { static_cast<void>(program.with("a", -1)); }) ==
        "program f: a must be in 0 … 2^40, got -1");
  const Program none = Program::parse("program g(x) { var y = x; return y }");
  CHECK(none.settings().empty());
  CHECK(message([&] { static_cast<void>(none.with("y", 1)); }) ==
        "program g: there is no whole number 'y' to set at its head");
}

}  // namespace pliant::test
