// tests/circuit/agree.h — whether two cells compute the same
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "pliant/circuit/circuit.h"
#include "tests/circuit/random_circuit.h"

namespace pliant::circuit {

/// The outputs at all assignments of up to 12 inputs, else at 4096 random ones, are equal.
inline bool agree(const Cell& a, const Cell& b) {
  if (a.inputs != b.inputs || a.outputs.size() != b.outputs.size()) return false;
  const std::size_t words = a.inputs <= 6    ? 1
                            : a.inputs <= 12 ? std::size_t{1} << (a.inputs - 6)
                                             : 64;
  std::vector<std::uint64_t> rows = random_words(a.inputs, a.inputs * words);
  for (std::size_t i = 0; a.inputs <= 12 && i < a.inputs; ++i) {
    for (std::size_t w = 0; w < words; ++w)
      rows[i * words + w] = i < 6 ? kProjection[i] : 0 - ((w >> (i - 6)) & 1);
  }
  return evaluate(a, rows.data(), words) == evaluate(b, rows.data(), words);
}

}  // namespace pliant::circuit
