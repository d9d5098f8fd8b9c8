// pliant/circuit/code/verilog_cell.cpp — one assignment a node, and the registers between levels
// (no torch)
#include "pliant/circuit/code/verilog_cell.h"

#include <algorithm>
#include <array>
#include <vector>

#include "pliant/circuit/code/expression.h"
#include "pliant/circuit/code/gate_parts.h"

namespace pliant::circuit {
namespace {

class ModuleText {
 public:
  ModuleText(const Cell& cell, std::size_t depth)
      : cell_(cell),
        depth_(depth),
        levels_(levels_of(cell)),
        delays_(cell.signals(), 0),
        expressions_("1'b0", "1'b1") {}

  std::string text(const std::string& name) {
    const GateParts parts =
        gate_parts(cell_, cell_.signals() + cell_.outputs.size() + std::size_t{1});
    for (const Signal signal : parts.parts.front().nodes) put(signal);
    const std::size_t end = depth_ == 0 ? 0 : verilog_cell_latency(cell_, depth_);
    // One concatenation: simulators pass a bus on at each assignment to one of its bits.
    std::vector<std::string> bits;
    bits.reserve(cell_.outputs.size());
    for (const Literal output : cell_.outputs)
      bits.push_back((output.inverted() ? "~" : "") + operand(output.signal(), end));
    assigns_ = "  assign out = " + verilog_bus(bits) + ";\n";
    add_delays();
    std::string text = "module " + name + "(\n";
    if (depth_ > 0) text += "  input wire clk,\n";
    text += "  input wire " + verilog_range(cell_.inputs) + " in,\n  output wire " +
            verilog_range(cell_.outputs.size()) + " out);\n" + declarations_;
    if (!clocked_.empty()) text += "  always @(posedge clk) begin\n" + clocked_ + "  end\n";
    return text + assigns_ + "endmodule\n\n";
  }

 private:
  [[nodiscard]] bool constant(Signal signal) const {
    return signal >= cell_.inputs && cell_.node(signal).fan_in == 0;
  }

  [[nodiscard]] std::string name(Signal signal, std::size_t delay) const {
    const bool input = signal < cell_.inputs;
    const std::string number = std::to_string(signal);
    if (delay == 0) return input ? "in[" + number + "]" : "n" + number;
    return (input ? "i" : "n") + number + "_" + std::to_string(delay);
  }

  /// Clocks from the inputs to a signal.
  [[nodiscard]] std::size_t clock(Signal signal) const { return levels_[signal] / depth_; }
  [[nodiscard]] bool registered(Signal signal) const {
    return depth_ > 0 && !constant(signal) && levels_[signal] % depth_ == 0;
  }

  /// The signal so many clocks after the inputs that it belongs to.
  std::string operand(Signal signal, std::size_t at) {
    if (depth_ == 0 || constant(signal)) return name(signal, 0);
    const std::size_t delay = at - clock(signal);
    delays_[signal] = std::max(delays_[signal], delay);
    return name(signal, delay);
  }

  void put(Signal signal) {
    const Node& node = cell_.node(signal);
    const bool stored = registered(signal);
    const std::size_t at = depth_ == 0 ? 0 : clock(signal) - (stored ? 1 : 0);
    std::array<std::string, kMaxFanIn> names;
    for (std::size_t i = 0; i < static_cast<std::size_t>(node.fan_in); ++i) {
      if (depends_on(node.table, node.fan_in, static_cast<int>(i)))
        names[i] = operand(node.inputs[i], at);
    }
    const std::string value = expressions_.text(node.table, node.fan_in, names.data());
    const std::string own = name(signal, 0);
    if (!stored) {
      declarations_ += "  wire " + own + " = " + value + ";\n";
    } else {
      declarations_ += "  reg " + own + ";\n";
      clocked_ += "    " + own + " <= " + value + ";\n";
    }
  }

  void add_delays() {
    for (Signal signal = 0; signal < cell_.signals(); ++signal) {
      for (std::size_t d = 1; d <= delays_[signal]; ++d) {
        declarations_ += "  reg " + name(signal, d) + ";\n";
        clocked_ += "    " + name(signal, d) + " <= " + name(signal, d - 1) + ";\n";
      }
    }
  }

  const Cell& cell_;
  std::size_t depth_;
  std::vector<std::uint32_t> levels_;
  std::vector<std::size_t> delays_;  ///< registers behind each signal
  Expressions expressions_;
  std::string declarations_, clocked_, assigns_;
};

}  // namespace

std::string verilog_range(std::size_t bits) {
  return "[" + std::to_string(std::max<std::size_t>(bits, 1) - 1) + ":0]";
}

std::string verilog_bus(const std::vector<std::string>& bits) {
  if (bits.empty()) return "1'b0";
  std::string text = "{";
  for (std::size_t b = bits.size(); b-- > 0;) {
    text += bits[b];
    text += b == 0 ? "}" : (b % 8 == 0 ? ",\n    " : ", ");
  }
  return text;
}

std::string verilog_cell(const Cell& cell, const std::string& name, std::size_t depth) {
  return ModuleText(cell, depth).text(name);
}

std::size_t verilog_cell_latency(const Cell& cell, std::size_t depth) {
  return (size_of(cell).depth + depth - 1) / depth;
}

}  // namespace pliant::circuit
