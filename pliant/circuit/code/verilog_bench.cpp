// pliant/circuit/code/verilog_bench.cpp — a module that tests another (no torch)
#include <algorithm>

#include "pliant/base/errors.h"
#include "pliant/circuit/code/c_frame.h"
#include "pliant/circuit/code/joined.h"
#include "pliant/circuit/code/verilog_cell.h"
#include "pliant/circuit/code/verilog_parts.h"
#include "pliant/circuit/program.h"
#include "pliant/circuit/verilog.h"

namespace pliant::circuit {
namespace {

std::string number(std::size_t value) { return std::to_string(value); }

/// Bytes or bits as one number, example's last first.
std::string stimulus(const Circuit& circuit, const std::uint8_t* example) {
  const bool bytes = circuit.encoder.has_features();
  const std::size_t width = bytes ? circuit.encoder.features : circuit.input_bits();
  std::string text =
      number(std::max<std::size_t>(verilog_ports(circuit).in, 1)) + (bytes ? "'h" : "'b");
  if (width == 0) text += '0';
  for (std::size_t i = width; i-- > 0;) {
    if (bytes) {
      text += verilog_number(example[i], 8).substr(3);
    } else {
      text += example[i] != 0 ? '1' : '0';
    }
  }
  return text;
}

/// What the top module should say: "scores, label", or "out".
std::string expectation(const Circuit& circuit, const std::int32_t* scores) {
  const std::size_t classes = circuit.sums.classes();
  std::string text = "{";
  if (classes == 0) {
    for (std::size_t o = circuit.scores(); o-- > 0;)
      text += (text.size() > 1 ? ", " : "") + std::string(scores[o] != 0 ? "1'b1" : "1'b0");
    return text.size() > 1 ? text + "}" : "1'b0";
  }
  const int bits = verilog_score_bits(circuit.sums);
  for (std::size_t c = classes; c-- > 0;)
    text += (text.size() > 1 ? ", " : "") +
            verilog_number(static_cast<std::uint64_t>(std::int64_t{scores[c]}), bits);
  const auto best = std::max_element(scores, scores + classes) - scores;
  return text + "}, " + std::to_string(label_bits(circuit.sums)) + "'d" + std::to_string(best);
}

/// The bench up to the examples.
std::string bench_head(const Circuit& circuit, const VerilogOptions& options) {
  const VerilogPorts ports = verilog_ports(circuit);
  const bool classes = circuit.sums.classes() > 0;
  const std::string clock = options.pipelined ? ".clk(clk), " : "";
  const std::string result = verilog_range(classes ? ports.scores : ports.out);
  const std::string label = verilog_range(ports.label);
  std::string text = "module " + options.name + "_test;\n  reg " + verilog_range(ports.in) +
                     " in;\n  reg clk;\n  reg failed;\n  wire " + result + " result;\n";
  if (classes) text += "  wire " + label + " label;\n";
  text += "  " + options.name + "_top circuit(" + clock + ".in(in), " +
          (classes ? ".scores(result), .label(label));\n" : ".out(result));\n");
  text +=
      "\n  // Gives one example, and compares what comes out with what is due.\n"
      "  task step(input integer due, input " +
      verilog_range(ports.in) + " stimulus, input " + result + " expected" +
      (classes ? ", input " + label + " expected_label" : "") +
      ");\n    begin\n      in = stimulus;\n      #1 clk = 0;\n";
  text += classes ? "      if (due >= 0 && !failed && (result !== expected || label !== "
                    "expected_label)) begin\n"
                    "        $display(\"FAIL example %0d: scores %h label %0d, expected %h label "
                    "%0d\",\n                 due, result, label, expected, expected_label);\n"
                  : "      if (due >= 0 && !failed && result !== expected) begin\n"
                    "        $display(\"FAIL example %0d: %h, expected %h\", due, result, "
                    "expected);\n";
  return text +
         "        failed = 1;\n      end\n      #1 clk = 1;\n    end\n  endtask\n\n"
         "  initial begin\n    clk = 1;\n    failed = 0;\n";
}

}  // namespace

std::string verilog_test_bench(const Circuit& circuit, std::span<const std::uint8_t> examples,
                               const VerilogOptions& options) {
  check_circuit(circuit);
  check_verilog_name(options.name);
  const bool features = circuit.encoder.has_features();
  const std::size_t width = features ? circuit.encoder.features : circuit.input_bits();
  base::require(width == 0 ? examples.empty() : examples.size() % width == 0,
                "verilog_test_bench: examples must be rows of ", width, " bytes, got ",
                examples.size());
  const std::size_t count = width == 0 ? 1 : examples.size() / width;
  Circuit whole = circuit;  // The examples are cropped.
  whole.encoder.crop = {};
  std::vector<std::int32_t> scores(count * circuit.scores());
  Program(whole).run(
      features ? Batch::bytes(examples.data(), count) : Batch::bits(examples.data(), count),
      scores.data(), base::serial_executor());
  std::string text = bench_head(circuit, options);
  const std::size_t latency = verilog_latency(circuit, options);
  for (std::size_t i = 0; i < count + latency && count > 0; ++i) {
    const std::size_t given = std::min(i, count - 1);
    const std::size_t due = i < latency ? 0 : i - latency;
    text += "    step(" + (i < latency ? std::string("-1") : number(due)) + ", " +
            stimulus(circuit, examples.data() + given * width) + ", " +
            expectation(circuit, scores.data() + due * circuit.scores()) + ");\n";
  }
  return text + "    if (!failed) $display(\"PASS " + number(count) +
         "\");\n    $finish;\n  end\nendmodule\n";
}

}  // namespace pliant::circuit
