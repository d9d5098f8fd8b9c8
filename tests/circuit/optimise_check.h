// tests/circuit/optimise_check.h — what tests of the optimiser compare and count
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "pliant/circuit/circuit.h"
#include "pliant/circuit/optimise.h"
#include "tests/circuit/random_circuit.h"

namespace pliant::circuit {

/// Rows of every assignment of up to 12 inputs, of 4096 random ones for more.
inline std::vector<std::uint64_t> test_rows(std::uint32_t inputs, std::size_t& words) {
  words = 64;
  if (inputs > 12) return random_words(7, inputs * words);
  std::vector<std::uint64_t> rows;
  for (std::uint32_t i = 0; i < inputs; ++i) {
    for (std::size_t w = 0; w < words; ++w)
      rows.push_back(i < 6 ? kProjection[i] : 0 - ((w >> (i - 6)) & 1));
  }
  return rows;
}

/// Scores (examples, scores()) of a flat circuit by the plainest evaluator.
inline std::vector<std::int64_t> scores_of(const Circuit& circuit,
                                           const std::vector<std::uint64_t>& rows,
                                           std::size_t words) {
  const std::vector<std::uint64_t> bits = evaluate(circuit.cell(), rows.data(), words);
  std::vector<std::int64_t> scores;
  const ClassSums& sums = circuit.sums;
  for (std::size_t s = 0; s < 64 * words; ++s) {
    const auto bit = [&](std::size_t o) { return (bits[o * words + s / 64] >> (s % 64)) & 1; };
    if (sums.classes() == 0) {
      for (std::size_t o = 0; o < circuit.output_bits(); ++o)
        scores.push_back(static_cast<std::int64_t>(bit(o)));
    }
    for (std::size_t c = 0; c < sums.classes(); ++c) {
      std::int64_t score = sums.biases[c];
      for (std::size_t o = sums.begins[c]; o < sums.begins[c + 1]; ++o)
        score += static_cast<std::int64_t>(bit(o));
      scores.push_back(score);
    }
  }
  return scores;
}

/// Whether two circuits compute the same scores.
inline bool same_function(const Circuit& a, const Circuit& b) {
  std::size_t words = 0;
  const std::vector<std::uint64_t> rows = test_rows(a.input_bits(), words);
  return scores_of(flattened(a), rows, words) == scores_of(flattened(b), rows, words);
}

/// Whether all nodes are as `optimised` promises.   @param most  inputs of a node
inline bool in_normal_form(const Cell& cell, int most = kMaxFanIn) {
  std::size_t constants = 0;
  for (std::size_t n = 0; n < cell.nodes.size(); ++n) {
    const Node& node = cell.nodes[n];
    if (node.fan_in == 0 && node.table == 0) {
      ++constants;
      continue;
    }
    if (node.fan_in < 2 || node.fan_in > most || (node.table & 1) != 0) return false;
    for (int i = 0; i < node.fan_in; ++i) {
      const auto at = static_cast<std::size_t>(i);
      if (i > 0 && node.inputs[at] <= node.inputs[at - 1]) return false;
      if (!depends_on(node.table, node.fan_in, i)) return false;
    }
    // What is the same stands once.
    for (std::size_t m = 0; m < n; ++m) {
      if (cell.nodes[m] == node) return false;
    }
  }
  return constants <= 1;
}

inline Node two(TruthTable table, Signal a, Signal b) {
  return {.table = table, .fan_in = 2, .inputs = {a, b}};
}
inline constexpr TruthTable kAnd2 = 0b1000;
inline constexpr TruthTable kOr2 = 0b1110;
inline constexpr TruthTable kXor2 = 0b0110;

}  // namespace pliant::circuit
