// tests/program/whole_test.cpp — whole numbers of programs: exact, and the same for all samples
#include <doctest/doctest.h>

#include <stdexcept>
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

/// program p(x, a[n]) { …: its first output for a batch of x, in this mode.
Numbers run(const std::string& body, Mode mode, const Numbers& x) {
  const Program program = Program::parse("program p(x, a[n]) {\n" + body + "\n}");
  Options options = test::logistic(2);
  options.mode = mode;
  const std::size_t batch = x.size();
  const Numbers a(4 * batch, 1);
  return test::run_batch(program, options, {{{}, x}, {{4}, a}}, batch).outputs[0];
}

std::string error_of(const std::string& body, Mode mode, const Numbers& x) {
  try {
    run(body, mode, x);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("comparisons of whole numbers are exact, in soft programs too") {
  const char* counts = R"(
    var y = 0
    for i in 0 .. n {
      if i < 2 { y = y + 1 }
      if i <= 2 { y = y + 10 }
      if i == n - 1 { y = y + 100 }
      if i != 0 and not i > 2 { y = y + 1000 }
      y = y + where(i >= 3, 10000, 0)
    }
    return y)";
  for (const Mode mode : {Mode::kSoft, Mode::kHard, Mode::kStraightThrough}) {
    CHECK(run(counts, mode, {0.5}) == Numbers{12132});
  }
  const char* passes = "var y = 0\nint k = 0\nwhile k < n { k = k + 1\ny = y + x }\nreturn y";
  CHECK(run(passes, Mode::kSoft, {0.5, 2}) == Numbers{2, 8});
}

TEST_CASE("whole numbers may change under what is known of them, and behind it") {
  const char* body = R"(
    int k = 0
    for i in 0 .. n {
      if i < 2 { k = k + 1 } else { k = k + 10 }
    }
    int m = 0
    while m < 3 { m = m + 1 }
    var y = k * 100 + m
    return y)";
  CHECK(run(body, Mode::kSoft, {0}) == Numbers{2203});
}

TEST_CASE("what no sample reaches is not run for shapes either") {
  const char* body = R"(
    var y = 0
    for i in 0 .. n {
      if i < n - 1 { y = y + a[i + 1] } else { y = y + a[i] }
    }
    return y)";
  CHECK(run(body, Mode::kSoft, {0}) == Numbers{4});
}

TEST_CASE("where the first says all, the second is not looked at") {
  const char* body = R"(
    var y = 0
    for i in 0 .. n + 1 {
      if i < n and a[i] > 0 { y = y + 1 }
      if i == n or a[i] > 0 { y = y + 10 }
      if not (i < n and 0 < 1) or x > 1e9 { y = y + 100 }
      y = y + where(i > 0, a[i - 1], 0)
      int j = i
      while j > 0 and a[j - 1] > 2 { j = j - 1 }
    }
    return y)";
  CHECK(run(body, Mode::kHard, {0, 3}) == Numbers{158, 158});
  CHECK(error_of("var y = 0\nif x > 0 and a[n] > 0 { y = 1 }\nreturn y", Mode::kHard, {-1})
            .find("index 4 is out of range") != std::string::npos);
}

TEST_CASE("loops and whole numbers of a block are its own") {
  const char* body = R"(
    var y = 0
    if x < 1 {
      for i in 0 .. n { y = y + a[i] }
      int k = 3
      y = y + k
    } else {
      for i in 0 .. 2 { y = y - 1 }
    }
    return y)";
  CHECK(run(body, Mode::kHard, {0, 5}) == Numbers{7, -2});
  CHECK(run(body, Mode::kSoft, {1}) == Numbers{2.5});
}

TEST_CASE("behind a while loop a whole number that it changed is an error, whatever the batch") {
  const char* body =
      "int k = 0\nvar y = x\nwhile y > 1 {\ny = y - 1\nk = k + 1 }\nvar z = k\nreturn z";
  for (const Numbers& x : {Numbers{3}, Numbers{3, 5}}) {
    CHECK(error_of(body, Mode::kHard, x) ==
          "program: line 7, column 9: 'k' was changed by a while loop, which ends for each sample "
          "on its own: behind the loop it is no whole number; use a var");
  }
  const char* given_again =
      "int k = 0\nvar y = x\nwhile y > 1 { y = y - 1\nk = k + 1 }\nk = 2\nvar z = a[k]\nreturn z";
  CHECK(run(given_again, Mode::kHard, {3, 5}) == Numbers{1, 1});
  // A loop in a loop, and an if around it.
  const char* nested =
      "int k = 0\nvar y = x\nif x > 0 { while y > 1 { y = y - 1\nk = k + 1 } }\nvar z = k\nreturn "
      "z";
  CHECK(error_of(nested, Mode::kSoft, {3}).find("'") != std::string::npos);
}

TEST_CASE("a whole number that changes under a relaxed if is an error, whatever the batch") {
  const char* body = "int k = 0\nif x > 1 { k = 1 }\nvar z = k\nreturn z";
  for (const Numbers& x : {Numbers{3}, Numbers{0}, Numbers{0, 3}}) {
    CHECK(error_of(body, Mode::kHard, x) ==
          "program: line 3, column 1: the whole number 'k' differs between the branches of if: 1 "
          "and 0");
  }
  const char* agrees = "int k = 0\nif x > 1 { k = 1 } else { k = 1 }\nvar z = k\nreturn z";
  CHECK(run(agrees, Mode::kHard, {0, 3}) == Numbers{1, 1});
}
