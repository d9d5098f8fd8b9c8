// tests/circuit/sweep_test.cpp — equal nodes that hashing cannot see, and proofs that give up
#include <doctest/doctest.h>

#include <vector>

#include "pliant/circuit/optimise.h"
#include "tests/circuit/optimise_check.h"

namespace pliant::circuit {
namespace {

constexpr OptimiseOptions kSweep{.sweep = true, .lut = 0};

Signal chain(Cell& cell, TruthTable table, std::vector<Signal> signals) {
  Signal last = signals[0];
  for (std::size_t i = 1; i < signals.size(); ++i) last = cell.add(two(table, last, signals[i]));
  return last;
}

Signal tree(Cell& cell, TruthTable table, std::vector<Signal> signals) {
  while (signals.size() > 1) {
    std::vector<Signal> next;
    for (std::size_t i = 0; i + 1 < signals.size(); i += 2)
      next.push_back(cell.add(two(table, signals[i], signals[i + 1])));
    if (signals.size() % 2 == 1) next.push_back(signals.back());
    signals = next;
  }
  return signals[0];
}

std::vector<Signal> first_inputs(Signal count) {
  std::vector<Signal> signals;
  for (Signal i = 0; i < count; ++i) signals.push_back(i);
  return signals;
}

TEST_CASE("a distributed product is its factored form, and a complement its complement") {
  // xy ∨ xz, x(y ∨ z), ¬x ∨ ¬y¬z
  Cell cell;
  cell.inputs = 3;
  const Signal xy = cell.add(two(kAnd2, 0, 1));
  const Signal xz = cell.add(two(kAnd2, 0, 2));
  const Signal sum = cell.add(two(kOr2, xy, xz));
  const Signal factored = cell.add(two(kAnd2, 0, cell.add(two(kOr2, 1, 2))));
  const Signal neither = cell.add(two(0b0001, 1, 2));
  const Signal complement = cell.add(two(0b1101, 0, neither));
  cell.outputs = {Literal(sum), Literal(factored), Literal(complement)};
  const Circuit circuit = flat_circuit(cell);
  CHECK(optimised(circuit, {.lut = 0}).cell().nodes.size() == 5);
  const Circuit result = optimised(circuit, kSweep);
  CHECK(same_function(circuit, result));
  CHECK(result.cell().nodes.size() == 3);
  CHECK(result.cell().outputs[0] == result.cell().outputs[1]);
  CHECK(result.cell().outputs[0] == !result.cell().outputs[2]);
}

TEST_CASE("complements are found in circuits whose inverters were left alone") {
  // xy ∨ xz and ¬(x(y ∨ z))
  Cell cell;
  cell.inputs = 3;
  const Signal xy = cell.add(two(kAnd2, 0, 1));
  const Signal sum = cell.add(two(kOr2, xy, cell.add(two(kAnd2, 0, 2))));
  const Signal complement = cell.add(two(0b0111, 0, cell.add(two(kOr2, 1, 2))));
  cell.outputs = {Literal(sum), Literal(complement)};
  const Circuit circuit = flat_circuit(cell);
  const Circuit result = optimised(circuit, {.inverters = false, .sweep = true, .lut = 0});
  CHECK(same_function(circuit, result));
  CHECK(result.cell().outputs[0] == !result.cell().outputs[1]);
}

TEST_CASE("a node that is an input, or constant, in disguise is found") {
  // (x ⊕ y) ⊕ y = x and (x ∨ y) ∧ ¬x ∧ ¬y = 0
  Cell cell;
  cell.inputs = 2;
  const Signal x = cell.add(two(kXor2, cell.add(two(kXor2, 0, 1)), 1));
  const Signal either = cell.add(two(kOr2, 0, 1));
  const Signal neither = cell.add(two(0b0001, 0, 1));
  const Signal zero = cell.add(two(kAnd2, cell.add(two(kXor2, either, 0)), neither));
  cell.outputs = {Literal(x), Literal(zero, true)};
  const Circuit result = optimised(flat_circuit(cell, 1), kSweep);
  CHECK(result.cell().nodes.empty());
  CHECK(result.cell().outputs == std::vector<Literal>{Literal(0)});
  CHECK(result.sums.biases == std::vector<std::int32_t>{1});
}

TEST_CASE("functions of too many inputs for tables are proved equal by the solver") {
  // Conjunctions of 24 inputs are 0 in every random example: counterexamples tell them apart.
  for (const TruthTable table : {kAnd2, kOr2}) {
    Cell cell;
    cell.inputs = 30;
    const std::vector<Signal> inputs = first_inputs(24);
    const Signal a = chain(cell, table, inputs);
    const Signal b = tree(cell, table, {inputs.rbegin(), inputs.rend()});
    const Signal other = tree(cell, table, first_inputs(23));
    cell.outputs = {Literal(a), Literal(b), Literal(other), Literal(cell.add(two(kXor2, a, b)))};
    const Circuit circuit = flat_circuit(cell);
    const Circuit result = optimised(circuit, kSweep);
    CHECK(same_function(circuit, result));
    CHECK(result.cell().outputs[0] == result.cell().outputs[1]);
    CHECK(result.cell().outputs[0] != result.cell().outputs[2]);
    // The sum of the two, 0, is the only constant.
    CHECK(result.cell().node(result.cell().outputs[3].signal()) == Node{});
  }
}

TEST_CASE("what the solver does not decide stays two nodes") {
  // Parities of 20 inputs in different orders share no node inside.
  Cell cell;
  cell.inputs = 20;
  std::vector<Signal> other;
  for (Signal i = 0; i < 20; ++i) other.push_back(i * 7 % 20);
  const Signal a = chain(cell, kXor2, first_inputs(20));
  const Signal b = tree(cell, kXor2, other);
  cell.outputs = {Literal(a), Literal(b)};
  const Circuit circuit = flat_circuit(cell);
  for (const int conflicts : {0, 1}) {
    const Circuit given_up =
        optimised(circuit, {.sweep = true, .sweep_conflicts = conflicts, .lut = 0});
    CHECK(given_up.cell().outputs[0] != given_up.cell().outputs[1]);
    CHECK(same_function(circuit, given_up));
  }
}

TEST_CASE("sweeping keeps the function of random cells and never adds nodes") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Cell cell =
        random_cell(seed, {.inputs = 14, .nodes = 150, .outputs = 30, .most_fan_in = 3});
    const Circuit circuit = flat_circuit(cell, seed % 4);
    const Circuit plain = optimised(circuit, {.lut = 0});
    const Circuit result = optimised(circuit, kSweep);
    CHECK(same_function(circuit, result));
    CHECK(in_normal_form(result.cell()));
    CHECK(result.cell().nodes.size() <= plain.cell().nodes.size());
  }
}

TEST_CASE("after sweeping few inputs no two nodes are the same function") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Cell cell =
        random_cell(seed, {.inputs = 5, .nodes = 80, .outputs = 80, .most_fan_in = 3});
    const Circuit result = optimised(flat_circuit(cell), kSweep);
    std::vector<std::uint64_t> tables = evaluate_signals(result.cell(), kProjection.data(), 1);
    for (std::uint64_t& table : tables) table = (table & 1) != 0 ? ~table : table;
    std::sort(tables.begin(), tables.end());
    CHECK(std::adjacent_find(tables.begin(), tables.end()) == tables.end());
  }
}

TEST_CASE("windows use what a node's inputs cannot be together") {
  // (x ∧ y) ⊕ (x ∨ y ∨ z): the first implies the second, so that only one half matters:
  // with a = x ∧ y, b = a ∨ z, the node a ∨ b is b, and a ∧ b is a.
  Cell cell;
  cell.inputs = 3;
  const Signal a = cell.add(two(kAnd2, 0, 1));
  const Signal b = cell.add(two(kOr2, a, 2));
  cell.outputs = {Literal(cell.add(two(kOr2, a, b))), Literal(cell.add(two(kAnd2, a, b)))};
  const Circuit circuit = flat_circuit(cell);
  CHECK(optimised(circuit, {.lut = 0}).cell().nodes.size() == 4);
  const Circuit result = optimised(circuit, {.windows = true, .lut = 0});
  CHECK(same_function(circuit, result));
  CHECK(result.cell().nodes.size() == 2);
  CHECK(result.cell().outputs == std::vector<Literal>{Literal(b), Literal(a)});
}

}  // namespace
}  // namespace pliant::circuit
