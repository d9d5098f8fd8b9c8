// tests/circuit/circuit_test.cpp — the intermediate form: flattening, sizes, and what is refused
#include "pliant/circuit/circuit.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tests/circuit/random_circuit.h"

namespace pliant::circuit {
namespace {

using Words = std::vector<std::uint64_t>;

/// The bits of a circuit stage by stage, each placement evaluated on its own.
Words evaluate_stages(const Circuit& circuit, Words bits, std::size_t words) {
  for (const Stage& stage : circuit.stages) {
    Words next(stage.bits() * words);
    for (std::size_t p = 0; p < stage.placements; ++p) {
      Words rows;
      for (std::size_t i = 0; i < stage.cell.inputs; ++i) {
        const std::uint32_t wire = stage.wires[p * stage.cell.inputs + i];
        for (std::size_t w = 0; w < words; ++w)
          rows.push_back(wire == Stage::kZero ? 0 : bits[wire * words + w]);
      }
      const Words outputs = evaluate(stage.cell, rows.data(), words);
      for (std::size_t o = 0; o < stage.cell.outputs.size(); ++o) {
        for (std::size_t w = 0; w < words; ++w)
          next[(o * stage.placements + p) * words + w] = outputs[o * words + w];
      }
    }
    bits = std::move(next);
  }
  return bits;
}

/// Two stages at several places, with padding and inverted outputs.
Circuit two_stages(std::uint64_t seed) {
  base::Random random(seed, 2, 0);
  Circuit circuit;
  circuit.encoder.inputs = 7;
  std::uint32_t before = 7;
  for (std::uint64_t s = 0; s < 2; ++s) {
    Stage stage;
    stage.cell = random_cell(seed * 2 + s, {.inputs = 5, .nodes = 12, .outputs = 3});
    stage.placements = 4;
    for (int i = 0; i < 20; ++i) {
      const std::uint32_t wire = random.below(before + 1);
      stage.wires.push_back(wire == before ? Stage::kZero : wire);
    }
    before = static_cast<std::uint32_t>(stage.bits());
    circuit.stages.push_back(std::move(stage));
  }
  return circuit;
}

TEST_CASE("a flat circuit computes what its stages do, placement by placement") {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const Circuit circuit = two_stages(seed);
    check_circuit(circuit);
    CHECK(!circuit.flat());
    const Circuit flat = flattened(circuit);
    check_circuit(flat);
    CHECK(flat.flat());
    CHECK(flat.output_bits() == 12);
    const Words rows = random_words(seed, 7 * 2);
    CHECK(evaluate(flat.cell(), rows.data(), 2) == evaluate_stages(circuit, rows, 2));
    CHECK(flattened(flat) == flat);
  }
}

TEST_CASE("padding adds one constant, and only where it is read") {
  Circuit circuit = two_stages(1);
  const auto constants = [](const Circuit& flat) {
    return std::count_if(flat.cell().nodes.begin(), flat.cell().nodes.end(),
                         [](const Node& node) { return node.fan_in == 0; });
  };
  for (Stage& stage : circuit.stages) {
    stage.cell = random_cell(3, {.inputs = 5, .nodes = 12, .outputs = 3, .least_fan_in = 1});
  }
  CHECK(constants(flattened(circuit)) == 1);
  for (Stage& stage : circuit.stages) {
    for (std::uint32_t& wire : stage.wires) wire = wire == Stage::kZero ? 0 : wire;
  }
  CHECK(constants(flattened(circuit)) == 0);
}

TEST_CASE("sizes, depth and live inputs of a small cell") {
  // Inputs 0, 1, 2; 3 = 0 ∧ 1, 4 = ¬3, 5 = 1; outputs 4 and 5.
  Cell cell;
  cell.inputs = 3;
  cell.add({.table = 0b1000, .fan_in = 2, .inputs = {0, 1}});
  cell.add({.table = 0b01, .fan_in = 1, .inputs = {3}});
  cell.add({.table = 1, .fan_in = 0});
  cell.outputs = {Literal(4), Literal(5)};
  const Size size = size_of(cell);
  CHECK(size.nodes == 3);
  CHECK(size.depth == 2);
  CHECK(size.live_inputs == 2);
  CHECK(size.class_bits == 2);
  const Words rows = {0b1100, 0b1010, 0};
  CHECK(evaluate(cell, rows.data(), 1) == Words{~std::uint64_t{0b1000}, ~std::uint64_t{0}});
}

/// What is wrong with a circuit after `spoil`.
template <class Spoil>
std::string refusal(const Spoil& spoil) {
  Circuit circuit =
      flat_circuit(random_cell(5, {.inputs = 4, .nodes = 6, .outputs = 6, .least_fan_in = 2}), 3);
  check_circuit(circuit);
  spoil(circuit);
  try {
    check_circuit(circuit);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a circuit that is not one is refused, with the place") {
  CHECK(contains(refusal([](Circuit& c) { c.cell().nodes[2].inputs[1] = 6; }),
                 "node 2 of stage 0 reads signal 6, which does not stand before it"));
  CHECK(contains(refusal([](Circuit& c) { c.cell().nodes[1].fan_in = 7; }), "has 7 inputs"));
  CHECK(contains(refusal([](Circuit& c) { c.cell().nodes[1].fan_in = -1; }), "has -1 inputs"));
  CHECK(contains(refusal([](Circuit& c) {
                   c.cell().nodes[1] = {.table = 0b10000, .fan_in = 2, .inputs = {0, 1}};
                 }),
                 "entries beyond"));
  CHECK(contains(refusal([](Circuit& c) { c.cell().outputs[5] = Literal(10); }),
                 "output 5 of stage 0 is signal 10, there are 10"));
  CHECK(contains(refusal([](Circuit& c) { c.stages[0].wires[0] = 4; }), "reads bit 4"));
  CHECK(contains(refusal([](Circuit& c) { c.stages[0].wires.pop_back(); }), "needs 1 × 4 wires"));
  CHECK(contains(refusal([](Circuit& c) { c.stages.clear(); }), "at least one stage"));
  CHECK(contains(refusal([](Circuit& c) {
                   c.stages.insert(c.stages.begin(), Stage{{}, 1U << 30, {}});
                 }),
                 "stage 0 has 1073741824 placements and 0 bits, fewer than 2^30"));
  CHECK(contains(refusal([](Circuit& c) { c.sums.begins[1] = 5; }), "must increase"));
  CHECK(contains(refusal([](Circuit& c) { c.sums.begins.back() = 5; }), "must increase"));
  CHECK(contains(refusal([](Circuit& c) { c.sums.biases.pop_back(); }), "3 boundaries"));
  CHECK(contains(refusal([](Circuit& c) { c.sums.biases.clear(); }), "without biases"));
  CHECK(contains(refusal([](Circuit& c) { c.sums.names = {"one"}; }), "one name"));
  CHECK(contains(refusal([](Circuit& c) { c.sums.tau = 0; }), "tau must be > 0"));
  CHECK(contains(
      refusal([](Circuit& c) { c.sums.biases[1] = std::numeric_limits<std::int32_t>::max(); }),
      "does not fit 32 bits"));
}

TEST_CASE("classes of equally many bits") {
  const ClassSums sums = equal_sums(6, 3);
  CHECK(sums.begins == std::vector<std::uint32_t>{0, 2, 4, 6});
  CHECK(sums.classes() == 3);
  CHECK_THROWS_WITH_AS(equal_sums(7, 3), "class sums: the classes must divide the 7 bits, got 3",
                       std::invalid_argument);
  CHECK_THROWS_AS(equal_sums(7, 0), std::invalid_argument);
}

}  // namespace
}  // namespace pliant::circuit
