// pliant/circuit/code/verilog_parts.h — what the files of generated Verilog share (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "pliant/circuit/circuit.h"

namespace pliant::circuit {

/// @throws std::invalid_argument if modules cannot be called so
void check_verilog_name(const std::string& name);

/// "4'ha" of the low bits of a number.
std::string verilog_number(std::uint64_t value, int bits);

/// Text that may stand in a comment to the end of the line.
std::string verilog_comment(std::string text);

/// Bits of the ports of NAME_top.
struct VerilogPorts {
  std::size_t in = 0, scores = 0, label = 0, out = 0;
};
VerilogPorts verilog_ports(const Circuit& circuit);

/// NAME_sum_n, NAME_scores and NAME_argmax of a circuit with classes.
/// @param depth  additions or comparisons from one register to the next; 0: no registers, no clk
std::string verilog_sums(const Circuit& circuit, const std::string& name, std::size_t depth);

/// Clocks of NAME_scores and of NAME_argmax.
std::size_t verilog_scores_latency(const ClassSums& sums, std::size_t depth);
std::size_t verilog_argmax_latency(const ClassSums& sums, std::size_t depth);

/// "  reg [w-1:0] name_1; …" of `clocks` registers behind a signal, and the statements that shift;
/// the last one's name comes back.
std::string verilog_delay(const std::string& name, const std::string& range, std::size_t clocks,
                          std::string& declarations, std::string& clocked);

}  // namespace pliant::circuit
