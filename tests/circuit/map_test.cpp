// tests/circuit/map_test.cpp — mapping: the function stays, and small circuits get their known
// least number of nodes
#include <doctest/doctest.h>

#include "pliant/circuit/optimise.h"
#include "tests/circuit/optimise_check.h"

namespace pliant::circuit {
namespace {

std::size_t mapped_nodes(const Cell& cell, int lut) {
  const Circuit circuit = flat_circuit(cell);
  const Circuit result = optimised(circuit, {.lut = lut});
  CHECK(same_function(circuit, result));
  CHECK(in_normal_form(result.cell(), lut));
  return result.cell().nodes.size();
}

/// inputs 0 … n − 1 joined one after another.
Cell chain(std::uint32_t inputs, TruthTable table) {
  Cell cell;
  cell.inputs = inputs;
  Signal last = 0;
  for (Signal i = 1; i < inputs; ++i) last = cell.add(two(table, last, i));
  cell.outputs = {Literal(last)};
  return cell;
}

TEST_CASE("random cells of any fan-in keep their function in nodes of 2 to 6 inputs") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Cell cell = random_cell(seed, {.inputs = 1 + static_cast<std::uint32_t>(seed % 11),
                                         .nodes = 30,
                                         .outputs = 6,
                                         .most_fan_in = 2 + static_cast<int>(seed % 5)});
    for (int lut = 2; lut <= kMaxFanIn; ++lut) mapped_nodes(cell, lut);
  }
}

TEST_CASE("mapping never needs more nodes than there were, and wider ones never more") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Cell cell = random_cell(
        seed, {.inputs = 30, .nodes = 300, .outputs = 40, .least_fan_in = 2, .most_fan_in = 2});
    const std::size_t clean = optimised(flat_circuit(cell), {.lut = 0}).cell().nodes.size();
    const std::size_t three = mapped_nodes(cell, 3);
    CHECK(three < clean);
    CHECK(mapped_nodes(cell, 2) <= clean);
    CHECK(mapped_nodes(cell, 6) < three);
  }
}

TEST_CASE("a multiplexer of three gates is one node of three inputs") {
  Cell cell;
  cell.inputs = 3;
  cell.add(two(kAnd2, 0, 1));
  cell.add(two(0b0100, 0, 2));  // ¬x ∧ z
  cell.add(two(kOr2, 3, 4));
  cell.outputs = {Literal(5)};
  CHECK(mapped_nodes(cell, 3) == 1);
  CHECK(mapped_nodes(cell, 2) == 3);
}

TEST_CASE("chains of exclusive or, and of and, take every input that a node can have") {
  for (const TruthTable table : {kXor2, kAnd2, kOr2}) {
    CHECK(mapped_nodes(chain(7, table), 3) == 3);
    CHECK(mapped_nodes(chain(7, table), 4) == 2);
    CHECK(mapped_nodes(chain(7, table), 5) == 2);
    CHECK(mapped_nodes(chain(7, table), 6) == 2);
    CHECK(mapped_nodes(chain(6, table), 6) == 1);
    CHECK(mapped_nodes(chain(2, table), 6) == 1);
  }
}

TEST_CASE("a full adder of five gates is two nodes, a ripple adder two a bit") {
  Cell cell;
  cell.inputs = 17;  // a0 … a7, b0 … b7, carry
  Signal carry = 16;
  for (Signal bit = 0; bit < 8; ++bit) {
    const Signal half = cell.add(two(kXor2, bit, 8 + bit));
    cell.outputs.emplace_back(cell.add(two(kXor2, half, carry)));
    const Signal both = cell.add(two(kAnd2, bit, 8 + bit));
    const Signal through = cell.add(two(kAnd2, half, carry));
    carry = cell.add(two(kOr2, both, through));
  }
  cell.outputs.emplace_back(carry);
  CHECK(mapped_nodes(cell, 3) == 16);
}

TEST_CASE("a node that two others share is not computed twice where that costs") {
  // s = x ∧ y ∧ z is an output and read by two gates with two inputs of their own.
  Cell cell;
  cell.inputs = 7;
  const Signal s = cell.add(two(kAnd2, cell.add(two(kAnd2, 0, 1)), 2));
  const Signal left = cell.add(two(kXor2, cell.add(two(kXor2, s, 3)), 4));
  const Signal right = cell.add(two(kOr2, cell.add(two(kOr2, s, 5)), 6));
  cell.outputs = {Literal(s), Literal(left), Literal(right)};
  CHECK(mapped_nodes(cell, 3) == 3);
}

TEST_CASE("a table of six inputs is taken apart by its structure") {
  // x0 ∧ (x1 ⊕ (x2 ∨ (x3 ∧ ¬(x4 ⊕ x5)))): five gates, three nodes of three inputs.
  Cell cell;
  cell.inputs = 6;
  TruthTable table = ~(kProjection[4] ^ kProjection[5]);
  table = kProjection[0] & (kProjection[1] ^ (kProjection[2] | (kProjection[3] & table)));
  cell.add({.table = table, .fan_in = 6, .inputs = {0, 1, 2, 3, 4, 5}});
  cell.outputs = {Literal(6, true)};
  CHECK(mapped_nodes(cell, 2) == 5);
  CHECK(mapped_nodes(cell, 3) <= 4);
  CHECK(mapped_nodes(cell, 6) == 1);
}

TEST_CASE("a net like a trained one is mapped as well as berkeley-abc maps it") {
  // Layers of 400 gates whose wiring is a shuffled chain, as `unique` wiring makes it.
  base::Random random(5, 0, 0);
  Cell cell;
  cell.inputs = 400;
  for (Signal layer = 0; layer < 8; ++layer) {
    std::vector<Signal> order(400);
    for (Signal i = 0; i < 400; ++i) order[i] = i;
    for (Signal i = 399; i > 0; --i) std::swap(order[i], order[random.below(i + 1)]);
    for (const Signal i : order)
      cell.add(two(1 + random.below(14), 400 * layer + i, 400 * layer + (i + 1) % 400));
  }
  for (Signal i = 0; i < 400; ++i) cell.outputs.emplace_back(400 * 8 + i);
  const Circuit circuit = flat_circuit(cell);
  const Circuit result = optimised(circuit);
  CHECK(same_function(circuit, result));
  // `strash; if -K 3 -a` needs 1739 of two inputs or more.
  CHECK(result.cell().nodes.size() <= 1750);
}

TEST_CASE("a chain of 100000 nodes neither hangs nor overflows the stack") {
  Cell cell;
  cell.inputs = 50;
  Signal last = 0;
  for (Signal n = 0; n < 100000; ++n) last = cell.add(two(n % 2 == 0 ? kXor2 : kOr2, last, n % 50));
  cell.outputs = {Literal(last)};
  const Circuit circuit = flat_circuit(cell);
  const Circuit result = optimised(circuit);
  CHECK(result.cell().nodes.size() <= 50000);
  const std::vector<std::uint64_t> rows = random_words(1, 50);
  CHECK(evaluate(cell, rows.data(), 1) == evaluate(result.cell(), rows.data(), 1));
}

}  // namespace
}  // namespace pliant::circuit
