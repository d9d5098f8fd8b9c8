// pliant/train/torch/step_sum.h — all that processes add up in a step, in one message
#pragma once

#include <span>

#include "pliant/base/torch/communicator.h"
#include "pliant/train/torch/tensors.h"

namespace pliant {

/// The gradients of all parameters one after another, so that a step has one all-reduce: over many
/// small tensors the latency of each would count.
class StepSum {
 public:
  /// @param parameters  the same on all processes, which outlive the object, as they do
  StepSum(const NamedTensors& parameters, const Communicator& processes);

  /// Replaces each gradient by the mean over the processes, and each of the few numbers by its sum.
  /// A parameter without a gradient on one process has 0 there; without any it stays so.
  /// Cost: one all-reduce of bytes() and what the numbers take; nothing for one process.
  void average_gradients(std::span<double> numbers);

  /// What a step's gradients are on the wire.
  [[nodiscard]] std::int64_t bytes() const;
  /// Spent in all-reduces so far, waiting for the slowest process included.
  [[nodiscard]] double seconds() const { return seconds_; }

 private:
  void note(std::span<const double> numbers);
  void take(std::span<double> numbers) const;

  const NamedTensors& parameters_;
  const Communicator& processes_;
  std::int64_t length_ = 0;  ///< of all gradients
  at::ScalarType type_ = at::kFloat;
  double seconds_ = 0;
  at::Tensor message_;  ///< the gradients, for each whether there is one, the numbers
};

}  // namespace pliant
