// tests/circuit/number_rows.h — numbers in and out of circuits without classes, by the plainest
// evaluation
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pliant/circuit/circuit.h"

namespace pliant::circuit {

/// The number in `bits` bits of an example from `first` on.
inline std::int64_t number_at(std::uint64_t example, std::size_t first, int bits, bool is_signed) {
  const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
  const auto value = static_cast<std::int64_t>((example >> first) & mask);
  const bool negative = is_signed && ((value >> (bits - 1)) & 1) != 0;
  return negative ? value - (std::int64_t{1} << bits) : value;
}

/// The outputs of an example, given by its input bits, as numbers of these many bits each,
/// unsigned.
inline std::vector<std::int64_t> outputs_at(const Circuit& circuit, std::uint64_t example,
                                            const std::vector<std::int64_t>& widths) {
  std::vector<std::uint64_t> rows(circuit.input_bits());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = (example >> i) & 1;
  const std::vector<std::uint64_t> bits = evaluate(circuit.cell(), rows.data(), 1);
  std::vector<std::int64_t> numbers;
  std::size_t next = 0;
  for (const std::int64_t width : widths) {
    std::int64_t number = 0;
    for (std::int64_t i = 0; i < width; ++i)
      number |= static_cast<std::int64_t>(bits[next++] & 1) << i;
    numbers.push_back(number);
  }
  return numbers;
}

}  // namespace pliant::circuit
