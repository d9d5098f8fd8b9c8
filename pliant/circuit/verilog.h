// pliant/circuit/verilog.h — a circuit as Verilog-2001, and a test bench that checks it (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pliant/circuit/circuit.h"

namespace pliant::circuit {

struct VerilogOptions {
  std::string name =
      "circuit";  ///< what names of modules begin with: a letter, then letters, digits, _
  /// A register behind every node (and the sums, and the label): an input `clk`, one example a
  /// clock, results verilog_latency() clocks later. Otherwise combinational.
  bool pipelined = false;
};

/// Modules that compute the circuit:
///   NAME_top      in, the features as bytes (feature f is in[8f+7 : 8f]) or the input bits;
///                 scores, signed numbers of verilog_score_bits() each, class 0 lowest, and label,
///                 the lowest class of the largest score; without classes out, the last stage's
///                 bits
///   NAME_encoder  the thresholds of bytes, where there are features. A crop is not part of it: the
///                 features are those of the cropped picture
///   NAME_bits     input bits to bits of the last stage: a NAME_cell… for each placement
///   NAME_sum_n    how many of n bits are 1: a tree of adders, NAME_join_n
///   NAME_scores, NAME_argmax
/// Cost: linear
/// @throws std::invalid_argument if check_circuit refuses the circuit, or the name is none
std::string verilog(const Circuit& circuit, const VerilogOptions& options = {});

/// Clocks from an input to its scores and label; 0 if it is not pipelined.
std::size_t verilog_latency(const Circuit& circuit, const VerilogOptions& options = {});

/// Bits of one score.
int verilog_score_bits(const ClassSums& sums);

/// Sizes n of the NAME_sum_n modules, ascending: those of the classes and of the trees' parts.
std::vector<std::size_t> verilog_sum_sizes(const ClassSums& sums);

/// The module NAME_test: gives NAME_top the examples, and prints "PASS n", or "FAIL" with the first
/// example whose scores or label differ, what came and what was expected, and ends.
/// @param examples  (count, features of the crop) bytes, or without features (count, input bits), 0
/// or not 0
/// @throws std::invalid_argument as verilog(), and if the size is no multiple of the width
std::string verilog_test_bench(const Circuit& circuit, std::span<const std::uint8_t> examples,
                               const VerilogOptions& options = {});

}  // namespace pliant::circuit
