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
std::string verilog_sums(const Circuit& circuit, const std::string& name);

}  // namespace pliant::circuit
