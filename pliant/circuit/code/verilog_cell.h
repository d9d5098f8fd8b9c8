// pliant/circuit/code/verilog_cell.h — a cell's gates as a Verilog module (no torch)
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pliant/circuit/circuit.h"

namespace pliant::circuit {

/// "[n-1:0]", at least one bit: Verilog has no empty ports.
std::string verilog_range(std::size_t bits);

/// "{b1, b0}" over several lines, bit 0 last as Verilog has it; "1'b0" for none.
std::string verilog_bus(const std::vector<std::string>& bits);

/// module `name`(clk if pipelined, in, out).
/// @param depth  levels from one register to the next; 0: no registers
std::string verilog_cell(const Cell& cell, const std::string& name, std::size_t depth);

/// Clocks from a pipelined cell's inputs to all its outputs.   @param depth  at least 1
std::size_t verilog_cell_latency(const Cell& cell, std::size_t depth);

}  // namespace pliant::circuit
