// pliant/circuit/blif.h — circuits as networks of tables: the format BLIF (no torch)
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "pliant/circuit/circuit.h"

namespace pliant::circuit {

/// The circuit's bits in the Berkeley Logic Interchange Format (1992): a `.names` with an
/// irredundant sum of products for each node that an output reads, of the ones or of the zeros,
/// whichever has fewer products, and one for each output. Of the encoder and the class sums only
/// names are kept: bit_name for inputs, "c3[17]" for bit 17 of class 3, "y17" for output 17 without
/// classes. They are made words and unique.
/// @throws std::invalid_argument as check_circuit and flattened
std::string blif_text(const Circuit& circuit);

/// A flat circuit of the file's tables, whose outputs are not summed. Constants, wires and
/// inverters go into the tables of what reads them; a table of more than six inputs becomes trees
/// of ANDs and ORs. Tables may stand in any order.
/// @param name  of the file, for error texts
/// @throws std::invalid_argument with the name, the line and the reason for what is no BLIF, for
/// latches, gates, subcircuits and other commands than .model .inputs .outputs .names .end, for
/// undefined or twice defined signals, cycles, and a second model
Circuit parse_blif(std::string_view text, std::string_view name);

/// Replaces the file atomically.   @throws as blif_text, std::system_error with the path
void write_blif(const std::filesystem::path& path, const Circuit& circuit);

/// @throws as parse_blif, std::system_error with the path
Circuit read_blif(const std::filesystem::path& path);

}  // namespace pliant::circuit
