// tests/circuit/program_test.cpp — running circuits, against the plainest evaluation of them
#include "pliant/circuit/program.h"

#include <doctest/doctest.h>

#include <stdexcept>

#include "pliant/circuit/run/plan.h"
#include "tests/circuit/oracle.h"

namespace pliant::circuit {
namespace {

TEST_CASE("random circuits of every kind of node agree with the plain evaluator") {
  // Around 32 and 96 the way of few examples changes, around 512, 1024 and 2048 the blocks do.
  const std::size_t counts[] = {1,  2,  31, 32,  33,  63,  64,   65,
                                95, 96, 97, 511, 512, 513, 1025, 2049};
  with_every_target([&] {
    for (std::uint64_t seed = 0; seed < std::size(counts); ++seed) {
      CAPTURE(seed);
      check_all_ways(flat_circuit(random_cell(seed, {.outputs = 21}), 3), seed, counts[seed]);
      check_all_ways(flat_circuit(random_cell(seed, {.inputs = 3, .outputs = 5})), seed,
                     counts[seed]);
    }
  });
}

TEST_CASE("all functions of up to three inputs") {
  Cell cell;
  cell.inputs = 3;
  for (int k = 0; k <= 3; ++k) {
    for (TruthTable table = 0; table <= table_mask(k); ++table) {
      Node node{.table = table, .fan_in = k, .inputs = {}};
      for (int i = 0; i < k; ++i) node.inputs[static_cast<std::size_t>(i)] = static_cast<Signal>(i);
      cell.outputs.emplace_back(cell.add(node), table % 3 == 0);
    }
  }
  const Circuit circuit = flat_circuit(cell);
  with_every_target([&] {
    check_all_ways(circuit, 1, 40);
    check_all_ways(circuit, 2, 600);
  });
}

TEST_CASE("rows are given away and counted, however many a class has") {
  with_every_target([&] {
    for (const std::size_t outputs : {1UL, 15UL, 16UL, 63UL, 64UL, 65UL, 130UL, 1000UL}) {
      CAPTURE(outputs);
      const Cell cell = random_cell(
          outputs, {.inputs = 40, .nodes = 1500, .outputs = 2 * outputs, .least_fan_in = 2});
      check_all_ways(flat_circuit(cell, 2), outputs, 50);
      check_all_ways(flat_circuit(cell, 2), outputs, 700);
    }
  });
}

TEST_CASE("more rows than the cache holds run in smaller blocks") {
  const Cell cell =
      random_cell(1, {.inputs = 5000, .nodes = 30000, .outputs = 20000, .least_fan_in = 2});
  check_all_ways(flat_circuit(cell, 10), 1, 1500);
}

TEST_CASE("a lowered cell has nodes of at most three inputs and the same outputs") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Cell cell = random_cell(seed);
    const Cell low = lowered(cell);
    for (const Node& node : low.nodes) CHECK(node.fan_in <= kExecutedFanIn);
    for (const Literal output : low.outputs) CHECK(!output.inverted());
    const std::vector<std::uint64_t> rows = random_words(seed, cell.inputs);
    CHECK(evaluate(low, rows.data(), 1) == evaluate(cell, rows.data(), 1));
  }
}

TEST_CASE("slots are reused: a chain needs two") {
  Cell cell;
  cell.inputs = 2;
  Signal last = 0;
  for (int n = 0; n < 50; ++n) last = cell.add({.table = 0b0110, .fan_in = 2, .inputs = {last, 1}});
  cell.outputs.emplace_back(last);
  CHECK(make_plan(flat_circuit(cell), Slots::kReused).slots == 2);
  CHECK(make_plan(flat_circuit(cell), Slots::kSequence).slots == 52);
}

TEST_CASE("biases move scores, and equal scores give the first class") {
  Circuit circuit = flat_circuit(random_cell(3, {.nodes = 40, .outputs = 30}), 10);
  circuit.sums.biases = {0, -5, 3, 1, 1, 1, 0, -1000, 2, 0};
  circuit.sums.begins = {0, 0, 3, 3, 20, 20, 20, 25, 26, 29, 30};
  check_all_ways(circuit, 4, 700);
}

TEST_CASE("an empty batch is nothing to do") {
  const Program program(flat_circuit(random_cell(1), 2));
  program.run(Batch::bits(nullptr, 0), nullptr, base::serial_executor());
  program.classify(Batch::packed(nullptr, 0), nullptr, base::serial_executor());
}

/// Examples of bytes against the plain encoder and evaluator, as bytes and as numbers.
void check_encoded(const Circuit& circuit, const Bytes& bytes, std::size_t count) {
  const std::size_t width = circuit.encoder.width();
  Bytes bits(count * circuit.input_bits());
  std::vector<float> numbers;
  for (const std::uint8_t byte : bytes)
    numbers.push_back(static_cast<float>(byte) / static_cast<float>(circuit.encoder.byte_maximum));
  for (std::size_t s = 0; s < count; ++s)
    encode(circuit.encoder, bytes.data() + s * width, bits.data() + s * circuit.input_bits());
  const Scores scores = expected(circuit, bits, count);
  const Program program(circuit);
  for (const Batch& batch :
       {Batch::bytes(bytes.data(), count), Batch::numbers(numbers.data(), count)}) {
    Scores got(scores.size(), -1);
    program.run(batch, got.data(), base::serial_executor());
    CHECK(got == scores);
  }
}

TEST_CASE("numbers and bytes go through the encoder") {
  with_every_target([&] {
    for (const std::uint32_t features : {1U, 3U, 63U, 64U, 65U, 200U}) {
      CAPTURE(features);
      Circuit circuit = flat_circuit(
          random_cell(features, {.inputs = 3 * features, .nodes = 300, .outputs = 12}), 3);
      circuit.encoder.features = features;
      for (std::uint32_t b = 0; b < 3 * features; ++b) {
        circuit.encoder.feature.push_back(b % features);
        // Below all bytes, above all, and between.
        circuit.encoder.threshold.push_back(b % 11 == 0  ? -1.0
                                            : b % 7 == 0 ? 1.0
                                                         : (b / features + 1) * 0.25);
      }
      for (const std::size_t count : {1UL, 33UL, 98UL, 600UL}) {
        Bytes bytes(count * features);
        base::Random random(features, 4, count);
        for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.below(256));
        check_encoded(circuit, bytes, count);
      }
    }
  });
}

/// Pictures whose content leaves at least `border` lines empty, at random places.
Bytes pictures(const Crop& crop, std::size_t count) {
  base::Random random(crop.width, 5, count);
  Bytes bytes(count * crop.height * crop.width);
  for (std::size_t s = 0; s < count; ++s) {
    const std::uint32_t top = random.below(crop.height - crop.side + 1);
    const std::uint32_t left = random.below(crop.width - crop.side + 1);
    const std::uint32_t height = random.below(crop.side + 1);
    const std::uint32_t width = random.below(crop.side + 1);
    for (std::uint32_t y = top; y < top + height; ++y) {
      for (std::uint32_t x = left; x < left + width; ++x)
        bytes[(s * crop.height + y) * crop.width + x] =
            static_cast<std::uint8_t>(random.below(4) * 85);
    }
  }
  return bytes;
}

TEST_CASE("every picture is cropped at its own place") {
  with_every_target([&] {
    for (const Crop crop :
         {Crop{28, 28, 20}, Crop{9, 7, 5}, Crop{40, 33, 33}, Crop{64, 64, 60}, Crop{32, 32, 32}}) {
      CAPTURE(crop.side);
      const std::uint32_t features = crop.side * crop.side;
      Circuit circuit =
          flat_circuit(random_cell(1, {.inputs = features, .nodes = 500, .outputs = 40}), 4);
      circuit.encoder.crop = crop;
      circuit.encoder.features = features;
      for (std::uint32_t f = 0; f < features; ++f) {
        circuit.encoder.feature.push_back(f);
        circuit.encoder.threshold.push_back(0.5);
      }
      check_encoded(circuit, pictures(crop, 3), 3);
      check_encoded(circuit, pictures(crop, 530), 530);
    }
  });
}

TEST_CASE("a picture that cannot be cropped is named") {
  Circuit circuit = flat_circuit(random_cell(1, {.inputs = 4}));
  circuit.encoder.crop = {4, 4, 2};
  circuit.encoder.features = 4;
  circuit.encoder.feature = {0, 1, 2, 3};
  circuit.encoder.threshold = {0.5, 0.5, 0.5, 0.5};
  const Program program(circuit);
  Bytes bytes(200 * 16);
  std::fill_n(bytes.begin() + 137 * 16, 16, std::uint8_t{9});
  Scores scores(200 * circuit.scores());
  CHECK_THROWS_WITH_AS(
      program.run(Batch::bytes(bytes.data(), 200), scores.data(), base::serial_executor()),
      "example 137: the picture has fewer black rows at its borders than the 2 that are to be "
      "trimmed",
      std::invalid_argument);
  CHECK_THROWS_WITH_AS(
      program.run(Batch::bytes(bytes.data() + 137 * 16, 1), scores.data(), base::serial_executor()),
      "example 0: the picture has fewer black rows at its borders than the 2 that are to be "
      "trimmed",
      std::invalid_argument);
}

TEST_CASE("packed results are the bits of run, for few examples and many, on any threads") {
  const Circuit circuit = flat_circuit(random_cell(3, {.inputs = 20, .nodes = 300, .outputs = 9}));
  const Program program(circuit);
  for (const std::size_t count : {1, 31, 32, 33, 64, 65, 96, 97, 511, 513, 5000}) {
    CAPTURE(count);
    Bytes bits(count * 20);
    for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = (i * i / 7 + i % 13) % 3 == 0;
    const std::size_t words = (count + 63) / 64;
    for (const auto& executor : {base::serial_executor(), base::thread_executor(3)}) {
      Scores scores(count * 9);
      program.run(Batch::bits(bits.data(), count), scores.data(), executor);
      std::vector<std::uint64_t> rows(9 * words, ~std::uint64_t{0}), want(9 * words);
      for (std::size_t s = 0; s < count; ++s) {
        for (std::size_t o = 0; o < 9; ++o)
          want[o * words + s / 64] |= static_cast<std::uint64_t>(scores[s * 9 + o]) << (s % 64);
      }
      program.run_packed(Batch::bits(bits.data(), count), rows.data(), executor);
      CHECK(rows == want);
    }
  }
  const Program classes(flat_circuit(random_cell(1, {.inputs = 4, .nodes = 8, .outputs = 4}), 2));
  CHECK_THROWS_WITH_AS(
      classes.run_packed(Batch::packed(nullptr, 0), nullptr, base::serial_executor()),
      "run_packed: the circuit has classes, run it", std::invalid_argument);
}

TEST_CASE("what cannot run is refused") {
  const Program bare(flat_circuit(random_cell(1)));
  std::int32_t label = 0;
  const Bytes bytes(10);
  CHECK_THROWS_WITH_AS(bare.run(Batch::bytes(bytes.data(), 1), &label, base::serial_executor()),
                       "run: the circuit has no encoder of numbers, give it bits",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(bare.classify(Batch::bits(bytes.data(), 1), &label, base::serial_executor()),
                       "classify: the circuit has no classes, run it", std::invalid_argument);
  Circuit broken = flat_circuit(random_cell(1));
  broken.cell().outputs[0] = Literal(1000);
  CHECK_THROWS_AS(Program{broken}, std::invalid_argument);
}

}  // namespace
}  // namespace pliant::circuit
