// tests/program/builder_test.cpp — programs written in C++ are those of the texts; errors
#include "pliant/program/builder.h"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>

#include "examples/cpp/programs.h"
#include "pliant/base/random.h"
#include "pliant/program/shipped.h"
#include "tests/program/programs.h"

namespace {

using namespace pliant::program::build;  // NOLINT(google-build-using-namespace)
namespace program = pliant::program;
namespace test = pliant::test;
using program::Program;
using program::shipped;

// An ordinary if, or && of C++, over what is not known yet must not compile.
static_assert(!std::is_constructible_v<bool, Condition>);
static_assert(!std::is_constructible_v<bool, Real>);
static_assert(!std::is_constructible_v<Whole, double>);
static_assert(!std::is_assignable_v<Whole, Real>);
static_assert(!std::is_convertible_v<Condition, Real>);

std::string error_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

/// kEverything, written in C++.
Program everything() {
  Builder p("everything");
  const Array x = p.input("x", {"n"});
  const Scalar y = p.input("y");
  const Whole n = p.size("n");
  Array a = p.array("a", {n}, x * y + exp(-abs(x)) / 2);
  const Scalar total = p.scalar("total", sum(a) - log(1 + y * y) + sqrt(2 + y));
  const Array w = p.array("w", {n}, argmin(a));
  Scalar q = p.scalar("q", 0);
  p.for_("i", 0, n - 1, [&](const Whole& i) {
    p.if_((x[i] < x[i + 1] && !(x[i] == y)) || x[i] != 0.5,
          [&] {
            a[i] = a[i + 1] * 2;
            q += where(x[i] >= y, total, x[i]);
          },
          [&] { a[i + 1] = min(a); });
  });
  p.while_(q < 3, [&] { q = q + 0.5 + 0.1 * a[0] * a[0]; });
  a[w] = q;
  const Array s = p.array("s", {n, 2}, stack({a, x}));
  const Scalar out = p.scalar("out", max(s[all()][0]) + a[w] + dot(a, x) + logsumexp(x) +
                                         product(s[0][all()]) + cosine(a, x) + Real(same(a, w)));
  return p.program({out, a, q});
}

/// kGated, written in C++.
Program gated_sums() {
  Builder p("gated_sums");
  const Array x = p.input("x", {"n"});
  const Scalar y = p.input("y");
  Array a = p.array("a", {p.size("n")}, x);
  Scalar total = p.scalar("total", 0);
  p.gated_while_(y < total + 2 && total < 5, [&] {
    Scalar step = p.scalar("step", 0.5);
    step += a[0] * a[0];
    p.if_(
        a[0] < a[1], [&] { a[0] += 0.25; }, [&] { total += 0.1; });
    Scalar left = p.scalar("left", 1.5);
    p.gated_while_(left > 0, [&] {
      left -= 0.75;
      step += 0.1;
      total += 0.2 * step;
    });
    total += 0.3;
  });
  return p.program({total, a});
}

}  // namespace

TEST_CASE("programs written in C++ have the text of the shipped ones") {
  CHECK(examples::bubble_sort().text() == shipped("bubble_sort").text());
  CHECK(examples::levenshtein().text() == shipped("levenshtein").text());
  CHECK(everything().text() == Program::parse(test::kEverything).text());
  CHECK(gated_sums().text() == Program::parse(test::kGated).text());
}

TEST_CASE("the shortest path written in C++ is the shipped one") {
  const Program mine = examples::shortest_path(), its = shipped("shortest_path");
  pliant::base::Random random(4, 0, 0);
  for (const double beta : {2.0, 25.0}) {
    std::vector<double> cost(4 * 5 * 3);
    for (double& c : cost) c = 0.8 + 8.4 * random.uniform();
    const std::vector<test::Input> inputs = {{{4, 5}, cost}};
    CHECK(test::run_batch(mine, test::logistic(beta), inputs, 3).outputs ==
          test::run_batch(its, test::logistic(beta), inputs, 3).outputs);
    CHECK(test::gradient_batch(mine, test::logistic(beta), inputs, 1, 3) ==
          test::gradient_batch(its, test::logistic(beta), inputs, 1, 3));
  }
}

TEST_CASE("expressions keep their structure in the text") {
  Builder p("p");
  const Scalar x = p.input("x");
  const Array a = p.input("a", {"n", "m"});
  const Whole n = p.size("n"), m = p.size("m");
  p.scalar("s", x - (x - 1) - x / (x * -2));
  p.scalar("t", -(x + 1) * 2.0 - -1.5);
  p.array("u", a[range(1, n - 1)][m - 1] + a[range(1, n - 1)][-1 + m]);
  p.array("v", a[onehot(2, n)][all()]);
  p.integer("k", 2 * (n + m) - 100000);
  p.scalar("c", Real(!(x < 1 || (x >= 2 && x <= 3))));
  Scalar y = p.scalar("y", n * 0.5);
  p.if_(n > 2, [&] { y *= m; });
  CHECK(p.program({y, x}).text() == R"(program p(x, a[n, m]) {
  var s = x - (x - 1) - x / (x * -2)
  var t = -(x + 1) * 2.0 - -1.5
  var u = a[1 : n - 1, m - 1] + a[1 : n - 1, -1 + m]
  var v = a[onehot(2, n), :]
  int k = 2 * (n + m) - 100000
  var c = not (x < 1 or 2 <= x and x <= 3)
  var y = n * 0.5
  if 2 < n {
    y = y * m
  }
  return y, x
}
)");
}

TEST_CASE("a name that is taken gets a number, one that has ended is free again") {
  Builder p("p");
  const Scalar x = p.input("x");
  const auto doubled = [&](const Real& value) {
    const Scalar t = p.scalar("t", value);
    return p.scalar("t", t + t);
  };
  Scalar y = p.scalar("y", doubled(x));
  p.if_(x < 0, [&] { y = doubled(y); });
  p.if_(x > 1, [&] { p.scalar("inner", 1); });
  p.for_("inner", 0, 3, [&](const Whole& inner) { y += inner; });
  CHECK(p.program({y}).text() == R"(program p(x) {
  var t = x
  var t_2 = t + t
  var y = t_2
  if x < 0 {
    var t_3 = y
    var t_4 = t_3 + t_3
    y = t_4
  }
  if 1 < x {
    var inner = 1
  }
  for inner in 0 .. 3 {
    y = y + inner
  }
  return y
}
)");
}

TEST_CASE("mistakes are named where they are made") {
  CHECK(error_of([] { Builder("1st"); }) ==
        "builder: '1st' is no name; expected letters, digits and _, and no digit first");
  Builder p("p");
  const Scalar x = p.input("x");
  Array a = p.input("a", {"n"});
  CHECK(error_of([&] { p.input("x"); }) == "builder: 'x' is declared already");
  CHECK(error_of([&] { p.input("b", {"x"}); }) ==
        "builder: 'x' is declared already, and is no size");
  CHECK(error_of([&] { (void)p.size("m"); }) == "builder: no input has a size 'm'");
  CHECK(error_of([&] { a[0] = 1; }) ==
        "builder: 'a' is an input, and cannot be written to; copy it to a variable");
  CHECK(error_of([&] { (void)(x * std::numeric_limits<double>::infinity()); }) ==
        "builder: a number must be finite, got inf");
  std::optional<Scalar> ended;
  p.if_(x < 0, [&] { ended = p.scalar("t", 1); });
  CHECK(error_of([&] { p.scalar("y", *ended + 1); }) == "builder: 't' has ended with its block");
  CHECK(error_of([&] { *ended = 2; }) == "builder: 't' has ended with its block");
  CHECK(error_of([&] { p.input("late"); }) ==
        "builder: the input 'late' must be declared before all statements");
  Builder q("q");
  const Scalar other = q.input("x");
  CHECK(error_of([&] { (void)(x + other); }) ==
        "builder: an expression cannot be of two programs, p and q");
  CHECK(error_of([&] { p.scalar("y", other); }) ==
        "builder: the program p cannot use what belongs to q");
  CHECK(error_of([&] { (void)p.program({x + 1}); }) ==
        "builder: an output must be a variable or an input, and no expression of them");
  CHECK(error_of([&] { (void)p.program({}); }) ==
        "builder: the program p must have an input and an output");
  CHECK(error_of([&] { p.if_(x < 0, [&] { (void)p.program({x}); }); }) ==
        "builder: the program p is asked for inside of one of its blocks");
  CHECK(error_of([&] {
          Real r = x;
          for (int i = 0; i < 20; ++i) r = r + r;
        }) ==
        "builder: an expression of more than 10000 parts; keep in a variable what it repeats");
  // A body that threw has ended its block.
  CHECK(p.program({x}).outputs() == std::vector<std::string>{"x"});
  // What only the whole text shows.
  CHECK(error_of([&] {
          q.scalar("while", 1);
          (void)q.program({other});
        }).find("program: line 2, column 7: expected the name of a variable") != std::string::npos);
}
