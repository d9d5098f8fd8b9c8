// pliant/circuit/code/verilog.cpp — modules around the cells: encoder, placements, top (no torch)
#include "pliant/circuit/verilog.h"

#include <algorithm>
#include <cctype>

#include "pliant/base/errors.h"
#include "pliant/circuit/code/c_frame.h"
#include "pliant/circuit/code/joined.h"
#include "pliant/circuit/code/verilog_cell.h"
#include "pliant/circuit/code/verilog_parts.h"

namespace pliant::circuit {
namespace {

std::string number(std::size_t value) { return std::to_string(value); }

std::string encoder_module(const Encoder& encoder, const std::string& name) {
  std::string text = "module " + name + "_encoder(\n  input wire " +
                     verilog_range(8 * std::size_t{encoder.features}) +
                     " features,\n  output wire " + verilog_range(encoder.inputs) + " bits);\n";
  text += encoder.inputs == 0 ? "  assign bits = 1'b0;\n" : "  assign bits = {\n";
  for (std::size_t b = encoder.inputs; b-- > 0;) {
    const int byte = byte_threshold(encoder, b);
    const std::size_t low = 8 * std::size_t{encoder.feature[b]};
    std::string value = byte < 0 ? "1'b1" : "1'b0";
    if (0 <= byte && byte < 255) value = joined("features[", low + 7, ":", low, "] > 8'd", byte);
    text += joined("    ", value, b > 0 ? "," : "};", "  // ",
                   verilog_comment(bit_name(encoder, b)), "\n");
  }
  return text + "endmodule\n\n";
}

/// The cell of stage k at place p: its ports are wires that it reads and the bus ok_p.
std::string placed_cell(const Stage& stage, std::size_t k, std::size_t p, const std::string& before,
                        const VerilogOptions& options) {
  std::vector<std::string> inputs;
  for (std::size_t i = 0; i < stage.cell.inputs; ++i) {
    const std::uint32_t wire = stage.wires[p * stage.cell.inputs + i];
    inputs.push_back(wire == Stage::kZero ? "1'b0" : joined(before, "[", wire, "]"));
  }
  return joined("  wire ", verilog_range(stage.cell.outputs.size()), " o", k, "_", p, ";\n  ",
                options.name, "_cell", k, " place", k, "_", p, "(",
                options.pipelined ? ".clk(clk), " : "", ".in(", verilog_bus(inputs), "), .out(o", k,
                "_", p, "));\n");
}

/// The bits of stage k from those of its placements.
std::string stage_bus(const Stage& stage, std::size_t k) {
  std::vector<std::string> bits;
  for (std::size_t o = 0; o < stage.cell.outputs.size(); ++o) {
    for (std::size_t p = 0; p < stage.placements; ++p)
      bits.push_back(joined("o", k, "_", p, "[", o, "]"));
  }
  return verilog_bus(bits);
}

/// All stages: their cells at all placements.
std::string bits_module(const Circuit& circuit, const VerilogOptions& options) {
  std::string text =
      joined("module ", options.name, "_bits(\n", options.pipelined ? "  input wire clk,\n" : "",
             "  input wire ", verilog_range(circuit.input_bits()), " in,\n  output wire ",
             verilog_range(circuit.output_bits()), " out);\n");
  std::string before = "in";
  for (std::size_t k = 0; k < circuit.stages.size(); ++k) {
    const Stage& stage = circuit.stages[k];
    const bool last = k + 1 == circuit.stages.size();
    const std::string bits = last ? "out" : joined("stage", k);
    if (!last) text += joined("  wire ", verilog_range(stage.bits()), " ", bits, ";\n");
    for (std::size_t p = 0; p < stage.placements; ++p)
      text += placed_cell(stage, k, p, before, options);
    text += joined("  assign ", bits, " = ", stage_bus(stage, k), ";\n");
    before = bits;
  }
  return text + "endmodule\n\n";
}

/// Bits to the scores and the label of a pipeline: a register behind each of the two.
std::string clocked_sums(const Circuit& circuit, const VerilogOptions& options) {
  const VerilogPorts ports = verilog_ports(circuit);
  const std::string clk = options.sum_depth > 0 ? ".clk(clk), " : "";
  const std::string range = verilog_range(ports.scores);
  std::string declarations;
  std::string clocked;
  const std::size_t late = verilog_argmax_latency(circuit.sums, options.sum_depth);
  const std::string due = verilog_delay("summed", range, late, declarations, clocked);
  return joined("  wire ", range, " now;\n  reg ", range, " summed;\n  reg ", range,
                " result;\n  wire ", verilog_range(ports.label), " winner;\n  reg ",
                verilog_range(ports.label), " best_label;\n", declarations, "  ", options.name,
                "_scores sums(", clk, ".bits(out), .scores(now));\n  ", options.name,
                "_argmax best(", clk,
                ".scores(summed), .label(winner));\n  always @(posedge clk) begin\n"
                "    summed <= now;\n",
                clocked, "    result <= ", due,
                ";\n    best_label <= winner;\n  end\n  assign scores = result;\n"
                "  assign label = best_label;\n");
}

/// Ports of the results: scores and label, or out.
std::string result_ports(const VerilogPorts& ports, bool classes) {
  if (!classes) return "  output wire " + verilog_range(ports.out) + " out);\n";
  return "  output wire " + verilog_range(ports.scores) + " scores,\n  output wire " +
         verilog_range(ports.label) + " label);\n";
}

/// The circuit's bits to scores and label, or to its output bits.
std::string core_module(const Circuit& circuit, const VerilogOptions& options) {
  const VerilogPorts ports = verilog_ports(circuit);
  const std::string& name = options.name;
  const bool classes = circuit.sums.classes() > 0;
  const std::string clk = options.pipelined ? ".clk(clk), " : "";
  std::string text = joined(
      "module ", name, "_core(\n", options.pipelined ? "  input wire clk,\n" : "", "  input wire ",
      verilog_range(circuit.input_bits()), " in,\n", result_ports(ports, classes));
  if (classes) text += "  wire " + verilog_range(ports.out) + " out;\n";
  text += joined("  ", name, "_bits gates(", clk, ".in(in), .out(out));\n");
  if (classes && options.pipelined) text += clocked_sums(circuit, options);
  if (classes && !options.pipelined)
    text += joined("  ", name, "_scores sums(.bits(out), .scores(scores));\n  ", name,
                   "_argmax best(.scores(scores), .label(label));\n");
  return text + "endmodule\n\n";
}

std::string top_module(const Circuit& circuit, const VerilogOptions& options) {
  const VerilogPorts ports = verilog_ports(circuit);
  const std::string& name = options.name;
  const bool classes = circuit.sums.classes() > 0;
  std::string text =
      joined("module ", name, "_top(\n", options.pipelined ? "  input wire clk,\n" : "",
             "  input wire ", verilog_range(ports.in), " in,\n", result_ports(ports, classes));
  std::string bits = "in";
  if (circuit.encoder.has_features()) {
    bits = "coded";
    text += joined("  wire ", verilog_range(circuit.input_bits()), " coded;\n  ", name,
                   "_encoder encoder(.features(in), .bits(coded));\n");
  }
  return joined(text, "  ", name, "_core core(", options.pipelined ? ".clk(clk), " : "", ".in(",
                bits, "), ", classes ? ".scores(scores), .label(label));\n" : ".out(out));\n",
                "endmodule\n");
}

/// Vectors that any tool takes, and options that mean something.
void check_options(const Circuit& circuit, const VerilogOptions& options) {
  base::require(options.depth > 0,
                "verilog: the depth of a pipeline must be at least 1 level, got 0");
  base::require(options.pipelined || (options.depth == 1 && options.sum_depth == 0),
                "verilog: depth and sum_depth are of a pipeline, which is not asked for");
  const auto fits = [](std::string_view what, std::size_t bits) {
    base::require(bits <= kVerilogBits, "verilog: the ", what, " would have ", bits,
                  " bits, and vectors of Verilog at most ", kVerilogBits);
  };
  const VerilogPorts ports = verilog_ports(circuit);
  fits("input", std::max<std::size_t>(ports.in, circuit.input_bits()));
  for (std::size_t k = 0; k < circuit.stages.size(); ++k)
    fits("result of stage " + number(k), circuit.stages[k].bits());
  fits("scores", ports.scores);
}

}  // namespace

void check_verilog_name(const std::string& name) {
  const auto part = [](unsigned char c) { return c < 128 && (std::isalnum(c) != 0 || c == '_'); };
  base::require(
      !name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), part) &&
          std::isalpha(static_cast<unsigned char>(name[0])) != 0,
      "verilog: name must be at most 63 letters, digits and _ that begin with a letter, got '",
      name, "'");
}

std::string verilog_comment(std::string text) {
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '?';
  }
  return text;
}

std::string verilog_number(std::uint64_t value, int bits) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (int at = (bits + 3) / 4 * 4 - 4; at >= 0; at -= 4) {
    std::uint64_t digit = at < 64 ? value >> at & 15 : 0;
    if (bits - at < 4) digit &= (1U << (bits - at)) - 1;
    text += kDigits[digit];
  }
  return std::to_string(bits) + "'h" + text;
}

VerilogPorts verilog_ports(const Circuit& circuit) {
  const ClassSums& sums = circuit.sums;
  const bool classes = sums.classes() > 0;
  return {circuit.encoder.has_features() ? 8 * std::size_t{circuit.encoder.features}
                                         : circuit.input_bits(),
          classes ? sums.classes() * static_cast<std::size_t>(verilog_score_bits(sums)) : 0,
          classes ? static_cast<std::size_t>(label_bits(sums)) : 0, circuit.output_bits()};
}

std::size_t verilog_latency(const Circuit& circuit, const VerilogOptions& options) {
  if (!options.pipelined) return 0;
  std::size_t clocks = 0;
  if (circuit.sums.classes() > 0)
    clocks = 2 + verilog_scores_latency(circuit.sums, options.sum_depth) +
             verilog_argmax_latency(circuit.sums, options.sum_depth);
  for (const Stage& stage : circuit.stages)
    clocks += verilog_cell_latency(stage.cell, options.depth);
  return clocks;
}

std::string verilog(const Circuit& circuit, const VerilogOptions& options) {
  check_circuit(circuit);
  check_verilog_name(options.name);
  check_options(circuit, options);
  std::string text = "// " + options.name + ": a logic circuit, generated by pliant. " +
                     number(circuit.input_bits()) + " input bits, " +
                     number(circuit.output_bits()) + " bits in the last stage.\n";
  const Crop& crop = circuit.encoder.crop;
  if (crop.height > 0)
    text += "// The features are those of a picture that has been cropped to " + number(crop.side) +
            " x " + number(crop.side) + ": the crop is not part of this file.\n";
  if (options.pipelined)
    text += "// Results come " + number(verilog_latency(circuit, options)) +
            " clocks after their input; one example a clock.\n";
  text += "\n";
  if (circuit.encoder.has_features()) text += encoder_module(circuit.encoder, options.name);
  for (std::size_t k = 0; k < circuit.stages.size(); ++k)
    text += verilog_cell(circuit.stages[k].cell, options.name + "_cell" + number(k),
                         options.pipelined ? options.depth : 0);
  text += bits_module(circuit, options);
  if (circuit.sums.classes() > 0) text += verilog_sums(circuit, options.name, options.sum_depth);
  text += core_module(circuit, options);
  return text + top_module(circuit, options);
}

}  // namespace pliant::circuit
