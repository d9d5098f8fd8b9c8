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
  /// Registers (those of the nodes, of the sums, and of the label): an input `clk`, one example a
  /// clock, results verilog_latency() clocks later. Otherwise combinational.
  bool pipelined = false;
  /// Of a pipeline: levels of nodes from one register to the next, at least 1.
  std::size_t depth = 1;
  /// Of a pipeline: additions, and comparisons of scores, from one register to the next. 0: a sum
  /// of any size takes one clock, and so does the choice of the largest.
  std::size_t sum_depth = 0;
};

/// The widest vector of bits that the standard (IEEE 1364-2001, 3.3.1) has every tool take.
inline constexpr std::size_t kVerilogBits = 65536;

/// Modules that compute the circuit:
///   NAME_top      in, the features as bytes (feature f is in[8f+7 : 8f]) or the input bits;
///                 scores, signed numbers of verilog_score_bits() each, class 0 lowest, and label,
///                 the lowest class of the largest score; without classes out, the last stage's
///                 bits
///   NAME_encoder  the thresholds of bytes, where there are features. A crop is not part of it: the
///                 features are those of the cropped picture
///   NAME_core     input bits to scores and label: the three below
///   NAME_bits     input bits to bits of the last stage: a NAME_cell… for each placement
///   NAME_sum_n    how many of n bits are 1: those of two halves, added
///   NAME_scores, NAME_argmax
/// Cost: linear
/// @throws std::invalid_argument if check_circuit refuses the circuit, the name is none, a vector
/// would be wider than kVerilogBits, depth is 0, or sum_depth is given without a pipeline
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

/// The module NAME_stream beside those of verilog(): NAME_core behind few pins. Ports clk, rst
/// (synchronous), in_valid, in_ready, in_data of `bits` bits, out_valid, out_ready, out_data. A
/// word is taken at a clock where in_valid and in_ready are 1; an example is verilog_stream_words()
/// of them, feature or bit 0 in the lowest bits of the first word, the last one filled up with
/// anything. Its label (without classes its bits) is given at a clock where out_valid and out_ready
/// are 1, in order. The core never waits: words are refused while as many examples as fit the
/// queue of results are on their way. Thresholds are compared as words come, and their bits kept,
/// where these are fewer than the word's.
/// @param bits  of a word: 1 … 4096, where there are features a multiple of 8
/// @throws std::invalid_argument as verilog(), and if `bits` is none of these
std::string verilog_stream(const Circuit& circuit, const VerilogOptions& options, std::size_t bits);

/// Words of an example.   @throws as verilog_stream
std::size_t verilog_stream_words(const Circuit& circuit, std::size_t bits);

/// Clocks from the one that takes an example's last word to the first that offers its result, where
/// nothing waits.
std::size_t verilog_stream_latency(const Circuit& circuit, const VerilogOptions& options);

/// The module NAME_stream_test: gives NAME_stream the words of the examples with gaps, takes the
/// results with pauses, and prints "PASS n", or "FAIL" and why, and ends.
/// @param examples  as of verilog_test_bench
std::string verilog_stream_test_bench(const Circuit& circuit,
                                      std::span<const std::uint8_t> examples,
                                      const VerilogOptions& options, std::size_t bits);

}  // namespace pliant::circuit
