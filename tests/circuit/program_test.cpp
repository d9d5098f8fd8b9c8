// tests/circuit/program_test.cpp — running circuits, against the plainest evaluation of them
#include "pliant/circuit/program.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "tests/circuit/random_circuit.h"

namespace pliant::circuit {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Scores = std::vector<std::int32_t>;

/// Scores by the plain evaluator, from examples' bits (count, inputs).
Scores expected(const Circuit& circuit, const Bytes& bits, std::size_t count) {
  const Circuit flat = flattened(circuit);
  Scores scores;
  for (std::size_t s = 0; s < count; ++s) {
    const std::uint8_t* example = bits.data() + s * flat.input_bits();
    const std::vector<std::uint64_t> rows(example, example + flat.input_bits());
    const std::vector<std::uint64_t> outputs = evaluate(flat.cell(), rows.data(), 1);
    if (flat.sums.classes() == 0) {
      for (const std::uint64_t output : outputs) scores.push_back(output & 1 ? 1 : 0);
    }
    for (std::size_t c = 0; c < flat.sums.classes(); ++c) {
      std::int32_t score = flat.sums.biases[c];
      for (std::size_t o = flat.sums.begins[c]; o < flat.sums.begins[c + 1]; ++o)
        score += static_cast<std::int32_t>(outputs[o] & 1);
      scores.push_back(score);
    }
  }
  return scores;
}

Scores first_largest(const Scores& scores, std::size_t classes) {
  Scores labels;
  for (std::size_t s = 0; s < scores.size(); s += classes) {
    const auto begin = scores.begin() + static_cast<std::ptrdiff_t>(s);
    labels.push_back(static_cast<std::int32_t>(
        std::max_element(begin, begin + static_cast<std::ptrdiff_t>(classes)) - begin));
  }
  return labels;
}

Bytes random_bits(std::uint64_t seed, std::size_t count) {
  base::Random random(seed, 3, 0);
  Bytes bits(count);
  for (std::uint8_t& bit : bits) bit = static_cast<std::uint8_t>(random.below(2));
  return bits;
}

std::vector<std::uint64_t> packed(const Bytes& bits, std::size_t inputs, std::size_t count) {
  const std::size_t words = (count + 63) / 64;
  std::vector<std::uint64_t> rows(inputs * words, 0);
  for (std::size_t s = 0; s < count; ++s) {
    for (std::size_t i = 0; i < inputs; ++i)
      rows[i * words + s / 64] |= std::uint64_t{bits[s * inputs + i]} << (s % 64);
  }
  // Beyond the last example stands anything.
  for (std::size_t i = 0; count % 64 != 0 && i < inputs; ++i)
    rows[i * words + words - 1] |= ~std::uint64_t{0} << (count % 64);
  return rows;
}

void check_all_ways(const Circuit& circuit, std::uint64_t seed, std::size_t count) {
  const std::size_t inputs = circuit.input_bits();
  const Bytes bits = random_bits(seed, count * inputs);
  const Scores scores = expected(circuit, bits, count);
  const std::vector<std::uint64_t> rows = packed(bits, inputs, count);
  const Program program(circuit);
  for (const base::Executor& executor : {base::serial_executor(), base::thread_executor(3)}) {
    for (const Batch& batch :
         {Batch::bits(bits.data(), count), Batch::packed(rows.data(), count)}) {
      Scores got(scores.size(), -1);
      program.run(batch, got.data(), executor);
      CHECK(got == scores);
      if (circuit.sums.classes() == 0) continue;
      Scores labels(count, -1);
      program.classify(batch, labels.data(), executor);
      CHECK(labels == first_largest(scores, circuit.sums.classes()));
    }
  }
}

TEST_CASE("random circuits of every kind of node agree with the plain evaluator") {
  const std::size_t counts[] = {1, 2, 7, 63, 64, 65, 511, 512, 513, 1100};
  for (std::uint64_t seed = 0; seed < std::size(counts); ++seed) {
    CAPTURE(seed);
    check_all_ways(flat_circuit(random_cell(seed, {.outputs = 21}), 3), seed, counts[seed]);
    check_all_ways(flat_circuit(random_cell(seed, {.inputs = 3, .outputs = 5})), seed,
                   counts[seed]);
  }
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

TEST_CASE("numbers and bytes go through the encoder") {
  Circuit circuit = flat_circuit(random_cell(2, {.inputs = 6, .outputs = 12}), 3);
  circuit.encoder.features = 3;
  circuit.encoder.feature = {0, 1, 2, 0, 1, 2};
  circuit.encoder.threshold = {0.25, 0.25, 0.25, 0.5, 0.6, 0.75};
  const std::size_t count = 600;
  const std::vector<std::uint64_t> words = random_words(9, count);
  Bytes bytes;
  std::vector<float> numbers;
  Bytes bits(count * 6);
  for (std::size_t s = 0; s < count; ++s) {
    for (int f = 0; f < 3; ++f) {
      bytes.push_back(static_cast<std::uint8_t>(words[s] >> (8 * f)));
      numbers.push_back(static_cast<float>(bytes.back()) / 255.0F);
    }
    encode(circuit.encoder, bytes.data() + s * 3, bits.data() + s * 6);
  }
  const Scores scores = expected(circuit, bits, count);
  const Program program(circuit);
  Scores got(scores.size());
  program.run(Batch::bytes(bytes.data(), count), got.data(), base::serial_executor());
  CHECK(got == scores);
  std::fill(got.begin(), got.end(), -1);
  program.run(Batch::numbers(numbers.data(), count), got.data(), base::serial_executor());
  CHECK(got == scores);
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
