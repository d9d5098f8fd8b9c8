// pliant/train/torch/step.h — one update of a task's parameters
#pragma once

#include <cstdint>
#include <string_view>

#include "pliant/train/options.h"
#include "pliant/train/schedule.h"
#include "pliant/train/torch/optimizer.h"
#include "pliant/train/torch/processes.h"
#include "pliant/train/torch/task.h"

namespace pliant {

/// What a step found.
struct StepResult {
  double loss = 0;           ///< mean over the global batch
  double gradient_norm = 0;  ///< of all parameters together
  /// What was NaN or infinite, e.g. "the loss"; empty if all was well. Otherwise the parameters are
  /// as they were before the step.
  std::string_view not_finite;
};

/// Takes the steps of a training: loss, gradients averaged over the processes, update.
class Stepper {
 public:
  /// All outlive the stepper.
  /// @throws std::invalid_argument if the batch cannot be shared by the processes
  Stepper(Task& task, const train::Options& options, const Processes& processes);

  /// @param number  of the step, from 1. The result depends on the parameters, the optimiser's
  /// state and (seed, number) alone: torch's generator is seeded by them.
  StepResult step(std::int64_t number);

  Optimizer& optimizer() { return optimizer_; }
  /// How many numbers are trained.
  [[nodiscard]] std::int64_t parameter_count() const;

 private:
  void average(const at::Tensor& tensor) const;
  [[nodiscard]] double gradient_norm() const;

  Task& task_;
  const train::Options& options_;
  const Processes& processes_;
  NamedTensors parameters_;
  Optimizer optimizer_;
  train::Schedule learning_rate_;
};

}  // namespace pliant
