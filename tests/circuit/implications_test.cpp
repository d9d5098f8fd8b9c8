// tests/circuit/implications_test.cpp — bits that an encoder cannot make are don't-cares
#include <doctest/doctest.h>

#include <vector>

#include "pliant/circuit/optimise.h"
#include "pliant/circuit/optimise/relations.h"
#include "tests/circuit/optimise_check.h"

namespace pliant::circuit {
namespace {

constexpr OptimiseOptions kImplications{.implications = true, .lut = 0};

/// `levels` bits of each of `features` numbers, thresholds 0, 1, …, in an order that is not theirs.
Encoder thermometer(std::uint32_t features, std::uint32_t levels) {
  Encoder encoder;
  encoder.inputs = features * levels;
  encoder.features = features;
  for (std::uint32_t b = 0; b < encoder.inputs; ++b) {
    encoder.feature.push_back(b % features);
    encoder.threshold.push_back(levels - 1 - b / features);
  }
  return encoder;
}

/// Bits whose names say that they exclude each other: 3 jobs, 2 towns, and one that stands alone.
Encoder one_hot() {
  Encoder encoder;
  encoder.inputs = 6;
  encoder.names = {"job=cook", "town=Ulm", "job=smith", "age<=30", "job=baker", "town=Bonn"};
  return encoder;
}

std::vector<std::int64_t> scores(const Circuit& circuit, const std::vector<std::uint8_t>& bits) {
  std::vector<std::uint64_t> rows;
  for (const std::uint8_t bit : bits) rows.push_back(bit);
  std::vector<std::int64_t> all = scores_of(circuit, rows, 1);
  all.resize(circuit.scores());
  return all;
}

TEST_CASE("relations of thermometer bits") {
  const InputRelations relations(thermometer(2, 3));
  CHECK(relations.any());
  // Bits 0, 2, 4 are feature 0 above 2, 1, 0.
  CHECK(relations.implies(0, 2));
  CHECK(relations.implies(0, 4));
  CHECK(!relations.implies(4, 2));
  CHECK(!relations.implies(0, 3));
  CHECK(!relations.excludes(0, 3));
  std::vector<std::uint8_t> bits{InputRelations::kFree, 0, 1, 1, InputRelations::kFree, 1};
  relations.complete(bits);
  CHECK(bits == std::vector<std::uint8_t>{0, 0, 1, 1, 1, 1});
  CHECK(!InputRelations(thermometer(4, 1)).any());
}

TEST_CASE("relations of one-hot names") {
  const InputRelations relations(one_hot());
  CHECK(relations.any());
  CHECK(relations.excludes(0, 2));
  CHECK(relations.excludes(4, 0));
  CHECK(relations.excludes(1, 5));
  CHECK(!relations.excludes(0, 0));
  CHECK(!relations.excludes(0, 1));
  CHECK(!relations.excludes(3, 0));
  CHECK(!relations.implies(0, 2));
  // Features with names: bits under a threshold below 0 are 1 beside others.
  Encoder features = thermometer(2, 2);
  features.names = {"a=1", "a=2"};
  features.threshold[3] = -1;
  const InputRelations named(features);
  CHECK(named.excludes(0, 1));
  CHECK(!named.excludes(0, 3));
  // The same name twice is not its own rival.
  Encoder twice;
  twice.inputs = 2;
  twice.names = {"a=1", "a=1"};
  CHECK(!InputRelations(twice).any());
}

TEST_CASE("random examples agree with the relations") {
  base::Random random(1, 2, 3);
  for (const Encoder& encoder : {thermometer(3, 4), one_hot()}) {
    const InputRelations relations(encoder);
    std::vector<std::uint8_t> bits(encoder.inputs);
    for (int draw = 0; draw < 200; ++draw) {
      relations.draw(random, bits);
      for (std::uint32_t a = 0; a < encoder.inputs; ++a) {
        for (std::uint32_t b = 0; b < encoder.inputs; ++b) {
          if (relations.implies(a, b)) CHECK((bits[a] == 0 || bits[b] == 1));
          if (relations.excludes(a, b)) CHECK((bits[a] == 0 || bits[b] == 0));
        }
      }
    }
  }
}

TEST_CASE("gates of implied bits are wires and constants") {
  // Bit 0 is x > 1, bit 1 is x > 0.
  Cell cell;
  cell.inputs = 2;
  cell.add(two(kAnd2, 0, 1));
  cell.add(two(kOr2, 0, 1));
  cell.add(two(0b0010, 0, 1));  // x > 1 and not x > 0
  cell.outputs = {Literal(2), Literal(3), Literal(4)};
  Circuit circuit = flat_circuit(cell);
  CHECK(optimised(circuit, kImplications).cell().nodes.size() == 3);  // plain bits
  circuit.encoder = thermometer(1, 2);
  CHECK(optimised(circuit, {.lut = 0}).cell().nodes.size() == 3);  // opt-in
  const Circuit result = optimised(circuit, kImplications);
  CHECK(result.cell().nodes == std::vector<Node>{Node{}});
  CHECK(result.cell().outputs == std::vector<Literal>{Literal(0), Literal(1), Literal(2)});
}

TEST_CASE("gates of bits that exclude each other are simpler") {
  Cell cell;
  cell.inputs = 6;
  cell.add(two(kAnd2, 0, 2));   // cook and smith: 0
  cell.add(two(0b0010, 0, 4));  // cook and no baker: cook
  cell.add(two(kAnd2, cell.add(two(kOr2, 0, 1)), cell.add(two(kAnd2, 2, 5))));  // deeper: 0
  cell.outputs = {Literal(6), Literal(7), Literal(10)};
  Circuit circuit = flat_circuit(cell);
  circuit.encoder = one_hot();
  const Circuit result = optimised(circuit, kImplications);
  CHECK(result.cell().nodes == std::vector<Node>{Node{}});
  CHECK(result.cell().outputs == std::vector<Literal>{Literal(6), Literal(0), Literal(6)});
}

TEST_CASE("results stay the same for every example that the encoder can make") {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    for (const bool sweep : {false, true}) {
      Circuit circuit = flat_circuit(
          random_cell(seed, {.inputs = 12, .nodes = 60, .outputs = 12, .most_fan_in = 3}),
          seed % 3);
      circuit.encoder = thermometer(4, 3);
      const Circuit result =
          optimised(circuit, {.implications = true, .windows = sweep, .sweep = sweep});
      check_circuit(result);
      // All examples: each number is at 0, 1, 2 or 3.
      std::vector<std::uint8_t> bits(12);
      for (int example = 0; example < 256; ++example) {
        const std::vector<float> numbers{
            static_cast<float>(example % 4), static_cast<float>(example / 4 % 4),
            static_cast<float>(example / 16 % 4), static_cast<float>(example / 64)};
        encode(circuit.encoder, numbers.data(), bits.data());
        CHECK(scores(circuit, bits) == scores(result, bits));
      }
    }
  }
}

TEST_CASE("sweeping takes the relations for granted too") {
  // Over 14 numbers of 2 bits each, a = all are above 1, b = all are above 1 and above 0.
  Cell cell;
  cell.inputs = 28;
  Signal a = 0;
  for (Signal i = 1; i < 14; ++i) a = cell.add(two(kAnd2, a, i));
  Signal b = 14;
  for (Signal i = 15; i < 28; ++i) b = cell.add(two(kAnd2, b, i));
  const Signal both = cell.add(two(kAnd2, a, b));
  cell.outputs = {Literal(a), Literal(both)};
  Circuit circuit = flat_circuit(cell);
  circuit.encoder = thermometer(14, 2);
  const Circuit plain = optimised(circuit, {.sweep = true, .lut = 0});
  CHECK(plain.cell().outputs[0] != plain.cell().outputs[1]);
  const Circuit result = optimised(circuit, {.implications = true, .sweep = true, .lut = 0});
  CHECK(result.cell().outputs[0] == result.cell().outputs[1]);
  CHECK(result.cell().nodes.size() == 13);
}

}  // namespace
}  // namespace pliant::circuit
