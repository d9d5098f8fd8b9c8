// tests/circuit/proof_test.cpp — circuits that are equal, differ in one gate, or only seem to
// differ
#include "pliant/circuit/proof.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "pliant/circuit/program.h"
#include "pliant/circuit/proof/adder_proof.h"
#include "pliant/circuit/proof/external_program.h"
#include "pliant/circuit/verilog.h"
#include "tests/circuit/random_circuit.h"

namespace pliant::circuit {
namespace {

using State = ProofStep::State;

const ProofStep* step_of(const Proof& proof, std::string_view part) {
  for (const ProofStep& step : proof.steps) {
    if (step.part == part) return &step;
  }
  return nullptr;
}

/// Whether the part ran: its program is installed.
bool ran(const Proof& proof, std::string_view part) {
  const ProofStep* step = step_of(proof, part);
  REQUIRE(step != nullptr);
  if (step->state == State::kNotRun) MESSAGE(step->text);
  return step->state != State::kNotRun;
}

/// More inputs than can be tried.
Circuit large(std::uint64_t seed, std::size_t classes = 5) {
  return flat_circuit(
      random_cell(seed,
                  {.inputs = 40, .nodes = 400, .outputs = 60, .least_fan_in = 2, .most_fan_in = 3}),
      classes);
}

/// The same function by other nodes: each node x is x with its first input flipped, and inverters.
Circuit rewritten(const Circuit& circuit) {
  Circuit result = circuit;
  Cell cell;
  cell.inputs = circuit.cell().inputs;
  std::vector<Signal> at(circuit.cell().signals());
  for (Signal i = 0; i < cell.inputs; ++i) at[i] = i;
  for (Signal s = cell.inputs; s < circuit.cell().signals(); ++s) {
    Node node = circuit.cell().node(s);
    for (std::size_t i = 0; i < static_cast<std::size_t>(node.fan_in); ++i)
      node.inputs[i] = at[node.inputs[i]];
    if (node.fan_in > 0) {
      node.inputs[0] = cell.add({0b01, 1, {node.inputs[0]}});
      node.table = flip_input(node.table, 0);
    }
    at[s] = cell.add(node);
  }
  for (const Literal output : circuit.cell().outputs) {
    const Signal inverse = cell.add({0b01, 1, {at[output.signal()]}});
    cell.outputs.emplace_back(inverse, !output.inverted());
  }
  result.stages = {placed_once(std::move(cell))};
  return result;
}

TEST_CASE("a circuit is equal to another form of itself") {
  const Circuit circuit = large(1);
  const Proof proof = prove(circuit, rewritten(circuit), {.words = 50});
  if (!ran(proof, "class bits")) return;
  CHECK(proof.verdict == Verdict::kEqual);
  CHECK(step_of(proof, "simulation")->state == State::kAgreed);
  CHECK(step_of(proof, "class bits")->state == State::kProved);
  if (ran(proof, "adders")) CHECK(step_of(proof, "adders")->state == State::kProved);
  const Circuit bare = large(2, 0);
  CHECK(prove(bare, rewritten(bare), {.words = 50}).verdict == Verdict::kEqual);
}

TEST_CASE("with few inputs simulation alone is a proof") {
  const Circuit circuit = flat_circuit(random_cell(3, {.inputs = 12, .outputs = 30}), 3);
  const Proof proof = prove(circuit, rewritten(circuit), {.adders = false});
  CHECK(proof.verdict == Verdict::kEqual);
  CHECK(proof.steps.size() == 1);
  CHECK(proof.steps[0].state == State::kProved);
  // The sum is the same although no bit is: a + b = (a and b) + (a or b).
  Cell bits{2, {}, {Literal(0), Literal(1)}};
  Cell sums{2, {{0b1000, 2, {0, 1}}, {0b1110, 2, {0, 1}}}, {Literal(2), Literal(3)}};
  CHECK(prove(flat_circuit(bits, 1), flat_circuit(sums, 1), {}).verdict == Verdict::kEqual);
  CHECK(prove(flat_circuit(bits, 2), flat_circuit(sums, 2), {}).verdict == Verdict::kDifferent);
}

/// Scores of one example by the plainest way.
std::vector<std::int32_t> scores_of(const Circuit& circuit, const std::vector<std::uint8_t>& bits) {
  std::vector<std::int32_t> scores(circuit.scores());
  Program(circuit).run(Batch::bits(bits.data(), 1), scores.data(), base::serial_executor());
  return scores;
}

TEST_CASE("one other entry of one table is found, with an example") {
  const Circuit circuit = large(4);
  int found = 0;
  for (std::size_t o = 0; o < 60; o += 6) {
    Circuit other = rewritten(circuit);
    const Signal shown = circuit.cell().outputs[o].signal();
    if (shown < 40) continue;
    Circuit spoilt = circuit;
    spoilt.cell().nodes[shown - 40].table ^= 2;
    const Proof proof = prove(other, spoilt, {.words = 20, .adders = false});
    if (proof.verdict == Verdict::kEqual) continue;  // That entry is never read.
    REQUIRE(proof.counterexample.has_value());
    CHECK(proof.verdict == Verdict::kDifferent);
    CHECK(scores_of(other, proof.counterexample->bits) == proof.counterexample->first);
    CHECK(scores_of(spoilt, proof.counterexample->bits) == proof.counterexample->second);
    CHECK(proof.counterexample->first != proof.counterexample->second);
    ++found;
  }
  CHECK(found > 3);
}

TEST_CASE("a difference that chance does not find, abc does") {
  // One of 2^40 examples.
  Cell cell;
  cell.inputs = 40;
  Signal all = 0;
  for (Signal i = 1; i < 40; ++i) all = cell.add({i % 3 == 0 ? 0b0010U : 0b1000U, 2, {all, i}});
  cell.outputs = {Literal(all), Literal(0), Literal(1)};
  Cell without = cell;
  without.nodes.push_back({0, 0, {}});
  without.outputs[0] = Literal(without.signals() - 1);
  const Proof proof =
      prove(flat_circuit(cell, 1), flat_circuit(without, 1), {.words = 50, .adders = false});
  CHECK(step_of(proof, "simulation")->state == State::kAgreed);
  if (!ran(proof, "class bits")) return;
  CHECK(proof.verdict == Verdict::kDifferent);
  REQUIRE(proof.counterexample.has_value());
  for (std::size_t i = 0; i < 40; ++i)
    CHECK(proof.counterexample->bits[i] == (i > 0 && i % 3 == 0 ? 0 : 1));
}

TEST_CASE("bits may stand in another order, be complements, or be constants in the bias") {
  Circuit circuit = large(5, 2);
  Circuit other = rewritten(circuit);
  std::vector<Literal>& bits = other.cell().outputs;
  std::reverse(bits.begin(), bits.begin() + 30);
  // A pair of complements and a constant 1 more, and that much less bias.
  const Signal one = other.cell().add({1, 0, {}});
  bits.insert(bits.begin() + 3, {bits[7], !bits[7], Literal(one), Literal(one, true)});
  other.sums.begins = {0, 34, 64};
  other.sums.biases = {-2, 0};
  const Proof proof = prove(circuit, other, {.words = 50, .adders = false});
  if (!ran(proof, "class bits")) return;
  CHECK(proof.verdict == Verdict::kEqual);
  CHECK(step_of(proof, "class bits")->text.find("folded") != std::string::npos);
  other.sums.biases = {-1, 0};
  CHECK(prove(circuit, other, {.words = 1}).verdict == Verdict::kDifferent);
}

TEST_CASE("equal sums of bits that have no partners are not decided, and it says so") {
  Circuit circuit = large(6, 2);
  Circuit other = circuit;
  // x + y = (x and y) + (x or y), of two inputs.
  circuit.cell().outputs[0] = Literal(0);
  circuit.cell().outputs[1] = Literal(1);
  other.cell().outputs[0] = Literal(other.cell().add({0b1000, 2, {0, 1}}));
  other.cell().outputs[1] = Literal(other.cell().add({0b1110, 2, {0, 1}}));
  const Proof proof = prove(circuit, other, {.words = 50, .adders = false});
  if (!ran(proof, "class bits")) return;
  CHECK(proof.verdict == Verdict::kUndecided);
  CHECK(step_of(proof, "class bits")->text.find("not proved for 1 of 2 classes (0)") == 0);
}

/// 20 features with thresholds 0.2, 0.5, 0.5 and 0.8.
Circuit encoded(Cell cell) {
  Circuit circuit = flat_circuit(std::move(cell), 1);
  circuit.encoder.features = 20;
  circuit.encoder.shape = {1, 4, 5};
  for (std::uint32_t b = 0; b < 80; ++b) {
    circuit.encoder.feature.push_back(b / 4);
    circuit.encoder.threshold.push_back(std::array{0.8, 0.5, 0.2, 0.5}[b % 4]);
  }
  return circuit;
}

TEST_CASE("only what the encoder can make counts") {
  Cell cell;
  cell.inputs = 80;
  Cell other = cell;
  for (Signal f = 0; f < 20; ++f) {
    cell.outputs.emplace_back(4 * f);                                        // above 0.8
    other.outputs.emplace_back(other.add({0b1000, 2, {4 * f, 4 * f + 2}}));  // and above 0.2
    cell.outputs.emplace_back(4 * f + 1);
    other.outputs.emplace_back(4 * f + 3);
  }
  const Proof proof = prove(encoded(cell), encoded(other), {.words = 50, .adders = false});
  if (!ran(proof, "class bits")) return;
  CHECK(proof.verdict == Verdict::kEqual);
  CHECK(proof.text ==
        "The circuits have the same scores for all inputs that the encoder can make.");
  // Without the encoder they differ.
  Circuit bare = encoded(cell);
  Circuit bare_other = encoded(other);
  for (Circuit* circuit : {&bare, &bare_other}) {
    circuit->encoder = {};
    circuit->encoder.inputs = 80;
  }
  CHECK(prove(bare, bare_other, {.adders = false}).verdict == Verdict::kDifferent);
  Circuit tilted = encoded(other);
  tilted.cell().nodes[5].table = 0b0100;
  const Proof different = prove(encoded(cell), tilted, {.adders = false});
  REQUIRE(different.counterexample.has_value());
  const std::optional<Picture> picture =
      counterexample_picture(tilted.encoder, different.counterexample->bits);
  REQUIRE(picture.has_value());
  std::vector<std::uint8_t> bits(80);
  encode(tilted.encoder, picture->pixels.data(), bits.data());
  CHECK(bits == different.counterexample->bits);
}

/// One feature with these thresholds, of which circuits read some; the output is the node.
Circuit one_number(const std::vector<double>& thresholds, const Node& node) {
  Cell cell;
  cell.inputs = static_cast<std::uint32_t>(thresholds.size());
  cell.outputs = {Literal(cell.add(node))};
  Circuit circuit = flat_circuit(std::move(cell));
  circuit.encoder.features = 1;
  circuit.encoder.feature.assign(thresholds.size(), 0);
  circuit.encoder.threshold = thresholds;
  return circuit;
}

TEST_CASE(
    "what no circuit reads hides no difference: a bit may be 1 though a lower one is not read") {
  const Node never{0, 0, {}};
  // The highest threshold, and one of equal ones in the middle, with others below and above.
  for (const auto& [thresholds, read] :
       {std::pair{std::vector{0.2, 0.5}, Signal{1}}, std::pair{std::vector{0.5, 0.2}, Signal{0}},
        std::pair{std::vector{0.5, 0.2, 0.5, 0.5, 0.8}, Signal{0}},
        std::pair{std::vector{0.5, 0.2, 0.5, 0.5, 0.8}, Signal{2}},
        std::pair{std::vector{0.5, 0.2, 0.5, 0.5, 0.8}, Signal{3}}}) {
    CAPTURE(read);
    const Proof proof = prove(one_number(thresholds, {0b10, 1, {read}}),
                              one_number(thresholds, never), {.adders = false});
    REQUIRE(proof.verdict == Verdict::kDifferent);
    const std::vector<std::uint8_t>& bits = proof.counterexample->bits;
    for (std::size_t high = 0; high < bits.size(); ++high) {
      for (std::size_t low = 0; low < bits.size(); ++low)
        CHECK((bits[high] == 0 || thresholds[low] > thresholds[high] || bits[low] == 1));
    }
  }
  // What the encoder cannot make is no difference still: 0.5 without 0.2, one of equal ones.
  for (const auto& [thresholds, table] :
       {std::pair{std::vector{0.2, 0.3, 0.5}, TruthTable{0b0100}},
        std::pair{std::vector{0.5, 0.2, 0.5}, TruthTable{0b0110}}}) {
    const Node impossible{table, 2, {0, 2}};
    CHECK(
        prove(one_number(thresholds, impossible), one_number(thresholds, never), {.adders = false})
            .verdict == Verdict::kEqual);
  }
}

TEST_CASE("bits of three equal thresholds are one bit") {
  Circuit first = flat_circuit(Cell{60, {}, {}}, 0);
  first.encoder.features = 20;
  for (std::uint32_t b = 0; b < 60; ++b) {
    first.encoder.feature.push_back(b % 20);
    first.encoder.threshold.push_back(0.5);
  }
  Circuit second = first;
  for (Signal f = 0; f < 20; ++f) {
    first.cell().outputs.emplace_back(f);
    second.cell().outputs.emplace_back(second.cell().add({0x80, 3, {f, f + 20, f + 40}}));
  }
  const Proof proof = prove(first, second, {.words = 20});
  CHECK(step_of(proof, "simulation")->state == State::kAgreed);
  if (ran(proof, "class bits")) CHECK(proof.verdict == Verdict::kEqual);
}

TEST_CASE("a counterexample as a picture") {
  Encoder encoder;
  encoder.inputs = 12;
  encoder.shape = {2, 2, 3};
  const std::optional<Picture> picture =
      counterexample_picture(encoder, {1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1});
  REQUIRE(picture.has_value());
  CHECK(picture->text() == "@     \n @   @\n");
  CHECK(picture->pgm() == std::string("P5\n6 2\n255\n\xFF\0\0\0\0\0\0\xFF\0\0\0\xFF", 23));
  encoder.shape.clear();
  CHECK_FALSE(counterexample_picture(encoder, std::vector<std::uint8_t>(12)).has_value());
}

TEST_CASE("adders are proved, and an adder that is broken is caught") {
  ClassSums sums;
  sums.begins = {0, 30, 30, 77, 78};
  sums.biases = {1, 2, 3, -4};
  Circuit circuit = large(7, 1);
  circuit.cell().outputs.resize(78, Literal(3));
  circuit.sums = sums;
  const std::string code = verilog(circuit);
  const ProofStep step = prove_adders(code, "circuit", sums, 60);
  if (step.state == State::kNotRun) return;
  CHECK(step.state == State::kProved);
  const auto spoilt = [&](std::string_view module, std::string_view what, std::string_view by) {
    std::string text = code;
    const std::size_t at = text.find(what, text.find(module));
    REQUIRE(at != std::string::npos);
    return prove_adders(text.replace(at, what.size(), by), "circuit", sums, 60).state;
  };
  CHECK(spoilt("circuit_sum_3(", "^", "|") == State::kRefuted);
  CHECK(spoilt("circuit_sum_7(", "a + b", "a - b") == State::kRefuted);
  CHECK(spoilt("circuit_sum_47(", "a + b", "a | b") == State::kRefuted);
  CHECK(spoilt("circuit_sum_47(", "bits[22:0]", "bits[23:1]") == State::kRefuted);
  CHECK(spoilt("circuit_sum_47(", "assign", "asign") == State::kUndecided);
}

TEST_CASE("Verilog comes back as the same bits") {
  for (const Circuit& circuit : {large(8), large(9, 0)}) {
    Circuit back;
    try {
      back = circuit_of_verilog(verilog(circuit), 60);
    } catch (const std::invalid_argument& error) {
      if (std::string(error.what()).find("not installed") == std::string::npos) throw;
      MESSAGE(error.what());
      return;
    }
    const Proof proof = prove(circuit, back, {.words = 20, .adders = false});
    if (ran(proof, "class bits")) CHECK(proof.verdict == Verdict::kEqual);
    back.cell().outputs[17] = !back.cell().outputs[17];
    CHECK(prove(circuit, back, {.adders = false}).verdict == Verdict::kDifferent);
  }
  CHECK_THROWS_AS(circuit_of_verilog("module x; endmodule", 10), std::invalid_argument);
}

TEST_CASE("parts whose program is missing are not run, and nothing is claimed") {
  const char* path = std::getenv("PATH");
  const std::string kept = path == nullptr ? "" : path;
  ::setenv("PATH", "/nowhere", 1);
  const Proof proof = prove(large(1), rewritten(large(1)), {.words = 10});
  ::setenv("PATH", kept.c_str(), 1);
  CHECK(proof.verdict == Verdict::kUndecided);
  CHECK(step_of(proof, "class bits")->state == State::kNotRun);
  CHECK(step_of(proof, "class bits")->text == "not run: berkeley-abc is not installed");
  CHECK(step_of(proof, "adders")->state == State::kNotRun);
}

TEST_CASE("the programs that are looked for are those that run, and none is found nowhere") {
  for (const ProofProgram& program : proof_programs()) {
    CHECK_FALSE(program.purpose.empty());
    CHECK(program.path.empty() == !run_program({program.name, "-h"}, 10).found);
  }
  const char* path = std::getenv("PATH");
  const std::string kept = path == nullptr ? "" : path;
  ::setenv("PATH", "/nowhere", 1);
  const std::vector<ProofProgram> programs = proof_programs();
  ::setenv("PATH", kept.c_str(), 1);
  CHECK(programs.size() == 3);
  for (const ProofProgram& program : programs) CHECK(program.path.empty());
}

TEST_CASE("circuits of other inputs or results are refused") {
  const Circuit circuit = large(1);
  CHECK_THROWS_WITH_AS(prove(circuit, flat_circuit(random_cell(1), 5)),
                       "prove: the circuits have 40 and 10 input bits", std::invalid_argument);
  CHECK_THROWS_WITH_AS(prove(circuit, large(1, 6)), "prove: the circuits have 5 and 6 classes",
                       std::invalid_argument);
  Cell cell;
  cell.inputs = 80;
  cell.outputs = {Literal(0)};
  Circuit shifted = encoded(cell);
  shifted.encoder.threshold[3] = 0.75;
  CHECK_THROWS_AS(prove(encoded(cell), shifted), std::invalid_argument);
  for (const double seconds : {0.0, -1.0, 1e300, std::nan("")})
    CHECK_THROWS_WITH_AS(prove(circuit, circuit, {.seconds = seconds}),
                         doctest::Contains("prove: seconds must be > 0 and at most 10^7"),
                         std::invalid_argument);
}

}  // namespace
}  // namespace pliant::circuit
