// tests/program/circuit_test.cpp — compiled programs against their hard runs, and proved to sort
#include "pliant/program/circuit.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "pliant/circuit/optimise.h"
#include "pliant/circuit/proof.h"
#include "pliant/program/shipped.h"
#include "pliant/program/while_language.h"
#include "pliant/sorting/circuit.h"
#include "tests/circuit/number_rows.h"

namespace pliant::program {
namespace {

using circuit::Circuit;
using Inputs = std::vector<InputNumbers>;

std::size_t count_of(const std::vector<std::size_t>& shape) {
  std::size_t count = 1;
  for (const std::size_t n : shape) count *= n;
  return count;
}

Options hard(const CompileOptions& options) {
  Options run;
  run.mode = Mode::kHard;
  run.distribution.family = math::family_index("logistic");
  run.t_norm.family = math::t_norm_index("probabilistic");
  run.max_passes = options.max_passes;
  run.truncate = options.truncate;
  return run;
}

/// The outputs of the hard run of one example, times 2^fraction.
std::vector<std::int64_t> hard_run(const Program& program, const CompiledProgram& compiled,
                                   std::uint64_t example, const CompileOptions& options) {
  std::vector<std::vector<double>> x, y;
  std::size_t bit = 0;
  for (const Layout& layout : compiled.inputs) {
    auto& values = x.emplace_back();
    for (std::size_t e = 0; e < count_of(layout.shape); ++e) {
      values.push_back(
          static_cast<double>(circuit::number_at(example, bit, layout.bits, layout.is_signed)));
      bit += static_cast<std::size_t>(layout.bits);
    }
  }
  for (const Layout& layout : compiled.outputs) y.emplace_back(count_of(layout.shape));
  std::vector<Array<const double>> inputs;
  std::vector<Array<double>> outputs;
  for (std::size_t i = 0; i < x.size(); ++i)
    inputs.push_back({compiled.inputs[i].shape, x[i].data()});
  for (std::size_t i = 0; i < y.size(); ++i)
    outputs.push_back({compiled.outputs[i].shape, y[i].data()});
  program::run<double>(program, hard(options), 1, inputs, outputs, base::serial_executor());
  std::vector<std::int64_t> all;
  for (std::size_t i = 0; i < y.size(); ++i) {
    for (const double value : y[i])
      all.push_back(static_cast<std::int64_t>(std::ldexp(value, compiled.outputs[i].fraction)));
  }
  return all;
}

/// Compares the circuit with the hard run: on all inputs, or on so many random ones.
void check(const Program& program, const Inputs& inputs, const CompileOptions& options = {},
           std::size_t random = 300) {
  const CompiledProgram compiled = circuit_of(program, inputs, options);
  const Circuit small = circuit::optimised(compiled.circuit);
  std::vector<std::int64_t> widths;
  std::vector<bool> is_signed;
  for (const Layout& layout : compiled.outputs) {
    widths.insert(widths.end(), count_of(layout.shape), layout.bits);
    is_signed.insert(is_signed.end(), count_of(layout.shape), layout.is_signed);
  }
  const std::uint32_t bits = compiled.circuit.input_bits();
  REQUIRE(bits <= 64);
  const bool all = bits <= 12;
  std::mt19937_64 generator(7);
  const std::size_t examples = all ? std::size_t{1} << bits : random;
  for (std::size_t i = 0; i < examples; ++i) {
    const std::uint64_t mask = bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
    const std::uint64_t example = all ? i : generator() & mask;
    std::vector<std::int64_t> want = hard_run(program, compiled, example, options);
    for (const Circuit* circuit : {&compiled.circuit, &small}) {
      std::vector<std::int64_t> got = circuit::outputs_at(*circuit, example, widths);
      for (std::size_t k = 0; k < got.size(); ++k) {
        const bool negative = is_signed[k] && ((got[k] >> (widths[k] - 1)) & 1) != 0;
        if (negative) got[k] -= std::int64_t{1} << widths[k];
      }
      CAPTURE(example);
      REQUIRE(got == want);
    }
  }
}

void check(const char* text, const Inputs& inputs, const CompileOptions& options = {}) {
  CAPTURE(text);
  check(Program::parse(text), inputs, options);
}

std::string message(const char* text, const Inputs& inputs, const CompileOptions& options = {}) {
  try {
    circuit_of(Program::parse(text), inputs, options);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

/// The cost of the cheapest way over a grid from its first cell to its last, by 4 neighbours.
constexpr const char* kBellmanFord = R"(
program bellman_ford(cost[n, m]) {
  var far[n + 2, m + 2] = 1000
  far[1, 1] = 0
  for pass in 0 .. n + m + 1 {
    far[1 : n + 1, 1 : m + 1] = cost + min(stack(far[0 : n, 1 : m + 1], far[2 : n + 2, 1 : m + 1],
                                                 far[1 : n + 1, 0 : m], far[1 : n + 1, 2 : m + 2]))
    far[1, 1] = 0
  }
  var distance = far[n, m]
  return distance
})";

bool has_prover() { return !circuit::proof_programs().front().path.empty(); }

}  // namespace

TEST_CASE("bubble sort, compiled, is its hard form on all inputs") {
  const Program sort = shipped("bubble_sort");
  check(sort, {{{4}, 3}});
  check(sort, {{{3}, 4, true}});
  check(sort, {{{8}, 6}});
  check(sort, {{{1}, 5}});
}

TEST_CASE("the program sorts: bubble sort is proved to be a sorting network") {
  if (!has_prover()) return;
  for (const auto& [n, bits] : {std::pair{4, 4}, {6, 3}}) {
    const CompiledProgram compiled = circuit_of(
        shipped("bubble_sort"), {{{static_cast<std::size_t>(n)}, bits}}, {.outputs = {"ys"}});
    CHECK(compiled.outputs[0].bits == bits);
    const Circuit network =
        sorting::circuit_of(sorting::make_network("bitonic", n), {.bits = bits});
    CHECK(circuit::prove(compiled.circuit, network, {.words = 64}).verdict ==
          circuit::Verdict::kEqual);
    CHECK(circuit::prove(circuit::optimised(compiled.circuit), network, {.words = 64}).verdict ==
          circuit::Verdict::kEqual);
  }
}

TEST_CASE("edit distance and shortest paths, compiled, are their hard forms") {
  check(shipped("levenshtein"), {{{2, 3}, 1}, {{2, 3}, 1}});
  check(shipped("levenshtein"), {{{3, 2}, 2}, {{4, 2}, 2}}, {.outputs = {"distance", "d"}});
  const Inputs costs = {{{3, 3}, 3}};
  check(shipped("shortest_path"), costs);
  check(shipped("shortest_path", {{"while_loop", 1}}), {{{2, 2}, 3}});
  check(kBellmanFord, {{{4, 4}, 4}});
}

TEST_CASE("numbers are as wide as their bounds, and nothing wraps around") {
  const CompiledProgram sums = circuit_of(
      Program::parse("program f(a, b) {\n var s = a + b\n var d = a - b\n var p = a * b - 3\n"
                     " var h = 0.5 * a\n return s, d, p, h\n}"),
      {{{}, 4}, {{}, 3}});
  CHECK(sums.outputs[0].bits == 5);  // 0 … 22
  CHECK_FALSE(sums.outputs[0].is_signed);
  CHECK(sums.outputs[1].bits == 5);  // −7 … 15
  CHECK(sums.outputs[1].is_signed);
  CHECK(sums.outputs[2].bits == 8);  // −3 … 102
  CHECK(sums.outputs[3].fraction == 1);
  check(
      "program f(a, b) {\n var s = a + b\n var d = a - b\n var p = a * b - 3\n"
      " var q = (a - 5) * (b - 2) * a\n var h = 0.5 * a - 0.25\n var m = -abs(a - b)\n"
      " return s, d, p, q, h, m\n}",
      {{{}, 5, true}, {{}, 4}});
}

TEST_CASE("every comparison, connective and function is the hard one") {
  check(
      "program f(a, b) {\n var l = a < b\n var m = a <= b\n var e = a == b\n var u = a != b\n"
      " var g = a > b - 0.5\n var c = a < b and not b == 3 or a > 5\n var w = where(a < b, a, b - "
      "9)\n"
      " return l, m, e, u, g, c, w\n}",
      {{{}, 4, true}, {{}, 4}});
  check(
      "program f(x[n]) {\n var s = sum(x)\n var p = product(x)\n var l = min(x)\n var h = max(x)\n"
      " var i = argmin(x)\n var j = argmax(x)\n var d = dot(x, places(n))\n var a = x[i] + dot(j, "
      "x)\n"
      " var t = truth(x[0] > 1)\n return s, p, l, h, i, j, d, a, t\n}",
      {{{3}, 4, true}});
  check(
      "program f(x[n], k) {\n var a[n] = x\n var at = x[near(k, n)]\n a[near(k, n)] = 7\n"
      " var m = a[0] + a[near(k - 1, n)]\n var o = dot(onehot(2, n), x)\n var near_half[n] = "
      "near(k * 0.5, n)\n"
      " var b = precedes(x, a, 0.5)\n return at, a, m, o, near_half, b\n}",
      {{{4}, 2}, {{}, 3}});
  check(
      "program f(x[n, m], k) {\n var a[n, m] = x\n a[near(k, n), argmax(x[0, :])] = 9\n"
      " a[1, argmin(x[1, :])] = 8\n a[:, near(k, m)] = x[:, 0]\n a[0 : 1, 1] = 3\n var b = "
      "a[near(k, n), 1]\n"
      " var same_rows = same(x[0, :], x[1, :])\n return a, b, same_rows\n}",
      {{{2, 3}, 2}, {{}, 2}});
}

TEST_CASE("loops end where bounds or the solver say that no input goes on") {
  check("program f(limit) {\n var x = 0\n while x < limit {\n  x = x + 1\n }\n return x\n}",
        {{{}, 4}});
  // Neither is seen from bounds: the greatest common divisor, and passes until nothing changes.
  check(
      "program gcd(a, b) {\n var x = a + 1\n var y = b + 1\n while x != y {\n"
      "  if x < y { y = y - x } else { x = x - y }\n }\n return x\n}",
      {{{}, 3}, {{}, 3}});
  check(
      "program f(a) {\n var x = a\n var n = 0\n gated while x > 1 {\n  x = x - 2\n  n = n + 1\n }\n"
      " return x, n\n}",
      {{{}, 4}});
  check("program f(limit) {\n var x = 0\n while x < limit {\n  x = x + 1\n }\n return x\n}",
        {{{}, 4}}, {.outputs = {}, .max_passes = 5, .truncate = true});
}

TEST_CASE("what is no circuit is refused with its line") {
  const Inputs one = {{{}, 4}};
  CHECK(message("program f(x) {\n var y = x / 2\n return y\n}", one) ==
        "program: line 2, column 12: a quotient is no whole number: division is not compiled");
  CHECK(message("program f(x) {\n var y = exp(x)\n return y\n}", one) ==
        "program: line 2, column 10: exp leaves the whole numbers: it is not compiled");
  CHECK(
      message("program f(x) {\n var y = x\n while y < 20 {\n  y = y * 1\n }\n return y\n}", one) ==
      "program: line 3, column 2: no bound was found for this loop: it may go on after 1024 passes "
      "(max_passes)");
  CHECK(message("program f(x) {\n var y = x\n for i in 0 .. 5 {\n  y = y * y\n }\n return y\n}",
                one) ==
        "program: line 4, column 9: a number that may be 6.56841e+18, beyond 2^40 = 1099511627776");
  CHECK(message("program f(x) {\n if x {\n }\n return x\n}", one) ==
        "program: line 2, column 5: a condition takes a number in [0, 1]; this one may be 15");
  CHECK(
      message("program f(x) {\n var y = x + 0.1\n return y\n}", one) ==
      "program: line 2, column 14: a number within ±2^40 with at most 20 bits behind the point is "
      "needed, got 0.1");
  CHECK(message("program f(x) {\n external net\n var y = net(x)\n return y\n}", one) ==
        "program: line 3, column 10: a function from outside, net, is not compiled");
  CHECK(message("program f(x[n]) {\n var y = x[n]\n return y\n}", {{{2}, 4}}) ==
        "program: line 2, column 12: index 2 is out of range in dimension 0 of an array of shape "
        "[2]");
  CHECK(message("program f(x) {\n var y = x * x\n return y\n}", one,
                {.outputs = {}, .most_nodes = 3}) ==
        "program: line 2, column 2: the circuit has more than 3 nodes here (most_nodes)");
  CHECK(message("program f(x) {\n var y = x\n return y\n}", {}) ==
        "circuit_of: program f takes 1 inputs, got 0");
  CHECK(message("program f(x) {\n var y = x\n return y\n}", {{{}, 33}}) ==
        "circuit_of: x: bits must be in 1 … 32, got 33");
  CHECK(message("program f(x) {\n var y = x\n return y\n}", one, {.outputs = {"z"}}) ==
        "circuit_of: program f has no output 'z'; there are: y");
  CHECK(message("program f(x[n], y[n]) {\n return x\n}", {{{2}, 4}, {{3}, 4}}) ==
        "circuit_of: y must have n = 2 places in dimension 0, got 3");
  CHECK(message("program f(x) {\n int k = 0\n while x > k { k = k + 1 }\n var y[3] = 0\n y[k] = 1\n"
                " return y\n}",
                {{{}, 2}})
            .starts_with("program: line 5, column 4: 'k' was changed by a while loop"));
}

}  // namespace pliant::program
