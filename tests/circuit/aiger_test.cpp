// tests/circuit/aiger_test.cpp — AIGER, written, read and refused
#include "pliant/circuit/aiger.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "tests/circuit/agree.h"
#include "tests/data/scratch_folder.h"

namespace pliant::circuit {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }
std::string ascii(const Circuit& circuit) {
  const Bytes bytes = aiger_bytes(circuit, AigerForm::kAscii);
  return {bytes.begin(), bytes.end()};
}
Circuit parse(std::string_view text) { return parse_aiger(bytes_of(text), "f"); }

std::size_t ands_of(TruthTable table, int inputs) {
  Cell cell;
  cell.inputs = static_cast<std::uint32_t>(inputs);
  cell.add({.table = table, .fan_in = inputs, .inputs = {0, 1, 2, 3, 4, 5}});
  cell.outputs = {Literal(cell.inputs)};
  return parse(ascii(flat_circuit(cell))).cell().nodes.size();
}

TEST_CASE("a small circuit in both forms, by hand") {
  // 2 = x0 ∧ ¬x1, 3 = 2 ∨ x0; outputs ¬3, 1, 0 and x1.
  Cell cell;
  cell.inputs = 2;
  cell.add({.table = 0b0010, .fan_in = 2, .inputs = {0, 1}});
  cell.add({.table = 0b1110, .fan_in = 2, .inputs = {1, 2}});
  cell.add({.table = 1, .fan_in = 0});
  cell.outputs = {Literal(3, true), Literal(4), Literal(4, true), Literal(1)};
  const std::string symbols = "i0 x0\ni1 x1\no0 y0\no1 y1\no2 y2\no3 y3\n";
  CHECK(ascii(flat_circuit(cell)) == "aag 4 2 0 4 2\n2\n4\n8\n1\n0\n4\n6 5 2\n8 7 5\n" + symbols);
  const Bytes binary = aiger_bytes(flat_circuit(cell), AigerForm::kBinary);
  CHECK(binary == bytes_of("aig 4 2 0 4 2\n8\n1\n0\n4\n\x01\x03\x01\x02" + symbols));
  CHECK(agree(parse_aiger(binary, "f").cell(), cell));
}

TEST_CASE("class outputs and encoded inputs are named") {
  Circuit circuit =
      flat_circuit(Cell{.inputs = 2, .nodes = {}, .outputs = {Literal(0), Literal(1)}}, 2);
  circuit.sums.begins = {0, 0, 2};
  circuit.encoder.features = 2;
  circuit.encoder.feature = {0, 0};
  circuit.encoder.threshold = {0.5, 0.25};
  circuit.encoder.names = {"work class", "age"};
  CHECK(ascii(circuit) ==
        "aag 2 2 0 2 0\n2\n4\n2\n4\ni0 work_class>0.5\ni1 work_class>0.25\no0 c1[0]\no1 c1[1]\n");
  const Circuit read = parse(ascii(circuit));
  CHECK(read.encoder.names == std::vector<std::string>{"work_class>0.5", "work_class>0.25"});
  CHECK(read.sums.classes() == 0);
}

TEST_CASE("names become unique words") {
  Circuit circuit = flat_circuit(random_cell(1, {.inputs = 4, .nodes = 0, .outputs = 1}));
  circuit.encoder.names = {"a b", "a\nb", "", "y0"};
  const std::string text = ascii(circuit);
  CHECK(text.find("i0 a_b\ni1 a_b~1\ni2 ~2\ni3 y0\no0 y0~0\n") != std::string::npos);
}

TEST_CASE("gates cost what they must: an exclusive or 3 ANDs, shared parts once") {
  CHECK(ands_of(0b1000, 2) == 1);
  CHECK(ands_of(0b0110, 2) == 3);
  CHECK(ands_of(0x96, 3) == 6);
  CHECK(ands_of(0xCA, 3) == 3);  // x2 ? x1 : x0
  CHECK(ands_of(0x8000000000000000U, 6) == 5);
  CHECK(ands_of(0xE8, 3) == 4);  // the majority
  Cell cell = random_cell(1, {.inputs = 5, .nodes = 20, .outputs = 0});
  const std::size_t half = cell.nodes.size();
  for (std::size_t n = 0; n < half; ++n) {
    Node node = cell.nodes[n];
    for (int i = 0; i < node.fan_in; ++i) {
      Signal& source = node.inputs[static_cast<std::size_t>(i)];
      if (source >= 5) source += static_cast<Signal>(half);
    }
    cell.add(node);
  }
  for (Signal s = 5; s < 25; ++s) cell.outputs.emplace_back(s);
  const std::size_t once = parse(ascii(flat_circuit(cell))).cell().nodes.size();
  for (Signal s = 25; s < 45; ++s) cell.outputs.emplace_back(s);
  CHECK(parse(ascii(flat_circuit(cell))).cell().nodes.size() == once);
}

TEST_CASE("circuits come back as the same functions, from both forms and from files") {
  const tests::ScratchFolder folder;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const RandomCell sizes = {.inputs = static_cast<std::uint32_t>(seed % 14), .nodes = seed * 9};
    if (sizes.inputs == 0 && sizes.nodes == 0) continue;
    const Circuit circuit = flat_circuit(random_cell(seed, sizes), seed % 3 * 2);
    for (const AigerForm form : {AigerForm::kAscii, AigerForm::kBinary}) {
      write_aiger(folder / "f", circuit, form);
      const Circuit again = read_aiger(folder / "f");
      CHECK(agree(circuit.cell(), again.cell()));
      CHECK(aiger_bytes(again, form).size() <= aiger_bytes(circuit, form).size());
    }
  }
}

TEST_CASE("a circuit of stages is written flat") {
  Circuit circuit;
  circuit.encoder.inputs = 3;
  Stage stage = placed_once(random_cell(1, {.inputs = 2, .nodes = 9, .outputs = 2}));
  stage.placements = 2;
  stage.wires = {0, Stage::kZero, 2, 1};
  circuit.stages = {stage};
  CHECK(agree(flattened(circuit).cell(), parse(ascii(circuit)).cell()));
}

TEST_CASE("ANDs of the ascii form in any order, comments, names of some inputs") {
  const Circuit circuit =
      parse("aag 9 2 0 2 3\n2\n6\n19\n0\n18 14 7\n14 8 3\n8 6 1\ni1 b c \no1 y\nc\nanything\n");
  CHECK(circuit.encoder.names == std::vector<std::string>{"x0", "b c "});
  // 8 = x1, 14 = ¬x0 ∧ x1, 18 = ¬x0 ∧ x1 ∧ ¬x1 = 0.
  Cell expected;
  expected.inputs = 2;
  expected.add({});
  expected.outputs = {Literal(2, true), Literal(2)};
  CHECK(agree(circuit.cell(), expected));
  CHECK(parse("aag 0 0 0 0 0 0 0 0\n").cell() == Cell{});
  CHECK(parse("aig 1 1 0 1 0\n2\ni0 x0\nc").encoder.names.empty());
}

std::string refusal(std::string_view text) {
  try {
    (void)parse(text);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("what is no combinational AIGER is refused, with the offset") {
  CHECK(refusal("") == "f: offset 0: not an AIGER file: it begins with neither aag nor aig");
  CHECK(refusal("aag") == "f: offset 0: not an AIGER file: it begins with neither aag nor aig");
  CHECK(refusal("aag 1") ==
        "f: offset 5: a space should follow the largest variable, the file ends");
  CHECK(refusal("aag x") == "f: offset 4: the largest variable should stand here");
  CHECK(refusal("aag 99999999999 0 0 0 0\n") ==
        "f: offset 4: the largest variable must be less than 2^31");
  CHECK(refusal("aig 2000000 2000000 0 0 0\n") ==
        "f: offset 4: 2000000 variables are too many for a file of 26 bytes");
  CHECK(refusal("aag 1 0 1 0 0\n2 3\n") ==
        "f: offset 8: the circuit has 1 latches; only those without state are read");
  CHECK(refusal("aag 1 1 0 0 0 1\n2\n3\n") ==
        "f: offset 14: the circuit has properties to prove; only its outputs can be read");
  CHECK(refusal("aag 1 2 0 0 0\n2\n4\n") == "f: offset 6: 2 inputs, but the largest variable is 1");
  CHECK(refusal("aag 2 1 0 0 2\n2\n") ==
        "f: offset 12: 1 inputs and 2 ANDs, but the largest variable is 2");
  CHECK(refusal("aig 3 1 0 0 1\n") ==
        "f: offset 12: 1 inputs and 1 ANDs must be all 3 variables in the binary form");
  CHECK(refusal("aag 9 9 0 9 0\n") ==
        "f: offset 13: 9 outputs and 0 ANDs cannot stand in the 0 bytes that follow");
  CHECK(refusal("aag 9 9 0 0 0\n") ==
        "f: offset 13: 9 inputs cannot stand in the 0 bytes that follow");
  CHECK(refusal("aag 1 1 0 0 0\n3\n") == "f: offset 14: an input is the inverted literal 3");
  CHECK(refusal("aag 1 1 0 0 0\n0\n") == "f: offset 14: the constant is defined");
  CHECK(refusal("aag 2 2 0 0 0\n2\n2\n") == "f: offset 16: variable 1 is defined twice");
  CHECK(refusal("aag 1 1 0 1 0\n2\n4\n") ==
        "f: offset 16: an output is 4, but the largest variable is 1");
  CHECK(refusal("aag 2 1 0 1 0\n2\n4\n") ==
        "f: offset 16: variable 2 is read, but nothing defines it");
  CHECK(refusal("aag 3 1 0 0 1\n2\n6 2 5\n") ==
        "f: offset 16: variable 2 is read, but nothing defines it");
  CHECK(refusal("aag 3 1 0 0 2\n2\n4 2 6\n6 5 2\n") ==
        "f: offset 16: variable 2 depends on itself");
  CHECK(refusal("aag 2 1 0 0 1\n2\n5 2 2\n") == "f: offset 16: an AND is the inverted literal 5");
  CHECK(refusal("aag 2 1 0 0 1\n2\n4 2,2\n") ==
        "f: offset 19: a space should follow a literal of an AND");
  CHECK(refusal("aag 2 1 0 0 1\n2\n4 2 2") ==
        "f: offset 21: a line should end after an AND, the file ends");
  CHECK(refusal("aag 1 1 0 0 0\n2\nx\n") ==
        "f: offset 16: a symbol of an input or output, or a comment should stand here");
  CHECK(refusal("aag 1 1 0 0 0\n2\ni1 a\n") == "f: offset 17: there is no input 1");
  CHECK(refusal("aag 1 1 0 0 0\n2\ni0 a\ni0 b\n") == "f: offset 21: input 0 is named twice");
  CHECK(refusal("aag 1 1 0 0 0\r\n2\r\n") == "f: offset 13: a line should end after the header");
}

TEST_CASE("what is wrong with ANDs of the binary form") {
  const std::string head = "aig 2 1 0 0 1\n";
  CHECK(refusal(head + "\x01") ==
        "f: offset 13: 0 outputs and 1 ANDs cannot stand in the 1 bytes that follow");
  CHECK(refusal(head + "\x01\x80") == "f: offset 15: truncated: the file ends within an AND");
  CHECK(refusal(head + std::string("\x00\x01", 2)) ==
        "f: offset 14: the operands of variable 2 are not in order");
  CHECK(refusal(head + "\x01\x04") == "f: offset 15: the operands of variable 2 are not in order");
  CHECK(refusal(head + "\xFF\xFF\xFF\xFF\x7F\x01") ==
        "f: offset 14: a difference of literals has more than 32 bits");
  CHECK(refusal(head + "\x80\x80\x80\x80\x80\x01") ==
        "f: offset 14: a difference of literals has more than 32 bits");
}

}  // namespace
}  // namespace pliant::circuit
