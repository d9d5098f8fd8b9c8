// pliant/circuit/proof/comparison.h — two circuits side by side on the same examples (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "pliant/circuit/circuit.h"

namespace pliant::circuit {

/// Examples that an encoder can make: rows of the input bits, 64 examples a word.
class Examples {
 public:
  Examples(const Encoder& encoder, std::uint64_t seed);

  /// Pairs (high, low): input bit `high` implies `low`, since they are thresholds of one number.
  [[nodiscard]] const std::vector<std::pair<std::uint32_t, std::uint32_t>>& implications() const {
    return implications_;
  }
  [[nodiscard]] bool possible(const std::vector<std::uint8_t>& bits) const;

  /// Words that hold the corners: all 0, all 1, one 1, one 0.
  [[nodiscard]] std::size_t corner_words() const { return (2 * inputs_ + 2 + 63) / 64; }
  /// (inputs): a word of each.
  [[nodiscard]] std::vector<std::uint64_t> corners(std::size_t word) const;
  [[nodiscard]] std::vector<std::uint64_t> random(std::size_t word) const;
  /// 64 examples near this one, itself the first.
  [[nodiscard]] std::vector<std::uint64_t> near(const std::vector<std::uint8_t>& bits) const;
  /// All assignments of the inputs `live`, 64 from number 64 · word on. The others are 1 where
  /// those imply it, else 0: an assignment is possible if any values of the others make it so.
  [[nodiscard]] std::vector<std::uint64_t> all(const std::vector<std::uint32_t>& live,
                                               std::size_t word) const;

 private:
  /// Makes the words possible, by setting what is implied or clearing what implies.
  void repair(std::vector<std::uint64_t>& rows, bool set) const;

  std::size_t inputs_;
  std::uint64_t seed_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> implications_;  ///< by rising thresholds
};

/// Two flat circuits over the same inputs. Without classes on either side scores are the bits.
class Comparison {
 public:
  Comparison(const Circuit& first, const Circuit& second);

  /// Inputs, the nodes of the first, then of the second; outputs likewise.
  [[nodiscard]] const Cell& both() const { return both_; }
  /// Inputs that a node or output reads.
  [[nodiscard]] const std::vector<std::uint32_t>& live() const { return live_; }

  /// Runs 64 examples and notes how each output behaves.
  /// @param mask  lanes that count   @return a lane in which scores differ
  std::optional<unsigned> run(const std::vector<std::uint64_t>& rows, std::uint64_t mask);
  /// Examples that were run.
  [[nodiscard]] std::uint64_t examples() const { return examples_; }

  /// What an output of both() did so far: equal for outputs that were always equal or always
  /// complements; `first` tells which.
  struct Behaviour {
    std::uint64_t a = 0, b = 0;  ///< hashes of the values from the first one on, as if that were 0
    bool first = false;          ///< the first value
    bool changed = false;        ///< whether there was another one
  };
  [[nodiscard]] const std::vector<Behaviour>& behaviour() const { return behaviour_; }

  /// Scores in one lane of outputs of both().
  [[nodiscard]] std::vector<std::int32_t> scores(const std::vector<std::uint64_t>& outputs,
                                                 bool second, unsigned lane) const;

 private:
  [[nodiscard]] std::uint64_t difference(const std::vector<std::uint64_t>& outputs) const;

  ClassSums sums_[2];
  Cell both_;
  std::size_t split_;  ///< outputs of the first
  std::vector<std::uint32_t> live_;
  std::vector<Behaviour> behaviour_;
  std::uint64_t examples_ = 0;
};

}  // namespace pliant::circuit
