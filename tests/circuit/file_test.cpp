// tests/circuit/file_test.cpp — the format .plc: all of a circuit, and what is refused
#include "pliant/circuit/file.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <stdexcept>
#include <string>
#include <system_error>

#include "pliant/base/file.h"
#include "tests/circuit/random_circuit.h"
#include "tests/data/scratch_folder.h"

namespace pliant::circuit {
namespace {

using Bytes = std::vector<std::uint8_t>;
using doctest::Contains;

/// The header of docs/circuit_format.md before a payload.
Bytes file_of(const Bytes& payload) {
  Bytes bytes = {0x89, 'P', 'L', 'C', '\r', '\n', 0x1A, '\n', 1, 0, 0, 0};
  Bytes checked;
  for (int b = 0; b < 8; ++b) checked.push_back(static_cast<std::uint8_t>(payload.size() >> 8 * b));
  checked.insert(checked.end(), payload.begin(), payload.end());
  const unsigned long sum = crc32(0, checked.data(), static_cast<unsigned>(checked.size()));
  for (int b = 0; b < 4; ++b) bytes.push_back(static_cast<std::uint8_t>(sum >> 8 * b));
  bytes.insert(bytes.end(), checked.begin(), checked.end());
  return bytes;
}

/// Two examples' numbers → three bits; two stages, padding, biases and names.
Circuit rich() {
  Circuit circuit;
  circuit.encoder = {.inputs = 3,
                     .feature = {0, 1, 0},
                     .threshold = {0.5, -0.0, 0.5},
                     .features = 2,
                     .names = {"ag\ne", ""},
                     .shape = {1, 1, 2},
                     .byte_maximum = 16,
                     .crop = {}};
  Stage stage;
  stage.cell = random_cell(1, {.inputs = 2, .nodes = 30, .outputs = 4});
  stage.placements = 3;
  stage.wires = {0, Stage::kZero, 2, 1, 1, 2};
  circuit.stages = {stage, stage};
  circuit.stages[1].wires = {11, 0, Stage::kZero, Stage::kZero, 3, 4};
  circuit.sums = {.begins = {0, 0, 5, 12}, .biases = {0, -7, 1 << 30}, .names = {"a", "b", "c"}};
  circuit.sums.tau = 6.5;
  return circuit;
}

TEST_CASE("a small circuit byte by byte, as docs/circuit_format.md has it") {
  // Inputs 0 and 1; 2 = 0 ∧ 1; outputs 2, ¬0.
  Cell cell;
  cell.inputs = 2;
  cell.add({.table = 0b1000, .fan_in = 2, .inputs = {0, 1}});
  cell.outputs = {Literal(2), Literal(0, true)};
  const Bytes payload = {
      // 2 bits, no features, maximum 255, no crop, no shape, no names, no thresholds
      2,  0, 0xFF, 1, 0, 0, 0, 0, 0,    0,
      1,               // a stage:
      1,  2, 1,    2,  // a place, 2 inputs, a node, 2 outputs
      14, 2, 2,        // the table 8 of two inputs, signals 2 − 2 and 0 + 1
      8,  5,           // literals 4 and 4 − 3
      1,  1,           // the wires that were expected: 0, 1
      0,  0, 0,    0, 0, 0, 0, 0, 0xF0, 0x3F,  // no classes, no names, tau 1.0
  };
  const Bytes bytes = circuit_bytes(flat_circuit(cell));
  CHECK(bytes == file_of(payload));
  CHECK(parse_circuit(bytes, "f") == flat_circuit(cell));
}

TEST_CASE("all of a circuit comes back") {
  CHECK(parse_circuit(circuit_bytes(rich()), "f") == rich());
  Circuit cropped = rich();
  cropped.encoder.crop = {.height = 4, .width = 3, .side = 2};
  cropped.encoder.features = 4;
  cropped.encoder.names = {"a", "b", "c", "d"};
  cropped.encoder.shape = {1, 2, 2};
  CHECK(parse_circuit(circuit_bytes(cropped), "f") == cropped);
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const RandomCell sizes = {.inputs = static_cast<std::uint32_t>(seed), .outputs = 24};
    const Circuit circuit = flat_circuit(random_cell(seed, sizes), seed % 3);
    CHECK(parse_circuit(circuit_bytes(circuit), "f") == circuit);
  }
}

TEST_CASE("the least circuits come back: no inputs, no nodes, no outputs, no placements") {
  Circuit circuit;
  circuit.stages.emplace_back();
  CHECK(parse_circuit(circuit_bytes(circuit), "f") == circuit);
  circuit.stages[0].placements = 0;
  circuit.stages[0].cell.inputs = 5;
  CHECK(parse_circuit(circuit_bytes(circuit), "f") == circuit);
  circuit = flat_circuit(Cell{.inputs = 1, .nodes = {}, .outputs = {Literal(0)}}, 1);
  CHECK(parse_circuit(circuit_bytes(circuit), "f") == circuit);
}

TEST_CASE("a trained network of 48k nodes takes at most 250 kB") {
  base::Random random(1, 0, 0);
  Cell cell;
  cell.inputs = 784;
  Signal before = 0;
  Signal width = cell.inputs;
  for (int layer = 0; layer < 6; ++layer) {
    const Signal begin = cell.signals();
    for (int n = 0; n < 8000; ++n) {
      cell.add({.table = random.below(16),
                .fan_in = 2,
                .inputs = {before + random.below(width), before + random.below(width)}});
    }
    before = begin;
    width = 8000;
  }
  for (Signal n = 0; n < 8000; ++n) cell.outputs.emplace_back(before + n);
  const Circuit circuit = flat_circuit(std::move(cell), 10);
  const Bytes bytes = circuit_bytes(circuit);
  CHECK(bytes.size() < 250'000);
  CHECK(parse_circuit(bytes, "f") == circuit);
}

TEST_CASE("files are replaced and read") {
  const tests::ScratchFolder folder;
  write_circuit(folder / "net.plc", rich());
  CHECK(read_circuit(folder / "net.plc") == rich());
  CHECK_THROWS_WITH_AS(read_circuit(folder / "none.plc"), Contains("none.plc"), std::system_error);
  CHECK_THROWS_AS(write_circuit(folder / "none/net.plc", rich()), std::system_error);
  Circuit broken = rich();
  broken.stages.clear();
  CHECK_THROWS_AS(write_circuit(folder / "net.plc", broken), std::invalid_argument);
  CHECK(read_circuit(folder / "net.plc") == rich());
}

std::string refusal(const Bytes& bytes) {
  try {
    (void)parse_circuit(bytes, "f");
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("a truncated or damaged file is refused, with the offset") {
  const Bytes bytes = circuit_bytes(rich());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::string text = refusal({bytes.begin(), bytes.begin() + static_cast<long>(size)});
    REQUIRE_MESSAGE(text.find("truncated") != std::string::npos, text);
    REQUIRE(text.find("f: offset ") == 0);
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const int flip : {1, 0x80, 0xFF}) {
      Bytes spoilt = bytes;
      spoilt[at] = static_cast<std::uint8_t>(spoilt[at] ^ flip);
      REQUIRE(refusal(spoilt).find("f: offset ") == 0);
    }
  }
  Bytes longer = bytes;
  longer.push_back(0);
  CHECK(refusal(longer) == "f: offset 16: only " + std::to_string(bytes.size() - 24) +
                               " bytes should follow the header, the file has " +
                               std::to_string(bytes.size() - 23));
  Bytes newer = bytes;
  newer[8] = 2;
  CHECK(refusal(newer) == "f: offset 8: the version is 2, this program reads 1");
  CHECK(refusal({'P', 'K'}) ==
        "f: offset 0: not a circuit file: it does not begin with the mark of .plc");
  CHECK(refusal({}) == "f: offset 0: truncated: a circuit file has at least 24 bytes, got 0");
}

/// The refusal of a payload behind a correct header: after "f: offset ".
std::string hostile(const Bytes& payload) {
  const std::string text = refusal(file_of(payload));
  return text.find("f: offset ") == 0 ? text.substr(10) : text;
}

TEST_CASE("a hostile file with a right checksum is refused before anything is allocated") {
  CHECK(hostile({0x80, 0x80, 0x80, 0x80, 4}) ==
        "24: 1073741824 input bits are too many for a file of 29 bytes");
  CHECK(hostile({1, 0xFF, 0xFF, 0xFF, 0x7F}) ==
        "25: 268435455 features are too many for a file of 29 bytes");
  CHECK(hostile(Bytes(12, 0xFF)) == "24: the number of input bits is no number of 64 bits");
  CHECK(hostile({0xFF, 0xFF, 0xFF, 0xFF, 0x7F}) ==
        "24: the number of input bits is 34359738367, at most 1073741824 is possible here");
  CHECK(hostile({1, 1, 1, 0, 0, 0, 4}) ==
        "30: the dimensions of the shape is 4, at most 3 is possible here");
  CHECK(hostile({0, 0, 1, 0, 0, 0, 3, 0x80, 0x80, 1, 0x80, 0x80, 1, 0x80, 0x80, 1}) ==
        "37: the shape is of more than 2^30 numbers");
  CHECK(hostile({0, 0, 1, 0, 0, 0, 0, 100, 1}) ==
        "31: the number of names is 100, but only 1 bytes follow");
  CHECK(hostile({0, 0, 1, 0, 0, 0, 0, 1, 5, 'a'}) ==
        "32: the length of a name is 5, but only 1 bytes follow");
  CHECK(hostile({5, 1, 1, 0, 0, 0, 0, 0, 0}) ==
        "31: 5 input bits need as many features, but only 1 bytes follow");
  CHECK(hostile({1, 1, 1, 0, 0, 0, 0, 0, 2}) == "32: feature 1 is read, there are 1");
  CHECK(hostile({1, 1, 1, 0, 0, 0, 0, 0, 1}) == "32: feature -1 is read, there are 1");
  CHECK(hostile({1, 1, 1, 0, 0, 0, 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9}) ==
        "33: there are 9 thresholds of 8 bytes, but only 9 bytes follow");
  CHECK(hostile({1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1}) ==
        "42: threshold 1 is read, there are 1");
  CHECK(hostile({1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xF0, 0x7F, 0}) ==
        "24: encoder: the threshold of bit 0 must be finite");
}

TEST_CASE("hostile stages and sums") {
  const auto with = [](const Bytes& rest) {
    Bytes payload = {2, 0, 0xFF, 1, 0, 0, 0, 0, 0, 0};  // two bits; what follows begins at 34
    payload.insert(payload.end(), rest.begin(), rest.end());
    return hostile(payload);
  };
  CHECK(with({9, 1}) == "34: the number of stages is 9, but only 1 bytes follow");
  CHECK(with({1, 1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F}) ==
        "37: the number of nodes is 34359738367, but only 0 bytes follow");
  CHECK(with({1, 0xFF, 0xFF, 0xFF, 0x7F, 0, 1, 0, 0}) ==
        "41: 1 nodes and 0 outputs at 268435455 places are, flat, more than the 1048576 signals "
        "that a file of 43 bytes may have");
  CHECK(with({1, 0xFF, 0xFF, 0xFF, 0xFF, 0xF, 0, 0, 0, 0}) ==
        "42: 0 nodes and 0 outputs at 4294967295 places are, flat, more than the 1048576 signals "
        "that a file of 44 bytes may have");  // to go through them all would take a minute
  CHECK(with({1, 0xFF, 0x7F, 0xFF, 0x7F, 0, 0, 0}) ==
        "40: 16383 places of 16383 inputs need as many wires, but only 1 bytes follow");
  CHECK(with({1, 0, 0xFF, 0xFF, 0xFF, 0x7F, 0, 0}) ==
        "36: a cell of 268435455 inputs is too large for a file of 42 bytes");
  CHECK(with({1, 0, 2, 1, 0, 14, 0, 0}) ==
        "40: signal 2 reads signal 2, which does not stand before it");
  CHECK(with({1, 0, 2, 1, 0, 14, 3, 0}) ==
        "40: signal 2 reads signal -1, which does not stand before it");
  CHECK(with({1, 0, 2, 1, 0, 14, 1, 2, 0}) ==
        "41: signal 2 reads signal 2, which does not stand before it");
  CHECK(with({1, 0, 2, 1, 0, 26, 0, 0}) ==
        "39: the kind of a node is 26, at most 25 is possible here");
  CHECK(with({1, 0, 2, 1, 0, 25, 0, 0}) == "40: truncated: the file ends within a table");
  CHECK(with({1, 0, 2, 0, 1, 12, 0, 0}) == "39: output 0 is signal 3, there are 2");
  CHECK(with({1, 0, 2, 0, 1, 1, 0, 0}) == "39: output 0 is signal -1, there are 2");
  CHECK(with({1, 1, 1, 0, 0, 5, 0, 0}) == "39: bit 2 is read, there are 2");
  CHECK(with({1, 1, 1, 0, 0, 2, 0, 0}) == "39: bit -1 is read, there are 2");
  CHECK(with({1, 1, 0, 0, 0, 1, 1, 0, 0}) ==
        "40: the number of a class's bits is 1, at most 0 is possible here");
  CHECK(with({1, 1, 0, 0, 0, 1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x1F, 0}) ==
        "41: the bias -4294967296 does not fit 32 bits");
  CHECK(with({1, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4}) == "41: truncated: the file ends within tau");
  CHECK(with({1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}) ==
        "39: circuit: tau must be > 0, got 0");
  CHECK(with({1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 7}) ==
        "49: 1 bytes follow the end of the circuit");
  CHECK(with({0, 0, 0, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F}) ==
        "35: circuit: there must be at least one stage");
}

TEST_CASE("what could not be read is not written") {
  Circuit circuit = flat_circuit(random_cell(1, {.inputs = 0, .nodes = 10, .outputs = 0}));
  circuit.stages[0].placements = 50'000;
  CHECK(parse_circuit(circuit_bytes(circuit), "f") == circuit);
  circuit.stages[0].placements = 1'000'000;
  CHECK_THROWS_WITH_AS(circuit_bytes(circuit), Contains("flat it has more than the 1048576"),
                       std::invalid_argument);
}

}  // namespace
}  // namespace pliant::circuit
