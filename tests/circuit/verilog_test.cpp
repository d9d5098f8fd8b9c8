// tests/circuit/verilog_test.cpp — generated Verilog, run by iverilog and read by yosys
#include "pliant/circuit/verilog.h"

#include <doctest/doctest.h>

#include <limits>
#include <stdexcept>
#include <string>

#include "pliant/circuit/proof/external_program.h"
#include "tests/circuit/iverilog.h"
#include "tests/circuit/random_circuit.h"

namespace pliant::circuit {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes random_bits(std::uint64_t seed, std::size_t count) {
  Bytes bits;
  for (const std::uint64_t word : random_words(seed, count))
    bits.push_back(static_cast<std::uint8_t>(word & 1));
  return bits;
}

void check_bench(const Circuit& circuit, const Bytes& examples,
                 const VerilogOptions& options = {}) {
  const std::string text =
      printed(verilog(circuit, options), verilog_test_bench(circuit, examples, options));
  const std::size_t width =
      circuit.encoder.has_features() ? circuit.encoder.features : circuit.input_bits();
  if (text.empty()) return;
  CHECK(text == "PASS " + std::to_string(width == 0 ? 1 : examples.size() / width) + "\n");
}

/// Classes of many sizes, an empty one too; biases of both signs; inverted class bits.
Circuit uneven(std::uint64_t seed) {
  Circuit circuit = flat_circuit(random_cell(seed, {.inputs = 9, .nodes = 80, .outputs = 43}), 1);
  circuit.sums.begins = {0, 0, 7, 8, 24, 43};
  circuit.sums.biases = {3, 0, 2, -6, -7};
  circuit.sums.names = {"none", "a", "b", "tab\there\nline", "c"};
  return circuit;
}

TEST_CASE("scores of generated Verilog have all 32 bits") {
  constexpr std::int32_t kLeast = std::numeric_limits<std::int32_t>::min();
  constexpr std::int32_t kMost = std::numeric_limits<std::int32_t>::max();
  Circuit circuit = uneven(3);
  circuit.sums.biases = {kLeast, kMost - 7, 0, kLeast, kMost - 19};
  check_bench(circuit, random_bits(3, 9 * 20));
  check_bench(circuit, random_bits(3, 9 * 20), {.pipelined = true});
}

/// A convolution with padding and a second stage.
Circuit convolution() {
  Circuit circuit = padded_stages(12);
  circuit.sums = equal_sums(12, 3);
  return circuit;
}

Circuit encoded() {
  Circuit circuit = flat_circuit(random_cell(14, {.inputs = 7, .outputs = 15}), 3);
  circuit.encoder.features = 4;
  circuit.encoder.feature = {0, 3, 1, 1, 2, 0, 3};
  circuit.encoder.threshold = {0.25, 0.5, -0.5, 0.1F, 0.75, 2, 1};
  circuit.encoder.names = {"a", "b\n", "c", "d"};
  return circuit;
}

TEST_CASE("iverilog runs the test bench") {
  check_bench(uneven(1), random_bits(1, 9 * 200));
  check_bench(flat_circuit(random_cell(2)), random_bits(2, 10 * 100));
  check_bench(convolution(), random_bits(3, 9 * 100));
  Bytes bytes;
  for (const std::uint64_t word : random_words(4, 4 * 100))
    bytes.push_back(static_cast<std::uint8_t>(word));
  check_bench(encoded(), bytes);
  check_bench(flat_circuit(random_cell(5), 1), random_bits(5, 10 * 5));
  Cell wires;
  wires.inputs = 2;
  wires.outputs = {Literal(0), Literal(0, true), Literal(1)};
  check_bench(flat_circuit(wires, 3), random_bits(6, 20));
  check_bench(flat_circuit(random_cell(7, {.inputs = 0, .nodes = 3, .outputs = 2})), {});
}

TEST_CASE("a pipeline takes an example at each clock") {
  const VerilogOptions options{.name = "Fast_1", .pipelined = true};
  CHECK(verilog_latency(uneven(1), options) == size_of(uneven(1).cell()).depth + 2);
  CHECK(verilog_latency(uneven(1)) == 0);
  check_bench(uneven(1), random_bits(1, 9 * 100), options);
  check_bench(flat_circuit(random_cell(2)), random_bits(2, 10 * 100), options);
  check_bench(convolution(), random_bits(3, 9 * 100), options);
}

TEST_CASE("the test bench finds a broken gate, a broken adder and a broken choice") {
  const Circuit circuit = uneven(3);
  const std::string code = verilog(circuit);
  const std::string bench = verilog_test_bench(circuit, random_bits(1, 9 * 400));
  const auto broken = [&](std::string_view what, std::string_view by) {
    std::string spoilt = code;
    const std::size_t at = spoilt.find(what);
    REQUIRE(at != std::string::npos);
    spoilt.replace(at, what.size(), by);
    const std::string text = printed(spoilt, bench);
    return text.empty() || text.starts_with("FAIL example ");
  };
  CHECK(broken("assign sum = a + b", "assign sum = a - b"));
  CHECK(broken("g_0_0 = s_1 > s_0", "g_0_0 = s_1 >= s_0"));
  CHECK(broken("assign out = {", "assign out = {~"));
  Circuit other = circuit;
  const Signal shown = other.cell().outputs[20].signal();
  REQUIRE(shown >= 9);
  other.cell().nodes[shown - 9].table ^= 1;
  const std::string text = printed(verilog(other), bench);
  CHECK((text.empty() || text.starts_with("FAIL example ")));
}

TEST_CASE("yosys reads what is generated, and finds no problem") {
  for (const Circuit& circuit : {uneven(4), convolution(), encoded()}) {
    for (const bool pipelined : {false, true}) {
      const TemporaryFolder folder;
      folder.write("code.v", verilog(circuit, {.pipelined = pipelined}));
      const ProgramResult result = run_program(
          {"yosys", "-q", "-e", ".*", "-p",
           "read_verilog code.v; hierarchy -check -top circuit_top; proc; opt; check -assert"},
          kSimulationSeconds, folder.path());
      if (!result.found) {
        MESSAGE("not run: there is no yosys");
        return;
      }
      CHECK(result.output == "");
      CHECK(result.code == 0);
    }
  }
}

TEST_CASE("widths of scores and sizes of adders") {
  ClassSums sums = equal_sums(16000, 10);
  CHECK(verilog_score_bits(sums) == 12);  // 0 … 1600, and a sign
  CHECK(verilog_sum_sizes(sums) ==
        std::vector<std::size_t>{2, 3, 4, 6, 7, 12, 13, 25, 50, 100, 200, 400, 800, 1600});
  sums.biases.assign(10, -2000);
  CHECK(verilog_score_bits(sums) == 12);  // −2000 … −400
  sums.biases[3] = 448;
  CHECK(verilog_score_bits(sums) == 13);  // … 2048
}

TEST_CASE("what cannot be generated is refused") {
  CHECK_THROWS_AS(verilog(uneven(1), {.name = "2"}), std::invalid_argument);
  CHECK_THROWS_WITH_AS(verilog_test_bench(uneven(1), Bytes(10)),
                       "verilog_test_bench: examples must be rows of 9 bytes, got 10",
                       std::invalid_argument);
}

}  // namespace
}  // namespace pliant::circuit
