// pliant/circuit/run/program.cpp — batches as blocks of examples, and as few (no torch)
#include "pliant/circuit/program.h"

#include <algorithm>
#include <utility>

#include "pliant/base/errors.h"
#include "pliant/circuit/run/plan.h"
#include "pliant/circuit/run/runner.h"

namespace pliant::circuit {
namespace {

/// Batches of at most so many examples run as few.
constexpr std::size_t kMostFew = 3 * kFew;

/// Flat, of nodes that executors run.
Circuit ready(const Circuit& circuit) {
  check_circuit(circuit);
  Circuit flat = circuit.flat() ? circuit : flattened(circuit);
  flat.cell() = lowered(flat.cell());
  return flat;
}

}  // namespace

struct Program::Engine {
  explicit Engine(const Circuit& circuit)
      : has_features(circuit.encoder.has_features()),
        classes(circuit.sums.classes()),
        blocks(circuit),
        few(circuit) {}

  void check(const Batch& batch) const {
    const bool raw = batch.kind() == Batch::Kind::kBytes || batch.kind() == Batch::Kind::kNumbers;
    base::require(!raw || has_features, "run: the circuit has no encoder of numbers, give it bits");
  }

  void run(const Batch& batch, const Results& results, const base::Executor& executor) const {
    check(batch);
    if (batch.count() <= kMostFew) {
      in_parts(few, kFew, batch, results, executor);
    } else {
      in_parts(blocks, blocks.examples(), batch, results, executor);
    }
  }

  template <class Runner>
  static void in_parts(const Runner& runner, std::size_t examples, const Batch& batch,
                       const Results& results, const base::Executor& executor) {
    const std::size_t parts = (batch.count() + examples - 1) / examples;
    executor(parts, 1, [&](std::size_t first, std::size_t last) {
      for (std::size_t p = first; p < last; ++p)
        runner.run(batch, p * examples, std::min(examples, batch.count() - p * examples), results);
    });
  }

  bool has_features;
  std::size_t classes;
  BlockRunner blocks;
  FewRunner few;
};

Program::Program(const Circuit& circuit)
    : engine_(std::make_unique<const Engine>(ready(circuit))) {}
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;
Program::~Program() = default;

void Program::run(const Batch& batch, std::int32_t* scores, const base::Executor& executor) const {
  engine_->run(batch, {.scores = scores}, executor);
}

void Program::run_packed(const Batch& batch, std::uint64_t* rows,
                         const base::Executor& executor) const {
  base::require(engine_->classes == 0, "run_packed: the circuit has classes, run it");
  const Results results{.rows = rows, .row_words = (batch.count() + 63) / 64};
  // Few examples share words: one thread.
  engine_->run(batch, results, batch.count() <= kMostFew ? base::serial_executor() : executor);
}

void Program::classify(const Batch& batch, std::int32_t* labels,
                       const base::Executor& executor) const {
  base::require(engine_->classes > 0, "classify: the circuit has no classes, run it");
  engine_->run(batch, {.labels = labels}, executor);
}

}  // namespace pliant::circuit
