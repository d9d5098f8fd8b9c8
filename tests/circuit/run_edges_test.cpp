// tests/circuit/run_edges_test.cpp — the largest scores, the smallest circuits, the last byte of a
// batch
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>

#include "pliant/circuit/optimise.h"
#include "tests/circuit/oracle.h"

namespace pliant::circuit {
namespace {

constexpr std::int32_t kLeast = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t kMost = std::numeric_limits<std::int32_t>::max();

/// The way of few examples, blocks, and more than one of them.
void check_counts(const Circuit& circuit, std::uint64_t seed) {
  for (const std::size_t count : {1UL, 40UL, 97UL, 700UL, 2100UL})
    check_all_ways(circuit, seed, count);
}

Circuit of_classes(std::vector<std::uint32_t> begins, std::vector<std::int32_t> biases) {
  Circuit circuit = flat_circuit(
      random_cell(7, {.inputs = 9, .nodes = 60, .outputs = begins.back(), .least_fan_in = 1}));
  circuit.sums.begins = std::move(begins);
  circuit.sums.biases = std::move(biases);
  return circuit;
}

TEST_CASE("scores of all 32 bits: biases may lie as far apart as they can") {
  with_every_target([&] {
    check_counts(of_classes({0, 20, 40, 60, 60}, {kLeast, kMost - 20, -1, 0}), 1);
    check_counts(of_classes({0, 1, 18}, {kMost - 1, kLeast}), 2);
    check_counts(of_classes({0, 30, 60}, {kLeast, kLeast + 1}), 3);
    check_counts(of_classes({0, 0, 0}, {kLeast, kMost}), 4);
  });
  // One more does not fit.
  CHECK_THROWS_AS(Program(of_classes({0, 20}, {kMost - 19})), std::invalid_argument);
}

TEST_CASE("one class, and classes without bits") {
  with_every_target([&] {
    check_counts(of_classes({0, 33}, {5}), 1);
    check_counts(of_classes({0, 0}, {-3}), 2);
    check_counts(of_classes({0, 0, 0, 0}, {-3, 7, 7}), 3);
    check_counts(of_classes({0, 0, 16, 16}, {8, 0, 7}), 4);
  });
}

TEST_CASE("a thousand classes") {
  std::vector<std::uint32_t> begins = {0};
  std::vector<std::int32_t> biases;
  for (std::int32_t c = 0; c < 1000; ++c) {
    begins.push_back(begins.back() + static_cast<std::uint32_t>(c % 5));
    biases.push_back(c % 7 - 3);
  }
  const Circuit circuit = of_classes(begins, biases);
  with_every_target([&] {
    for (const std::size_t count : {1UL, 33UL, 130UL}) check_all_ways(circuit, 5, count);
  });
}

TEST_CASE("classes of every number of bits, and of more than twelve planes hold") {
  std::vector<std::uint32_t> begins = {0};
  for (std::uint32_t bits = 0; bits < 140; ++bits) begins.push_back(begins.back() + bits);
  begins.push_back(begins.back() + 5000);
  const Circuit circuit = of_classes(begins, std::vector<std::int32_t>(begins.size() - 1));
  with_every_target([&] {
    for (const std::size_t count : {33UL, 130UL}) check_all_ways(circuit, 6, count);
  });
}

TEST_CASE("no inputs, no nodes, no outputs, and outputs that are inputs or constants") {
  const Circuit nothing = flat_circuit(Cell{});
  Circuit bare = flat_circuit(Cell{3, {}, {}});
  Cell constants;
  const Signal zero = constants.add({});
  const Signal one = constants.add({.table = 1});
  constants.outputs = {Literal(zero), Literal(one), Literal(zero, true), Literal(one, true)};
  const Cell wires{3, {}, {Literal(2), Literal(0, true), Literal(2), Literal(2, true)}};
  with_every_target([&] {
    for (const Circuit& circuit :
         {nothing, bare, flat_circuit(constants), flat_circuit(constants, 2), flat_circuit(wires),
          flat_circuit(wires, 2), flat_circuit(wires, 4)}) {
      check_counts(circuit, 1);
      check_counts(optimised(circuit), 1);
    }
  });
}

/// Numbers of all sorts, and the thresholds at and around which they stand.
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kDenormal = std::numeric_limits<float>::denorm_min();
constexpr std::array kNumbers = {0.0F,
                                 -0.0F,
                                 1.0F,
                                 0.1F,
                                 kDenormal,
                                 -kDenormal,
                                 kInfinity,
                                 -kInfinity,
                                 1e38F,
                                 -1e38F,
                                 std::numeric_limits<float>::quiet_NaN(),
                                 0.5F,
                                 3.4028234e38F};
const std::array kThresholds = {0.0,    -0.0,  0.1,   0.5,  1.0,   1e300,        -1e300,      1e-46,
                                -1e-46, 1e-45, 3e-46, 1e38, -0.25, 3.4028235e38, 3.4028236e38};

/// Features with one threshold and some with a second one, in no order.
Circuit of_numbers(std::uint32_t features, const Crop& crop = {}) {
  const std::uint32_t inputs = features + features / 3;
  Circuit circuit = flat_circuit(
      random_cell(features, {.inputs = inputs, .nodes = 40, .outputs = 12, .least_fan_in = 1}), 3);
  // Each input is read: the last ones decide whether what stands behind a batch is looked at.
  for (Signal i = 0; i < inputs; ++i) circuit.cell().outputs.emplace_back(i);
  circuit.sums = equal_sums(circuit.cell().outputs.size(), 1);
  circuit.encoder.features = features;
  circuit.encoder.crop = crop;
  base::Random random(features, 8, 0);
  for (std::uint32_t b = 0; b < inputs; ++b) {
    circuit.encoder.feature.push_back(b < features ? features - 1 - b : random.below(features));
    circuit.encoder.threshold.push_back(kThresholds[random.below(kThresholds.size())]);
  }
  return circuit;
}

/// Scores of examples in memory that ends with the last of them: a reader beyond is caught where
/// memory is watched.
template <class T>
void check_memory(const Circuit& circuit, const std::vector<T>& examples, std::size_t count,
                  Batch (*batch)(const T*, std::size_t)) {
  const std::size_t width = circuit.encoder.width();
  Bytes bits(count * circuit.input_bits());
  for (std::size_t s = 0; s < count; ++s)
    encode(circuit.encoder, examples.data() + s * width, bits.data() + s * circuit.input_bits());
  const Scores scores = expected(circuit, bits, count);
  const Program program(circuit);
  with_every_target([&] {
    Scores got(scores.size(), -1);
    program.run(batch(examples.data(), count), got.data(), base::serial_executor());
    CHECK(got == scores);
  });
}

constexpr std::array<std::size_t, 7> kCounts = {1, 7, 8, 9, 511, 512, 513};

TEST_CASE("bytes, numbers and bits: nothing behind the last example is read") {
  for (const std::uint32_t width : {1U, 63U, 64U, 65U, 400U, 784U}) {
    CAPTURE(width);
    const Circuit circuit = of_numbers(width);
    Circuit bare = circuit;
    bare.encoder = {};
    bare.encoder.inputs = circuit.encoder.inputs;
    for (const std::size_t count : kCounts) {
      CAPTURE(count);
      base::Random random(width, 9, count);
      Bytes bytes(count * width);
      for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.below(256));
      check_memory(circuit, bytes, count, Batch::bytes);
      std::vector<float> numbers(count * width);
      for (float& number : numbers) number = kNumbers[random.below(kNumbers.size())];
      check_memory(circuit, numbers, count, Batch::numbers);
      Bytes bits(count * bare.encoder.inputs);
      for (std::uint8_t& bit : bits) bit = static_cast<std::uint8_t>(random.below(3) * 127);
      check_memory(bare, bits, count, Batch::bits);
    }
  }
}

/// Where content may begin that fills `side` lines: at the end, from where a crop reads furthest;
/// in the middle where so many lines are to go that both halves must give.
std::uint32_t content_begin(std::uint32_t size, std::uint32_t side) {
  return size - side <= size / 2 ? size - side : (size - side) / 2;
}

TEST_CASE("pictures that are cropped: nothing behind the last one is read") {
  for (const Crop crop : {Crop{1, 1, 1}, Crop{3, 64, 3}, Crop{64, 3, 2}, Crop{8, 8, 1},
                          Crop{9, 33, 8}, Crop{28, 28, 20}, Crop{64, 64, 64}, Crop{64, 64, 33}}) {
    CAPTURE(crop.height);
    CAPTURE(crop.side);
    const Circuit circuit = of_numbers(crop.side * crop.side, crop);
    for (const std::size_t count : {1UL, 7UL, 9UL, 513UL}) {
      CAPTURE(count);
      base::Random random(crop.width, 10, count);
      std::vector<float> numbers(count * crop.height * crop.width);
      const std::uint32_t top = content_begin(crop.height, crop.side);
      const std::uint32_t left = content_begin(crop.width, crop.side);
      for (std::size_t s = 0; s < count; ++s) {
        for (std::uint32_t y = top + random.below(crop.side + 1); y < top + crop.side; ++y) {
          for (std::uint32_t x = left; x < left + crop.side; ++x)
            numbers[(s * crop.height + y) * crop.width + x] =
                kNumbers[random.below(kNumbers.size())];
        }
      }
      check_memory(circuit, numbers, count, Batch::numbers);
      Bytes bytes(numbers.size());
      for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = numbers[i] == 0 ? 0 : static_cast<std::uint8_t>(random.below(256));
      check_memory(circuit, bytes, count, Batch::bytes);
    }
  }
}

/// Pictures whose content spans each rectangle that there is: two of its corners.
Bytes rectangles(const Crop& crop) {
  Bytes all;
  for (std::uint32_t top = 0; top < crop.height; ++top) {
    for (std::uint32_t bottom = top; bottom < crop.height; ++bottom) {
      for (std::uint32_t left = 0; left < crop.width; ++left) {
        for (std::uint32_t right = left; right < crop.width; ++right) {
          all.resize(all.size() + crop.height * crop.width);
          std::uint8_t* picture = all.data() + all.size() - crop.height * crop.width;
          picture[top * crop.width + right] = 255;
          picture[bottom * crop.width + left] = 1;
        }
      }
    }
  }
  return all;
}

TEST_CASE("content at every place is cropped as the encoder crops it, or refused as it refuses") {
  for (const Crop crop : {Crop{6, 7, 4}, Crop{7, 6, 3}, Crop{3, 33, 3}}) {
    CAPTURE(crop.width);
    const Circuit circuit = of_numbers(crop.side * crop.side, crop);
    const Program program(circuit);
    const std::size_t width = circuit.encoder.width();
    const Bytes all = rectangles(crop);
    Bytes cropped;
    for (std::size_t at = 0; at < all.size(); at += width) {
      const std::uint8_t* picture = all.data() + at;
      std::vector<std::uint8_t> bits(circuit.input_bits());
      try {
        encode(circuit.encoder, picture, bits.data());
      } catch (const std::invalid_argument&) {
        Scores scores(circuit.scores());
        CHECK_THROWS_AS(
            program.run(Batch::bytes(picture, 1), scores.data(), base::serial_executor()),
            std::invalid_argument);
        continue;
      }
      cropped.insert(cropped.end(), picture, picture + width);
    }
    CHECK(cropped.size() >= 70 * width);
    check_memory(circuit, cropped, cropped.size() / width, Batch::bytes);
  }
}

TEST_CASE("a few bits of very many features cost no memory for the others") {
  Circuit circuit = flat_circuit(Cell{2, {}, {Literal(0), Literal(1)}});
  circuit.encoder.features = (1U << 30) - 1;
  circuit.encoder.feature = {5, (1U << 30) - 2};
  circuit.encoder.threshold = {0.5, 0.5};
  const Program program(circuit);  // Lists of bits for each feature would take 24 GB.
  const Bytes bits = {1, 0};
  Scores scores(2);
  program.run(Batch::bits(bits.data(), 1), scores.data(), base::serial_executor());
  CHECK(scores == Scores{1, 0});
}

}  // namespace
}  // namespace pliant::circuit
