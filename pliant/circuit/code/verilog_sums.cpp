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

/// The modules of one size: small ones directly, larger ones from their halves.
std::string sum_module(std::size_t n, const std::string& name) {
  const std::string head = joined("module ", name, "_sum_", n, "(\n  input wire ", verilog_range(n),
                                  " bits,\n  output wire ", verilog_range(width_of(n)), " sum);\n");
  if (n == 1) return head + "  assign sum = bits;\nendmodule\n\n";
  if (n == 2) return head + "  assign sum = {bits[1] & bits[0], bits[1] ^ bits[0]};\nendmodule\n\n";
  if (n == 3) {
    return head +
           "  assign sum = {(bits[0] & bits[1]) | (bits[2] & (bits[0] | bits[1])),\n"
           "                bits[0] ^ bits[1] ^ bits[2]};\nendmodule\n\n";
  }
  const std::size_t low = n / 2;
  const std::size_t high = n - low;
  return joined(head, "  wire ", verilog_range(width_of(low)), " a;\n  wire ",
                verilog_range(width_of(high)), " b;\n  ", name, "_sum_", low, " low(.bits(bits[",
                low - 1, ":0]), .sum(a));\n  ", name, "_sum_", high, " high(.bits(bits[", n - 1,
                ":", low, "]), .sum(b));\n  assign sum = a + b;\nendmodule\n\n");
}

/// Statements that assign the score of class c.
std::string class_score(const ClassSums& sums, std::size_t c, const std::string& name) {
  const int bits = verilog_score_bits(sums);
  const std::size_t n = sums.begins[c + 1] - sums.begins[c];
  const std::size_t at = c * static_cast<std::size_t>(bits);
  const std::string bias =
      verilog_number(static_cast<std::uint64_t>(std::int64_t{sums.biases[c]}), bits);
  const std::string end =
      sums.names.empty() ? ";\n" : joined(";  // ", verilog_comment(sums.names[c]), "\n");
  const std::string target =
      joined("  assign scores[", at + static_cast<std::size_t>(bits) - 1, ":", at, "] = ", bias);
  if (n == 0) return target + end;
  return joined("  wire ", verilog_range(width_of(n)), " sum", c, ";\n  ", name, "_sum_", n,
                " class", c, "(.bits(bits[", sums.begins[c + 1] - std::size_t{1}, ":",
                sums.begins[c], "]), .sum(sum", c, "));\n", target, " + sum", c, end);
}

std::string scores_module(const Circuit& circuit, const std::string& name) {
  const ClassSums& sums = circuit.sums;
  const std::size_t all = sums.classes() * static_cast<std::size_t>(verilog_score_bits(sums));
  std::string text =
      joined("module ", name, "_scores(\n  input wire ", verilog_range(circuit.output_bits()),
             " bits,\n  output wire ", verilog_range(all), " scores);\n");
  for (std::size_t c = 0; c < sums.classes(); ++c) text += class_score(sums, c, name);
  return text + "endmodule\n\n";
}

/// A tree of comparisons: the left one of two wins unless the right one is larger.
std::string argmax_module(const ClassSums& sums, const std::string& name) {
  const auto bits = static_cast<std::size_t>(verilog_score_bits(sums));
  const int label = label_bits(sums);
  const std::string score = joined("  wire signed ", verilog_range(bits), " s");
  const std::string index = joined("  wire ", verilog_range(static_cast<std::size_t>(label)), " l");
  std::string text = joined("module ", name, "_argmax(\n  input wire ",
                            verilog_range(sums.classes() * bits), " scores,\n  output wire ",
                            verilog_range(static_cast<std::size_t>(label)), " label);\n");
  std::vector<std::string> left;  // suffixes of what is still in the race
  for (std::size_t c = 0; c < sums.classes(); ++c) {
    left.push_back(joined("_", c));
    text += joined(score, "_", c, " = scores[", (c + 1) * bits - 1, ":", c * bits, "];\n", index,
                   "_", c, " = ", label, "'d", c, ";\n");
  }
  for (std::size_t round = 0; left.size() > 1; ++round) {
    std::vector<std::string> winners;
    for (std::size_t i = 0; i + 1 < left.size(); i += 2) {
      const std::string to = joined("_", round, "_", i / 2);
      const std::string &a = left[i], &b = left[i + 1];
      text += joined("  wire g", to, " = s", b, " > s", a, ";\n", score, to, " = g", to, " ? s", b,
                     " : s", a, ";\n", index, to, " = g", to, " ? l", b, " : l", a, ";\n");
      winners.push_back(to);
    }
    if (left.size() % 2 == 1) winners.push_back(left.back());
    left = std::move(winners);
  }
  return joined(text, "  assign label = l", left.front(), ";\nendmodule\n\n");
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

std::string verilog_sums(const Circuit& circuit, const std::string& name) {
  std::string text;
  for (const std::size_t n : verilog_sum_sizes(circuit.sums)) text += sum_module(n, name);
  return text + scores_module(circuit, name) + argmax_module(circuit.sums, name);
}

}  // namespace pliant::circuit
