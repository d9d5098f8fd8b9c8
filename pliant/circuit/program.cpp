// pliant/circuit/program.cpp — blocks of examples through the plain evaluator (no torch)
#include "pliant/circuit/program.h"

#include <algorithm>
#include <string>
#include <vector>

#include "pliant/base/errors.h"

namespace pliant::circuit {
namespace {

/// Examples that are worked on at a time: words of 64.
constexpr std::size_t kBlock = 512;

}  // namespace

struct Program::Plan {
  Circuit circuit;

  void check(const Batch& batch) const {
    const bool raw = batch.kind() == Batch::Kind::kBytes || batch.kind() == Batch::Kind::kNumbers;
    base::require(!raw || circuit.encoder.has_features(),
                  "run: the circuit has no encoder of numbers, give it bits");
  }

  /// One bit of an example a byte, of those that are not packed.
  void bits_of(const Batch& batch, std::size_t example, std::uint8_t* bits) const {
    const std::size_t width = circuit.encoder.width();
    const std::size_t inputs = circuit.input_bits();
    try {
      if (batch.kind() == Batch::Kind::kBytes) {
        encode(circuit.encoder, batch.data<std::uint8_t>() + example * width, bits);
      } else if (batch.kind() == Batch::Kind::kNumbers) {
        encode(circuit.encoder, batch.data<float>() + example * width, bits);
      } else {
        std::transform(batch.data<std::uint8_t>() + example * inputs,
                       batch.data<std::uint8_t>() + (example + 1) * inputs, bits,
                       [](std::uint8_t byte) { return std::uint8_t{byte != 0}; });
      }
    } catch (const std::invalid_argument& error) {
      base::fail("example ", example, ": ", error.what());
    }
  }

  /// Calls take(example, scores) for each example of [begin, end).
  template <class Take>
  void scores_of(const Batch& batch, std::size_t begin, std::size_t end, const Take& take) const {
    const std::size_t words = (end - begin + 63) / 64;
    const std::size_t inputs = circuit.input_bits();
    std::vector<std::uint64_t> rows(inputs * words);
    std::vector<std::uint8_t> bits(inputs);
    for (std::size_t s = 0; s < end - begin; ++s) {
      if (batch.kind() == Batch::Kind::kPacked) break;
      bits_of(batch, begin + s, bits.data());
      for (std::size_t i = 0; i < inputs; ++i)
        rows[i * words + s / 64] |= std::uint64_t{bits[i]} << (s % 64);
    }
    if (batch.kind() == Batch::Kind::kPacked) {
      const std::size_t all = (batch.count() + 63) / 64;
      for (std::size_t i = 0; i < inputs; ++i)
        std::copy_n(batch.data<std::uint64_t>() + i * all + begin / 64, words, &rows[i * words]);
    }
    const std::vector<std::uint64_t> outputs = evaluate(circuit.cell(), rows.data(), words);
    std::vector<std::int32_t> scores(circuit.scores());
    for (std::size_t s = 0; s < end - begin; ++s) {
      const auto bit = [&](std::size_t o) {
        return static_cast<std::int32_t>((outputs[o * words + s / 64] >> (s % 64)) & 1);
      };
      for (std::size_t c = 0; c < scores.size(); ++c) {
        if (circuit.sums.classes() == 0) {
          scores[c] = bit(c);
          continue;
        }
        scores[c] = circuit.sums.biases[c];
        for (std::size_t o = circuit.sums.begins[c]; o < circuit.sums.begins[c + 1]; ++o)
          scores[c] += bit(o);
      }
      take(begin + s, scores);
    }
  }

  template <class Take>
  void run(const Batch& batch, const base::Executor& executor, const Take& take) const {
    check(batch);
    const std::size_t blocks = (batch.count() + kBlock - 1) / kBlock;
    executor(blocks, 1, [&](std::size_t first, std::size_t last) {
      for (std::size_t b = first; b < last; ++b)
        scores_of(batch, b * kBlock, std::min((b + 1) * kBlock, batch.count()), take);
    });
  }
};

Program::Program(const Circuit& circuit) {
  check_circuit(circuit);
  plan_ = std::make_unique<const Plan>(circuit.flat() ? circuit : flattened(circuit));
}
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;
Program::~Program() = default;

void Program::run(const Batch& batch, std::int32_t* scores, const base::Executor& executor) const {
  plan_->run(batch, executor, [&](std::size_t example, const std::vector<std::int32_t>& row) {
    std::copy(row.begin(), row.end(), scores + example * row.size());
  });
}

void Program::classify(const Batch& batch, std::int32_t* labels,
                       const base::Executor& executor) const {
  base::require(plan_->circuit.sums.classes() > 0, "classify: the circuit has no classes, run it");
  plan_->run(batch, executor, [&](std::size_t example, const std::vector<std::int32_t>& row) {
    labels[example] =
        static_cast<std::int32_t>(std::max_element(row.begin(), row.end()) - row.begin());
  });
}

}  // namespace pliant::circuit
