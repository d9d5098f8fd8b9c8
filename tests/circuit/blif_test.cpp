// tests/circuit/blif_test.cpp — BLIF, written, read and refused
#include "pliant/circuit/blif.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "tests/circuit/agree.h"
#include "tests/data/scratch_folder.h"

namespace pliant::circuit {
namespace {

Circuit parse(std::string_view text) { return parse_blif(text, "f"); }

/// The only node of a circuit of one.
Node only_node(std::string_view text) {
  const Circuit circuit = parse(text);
  REQUIRE(circuit.cell().nodes.size() == 1);
  return circuit.cell().nodes[0];
}

TEST_CASE("a small circuit, by hand: constants, both polarities, an output that is an input") {
  // 2 = x0 ∨ x1, 3 = 1, 4 = 0; 5 is read by nobody.
  Cell cell;
  cell.inputs = 2;
  cell.add({.table = 0b1110, .fan_in = 2, .inputs = {0, 1}});
  cell.add({.table = 1, .fan_in = 0});
  cell.add({.table = 0, .fan_in = 0});
  cell.add({.table = 0b1000, .fan_in = 2, .inputs = {0, 1}});
  cell.outputs = {Literal(2), Literal(3), Literal(4, true), Literal(1)};
  CHECK(blif_text(flat_circuit(cell, 2)) ==
        ".model circuit\n.inputs x0 x1\n.outputs c0[0] c0[1] c1[0] c1[1]\n"
        ".names x0 x1 n0\n00 0\n.names n1\n1\n.names n2\n"
        ".names n0 c0[0]\n1 1\n.names n1 c0[1]\n1 1\n.names n2 c1[0]\n0 1\n.names x1 c1[1]\n1 1\n"
        ".end\n");
  CHECK(agree(parse(blif_text(flat_circuit(cell))).cell(), cell));
}

TEST_CASE("a table is written over the inputs that it depends on, each once") {
  Cell cell;
  cell.inputs = 2;
  cell.add({.table = 0b1100'1100, .fan_in = 3, .inputs = {1, 0, 1}});
  cell.outputs = {Literal(2)};
  CHECK(blif_text(flat_circuit(cell)).find(".names x0 n0\n1 1\n") != std::string::npos);
}

TEST_CASE("long lists are continued, and come back") {
  const Circuit circuit =
      flat_circuit(random_cell(1, {.inputs = 300, .nodes = 10, .outputs = 200}));
  const std::string text = blif_text(circuit);
  CHECK(text.find(" \\\n") != std::string::npos);
  std::size_t longest = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    longest = std::max(longest, end - begin);
    begin = end + 1;
  }
  CHECK(longest <= 100);
  CHECK(agree(parse(text).cell(), circuit.cell()));
  CHECK(parse(text).encoder.names.empty());
}

TEST_CASE("circuits come back as the same functions, and files too") {
  const tests::ScratchFolder folder;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const RandomCell sizes = {.inputs = static_cast<std::uint32_t>(seed % 14 + 1),
                              .nodes = seed * 9};
    const Circuit circuit = flat_circuit(random_cell(seed, sizes), seed % 3 * 2);
    write_blif(folder / "f", circuit);
    const Circuit again = read_blif(folder / "f");
    CHECK(agree(circuit.cell(), again.cell()));
    CHECK(blif_text(parse(blif_text(again))) == blif_text(again));
    CHECK(again.cell().nodes.size() <= circuit.cell().nodes.size() + 1);
  }
}

TEST_CASE("a circuit of stages is written flat") {
  Circuit circuit;
  circuit.encoder.inputs = 3;
  Stage stage = placed_once(random_cell(1, {.inputs = 2, .nodes = 9, .outputs = 2}));
  stage.placements = 2;
  stage.wires = {0, Stage::kZero, 2, 1};
  circuit.stages = {stage};
  CHECK(agree(flattened(circuit).cell(), parse(blif_text(circuit)).cell()));
}

TEST_CASE("tables in any order, comments, continued lines, no .model and no .end") {
  const Circuit circuit = parse(
      "# a comment\n"
      ".inputs a \\\n  b # more\r\n"
      ".inputs c\n"
      ".outputs y\\\n z\n"
      ".names t c y  # read before it is defined\n"
      "1- 1\n"
      "\n"
      "-1 1\n"
      ".names a b t\n"
      "11 1\n"
      ".names b z\n"
      "1 0\n");
  CHECK(circuit.encoder.names == std::vector<std::string>{"a", "b", "c"});
  Cell expected;
  expected.inputs = 3;
  expected.add({.table = 0b1111'1000, .fan_in = 3, .inputs = {0, 1, 2}});
  expected.outputs = {Literal(3), Literal(1, true)};
  CHECK(agree(circuit.cell(), expected));
  CHECK(circuit.cell().nodes.size() == 2);
  CHECK(parse("").cell() == Cell{});
}

TEST_CASE("constants, don't-cares, and lists of zeros") {
  const std::string head = ".inputs a b c\n.outputs y\n";
  const Node one = only_node(head + ".names y\n1\n");
  CHECK(one.fan_in == 0);
  CHECK(parse(head + ".names y\n1\n").cell().outputs[0] == Literal(3, true));
  CHECK(parse(head + ".names y\n").cell().outputs[0] == Literal(3));
  CHECK(parse(head + ".names y\n0\n").cell().outputs[0] == Literal(3));
  CHECK(parse(head + ".names a b y\n-- 1\n").cell().outputs[0] == Literal(3, true));
  CHECK(parse(head + ".names a b y\n-- 0\n").cell().outputs[0] == Literal(3));
  CHECK(only_node(head + ".names a b y\n0- 0\n-0 0\n").table == 0b1000);
  CHECK(only_node(head + ".names a b c y\n1-0 1\n01- 1\n").table == 0b0100'1110);
  CHECK(only_node(head + ".names a b a y\n110 1\n011 1\n10- 1\n").table == 0b0010);
}

TEST_CASE("tables of more than six inputs become trees") {
  const std::string head = ".inputs a b c d e f g h\n.outputs y\n.names a b c d e f g h y\n";
  for (const std::string value : {"1", "0"}) {
    const Circuit circuit = parse(head + "11111111 " + value + "\n000----- " + value + "\n");
    Cell expected;
    expected.inputs = 8;
    expected.add({.table = TruthTable{1} << 63, .fan_in = 6, .inputs = {0, 1, 2, 3, 4, 5}});
    expected.add({.table = 0x80, .fan_in = 3, .inputs = {8, 6, 7}});
    expected.add({.table = 0b1000'1111, .fan_in = 3, .inputs = {0, 1, 2}});  // overwritten below
    expected.nodes.back() = {.table = 0x01, .fan_in = 3, .inputs = {0, 1, 2}};
    expected.add({.table = 0b1110, .fan_in = 2, .inputs = {9, 10}});
    expected.outputs = {Literal(11, value == "0")};
    CHECK(agree(circuit.cell(), expected));
  }
  CHECK(parse(head + "-------- 1\n").cell().outputs[0] == Literal(8, true));
  CHECK(parse(head).cell().outputs[0] == Literal(8));
}

std::string refusal(std::string_view text) {
  try {
    (void)parse(text);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("what is no flat combinational BLIF is refused, with the line") {
  CHECK(refusal("hello\n") ==
        "f: line 1: 'hello' is none of .model, .inputs, .outputs, .names and .end, which are read");
  CHECK(refusal(".model a\n.latch a b re clk 0\n") ==
        "f: line 2: .latch: only circuits without state are read");
  CHECK(refusal(".model a\n\n.subckt and a=b\n") ==
        "f: line 3: .subckt: only flat circuits of tables are read");
  CHECK(refusal(".model a\n.model b\n") == "f: line 2: a second model, one is read");
  CHECK(refusal(".model a\n.end\n\n.model b\n.end\n") ==
        "f: line 4: the model has ended, one is read");
  CHECK(refusal(".inputs a\n.inputs \\\n a\n") == "f: line 2: signal 'a' is defined twice");
  CHECK(refusal(".inputs a\n.names a\n1\n") == "f: line 2: signal 'a' is defined twice");
  CHECK(refusal(".outputs y\n") == "f: line 1: signal 'y' is read, but nothing defines it");
  CHECK(refusal(".outputs y\n.names z y\n1 1\n") ==
        "f: line 2: signal 'z' is read, but nothing defines it");
  CHECK(refusal(".outputs y\n.names z y\n1 1\n.names y z\n1 1\n") ==
        "f: line 2: signal 'y' depends on itself");
  CHECK(refusal(".names\n") == "f: line 1: .names needs at least the name of its output");
  CHECK(refusal(".inputs a\n.names a y\n1\n") ==
        "f: line 3: a line of a table of 1 inputs has 2 words, got 1");
  CHECK(refusal(".names y\n1 1\n") ==
        "f: line 2: a line of a table of 0 inputs has 1 words, got 2");
  CHECK(refusal(".inputs a\n.names a y\n11 1\n") ==
        "f: line 3: the table has 1 inputs, the line 2");
  CHECK(refusal(".inputs a\n.names a y\nx 1\n") ==
        "f: line 3: 'x' has other characters than 0, 1 and -");
  CHECK(refusal(".inputs a\n.names a y\n1 2\n") == "f: line 3: the value must be 0 or 1, got '2'");
  CHECK(refusal(".inputs a\n.names a y\n1 1\n0 0\n") ==
        "f: line 4: a table lists its ones or its zeros, not both");
}

}  // namespace
}  // namespace pliant::circuit
