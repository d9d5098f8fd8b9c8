// pliant/circuit/verilog.cpp — modules around the cells: encoder, placements, sums, argmax (no
// torch)
#include "pliant/circuit/verilog.h"

#include <algorithm>
#include <bit>
#include <cctype>
#include <set>

#include "pliant/base/errors.h"
#include "pliant/circuit/c_frame.h"
#include "pliant/circuit/program.h"
#include "pliant/circuit/verilog_cell.h"

namespace pliant::circuit {
namespace {

std::string number(std::size_t value) { return std::to_string(value); }

void check_name(const std::string& name) {
  const auto part = [](unsigned char c) { return c < 128 && (std::isalnum(c) != 0 || c == '_'); };
  base::require(
      !name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), part) &&
          std::isalpha(static_cast<unsigned char>(name[0])) != 0,
      "verilog: name must be at most 63 letters, digits and _ that begin with a letter, got '",
      name, "'");
}

/// Text that may stand in a comment to the end of the line.
std::string plain(std::string text) {
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '?';
  }
  return text;
}

/// "4'hA" of the low bits of a number.
std::string hexadecimal(std::uint64_t value, int bits) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (int at = (bits + 3) / 4 * 4 - 4; at >= 0; at -= 4) {
    std::uint64_t digit = at < 64 ? value >> at & 15 : 0;
    if (bits - at < 4) digit &= (1U << (bits - at)) - 1;
    text += kDigits[digit];
  }
  return std::to_string(bits) + "'h" + text;
}

std::string encoder_module(const Encoder& encoder, const std::string& name) {
  std::string text = "module " + name + "_encoder(\n  input wire " +
                     verilog_range(8 * std::size_t{encoder.features}) +
                     " features,\n  output wire " + verilog_range(encoder.inputs) + " bits);\n";
  for (std::size_t b = 0; b < encoder.inputs; ++b) {
    const int byte = byte_threshold(encoder, b);
    const std::size_t low = 8 * std::size_t{encoder.feature[b]};
    const std::string value = byte < 0      ? "1'b1"
                              : byte >= 255 ? "1'b0"
                                            : "features[" + number(low + 7) + ":" + number(low) +
                                                  "] > 8'd" + std::to_string(byte);
    text += "  assign bits[" + number(b) + "] = " + value + ";  // " + plain(bit_name(encoder, b)) +
            "\n";
  }
  if (encoder.inputs == 0) text += "  assign bits = 1'b0;\n";
  return text + "endmodule\n\n";
}

/// All stages: their cells at all placements.
std::string bits_module(const Circuit& circuit, const VerilogOptions& options) {
  const std::string clock = options.pipelined ? ".clk(clk), " : "";
  std::string text = "module " + options.name + "_bits(\n" +
                     (options.pipelined ? "  input wire clk,\n" : "") + "  input wire " +
                     verilog_range(circuit.input_bits()) + " in,\n  output wire " +
                     verilog_range(circuit.output_bits()) + " out);\n";
  std::string before = "in";
  for (std::size_t k = 0; k < circuit.stages.size(); ++k) {
    const Stage& stage = circuit.stages[k];
    const std::string cell = options.name + "_cell" + number(k);
    const std::string bits = k + 1 == circuit.stages.size() ? "out" : "stage" + number(k);
    if (bits != "out") text += "  wire " + verilog_range(stage.bits()) + " " + bits + ";\n";
    for (std::size_t p = 0; p < stage.placements; ++p) {
      // Concatenations have the highest bit first.
      std::string inputs;
      for (std::size_t i = stage.cell.inputs; i-- > 0;) {
        const std::uint32_t wire = stage.wires[p * stage.cell.inputs + i];
        inputs += (inputs.empty() ? "" : ", ") +
                  (wire == Stage::kZero ? "1'b0" : before + "[" + number(wire) + "]");
      }
      std::string outputs;
      for (std::size_t o = stage.cell.outputs.size(); o-- > 0;)
        outputs +=
            (outputs.empty() ? "" : ", ") + bits + "[" + number(o * stage.placements + p) + "]";
      if (inputs.empty()) inputs = "1'b0";
      text += "  " + cell + " place" + number(k) + "_" + number(p) + "(" + clock + ".in({" +
              inputs + "}), .out(" + (outputs.empty() ? "" : "{" + outputs + "}") + "));\n";
    }
    before = bits;
  }
  if (circuit.output_bits() == 0) text += "  assign out = 1'b0;\n";
  return text + "endmodule\n\n";
}

std::string sum_modules(const ClassSums& sums, const std::string& name) {
  std::string text;
  for (const std::size_t n : verilog_sum_sizes(sums)) {
    const auto width = static_cast<std::size_t>(std::bit_width(n));
    const std::string head = "module " + name + "_sum_" + number(n) + "(\n  input wire " +
                             verilog_range(n) + " bits,\n  output wire " + verilog_range(width) +
                             " sum);\n";
    if (n == 1) {
      text += head + "  assign sum = bits;\nendmodule\n\n";
    } else if (n == 2) {
      text += head + "  assign sum = {bits[1] & bits[0], bits[1] ^ bits[0]};\nendmodule\n\n";
    } else if (n == 3) {
      text += head +
              "  assign sum = {(bits[0] & bits[1]) | (bits[2] & (bits[0] | bits[1])),\n"
              "                bits[0] ^ bits[1] ^ bits[2]};\nendmodule\n\n";
    } else {
      const std::size_t low = n / 2;
      const std::size_t high = n - low;
      const std::string low_range = verilog_range(static_cast<std::size_t>(std::bit_width(low)));
      const std::string high_range = verilog_range(static_cast<std::size_t>(std::bit_width(high)));
      text += "module " + name + "_join_" + number(n) + "(\n  input wire " + low_range +
              " a,\n  input wire " + high_range + " b,\n  output wire " + verilog_range(width) +
              " sum);\n  assign sum = a + b;\nendmodule\n\n" + head + "  wire " + low_range +
              " a;\n  wire " + high_range + " b;\n  " + name + "_sum_" + number(low) +
              " low(.bits(bits[" + number(low - 1) + ":0]), .sum(a));\n  " + name + "_sum_" +
              number(high) + " high(.bits(bits[" + number(n - 1) + ":" + number(low) +
              "]), .sum(b));\n  " + name + "_join_" + number(n) +
              " join_sums(.a(a), .b(b), .sum(sum));\nendmodule\n\n";
    }
  }
  return text;
}

std::string scores_module(const Circuit& circuit, const std::string& name) {
  const ClassSums& sums = circuit.sums;
  const int bits = verilog_score_bits(sums);
  const std::size_t all = sums.classes() * static_cast<std::size_t>(bits);
  std::string text = "module " + name + "_scores(\n  input wire " +
                     verilog_range(circuit.output_bits()) + " bits,\n  output wire " +
                     verilog_range(all) + " scores);\n";
  for (std::size_t c = 0; c < sums.classes(); ++c) {
    const std::size_t n = sums.begins[c + 1] - sums.begins[c];
    const std::string at = number(c * static_cast<std::size_t>(bits));
    const std::string target = "  assign scores[" +
                               number((c + 1) * static_cast<std::size_t>(bits) - 1) + ":" + at +
                               "] = ";
    std::string comment = sums.names.empty() ? "" : "  // " + plain(sums.names[c]);
    const std::string bias =
        hexadecimal(static_cast<std::uint64_t>(std::int64_t{sums.biases[c]}), bits);
    if (n == 0) {
      text += target + bias + ";" + comment + "\n";
      continue;
    }
    const std::string sum = "sum" + number(c);
    text += "  wire " + verilog_range(static_cast<std::size_t>(std::bit_width(n))) + " " + sum +
            ";\n  " + name + "_sum_" + number(n) + " class" + number(c) + "(.bits(bits[" +
            number(sums.begins[c + 1] - std::size_t{1}) + ":" + number(sums.begins[c]) +
            "]), .sum(" + sum + "));\n" + target + bias + " + " + sum + ";" + comment + "\n";
  }
  return text + "endmodule\n\n";
}

/// A tree of comparisons: the left one of two wins unless the right one is larger.
std::string argmax_module(const ClassSums& sums, const std::string& name) {
  const auto bits = static_cast<std::size_t>(verilog_score_bits(sums));
  const auto label = static_cast<std::size_t>(label_bits(sums));
  const std::string score = "  wire signed " + verilog_range(bits) + " ";
  std::string text = "module " + name + "_argmax(\n  input wire " +
                     verilog_range(sums.classes() * bits) + " scores,\n  output wire " +
                     verilog_range(label) + " label);\n";
  std::vector<std::string> left;  // suffixes of what is still in the race
  for (std::size_t c = 0; c < sums.classes(); ++c) {
    left.push_back("_" + number(c));
    text += score + "s_" + number(c) + " = scores[" + number((c + 1) * bits - 1) + ":" +
            number(c * bits) + "];\n  wire " + verilog_range(label) + " l_" + number(c) + " = " +
            number(label) + "'d" + number(c) + ";\n";
  }
  for (std::size_t round = 0; left.size() > 1; ++round) {
    std::vector<std::string> winners;
    for (std::size_t i = 0; i + 1 < left.size(); i += 2) {
      const std::string to = "_" + number(round) + "_" + number(i / 2);
      const std::string &a = left[i], &b = left[i + 1];
      text.append("  wire g" + to + " = s" + b + " > s" + a + ";\n" + score + "s" + to + " = g" +
                  to + " ? s" + b + " : s" + a + ";\n  wire " + verilog_range(label) + " l" + to +
                  " = g" + to + " ? l" + b + " : l" + a + ";\n");
      winners.push_back(to);
    }
    if (left.size() % 2 == 1) winners.push_back(left.back());
    left = std::move(winners);
  }
  return text + "  assign label = l" + left.front() + ";\nendmodule\n\n";
}

/// The ports of the top module, declared as wires of `direction`s.
struct Ports {
  std::size_t in, scores, label, out;
};
Ports ports_of(const Circuit& circuit) {
  const ClassSums& sums = circuit.sums;
  const bool classes = sums.classes() > 0;
  return {circuit.encoder.has_features() ? 8 * std::size_t{circuit.encoder.features}
                                         : circuit.input_bits(),
          classes ? sums.classes() * static_cast<std::size_t>(verilog_score_bits(sums)) : 0,
          classes ? static_cast<std::size_t>(label_bits(sums)) : 0, circuit.output_bits()};
}

std::string top_module(const Circuit& circuit, const VerilogOptions& options) {
  const Ports ports = ports_of(circuit);
  const std::string& name = options.name;
  const bool classes = circuit.sums.classes() > 0;
  std::string text = "module " + name + "_top(\n" +
                     (options.pipelined ? "  input wire clk,\n" : "") + "  input wire " +
                     verilog_range(ports.in) + " in,\n";
  const std::string kind = options.pipelined ? "  output reg " : "  output wire ";
  text += classes ? kind + verilog_range(ports.scores) + " scores,\n" + kind +
                        verilog_range(ports.label) + " label);\n"
                  : "  output wire " + verilog_range(ports.out) + " out);\n";
  std::string bits = "in";
  if (circuit.encoder.has_features()) {
    bits = "coded";
    text += "  wire " + verilog_range(circuit.input_bits()) + " coded;\n  " + name +
            "_encoder encoder(.features(in), .bits(coded));\n";
  }
  if (classes) text += "  wire " + verilog_range(ports.out) + " out;\n";
  text += "  " + name + "_bits gates(" + (options.pipelined ? ".clk(clk), " : "") + ".in(" + bits +
          "), .out(out));\n";
  const std::string sums = "  " + name + "_scores sums(.bits(out), .scores(";
  const std::string best = "  " + name + "_argmax best(.scores(";
  if (classes && !options.pipelined)
    text += sums + "scores));\n" + best + "scores), .label(label));\n";
  if (classes && options.pipelined) {
    text += "  wire " + verilog_range(ports.scores) + " now;\n  reg " +
            verilog_range(ports.scores) + " summed;\n  wire " + verilog_range(ports.label) +
            " winner;\n" + sums + "now));\n" + best +
            "summed), .label(winner));\n  always @(posedge clk) begin\n    summed <= now;\n"
            "    scores <= summed;\n    label <= winner;\n  end\n";
  }
  return text + "endmodule\n";
}

/// Bytes or bits as one number, example's last first.
std::string stimulus(const Circuit& circuit, const std::uint8_t* example) {
  const bool bytes = circuit.encoder.has_features();
  const std::size_t width = bytes ? circuit.encoder.features : circuit.input_bits();
  std::string text = number(std::max<std::size_t>(ports_of(circuit).in, 1)) + (bytes ? "'h" : "'b");
  if (width == 0) text += '0';
  for (std::size_t i = width; i-- > 0;) {
    if (bytes) {
      text += hexadecimal(example[i], 8).substr(3);
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
            hexadecimal(static_cast<std::uint64_t>(std::int64_t{scores[c]}), bits);
  const auto best = std::max_element(scores, scores + classes) - scores;
  return text + "}, " + std::to_string(label_bits(circuit.sums)) + "'d" + std::to_string(best);
}

/// The bench up to the examples.
std::string bench_head(const Circuit& circuit, const VerilogOptions& options) {
  const Ports ports = ports_of(circuit);
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

int verilog_score_bits(const ClassSums& sums) {
  int bits = 1;
  const auto fit = [&](std::int64_t value) {
    const auto magnitude = static_cast<std::uint64_t>(value < 0 ? -value - 1 : value);
    bits = std::max(bits, static_cast<int>(std::bit_width(magnitude)) + 1);
  };
  for (std::size_t c = 0; c < sums.classes(); ++c) {
    fit(sums.biases[c]);
    fit(std::int64_t{sums.biases[c]} + sums.begins[c + 1] - sums.begins[c]);
  }
  return bits;
}

std::vector<std::size_t> verilog_sum_sizes(const ClassSums& sums) {
  std::set<std::size_t> sizes;
  std::vector<std::size_t> todo;
  for (std::size_t c = 0; c < sums.classes(); ++c)
    todo.push_back(sums.begins[c + 1] - sums.begins[c]);
  while (!todo.empty()) {
    const std::size_t n = todo.back();
    todo.pop_back();
    if (n == 0 || !sizes.insert(n).second || n <= 3) continue;
    todo.push_back(n / 2);
    todo.push_back(n - n / 2);
  }
  return {sizes.begin(), sizes.end()};
}

std::size_t verilog_latency(const Circuit& circuit, const VerilogOptions& options) {
  if (!options.pipelined) return 0;
  std::size_t clocks = circuit.sums.classes() > 0 ? 2 : 0;
  for (const Stage& stage : circuit.stages) clocks += verilog_cell_latency(stage.cell);
  return clocks;
}

std::string verilog(const Circuit& circuit, const VerilogOptions& options) {
  check_circuit(circuit);
  check_name(options.name);
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
    text +=
        verilog_cell(circuit.stages[k].cell, options.name + "_cell" + number(k), options.pipelined);
  text += bits_module(circuit, options);
  if (circuit.sums.classes() > 0)
    text += sum_modules(circuit.sums, options.name) + scores_module(circuit, options.name) +
            argmax_module(circuit.sums, options.name);
  return text + top_module(circuit, options);
}

std::string verilog_test_bench(const Circuit& circuit, std::span<const std::uint8_t> examples,
                               const VerilogOptions& options) {
  check_circuit(circuit);
  check_name(options.name);
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
