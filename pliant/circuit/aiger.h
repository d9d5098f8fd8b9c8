// pliant/circuit/aiger.h — circuits as and-inverter graphs: the format AIGER (no torch)
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "pliant/circuit/circuit.h"

namespace pliant::circuit {

/// The two forms of AIGER (Biere, The AIGER and-inverter graph format, 2007): text and compact.
enum class AigerForm : std::uint8_t { kAscii, kBinary };

/// The circuit's bits as ANDs of two literals. Nodes are split by Shannon's expansion (an exclusive
/// or is 3 ANDs), equal ANDs are written once, and what no output reads is left out. Of the encoder
/// and the class sums only names are kept, in the symbol table: bit_name for inputs, "c3[17]" for
/// bit 17 of class 3, "y17" for output 17 without classes. They are made words and unique.
/// @throws std::invalid_argument as check_circuit and flattened
std::vector<std::uint8_t> aiger_bytes(const Circuit& circuit, AigerForm form);

/// A flat circuit of the file's ANDs, whose outputs are not summed; the symbol table's names of
/// inputs are its inputs' names. Constants, wires and inverters go into the tables of what reads
/// them. Both forms are read; ANDs of the ascii form may stand in any order.
/// @param name  of the file, for error texts
/// @throws std::invalid_argument with the name, the byte's offset and the reason for what is no
/// AIGER, for latches and properties (only combinational circuits are read), undefined or twice
/// defined variables, cycles, and a number of variables beyond 2^20 + 4 for each byte of the file
Circuit parse_aiger(std::span<const std::uint8_t> bytes, std::string_view name);

/// Replaces the file atomically.   @throws as aiger_bytes, std::system_error with the path
void write_aiger(const std::filesystem::path& path, const Circuit& circuit, AigerForm form);

/// @throws as parse_aiger, std::system_error with the path
Circuit read_aiger(const std::filesystem::path& path);

}  // namespace pliant::circuit
