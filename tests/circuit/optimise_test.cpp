// tests/circuit/optimise_test.cpp — the passes keep the function, whichever run, and find what is
// known to be there
#include "pliant/circuit/optimise.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "tests/circuit/optimise_check.h"

namespace pliant::circuit {
namespace {

/// Everything off.
OptimiseOptions nothing() {
  return {.constants = false,
          .inverters = false,
          .hashing = false,
          .biases = false,
          .dead = false,
          .lut = 0};
}

OptimiseOptions subset(unsigned choice, int lut) {
  const auto on = [&](unsigned bit) { return ((choice >> bit) & 1U) != 0; };
  return {.constants = on(0),
          .inverters = on(1),
          .hashing = on(2),
          .biases = on(3),
          .dead = on(4),
          .windows = on(5),
          .sweep = on(6),
          .lut = lut};
}

Circuit random_flat(std::uint64_t seed) {
  base::Random random(seed, 3, 0);
  const std::uint32_t inputs = random.below(10);
  const RandomCell sizes{.inputs = inputs,
                         .nodes = 1 + random.below(40),
                         .outputs = 12,
                         .most_fan_in = seed % 2 == 0 ? 2 : kMaxFanIn};
  return flat_circuit(random_cell(seed, sizes), seed % 3);
}

TEST_CASE("every subset of passes keeps the scores of random circuits") {
  for (unsigned choice = 0; choice < 128; ++choice) {
    for (const int lut : {0, 2, 3, 6}) {
      for (std::uint64_t seed = 0; seed < 3; ++seed) {
        const Circuit circuit = random_flat(choice * 3 + seed);
        const Circuit result = optimised(circuit, subset(choice, lut));
        check_circuit(result);
        CAPTURE(choice);
        CAPTURE(lut);
        CHECK(same_function(circuit, result));
        CHECK((lut == 0 || in_normal_form(result.cell(), lut)));
      }
    }
  }
}

TEST_CASE("with no pass a flat circuit stays as it is") {
  Cell cell;
  cell.inputs = 2;
  cell.add({.table = 1, .fan_in = 0});
  cell.add(two(0b0101, 0, 0));
  cell.add(two(0b0111, 0, 1));
  cell.add(two(0b0111, 0, 1));
  cell.outputs = {Literal(2), Literal(3, true)};
  const Circuit circuit = flat_circuit(cell, 2);
  CHECK(optimised(circuit, nothing()) == circuit);
}

TEST_CASE("the result does not depend on whether a report is asked for, and is a fixed point") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Circuit circuit = random_flat(seed);
    for (const int lut : {0, 3}) {
      std::vector<PassReport> report;
      const Circuit result = optimised(circuit, {.lut = lut}, &report);
      CHECK(result == optimised(circuit, {.lut = lut}));
      CHECK(in_normal_form(result.cell()));
      CHECK(optimised(result, {.lut = 0}) == result);
    }
  }
}

TEST_CASE("a report names the passes that ran and tells their sizes") {
  const Circuit circuit = random_flat(4);
  std::vector<PassReport> report;
  const Circuit result = optimised(
      circuit, {.equal_bits = true, .implications = true, .windows = true, .sweep = true, .lut = 4},
      &report);
  std::string names;
  for (const PassReport& entry : report) names += std::string(entry.pass) + " ";
  CHECK(names ==
        "constants inverters hashing biases equal_bits dead implications windows sweep lut ");
  const auto same = [](const Size& a, const Size& b) {
    return a.nodes == b.nodes && a.depth == b.depth && a.class_bits == b.class_bits &&
           a.live_inputs == b.live_inputs;
  };
  CHECK(same(report.front().before, size_of(circuit.cell())));
  CHECK(same(report.back().after, size_of(result.cell())));
  for (std::size_t p = 1; p < report.size(); ++p)
    CHECK(same(report[p - 1].after, report[p].before));
  for (const PassReport& entry : report) CHECK(entry.seconds >= 0);

  report.clear();
  optimised(circuit, nothing(), &report);
  CHECK(report.empty());
  OptimiseOptions one = nothing();
  one.hashing = true;
  optimised(circuit, one, &report);
  REQUIRE(report.size() == 1);
  CHECK(report[0].pass == "hashing");
}

TEST_CASE("constants and wires go through, and what does not matter is dropped") {
  // 2 = 1, 3 = x ∧ 1, 4 = ¬x ∧ x = 0, 5 = (y, whatever x is), 6 = 3 ⊕ 5, 7 = 6 ∨ 4
  Cell cell;
  cell.inputs = 2;
  cell.add({.table = 1, .fan_in = 0});
  cell.add(two(kAnd2, 0, 2));
  cell.add(two(0b0100, 0, 0));
  cell.add(two(0b1100, 0, 1));
  cell.add(two(kXor2, 3, 5));
  cell.add(two(kOr2, 6, 4));
  cell.outputs = {Literal(7), Literal(4), Literal(2), Literal(3)};
  const Circuit result = optimised(flat_circuit(cell), {.lut = 0});
  REQUIRE(result.cell().nodes.size() == 2);
  CHECK(result.cell().nodes[0] == two(kXor2, 0, 1));
  CHECK(result.cell().nodes[1] == Node{});
  CHECK(result.cell().outputs ==
        std::vector<Literal>{Literal(2), Literal(3), Literal(3, true), Literal(0)});
}

TEST_CASE("inverters end in tables and at outputs") {
  // ¬(¬x ∧ ¬y) is x ∨ y; NAND is a complemented AND.
  Cell cell;
  cell.inputs = 2;
  cell.add({.table = 0b01, .fan_in = 1, .inputs = {0}});
  cell.add({.table = 0b01, .fan_in = 1, .inputs = {1}});
  cell.add(two(kAnd2, 2, 3));
  cell.add({.table = 0b01, .fan_in = 1, .inputs = {4}});
  cell.add(two(0b0111, 0, 1));
  cell.outputs = {Literal(5), Literal(6), Literal(2)};
  const Circuit result = optimised(flat_circuit(cell), {.lut = 0});
  CHECK(result.cell().nodes == std::vector<Node>{two(kOr2, 0, 1), two(kAnd2, 0, 1)});
  CHECK(result.cell().outputs ==
        std::vector<Literal>{Literal(2), Literal(3, true), Literal(0, true)});
}

TEST_CASE("hashing finds exchanged inputs and complements") {
  // x ∧ ¬y, ¬y ∧ x, ¬x ∨ y
  Cell cell;
  cell.inputs = 2;
  cell.add(two(0b0010, 0, 1));
  cell.add(two(0b0100, 1, 0));
  cell.add(two(0b1101, 0, 1));
  cell.outputs = {Literal(2), Literal(3), Literal(4)};
  const Circuit result = optimised(flat_circuit(cell), {.lut = 0});
  CHECK(result.cell().nodes == std::vector<Node>{two(0b0010, 0, 1)});
  CHECK(result.cell().outputs == std::vector<Literal>{Literal(2), Literal(2), Literal(2, true)});
  CHECK(optimised(flat_circuit(cell), {.inverters = false, .lut = 0}).cell().nodes.size() == 2);
  CHECK(optimised(flat_circuit(cell), {.hashing = false, .lut = 0}).cell().nodes.size() == 3);
}

TEST_CASE("dead nodes go, and only then") {
  Cell cell;
  cell.inputs = 3;
  cell.add(two(kAnd2, 0, 1));
  cell.add(two(kXor2, 1, 2));
  cell.add(two(kOr2, 3, 2));
  cell.outputs = {Literal(4)};
  CHECK(optimised(flat_circuit(cell), {.lut = 0}).cell().nodes ==
        std::vector<Node>{two(kXor2, 1, 2)});
  CHECK(optimised(flat_circuit(cell), {.dead = false, .lut = 0}).cell().nodes.size() == 3);
}

TEST_CASE("constant bits and pairs of complements become biases") {
  // Class 0: 1, x, ¬x, x, 0 → bias 2 and x. Class 1: ¬x, y, ¬x → itself. Class 2: nothing left.
  Cell cell;
  cell.inputs = 2;
  const Signal one = cell.add({.table = 1, .fan_in = 0});
  const Literal x(0);
  cell.outputs = {Literal(one), x, !x, x, Literal(one, true), !x, Literal(1), !x, !x, x};
  Circuit circuit = flat_circuit(cell);
  circuit.sums = {.begins = {0, 5, 8, 10}, .biases = {10, -3, 0}, .names = {}};
  const Circuit result = optimised(circuit);
  CHECK(result.cell().nodes.empty());
  CHECK(result.cell().outputs == std::vector<Literal>{x, !x, Literal(1), !x});
  CHECK(result.sums.begins == std::vector<std::uint32_t>{0, 1, 4, 4});
  CHECK(result.sums.biases == std::vector<std::int32_t>{12, -3, 1});
  CHECK(same_function(circuit, result));
  // Constants that are still nodes are seen too.
  const Circuit half = optimised(circuit, {.constants = false, .lut = 0});
  CHECK(half.sums.biases == std::vector<std::int32_t>{12, -3, 1});
  const Circuit kept = optimised(circuit, {.biases = false});
  CHECK(kept.cell().outputs.size() == 10);
  CHECK(kept.sums == circuit.sums);
}

TEST_CASE("bits that every class counts equally often are counted by none") {
  Cell cell;
  cell.inputs = 3;
  const Literal x(0);
  const Literal y(1);
  const Literal z(2);
  // x twice in class 0 and once in the others; ¬y in two of three; z everywhere, also inverted.
  cell.outputs = {x, x, !y, z, z, x, !y, x, z, y, !z};
  Circuit circuit = flat_circuit(cell);
  circuit.sums = {.begins = {0, 4, 7, 11}, .biases = {1, 2, 3}, .names = {"a", "b", "c"}};
  const Circuit result = optimised(circuit, {.biases = false, .equal_bits = true});
  CHECK(result.cell().outputs == std::vector<Literal>{x, !y, !y, y, !z});
  CHECK(result.sums.begins == std::vector<std::uint32_t>{0, 2, 3, 5});
  // All scores of an example change by the same number.
  std::size_t words = 0;
  std::size_t gone = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Circuit before =
        flat_circuit(random_cell(seed, {.inputs = 4, .nodes = 8, .outputs = 60}), 3);
    const Circuit after = optimised(before, {.equal_bits = true});
    const std::vector<std::uint64_t> rows = test_rows(4, words);
    const std::vector<std::int64_t> old_scores = scores_of(before, rows, words);
    const std::vector<std::int64_t> scores = scores_of(after, rows, words);
    gone += optimised(before).output_bits() - after.output_bits();
    for (std::size_t s = 0; s < scores.size(); ++s)
      CHECK(old_scores[s] - scores[s] == old_scores[s / 3 * 3] - scores[s / 3 * 3]);
  }
  CHECK(gone > 0);
  // One class has nobody to be compared with.
  const Circuit lonely = flat_circuit(random_cell(1), 1);
  CHECK(same_function(lonely, optimised(lonely, {.equal_bits = true})));
}

TEST_CASE("circuits with nothing in them pass through") {
  Cell empty;
  CHECK(optimised(flat_circuit(empty), {.implications = true, .windows = true, .sweep = true}) ==
        flat_circuit(empty));
  Cell wires;
  wires.inputs = 2;
  wires.outputs = {Literal(1), Literal(0, true), Literal(1)};
  CHECK(optimised(flat_circuit(wires), {.implications = true, .windows = true, .sweep = true}) ==
        flat_circuit(wires));
  // No inputs: all is constant, and all of it goes into biases.
  const Circuit constant =
      flat_circuit(random_cell(5, {.inputs = 0, .nodes = 30, .outputs = 20, .most_fan_in = 3}), 4);
  const Circuit result = optimised(constant, {.windows = true, .sweep = true});
  CHECK(result.output_bits() == 0);
  CHECK(result.cell().nodes.empty());
  CHECK(same_function(constant, result));
}

TEST_CASE("stages of many placements are flattened first") {
  Circuit circuit;
  circuit.encoder.inputs = 4;
  Stage stage;
  stage.cell.inputs = 2;
  stage.cell.add(two(0b0111, 0, 1));
  stage.cell.outputs = {Literal(2)};
  stage.placements = 3;
  stage.wires = {0, 1, 2, Stage::kZero, 1, 0};
  circuit.stages = {stage};
  const Circuit result = optimised(circuit);
  CHECK(result.flat());
  CHECK(same_function(circuit, result));
  // NAND with the padding is 1; the third place is the first one's.
  CHECK(result.cell().nodes.size() == 2);
  CHECK(result.cell().outputs[0] == result.cell().outputs[2]);
}

TEST_CASE("what cannot be optimised is refused") {
  const Circuit circuit = random_flat(1);
  const auto message = [&](const OptimiseOptions& options) {
    try {
      optimised(circuit, options);
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(message({.lut = 1}) == "optimise: lut must be 0 or 2 … 6, got 1");
  CHECK(message({.lut = 7}) == "optimise: lut must be 0 or 2 … 6, got 7");
  CHECK(message({.lut = -3}) == "optimise: lut must be 0 or 2 … 6, got -3");
  CHECK(message({.sweep_conflicts = -1}) == "optimise: sweep_conflicts must be >= 0, got -1");
  Circuit broken = circuit;
  broken.cell().outputs.push_back(Literal(1000));
  CHECK_THROWS_AS(optimised(broken), std::invalid_argument);
}

}  // namespace
}  // namespace pliant::circuit
