// pliant/circuit/run/runner.h — a block of examples from their numbers to scores or labels (no
// torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pliant/circuit/program.h"
#include "pliant/circuit/run/execute.h"
#include "pliant/circuit/run/few.h"
#include "pliant/circuit/run/pack.h"
#include "pliant/circuit/run/scratch.h"

namespace pliant::circuit {

/// Where the results of a batch go: one of them.
struct Results {
  std::int32_t* scores = nullptr;  ///< (count, scores)
  std::int32_t* labels = nullptr;  ///< (count)
  /// (output bits, ⌈batch / 64⌉), of a circuit without classes: bit s of word w is of example
  /// 64·w + s.
  std::uint64_t* rows = nullptr;
  std::size_t row_words = 0;  ///< ⌈batch / 64⌉
};

/// Runs blocks of many examples: a row a signal.
class BlockRunner {
 public:
  /// @param circuit  flat, its cell lowered()
  explicit BlockRunner(const Circuit& circuit);

  /// Examples of a whole block.
  [[nodiscard]] std::size_t examples() const { return block_.units * kUnit; }
  /// Runs examples first … first + count − 1, count ≤ examples(): a block that begins at a multiple
  /// of examples().
  void run(const Batch& batch, std::size_t first, std::size_t count, const Results& results) const;

 private:
  /// Where the arrays lie in a block of scratch.
  struct Places {
    Places(const BlockPlan& block, std::size_t slots, std::size_t mask_words);
    std::size_t rows, counters, labels, masks, numbers, bytes;
  };

  BlockRunner(const Circuit& circuit, const Plan& plan);
  void pack(const Batch& batch, std::size_t first, std::size_t count,
            const ScratchPool::Loan& loan) const;
  void write_bits(const std::uint64_t* rows, std::size_t count, std::int32_t* scores) const;
  void copy_rows(const std::uint64_t* rows, std::size_t first, std::size_t count,
                 const Results& results) const;

  BlockPlan block_;
  std::vector<std::uint32_t> input_slots_;
  std::vector<std::uint32_t> output_slots_;
  PackPlan features_;
  PackPlan bits_;
  Places places_;
  mutable ScratchPool pool_;
};

/// Runs up to kFew examples: a word a signal.
class FewRunner {
 public:
  explicit FewRunner(const Circuit& circuit);

  /// Runs examples first … first + count − 1, count ≤ kFew, first a multiple of kFew.
  void run(const Batch& batch, std::size_t first, std::size_t count, const Results& results) const;

 private:
  struct Places {
    Places(const FewPlan& plan, std::size_t classes, std::size_t passes);
    std::size_t signals, planes, words, scores, bytes;
  };

  FewRunner(const Circuit& circuit, const Plan& plan);
  void pack(const Batch& batch, std::size_t first, std::size_t count,
            const ScratchPool::Loan& loan) const;

  FewPlan plan_;
  std::vector<std::int32_t> biases_;
  std::vector<std::uint32_t> input_slots_;
  std::vector<std::uint32_t> output_slots_;
  PackPlan features_;
  PackPlan bits_;
  Places places_;
  mutable ScratchPool pool_;
};

}  // namespace pliant::circuit
