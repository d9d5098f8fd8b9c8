// pliant/circuit/file.h — circuits as files: the format .plc (no torch)
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "pliant/circuit/circuit.h"

namespace pliant::circuit {

/// A circuit as the bytes of a .plc file, all of it: encoder, stages and sums. The same circuit
/// gives the same bytes on any machine; docs/circuit_format.md describes each of them.
/// @return about 5 bytes for a node of two inputs, 8 for one of three
/// @throws std::invalid_argument if check_circuit does, or if the circuit is so much larger flat
/// than as a file that parse_circuit would refuse it
std::vector<std::uint8_t> circuit_bytes(const Circuit& circuit);

/// The circuit that circuit_bytes wrote: equal to it.
/// @param name  of the file, for error texts
/// @throws std::invalid_argument with the name, the byte's offset and the reason if the bytes are
/// truncated, damaged (a checksum covers them), of another version, or no circuit; and if they are
/// hostile: no number of them makes the reader allocate more than about 100 times their size, nor
/// gives a circuit that has flat more than 4096 signals for each byte (or 2^20, or 2^28)
Circuit parse_circuit(std::span<const std::uint8_t> bytes, std::string_view name);

/// Replaces the file atomically (replace_file in base/file.h).
/// @throws as circuit_bytes, and std::system_error with the path if it cannot be written
void write_circuit(const std::filesystem::path& path, const Circuit& circuit);

/// @throws as parse_circuit, and std::system_error with the path if it cannot be read
Circuit read_circuit(const std::filesystem::path& path);

}  // namespace pliant::circuit
