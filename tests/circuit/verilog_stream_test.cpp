// tests/circuit/verilog_stream_test.cpp — pipelines of any depth and streams of words, run by
// iverilog, read and proved by yosys
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "pliant/circuit/proof/external_program.h"
#include "pliant/circuit/verilog.h"
#include "tests/circuit/iverilog.h"
#include "tests/circuit/optimise_check.h"

namespace pliant::circuit {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes random_bytes(std::uint64_t seed, std::size_t count, std::uint64_t below) {
  Bytes bytes;
  for (const std::uint64_t word : random_words(seed, count))
    bytes.push_back(static_cast<std::uint8_t>(word % below));
  return bytes;
}

/// Classes of many sizes, so that sums end at different clocks, an empty one too.
Circuit uneven() {
  Circuit circuit = flat_circuit(random_cell(1, {.inputs = 9, .nodes = 80, .outputs = 63}), 1);
  circuit.sums.begins = {0, 0, 7, 8, 32, 63};
  circuit.sums.biases = {3, 0, 2, -6, -7};
  circuit.sums.names.clear();
  return circuit;
}

/// Features whose thresholds differ from lane to lane; one is above all bytes, one below.
Circuit encoded() {
  Circuit circuit = flat_circuit(random_cell(14, {.inputs = 9, .outputs = 15}), 3);
  circuit.encoder.features = 5;
  circuit.encoder.feature = {0, 3, 1, 1, 2, 0, 3, 4, 4};
  circuit.encoder.threshold = {0.25, 0.5, -0.5, 0.1F, 0.75, 2, 1, 0.25, 0.5};
  return circuit;
}

/// The encoder above with many thresholds a feature: words are kept whole.
Circuit finely_encoded() {
  Circuit circuit = flat_circuit(random_cell(15, {.inputs = 40, .outputs = 12}), 3);
  circuit.encoder.features = 3;
  for (std::uint32_t b = 0; b < 40; ++b) {
    circuit.encoder.feature.push_back(b % 3);
    circuit.encoder.threshold.push_back(b / 41.0);
  }
  return circuit;
}

Bytes examples_of(const Circuit& circuit, std::size_t count) {
  const bool bytes = circuit.encoder.has_features();
  return random_bytes(8, count * (bytes ? circuit.encoder.features : circuit.input_bits()),
                      bytes ? 256 : 2);
}

TEST_CASE("a pipeline of any depth gives the scores and the label of each example") {
  const Circuit circuit = uneven();
  const std::size_t depth = size_of(circuit.cell()).depth;
  for (const VerilogOptions& options : {VerilogOptions{.pipelined = true, .depth = 2},
                                        {.pipelined = true, .depth = 3, .sum_depth = 1},
                                        {.pipelined = true, .depth = 1000, .sum_depth = 2},
                                        {.pipelined = true, .sum_depth = 100}}) {
    const std::size_t cells = (depth + options.depth - 1) / options.depth;
    // The largest class has 31 bits: four additions. Five scores: three comparisons.
    const std::size_t sums =
        options.sum_depth == 0 ? 0 : 4 / options.sum_depth + 3 / options.sum_depth;
    CHECK(verilog_latency(circuit, options) == cells + sums + 2);
    const std::string text = printed(
        verilog(circuit, options), verilog_test_bench(circuit, examples_of(circuit, 50), options));
    CHECK((text.empty() || text == "PASS 50\n"));
  }
}

TEST_CASE("a stream gives every label once and in order, whatever its words and pauses are") {
  const VerilogOptions fast{.pipelined = true, .depth = 2, .sum_depth = 1};
  for (const Circuit& circuit : {uneven(), encoded(), finely_encoded(),
                                 flat_circuit(random_cell(2)), flat_circuit(random_cell(5), 1)}) {
    const Bytes examples = examples_of(circuit, 40);
    for (const std::size_t bits : {8, 16, 40, 320}) {
      for (const VerilogOptions& options : {VerilogOptions{}, fast}) {
        const std::string code = verilog(circuit, options) + verilog_stream(circuit, options, bits);
        const std::string text =
            printed(code, verilog_stream_test_bench(circuit, examples, options, bits));
        CHECK_MESSAGE((text.empty() || text == "PASS 40\n"), bits, " bits: ", text);
      }
    }
  }
}

TEST_CASE("words of one bit, and a test bench that finds what is broken") {
  const Circuit circuit = uneven();
  CHECK(verilog_stream_words(circuit, 1) == 9);
  CHECK(verilog_stream_words(encoded(), 16) == 3);
  CHECK(verilog_stream_latency(circuit, {}) == 2);
  const std::string code = verilog(circuit) + verilog_stream(circuit, {}, 1);
  const std::string bench = verilog_stream_test_bench(circuit, examples_of(circuit, 60), {}, 1);
  const std::string good = printed(code, bench);
  if (good.empty()) return;
  CHECK(good == "PASS 60\n");
  const auto broken = [&](std::string_view what, std::string_view by) {
    std::string spoilt = code;
    const std::size_t at = spoilt.find(what);
    REQUIRE(at != std::string::npos);
    spoilt.replace(at, what.size(), by);
    return printed(spoilt, bench).starts_with("FAIL");
  };
  CHECK(broken("last = word == 8", "last = word == 7"));
  CHECK(broken("if (give) get <= get + 1'b1", "get <= get + 1'b1"));
  CHECK(broken("out_valid = waiting != 0", "out_valid = 1'b0"));
}

/// Whether all clocks of the pipeline give what the circuit gave so many clocks before, by
/// unrolling from any state: registers then hold what inputs of the unrolled clocks made them.
ProgramResult proved_equal(const Circuit& circuit, const VerilogOptions& options) {
  VerilogOptions plain{.name = "gold"};
  const std::string clocks = std::to_string(verilog_latency(circuit, options));
  const std::string bits = std::to_string(circuit.input_bits() - 1);
  const std::string scores = std::to_string(
      circuit.sums.classes() * static_cast<std::size_t>(verilog_score_bits(circuit.sums)) - 1);
  std::string text = verilog(circuit, plain) + verilog(circuit, options) +
                     "module both(input clk, input [" + bits + ":0] in, output same);\n  wire [" +
                     scores + ":0] a, b;\n  wire [2:0] la, lb;\n  reg [" + scores +
                     ":0] s [1:" + clocks +
                     "];\n  integer i;\n  gold_core gold(.in(in), .scores(a), "
                     ".label(la));\n  " +
                     options.name +
                     "_core gate(.clk(clk), .in(in), .scores(b), .label(lb));\n"
                     "  always @(posedge clk) begin\n    s[1] <= a;\n    for (i = 2; i <= " +
                     clocks + "; i = i + 1) s[i] <= s[i - 1];\n  end\n  assign same = s[" + clocks +
                     "] == b;\nendmodule\n";
  const TemporaryFolder folder;
  folder.write("code.v", text);
  return run_program({"yosys", "-q", "-p",
                      "read_verilog code.v; hierarchy -top both; proc; flatten; memory; opt; "
                      "sat -verify -seq " +
                          std::to_string(std::stoul(clocks) + 1) + " -prove-skip " + clocks +
                          " -prove same 1 both"},
                     kSimulationSeconds, folder.path());
}

TEST_CASE("yosys proves pipelines equal to the circuit, by unrolling as many clocks as they have") {
  Circuit circuit = optimised(uneven(), {.lut = 4, .shallow = true});
  const VerilogOptions options{.name = "gate", .pipelined = true, .depth = 2, .sum_depth = 2};
  const ProgramResult result = proved_equal(circuit, options);
  if (!result.found) {
    MESSAGE("not run: there is no yosys");
    return;
  }
  CHECK_MESSAGE(result.code == 0, result.output);
}

TEST_CASE("what cannot be a pipeline or a stream is refused") {
  const auto refused = [](const Circuit& circuit, const VerilogOptions& options, const char* text) {
    CHECK_THROWS_WITH_AS(verilog(circuit, options), text, std::invalid_argument);
  };
  refused(uneven(), {.pipelined = true, .depth = 0},
          "verilog: the depth of a pipeline must be at least 1 level, got 0");
  refused(uneven(), {.depth = 2},
          "verilog: depth and sum_depth are of a pipeline, which is not asked for");
  Cell wide;
  wide.inputs = 70000;
  wide.outputs = {Literal(69999)};
  refused(flat_circuit(wide), {},
          "verilog: the input would have 70000 bits, and vectors of Verilog at most 65536");
  CHECK_THROWS_WITH_AS(verilog_stream(uneven(), {}, 0),
                       "verilog_stream: words must have 1 … 4096 bits, got 0",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(verilog_stream(encoded(), {}, 12),
                       "verilog_stream: words must have 1 … 4096 bits, a multiple of 8 where "
                       "features are bytes, got 12",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(verilog_stream_test_bench(uneven(), Bytes(10), {}, 8),
                       "verilog_stream_test_bench: examples must be rows of 9 bytes, at least one, "
                       "got 10",
                       std::invalid_argument);
}

}  // namespace
}  // namespace pliant::circuit
