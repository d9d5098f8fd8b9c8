// tests/circuit/oracle.h — what programs must give, by the plainest evaluation
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "pliant/base/simd_target.h"
#include "pliant/circuit/program.h"
#include "tests/circuit/random_circuit.h"

namespace pliant::circuit {

using Bytes = std::vector<std::uint8_t>;
using Scores = std::vector<std::int32_t>;

/// Runs `test` with every SIMD target of this CPU.
template <class Test>
void with_every_target(const Test& test) {
  const std::string best = base::simd_target();
  for (const std::string& target : base::simd_targets()) {
    CAPTURE(target);
    base::set_simd_target(target);
    test();
  }
  base::set_simd_target(best);
}

/// Scores by the plain evaluator, from examples' bits (count, inputs).
inline Scores expected(const Circuit& circuit, const Bytes& bits, std::size_t count) {
  const Circuit flat = flattened(circuit);
  Scores scores;
  for (std::size_t s = 0; s < count; ++s) {
    const std::uint8_t* example = bits.data() + s * flat.input_bits();
    const std::vector<std::uint64_t> rows(example, example + flat.input_bits());
    const std::vector<std::uint64_t> outputs = evaluate(flat.cell(), rows.data(), 1);
    if (flat.sums.classes() == 0) {
      for (const std::uint64_t output : outputs) scores.push_back(output & 1 ? 1 : 0);
    }
    for (std::size_t c = 0; c < flat.sums.classes(); ++c) {
      std::int32_t score = flat.sums.biases[c];
      for (std::size_t o = flat.sums.begins[c]; o < flat.sums.begins[c + 1]; ++o)
        score += static_cast<std::int32_t>(outputs[o] & 1);
      scores.push_back(score);
    }
  }
  return scores;
}

inline Scores first_largest(const Scores& scores, std::size_t classes) {
  Scores labels;
  for (std::size_t s = 0; s < scores.size(); s += classes) {
    const auto begin = scores.begin() + static_cast<std::ptrdiff_t>(s);
    labels.push_back(static_cast<std::int32_t>(
        std::max_element(begin, begin + static_cast<std::ptrdiff_t>(classes)) - begin));
  }
  return labels;
}

inline Bytes random_bits(std::uint64_t seed, std::size_t count) {
  base::Random random(seed, 3, 0);
  Bytes bits(count);
  for (std::uint8_t& bit : bits) bit = static_cast<std::uint8_t>(random.below(2));
  return bits;
}

inline std::vector<std::uint64_t> packed(const Bytes& bits, std::size_t inputs, std::size_t count) {
  const std::size_t words = (count + 63) / 64;
  std::vector<std::uint64_t> rows(inputs * words, 0);
  for (std::size_t s = 0; s < count; ++s) {
    for (std::size_t i = 0; i < inputs; ++i)
      rows[i * words + s / 64] |= std::uint64_t{bits[s * inputs + i]} << (s % 64);
  }
  // Beyond the last example stands anything.
  for (std::size_t i = 0; count % 64 != 0 && i < inputs; ++i)
    rows[i * words + words - 1] |= ~std::uint64_t{0} << (count % 64);
  return rows;
}

/// As bits and as packed words, on one thread and on three.
inline void check_all_ways(const Circuit& circuit, std::uint64_t seed, std::size_t count) {
  const std::size_t inputs = circuit.input_bits();
  const Bytes bits = random_bits(seed, count * inputs);
  const Scores scores = expected(circuit, bits, count);
  const std::vector<std::uint64_t> rows = packed(bits, inputs, count);
  const Program program(circuit);
  for (const base::Executor& executor : {base::serial_executor(), base::thread_executor(3)}) {
    for (const Batch& batch :
         {Batch::bits(bits.data(), count), Batch::packed(rows.data(), count)}) {
      Scores got(scores.size(), -1);
      program.run(batch, got.data(), executor);
      CHECK(got == scores);
      if (circuit.sums.classes() == 0) continue;
      Scores labels(count, -1);
      program.classify(batch, labels.data(), executor);
      CHECK(labels == first_largest(scores, circuit.sums.classes()));
    }
  }
}

}  // namespace pliant::circuit
