// tests/circuit/fuzz/entries.h — what the fuzzers of the readers do with their bytes
#pragma once

#include <cstdint>
#include <span>

namespace pliant::circuit {

// Each reads the bytes as a file of its format. A refusal (std::invalid_argument) is right, and so
// is a circuit that passes check_circuit and comes back from writing and reading; all else, a crash
// included, throws what is wrong as a std::domain_error.

/// .plc as they are, and once more behind a header with their size and checksum.
void fuzz_plc(std::span<const std::uint8_t> bytes);
/// AIGER, of both forms.
void fuzz_aiger(std::span<const std::uint8_t> bytes);
/// BLIF.
void fuzz_blif(std::span<const std::uint8_t> bytes);

}  // namespace pliant::circuit
