// pliant/circuit/code/verilog_sums.cpp — adders of class bits, and the largest of the sums (no
// torch)
#include <algorithm>
#include <bit>
#include <set>

#include "pliant/circuit/code/c_frame.h"
#include "pliant/circuit/code/joined.h"
#include "pliant/circuit/code/verilog_cell.h"
#include "pliant/circuit/code/verilog_parts.h"
#include "pliant/circuit/verilog.h"

namespace pliant::circuit {
namespace {

std::size_t width_of(std::size_t n) { return static_cast<std::size_t>(std::bit_width(n)); }

/// Additions above one another in NAME_sum_n.
std::size_t levels_of_sum(std::size_t n) { return n <= 3 ? 0 : 1 + levels_of_sum(n - n / 2); }

/// Clocks of NAME_sum_n.
std::size_t sum_latency(std::size_t n, std::size_t depth) {
  return depth == 0 ? 0 : levels_of_sum(n) / depth;
}

std::string clock_port(bool clocked) { return clocked ? "  input wire clk,\n" : ""; }

/// NAME_sum_n from the sums of its halves.
std::string joined_sum(std::size_t n, const std::string& name, std::size_t depth) {
  const std::size_t low = n / 2;
  const std::size_t high = n - low;
  const std::string clk = depth > 0 ? ".clk(clk), " : "";
  std::string declarations;
  std::string clocked;
  const std::size_t late = sum_latency(high, depth) - sum_latency(low, depth);
  const std::string a =
      verilog_delay("a", verilog_range(width_of(low)), late, declarations, clocked);
  const bool stored = depth > 0 && levels_of_sum(n) % depth == 0;
  if (stored) {
    declarations += joined("  reg ", verilog_range(width_of(n)), " held;\n");
    clocked += joined("    held <= ", a, " + b;\n");
  }
  if (!clocked.empty()) clocked = joined("  always @(posedge clk) begin\n", clocked, "  end\n");
  return joined("  wire ", verilog_range(width_of(low)), " a;\n  wire ",
                verilog_range(width_of(high)), " b;\n", declarations, "  ", name, "_sum_", low,
                " low(", clk, ".bits(bits[", low - 1, ":0]), .sum(a));\n  ", name, "_sum_", high,
                " high(", clk, ".bits(bits[", n - 1, ":", low, "]), .sum(b));\n", clocked,
                "  assign sum = ", stored ? std::string("held") : joined(a, " + b"), ";\n");
}

/// The modules of one size: small ones directly, larger ones from their halves.
std::string sum_module(std::size_t n, const std::string& name, std::size_t depth) {
  std::string text =
      joined("module ", name, "_sum_", n, "(\n", clock_port(depth > 0), "  input wire ",
             verilog_range(n), " bits,\n  output wire ", verilog_range(width_of(n)), " sum);\n");
  if (n == 1) text += "  assign sum = bits;\n";
  if (n == 2) text += "  assign sum = {bits[1] & bits[0], bits[1] ^ bits[0]};\n";
  if (n == 3)
    text +=
        "  assign sum = {(bits[0] & bits[1]) | (bits[2] & (bits[0] | bits[1])),\n"
        "                bits[0] ^ bits[1] ^ bits[2]};\n";
  if (n > 3) text += joined_sum(n, name, depth);
  return text + "endmodule\n\n";
}

/// Declarations, statements of registers, and assignments of the score of class c.
void put_class(const ClassSums& sums, std::size_t c, const std::string& name, std::size_t depth,
               std::string& text, std::string& clocked) {
  const int bits = verilog_score_bits(sums);
  const std::size_t n = sums.begins[c + 1] - sums.begins[c];
  const std::size_t at = c * static_cast<std::size_t>(bits);
  const std::string bias =
      verilog_number(static_cast<std::uint64_t>(std::int64_t{sums.biases[c]}), bits);
  const std::string end =
      sums.names.empty() ? ";\n" : joined(";  // ", verilog_comment(sums.names[c]), "\n");
  const std::string target =
      joined("  assign scores[", at + static_cast<std::size_t>(bits) - 1, ":", at, "] = ", bias);
  if (n == 0) {
    text += target + end;
    return;
  }
  const std::string range = verilog_range(width_of(n));
  const std::string sum = joined("sum", c);
  text += joined("  wire ", range, " ", sum, ";\n  ", name, "_sum_", n, " class", c, "(",
                 depth > 0 ? ".clk(clk), " : "", ".bits(bits[", sums.begins[c + 1] - std::size_t{1},
                 ":", sums.begins[c], "]), .sum(", sum, "));\n");
  const std::size_t late = verilog_scores_latency(sums, depth) - sum_latency(n, depth);
  const std::string due = verilog_delay(sum, range, late, text, clocked);
  text += joined(target, " + ", due, end);
}

std::string scores_module(const Circuit& circuit, const std::string& name, std::size_t depth) {
  const ClassSums& sums = circuit.sums;
  const std::size_t all = sums.classes() * static_cast<std::size_t>(verilog_score_bits(sums));
  std::string text = joined("module ", name, "_scores(\n", clock_port(depth > 0), "  input wire ",
                            verilog_range(circuit.output_bits()), " bits,\n  output wire ",
                            verilog_range(all), " scores);\n");
  std::string clocked;
  for (std::size_t c = 0; c < sums.classes(); ++c) put_class(sums, c, name, depth, text, clocked);
  if (!clocked.empty()) text += "  always @(posedge clk) begin\n" + clocked + "  end\n";
  return text + "endmodule\n\n";
}

/// The text of NAME_argmax in the making: scores s_… and labels l_… that are still in the race.
struct Race {
  std::string score, index;  // " [w-1:0] " of each
  std::vector<std::string> left;
  std::string text, clocked;

  /// The left one of two wins unless the right one is larger.
  void compare(std::size_t round) {
    std::vector<std::string> winners;
    for (std::size_t i = 0; i + 1 < left.size(); i += 2) {
      const std::string to = joined("_", round, "_", i / 2);
      const std::string &a = left[i], &b = left[i + 1];
      text += joined("  wire g", to, " = s", b, " > s", a, ";\n  wire", score, "s", to, " = g", to,
                     " ? s", b, " : s", a, ";\n  wire", index, "l", to, " = g", to, " ? l", b,
                     " : l", a, ";\n");
      winners.push_back(to);
    }
    if (left.size() % 2 == 1) winners.push_back(left.back());
    left = std::move(winners);
  }

  /// A register behind each.
  void store(std::size_t round) {
    for (std::string& one : left) {
      const std::string to = joined("_held", round, one);
      text += joined("  reg", score, "s", to, ";\n  reg", index, "l", to, ";\n");
      clocked += joined("    s", to, " <= s", one, ";\n    l", to, " <= l", one, ";\n");
      one = to;
    }
  }
};

/// A tree of comparisons.
std::string argmax_module(const ClassSums& sums, const std::string& name, std::size_t depth) {
  const auto bits = static_cast<std::size_t>(verilog_score_bits(sums));
  const int label = label_bits(sums);
  Race race{.score = joined(" signed ", verilog_range(bits), " "),
            .index = joined(" ", verilog_range(static_cast<std::size_t>(label)), " "),
            .left = {},
            .text = {},
            .clocked = {}};
  race.text = joined("module ", name, "_argmax(\n", clock_port(depth > 0), "  input wire ",
                     verilog_range(sums.classes() * bits), " scores,\n  output wire", race.index,
                     "label);\n");
  for (std::size_t c = 0; c < sums.classes(); ++c) {
    race.left.push_back(joined("_", c));
    race.text += joined("  wire", race.score, "s_", c, " = scores[", (c + 1) * bits - 1, ":",
                        c * bits, "];\n  wire", race.index, "l_", c, " = ", label, "'d", c, ";\n");
  }
  for (std::size_t round = 0; race.left.size() > 1; ++round) {
    race.compare(round);
    if (depth > 0 && (round + 1) % depth == 0) race.store(round);
  }
  if (!race.clocked.empty())
    race.text += joined("  always @(posedge clk) begin\n", race.clocked, "  end\n");
  return joined(race.text, "  assign label = l", race.left.front(), ";\nendmodule\n\n");
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

std::string verilog_delay(const std::string& name, const std::string& range, std::size_t clocks,
                          std::string& declarations, std::string& clocked) {
  std::string last = name;
  for (std::size_t d = 1; d <= clocks; ++d) {
    const std::string next = joined(name, "_", d);
    declarations += joined("  reg ", range, " ", next, ";\n");
    clocked += joined("    ", next, " <= ", last, ";\n");
    last = next;
  }
  return last;
}

std::size_t verilog_scores_latency(const ClassSums& sums, std::size_t depth) {
  std::size_t most = 0;
  for (std::size_t c = 0; c < sums.classes(); ++c)
    most = std::max(most, sum_latency(sums.begins[c + 1] - sums.begins[c], depth));
  return most;
}

std::size_t verilog_argmax_latency(const ClassSums& sums, std::size_t depth) {
  if (depth == 0 || sums.classes() < 2) return 0;
  return static_cast<std::size_t>(std::bit_width(sums.classes() - 1)) / depth;
}

std::string verilog_sums(const Circuit& circuit, const std::string& name, std::size_t depth) {
  std::string text;
  for (const std::size_t n : verilog_sum_sizes(circuit.sums)) text += sum_module(n, name, depth);
  return text + scores_module(circuit, name, depth) + argmax_module(circuit.sums, name, depth);
}

}  // namespace pliant::circuit
