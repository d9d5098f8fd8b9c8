// pliant/circuit/code/verilog_stream_bench.cpp — a module that tests a stream of words (no torch)
#include <algorithm>

#include "pliant/base/errors.h"
#include "pliant/circuit/code/joined.h"
#include "pliant/circuit/code/verilog_cell.h"
#include "pliant/circuit/code/verilog_parts.h"
#include "pliant/circuit/code/verilog_stream.h"
#include "pliant/circuit/program.h"

namespace pliant::circuit {
namespace {

/// Bits first … first + count − 1 of an example's bytes or bits, highest first; 0 beyond it.
std::string word_text(const std::uint8_t* example, std::size_t width, bool bytes, std::size_t first,
                      std::size_t count) {
  std::string text = joined(count, "'b");
  for (std::size_t b = first + count; b-- > first;) {
    const std::size_t at = bytes ? b / 8 : b;
    const bool one = at < width && (bytes ? ((example[at] >> (b % 8)) & 1) != 0 : example[at] != 0);
    text += one ? '1' : '0';
  }
  return text;
}

/// A label, or the output bits, as a number.
std::string result_text(const Circuit& circuit, const std::int32_t* scores) {
  const std::size_t count = circuit.scores();
  if (circuit.sums.classes() > 0)
    return joined(verilog_ports(circuit).label, "'d",
                  std::max_element(scores, scores + count) - scores);
  std::string text = joined(std::max<std::size_t>(count, 1), "'b");
  if (count == 0) text += '0';
  for (std::size_t o = count; o-- > 0;) text += scores[o] != 0 ? '1' : '0';
  return text;
}

/// Declarations and what drives the stream.
std::string bench_head(const std::string& name, const std::string& word, const std::string& result,
                       std::size_t words, std::size_t results) {
  return joined("module ", name,
                "_stream_test;\n  reg clk;\n  reg rst;\n  reg in_valid;\n  wire in_ready;\n"
                "  reg ",
                word, " in_data;\n  wire out_valid;\n  reg out_ready;\n  wire ", result,
                " out_data;\n  reg ", word, " words [0:", words - 1, "];\n  reg ", result,
                " due [0:", results - 1, "];\n  reg ", result,
                " waited;\n  reg waits;\n  reg [15:0] chance;\n"
                "  integer given;\n  integer taken;\n  integer clocks;\n  reg failed;\n  ",
                name,
                "_stream stream(.clk(clk), .rst(rst), .in_valid(in_valid), .in_ready(in_ready), "
                ".in_data(in_data),\n    .out_valid(out_valid), .out_ready(out_ready), "
                ".out_data(out_data));\n\n  always #1 clk = !clk;\n");
}

/// What happens at a clock: chance decides about gaps and pauses, which first come often, then not.
std::string bench_clock(std::size_t words, std::size_t results) {
  return joined(
      "\n  always @(posedge clk) begin\n    clocks <= clocks + 1;\n"
      "    chance <= {chance[14:0], chance[15] ^ chance[13] ^ chance[12] ^ chance[10]};\n"
      "    if (!rst && !failed) begin\n"
      "      if (in_valid && in_ready) given = given + 1;\n"
      "      if (waits && (!out_valid || out_data !== waited)) begin\n"
      "        $display(\"FAIL example %0d: its result changed while it waited\", taken);\n"
      "        failed = 1;\n      end\n"
      "      waits = out_valid && !out_ready;\n      waited = out_data;\n"
      "      if (out_valid && out_ready) begin\n"
      "        if (out_data !== due[taken]) begin\n"
      "          $display(\"FAIL example %0d: result %h, expected %h\", taken, out_data, "
      "due[taken]);\n          failed = 1;\n        end\n        taken = taken + 1;\n      end\n"
      "      if (!failed && clocks > ",
      6 * words + 40 * results + 1000,
      ") begin\n        $display(\"FAIL: %0d results after %0d clocks\", taken, clocks);\n"
      "        failed = 1;\n      end\n      if (!failed && taken == ",
      results, ") $display(\"PASS ", results, "\");\n      if (failed || taken == ", results,
      ") $finish;\n    end\n    in_valid <= !rst && given < ", words, " && (taken > ", results / 2,
      " || chance[1:0] != 0);\n    in_data <= given < ", words,
      " ? words[given] : 0;\n    out_ready <= taken > ", results / 2,
      " || chance[3:2] == 0;\n  end\n");
}

}  // namespace

std::string verilog_stream_test_bench(const Circuit& circuit,
                                      std::span<const std::uint8_t> examples,
                                      const VerilogOptions& options, std::size_t bits) {
  check_circuit(circuit);
  check_verilog_name(options.name);
  const StreamCode code(circuit, bits);
  const bool bytes = circuit.encoder.has_features();
  const std::size_t width = bytes ? circuit.encoder.features : circuit.input_bits();
  base::require(width > 0 && !examples.empty() && examples.size() % width == 0,
                "verilog_stream_test_bench: examples must be rows of ", width,
                " bytes, at least one, got ", examples.size());
  const std::size_t count = examples.size() / width;
  Circuit whole = circuit;  // The examples are cropped.
  whole.encoder.crop = {};
  std::vector<std::int32_t> scores(count * circuit.scores());
  Program(whole).run(
      bytes ? Batch::bytes(examples.data(), count) : Batch::bits(examples.data(), count),
      scores.data(), base::serial_executor());
  const VerilogPorts ports = verilog_ports(circuit);
  const std::size_t result = circuit.sums.classes() > 0 ? ports.label : ports.out;
  const std::size_t words = count * code.words;
  std::string text =
      bench_head(options.name, verilog_range(bits), verilog_range(result), words, count) +
      bench_clock(words, count) +
      "\n  initial begin\n    clk = 0;\n    rst = 1;\n    in_valid = 0;\n    in_data = 0;\n"
      "    out_ready = 0;\n    waits = 0;\n    waited = 0;\n    chance = 1;\n    given = 0;\n"
      "    taken = 0;\n    clocks = 0;\n    failed = 0;\n";
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t w = 0; w < code.words; ++w)
      text += joined("    words[", i * code.words + w,
                     "] = ", word_text(&examples[i * width], width, bytes, w * bits, bits), ";\n");
    text +=
        joined("    due[", i, "] = ", result_text(circuit, &scores[i * circuit.scores()]), ";\n");
  }
  return text + "    #5 rst = 0;\n  end\nendmodule\n";
}

}  // namespace pliant::circuit
