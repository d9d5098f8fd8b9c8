// pliant/circuit/code/c_gates.cpp — cells as C functions of bounded size, stages as loops over them
// (no torch)
#include "pliant/circuit/code/c_gates.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "pliant/circuit/code/c_frame.h"
#include "pliant/circuit/code/expression.h"
#include "pliant/circuit/code/gate_parts.h"

namespace pliant::circuit {
namespace {

/// The functions of one cell.
class CellText {
 public:
  CellText(const Stage& stage, std::string name, std::size_t most, Expressions& expressions)
      : cell_(stage.cell),
        placements_(stage.placements),
        name_(std::move(name)),
        expressions_(expressions),
        parts_(gate_parts(cell_, most)) {
    part_of_.assign(cell_.signals(), kOutside);
    for (std::size_t p = 0; p < parts_.parts.size(); ++p) {
      for (const Signal signal : parts_.parts[p].nodes) part_of_[signal] = p;
    }
  }

  [[nodiscard]] std::size_t slots() const { return parts_.slots; }
  [[nodiscard]] std::size_t nodes() const {
    std::size_t count = 0;
    for (const GatePart& part : parts_.parts) count += part.nodes.size();
    return count;
  }

  /// Definitions of the parts.
  std::string functions() {
    std::string text;
    for (std::size_t p = 0; p < parts_.parts.size(); ++p) text += function(p);
    return text;
  }

  /// Statements that call all parts.
  [[nodiscard]] std::string calls(std::string_view in, std::string_view slots, std::string_view out,
                                  std::string_view indent) const {
    std::string text;
    for (std::size_t p = 0; p < parts_.parts.size(); ++p)
      text.append(indent)
          .append(function_name(p))
          .append("(")
          .append(in)
          .append(", ")
          .append(slots)
          .append(", ")
          .append(out)
          .append(");\n");
    return text;
  }

 private:
  static constexpr std::size_t kOutside = ~std::size_t{0};

  [[nodiscard]] std::string function_name(std::size_t part) const {
    return name_ + "_" + std::to_string(part);
  }

  /// The signal as an operand of code in `part`.
  std::string operand(Signal signal, std::size_t part) {
    if (signal < cell_.inputs) {
      reads_in_ = true;
      return "in[" + std::to_string(signal) + "]";
    }
    if (part_of_[signal] == part) return "n" + std::to_string(signal);
    uses_slots_ = true;
    return "s[" + std::to_string(parts_.slot[signal]) + "]";
  }

  std::string statement(Signal signal, std::size_t part) {
    const Node& node = cell_.node(signal);
    std::array<std::string, kMaxFanIn> names;
    for (std::size_t i = 0; i < static_cast<std::size_t>(node.fan_in); ++i) {
      if (depends_on(node.table, node.fan_in, static_cast<int>(i)))
        names[i] = operand(node.inputs[i], part);
    }
    std::string value = expressions_.text(node.table, node.fan_in, names.data());
    std::string text;
    const std::string name = "n" + std::to_string(signal);
    const bool crosses = parts_.slot[signal] != GateParts::kNoSlot;
    uses_slots_ = uses_slots_ || crosses;
    // A value that readers' tables turn out not to depend on would be unused.
    if (!crosses || parts_.read_here[signal]) {
      text += "  const @word " + name + " = " + value + ";\n";
      value = name;
      if (read_count_[signal] == 0) text += "  (void)" + name + ";\n";
    }
    if (crosses) text += "  s[" + std::to_string(parts_.slot[signal]) + "] = " + value + ";\n";
    return text;
  }

  std::string function(std::size_t p) {
    reads_in_ = uses_slots_ = false;
    const GatePart& part = parts_.parts[p];
    count_reads(part, p);
    std::string body;
    for (const Signal signal : part.nodes) body += statement(signal, p);
    for (const std::uint32_t o : part.outputs) {
      const Literal output = cell_.outputs[o];
      body += "  out[" + std::to_string(std::size_t{o} * placements_) +
              (output.inverted() ? "] = ~" : "] = ") + operand(output.signal(), p) + ";\n";
    }
    if (!reads_in_) body += "  (void)in;\n";
    if (!uses_slots_) body += "  (void)s;\n";
    if (part.outputs.empty()) body += "  (void)out;\n";
    return "static void " + function_name(p) +
           "(const @word *`RESTRICT in, @word *`RESTRICT s, @word *`RESTRICT out) {\n" + body +
           "}\n\n";
  }

  /// How often the text of the part names its own nodes.
  void count_reads(const GatePart& part, std::size_t p) {
    if (read_count_.empty()) read_count_.assign(cell_.signals(), 0);
    for (const Signal signal : part.nodes) {
      const Node& node = cell_.node(signal);
      for (int i = 0; i < node.fan_in; ++i) {
        const Signal source = node.inputs[static_cast<std::size_t>(i)];
        if (part_of_[source] == p && depends_on(node.table, node.fan_in, i)) ++read_count_[source];
      }
      if (parts_.slot[signal] != GateParts::kNoSlot) ++read_count_[signal];
    }
    for (const std::uint32_t o : part.outputs) ++read_count_[cell_.outputs[o].signal()];
  }

  const Cell& cell_;
  std::size_t placements_;
  std::string name_;
  Expressions& expressions_;
  GateParts parts_;
  std::vector<std::size_t> part_of_;
  std::vector<std::uint32_t> read_count_;
  bool reads_in_ = false;
  bool uses_slots_ = false;
};

/// Whether the stage reads its bits as they are.
bool direct(const Stage& stage, std::size_t before) {
  if (stage.placements != 1 || stage.wires.size() != before) return false;
  for (std::size_t i = 0; i < stage.wires.size(); ++i) {
    if (stage.wires[i] != i) return false;
  }
  return true;
}

/// The stage as a function, and how many words of scratch it needs.
struct StageText {
  std::string text;
  std::size_t work = 0;
  std::size_t nodes = 0;
};

StageText stage_text(const Stage& stage, std::size_t before, const std::string& name,
                     std::size_t most, Expressions& expressions) {
  CellText cell(stage, name, most, expressions);
  StageText result{cell.functions(), cell.slots(), cell.nodes() * stage.placements};
  std::string& text = result.text;
  const std::string head = "static void " + name + "(const @word *in, @word *out, @word *work) {\n";
  if (direct(stage, before)) {
    text += head + cell.calls("in", "work", "out", "  ");
  } else if (stage.placements == 0) {
    text += head + "  (void)in;\n  (void)out;\n  (void)work;\n";
  } else if (stage.cell.inputs == 0) {
    text += head + "  int p;\n  for (p = 0; p < " + std::to_string(stage.placements) +
            "; ++p) {\n" + cell.calls("in", "work", "out + p", "    ") + "  }\n";
  } else {
    const std::string inputs = std::to_string(stage.cell.inputs);
    const bool padded =
        std::find(stage.wires.begin(), stage.wires.end(), Stage::kZero) != stage.wires.end();
    const std::string wire = "in[w[i]]";
    text += "static const uint32_t " + name + "_wires[] =\n    " + number_list(stage.wires) +
            ";\n\n" + head + "  const uint32_t *w = " + name + "_wires;\n  int p, i;\n" +
            "  for (p = 0; p < " + std::to_string(stage.placements) + "; ++p, w += " + inputs +
            ") {\n    for (i = 0; i < " + inputs +
            "; ++i) work[i] = " + (padded ? "w[i] == UINT32_MAX ? `ZERO : " + wire : wire) + ";\n" +
            cell.calls("work", "work + " + inputs, "out + p", "    ") + "  }\n";
    result.work += stage.cell.inputs;
  }
  text += "}\n\n";
  return result;
}

}  // namespace

GateCode gate_code(const Circuit& circuit, std::size_t most) {
  Expressions expressions("`ZERO", "~`ZERO");
  GateCode code;
  std::string run;
  std::size_t most_bits = 0;  // of stages before the last
  const std::size_t last = circuit.stages.size() - 1;
  for (std::size_t k = 0; k < last; ++k) most_bits = std::max(most_bits, circuit.stages[k].bits());
  const auto buffer = [&](std::size_t k) {
    return k % 2 == 0 ? std::string("work") : "work + " + std::to_string(most_bits);
  };
  const std::size_t buffers = most_bits * std::min<std::size_t>(last, 2);
  std::size_t before = circuit.input_bits();
  for (std::size_t k = 0; k <= last; ++k) {
    const std::string name = "@stage" + std::to_string(k);
    const StageText stage = stage_text(circuit.stages[k], before, name, most, expressions);
    code.text += stage.text;
    run += "  " + name + '(' + (k == 0 ? "in" : buffer(k - 1)) + ", " +
           (k == last ? "out" : buffer(k)) + ", work + " + std::to_string(buffers) + ");\n";
    code.work = std::max(code.work, stage.work);
    code.nodes += stage.nodes;
    before = circuit.stages[k].bits();
  }
  code.work += buffers;
  code.text += "void @bits(const @word *in, @word *out, @word *work) {\n" + run + "}\n";
  return code;
}

}  // namespace pliant::circuit
