// pliant/circuit/run/runner.cpp — a block of examples from their numbers to scores or labels (no
// torch)
#include "pliant/circuit/run/runner.h"

#if defined(__unix__)
#include <unistd.h>
#endif

#include <algorithm>
#include <bit>

#include "pliant/base/errors.h"

namespace pliant::circuit {
namespace {

/// The bytes that rows of several units may take: a quarter of the second-level cache, beside
/// plans, examples and what else runs on the core.
std::size_t cache_bytes() {
#if defined(_SC_LEVEL2_CACHE_SIZE)
  const long bytes = ::sysconf(_SC_LEVEL2_CACHE_SIZE);
  if (bytes > 0) return static_cast<std::size_t>(bytes) / 4;
#endif
  return std::size_t{1} << 18;  // of most that are not known
}

/// Rows of as many units as stay there: the more, the fewer times offsets are read.
std::size_t best_units(const Plan& plan) {
  const std::size_t bytes = cache_bytes();
  std::size_t units = kMostUnits;
  while (units > 1 && plan.slots * units * kUnitWords * sizeof(std::uint64_t) > bytes) units /= 2;
  return units;
}

template <class T>
T* array_at(const ScratchPool::Loan& loan, std::size_t offset) {
  return reinterpret_cast<T*>(loan.data() + offset);
}

constexpr std::size_t words_of(std::size_t examples) { return (examples + 63) / 64; }

/// Bits of packed examples: word w of input i.
const std::uint64_t* packed_row(const Batch& batch, std::size_t input) {
  return batch.data<std::uint64_t>() + input * words_of(batch.count());
}

}  // namespace

BlockRunner::BlockRunner(const Circuit& circuit)
    : BlockRunner(circuit, make_plan(circuit, Slots::kReused)) {}

BlockRunner::BlockRunner(const Circuit& circuit, const Plan& plan)
    : block_(make_block_plan(plan, circuit.sums, best_units(plan))),
      input_slots_(plan.input_slots),
      output_slots_(plan.output_slots),
      features_(plan_of_features(circuit.encoder, plan.input_slots)),
      bits_(plan_of_bits(plan.input_slots)),
      places_(block_, plan.slots, std::max(features_.mask_words(), bits_.mask_words())),
      pool_(places_.bytes) {}

BlockRunner::Places::Places(const BlockPlan& block, std::size_t slots, std::size_t mask_words) {
  Layout layout;
  rows = layout.add<std::uint64_t>(slots * block.row());
  counters = layout.add<std::uint64_t>(block.counter_words());
  labels = layout.add<std::uint64_t>((block.planes + block.label_planes) * block.row());
  masks = layout.add<std::uint64_t>(mask_words);
  numbers = layout.add<std::int32_t>(std::max<std::size_t>(block.classes, 1) * block.units * kUnit);
  bytes = layout.bytes();
}

void BlockRunner::run(const Batch& batch, std::size_t first, std::size_t count,
                      const Results& results) const {
  const ScratchPool::Loan loan = pool_.borrow();
  auto* rows = array_at<std::uint64_t>(loan, places_.rows);
  auto* counters = array_at<std::uint64_t>(loan, places_.counters);
  auto* numbers = array_at<std::int32_t>(loan, places_.numbers);
  pack(batch, first, count, loan);
  run_steps(block_, rows, counters);
  if (results.rows != nullptr) {
    copy_rows(rows, first, count, results);
  } else if (block_.classes == 0) {
    write_bits(rows, count, results.scores + first * output_slots_.size());
  } else if (results.labels != nullptr) {
    labels_of(block_, counters, array_at<std::uint64_t>(loan, places_.labels), numbers);
    std::copy_n(numbers, count, results.labels + first);
  } else {
    scores_of(block_, counters, numbers);
    std::int32_t* scores = results.scores + first * block_.classes;
    for (std::size_t c = 0; c < block_.classes; ++c) {
      for (std::size_t s = 0; s < count; ++s)
        scores[s * block_.classes + c] = numbers[c * examples() + s];
    }
  }
}

void BlockRunner::pack(const Batch& batch, std::size_t first, std::size_t count,
                       const ScratchPool::Loan& loan) const {
  auto* rows = array_at<std::uint64_t>(loan, places_.rows);
  if (batch.kind() != Batch::Kind::kPacked) {
    const PackPlan& plan = batch.kind() == Batch::Kind::kBits ? bits_ : features_;
    for (std::size_t s = 0; s < count; s += kUnit)
      pack_unit(plan, batch, first + s, std::min(kUnit, count - s),
                array_at<std::uint64_t>(loan, places_.masks), block_.row(),
                rows + s / kUnit * kUnitWords);
    return;
  }
  for (std::size_t i = 0; i < input_slots_.size(); ++i) {
    if (input_slots_[i] != Plan::kDead)
      std::copy_n(packed_row(batch, i) + first / 64, words_of(count),
                  rows + input_slots_[i] * block_.row());
  }
}

void BlockRunner::write_bits(const std::uint64_t* rows, std::size_t count,
                             std::int32_t* scores) const {
  for (std::size_t o = 0; o < output_slots_.size(); ++o) {
    const std::uint64_t* row = rows + output_slots_[o] * block_.row();
    for (std::size_t s = 0; s < count; ++s)
      scores[s * output_slots_.size() + o] =
          static_cast<std::int32_t>((row[s / 64] >> (s % 64)) & 1);
  }
}

void BlockRunner::copy_rows(const std::uint64_t* rows, std::size_t first, std::size_t count,
                            const Results& results) const {
  for (std::size_t o = 0; o < output_slots_.size(); ++o) {
    std::uint64_t* to = results.rows + o * results.row_words + first / 64;
    std::copy_n(rows + output_slots_[o] * block_.row(), words_of(count), to);
    if (count % 64 != 0) to[count / 64] &= (std::uint64_t{1} << (count % 64)) - 1;
  }
}

FewRunner::FewRunner(const Circuit& circuit)
    : FewRunner(circuit, make_plan(circuit, Slots::kSequence)) {}

FewRunner::FewRunner(const Circuit& circuit, const Plan& plan)
    : plan_(make_few_plan(plan)),
      biases_(circuit.sums.biases),
      input_slots_(plan.input_slots),
      output_slots_(plan.output_slots),
      features_(plan_of_features(circuit.encoder, plan.input_slots)),
      bits_(plan_of_bits(plan.input_slots)),
      places_(plan_, biases_.size(), std::max(features_.passes.size(), bits_.passes.size())),
      pool_(places_.bytes) {}

FewRunner::Places::Places(const FewPlan& plan, std::size_t classes, std::size_t passes) {
  Layout layout;
  signals = layout.add<std::uint32_t>(plan.words);
  planes = layout.add<std::uint32_t>(16 * plan.planes);
  words = layout.add<std::uint64_t>(passes);
  scores = layout.add<std::int32_t>(classes * kFew);
  bytes = layout.bytes();
}

void FewRunner::run(const Batch& batch, std::size_t first, std::size_t count,
                    const Results& results) const {
  const ScratchPool::Loan loan = pool_.borrow();
  auto* signals = array_at<std::uint32_t>(loan, places_.signals);
  std::fill_n(signals, plan_.first, 0U);
  std::fill_n(signals + plan_.zeros, plan_.words - plan_.zeros, 0U);
  pack(batch, first, count, loan);
  run_few(plan_, signals);
  const std::size_t classes = biases_.size();
  if (classes == 0) {
    const std::size_t outputs = output_slots_.size();
    for (std::size_t o = 0; o < outputs && results.rows != nullptr; ++o) {
      // A part of kFew examples is half a word: the first half is written, the second added.
      const std::uint64_t mask = (std::uint64_t{1} << count) - 1;
      const std::uint64_t bits = (signals[output_slots_[o]] & mask) << (first % 64);
      std::uint64_t& word = results.rows[o * results.row_words + first / 64];
      word = first % 64 == 0 ? bits : word | bits;
    }
    if (results.rows != nullptr) return;
    for (std::size_t s = 0; s < count; ++s) {
      for (std::size_t o = 0; o < outputs; ++o)
        results.scores[(first + s) * outputs + o] =
            static_cast<std::int32_t>((signals[output_slots_[o]] >> s) & 1);
    }
    return;
  }
  const bool wanted = results.scores != nullptr;
  std::int32_t* scores =
      wanted ? results.scores + first * classes : array_at<std::int32_t>(loan, places_.scores);
  for (std::size_t s = 0; s < count; ++s)
    std::copy_n(biases_.data(), classes, scores + s * classes);
  count_few(plan_, signals, array_at<std::uint32_t>(loan, places_.planes), count, classes, scores);
  if (results.labels == nullptr) return;
  for (std::size_t s = 0; s < count; ++s) {
    const std::int32_t* row = scores + s * classes;
    results.labels[first + s] =
        static_cast<std::int32_t>(std::max_element(row, row + classes) - row);
  }
}

void FewRunner::pack(const Batch& batch, std::size_t first, std::size_t count,
                     const ScratchPool::Loan& loan) const {
  auto* signals = array_at<std::uint32_t>(loan, places_.signals);
  if (batch.kind() == Batch::Kind::kPacked) {
    for (std::size_t i = 0; i < input_slots_.size(); ++i) {
      if (input_slots_[i] != Plan::kDead)
        signals[input_slots_[i]] =
            static_cast<std::uint32_t>(packed_row(batch, i)[first / 64] >> (first % 64));
    }
    return;
  }
  const PackPlan& plan = batch.kind() == Batch::Kind::kBits ? bits_ : features_;
  auto* words = array_at<std::uint64_t>(loan, places_.words);
  for (std::size_t s = 0; s < count; ++s) {
    pack_example(plan, batch, first + s, words);
    for (std::size_t p = 0; p < plan.passes.size(); ++p) {
      for (std::uint64_t word = words[p] & plan.passes[p].wanted; word != 0; word &= word - 1)
        signals[plan.passes[p].slots[static_cast<std::size_t>(std::countr_zero(word))]] |= 1U << s;
    }
  }
}

}  // namespace pliant::circuit
