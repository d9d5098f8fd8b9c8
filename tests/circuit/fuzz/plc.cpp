// tests/circuit/fuzz/plc.cpp — any bytes as a file .plc
#include <zlib.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "pliant/circuit/file.h"
#include "tests/circuit/fuzz/entries.h"

namespace pliant::circuit {
namespace {

constexpr std::size_t kHeader = 24;

void read_and_write(std::span<const std::uint8_t> bytes) {
  Circuit circuit;
  try {
    circuit = parse_circuit(bytes, "f");
  } catch (const std::invalid_argument&) {
    return;
  }
  try {
    check_circuit(circuit);
    const std::vector<std::uint8_t> again = circuit_bytes(circuit);
    if (!std::equal(bytes.begin(), bytes.end(), again.begin(), again.end()))
      throw std::domain_error("the bytes of the circuit that was read are others");
  } catch (const std::invalid_argument& error) {
    throw std::domain_error(error.what());
  }
}

/// The bytes with the size and the checksum that they should have.
std::vector<std::uint8_t> mended(std::span<const std::uint8_t> bytes) {
  std::vector<std::uint8_t> whole(bytes.begin(), bytes.end());
  for (std::size_t b = 0; b < 8; ++b)
    whole[16 + b] = static_cast<std::uint8_t>((whole.size() - kHeader) >> (8 * b));
  const auto sum = crc32_z(0, whole.data() + 16, whole.size() - 16);
  for (std::size_t b = 0; b < 4; ++b) whole[12 + b] = static_cast<std::uint8_t>(sum >> (8 * b));
  return whole;
}

}  // namespace

void fuzz_plc(std::span<const std::uint8_t> bytes) {
  read_and_write(bytes);
  if (bytes.size() >= kHeader) read_and_write(mended(bytes));
}

}  // namespace pliant::circuit
