// pliant/train/torch/step.h — one update of a task's parameters
#pragma once

#include <cstdint>
#include <string_view>

#include "pliant/base/torch/communicator.h"
#include "pliant/train/options.h"
#include "pliant/train/schedule.h"
#include "pliant/train/torch/optimizer.h"
#include "pliant/train/torch/step_sum.h"
#include "pliant/train/torch/task.h"

namespace pliant {

/// Why a process wants to end the training; of several, why any of them does.
struct StopWish {
  bool minutes = false;  ///< the budget of minutes is used up
  int signal = 0;        ///< SIGINT or SIGTERM came; 0: none did
};

/// What a step found.
struct StepResult {
  double loss = 0;           ///< mean over the global batch
  double gradient_norm = 0;  ///< of all parameters together
  /// What was NaN or infinite, e.g. "the loss"; empty if all was well. Otherwise the parameters are
  /// as they were before the step.
  std::string_view not_finite;
  StopWish stop;  ///< of all processes
};

/// Takes the steps of a training: loss, gradients averaged over the processes, update.
class Stepper {
 public:
  /// All outlive the stepper.
  /// @throws std::invalid_argument if the batch cannot be shared by the processes
  Stepper(Task& task, const train::Options& options, const Communicator& processes);

  /// @param number  of the step, from 1. The result depends on the parameters, the optimiser's
  /// state and (seed, number) alone: torch's generator is seeded by them.
  /// @param stop    what this process wants; all are told
  StepResult step(std::int64_t number, const StopWish& stop = {});

  Optimizer& optimizer() { return optimizer_; }
  /// What the processes exchange.
  [[nodiscard]] const StepSum& sum() const { return sum_; }
  /// How many numbers are trained.
  [[nodiscard]] std::int64_t parameter_count() const;

 private:
  [[nodiscard]] BatchLoss loss_with_gradient(std::int64_t number);
  [[nodiscard]] StepResult of_all(const BatchLoss& batch, const StopWish& stop);
  [[nodiscard]] double gradient_norm() const;

  Task& task_;
  const train::Options& options_;
  const Communicator& processes_;
  NamedTensors parameters_;
  Optimizer optimizer_;
  train::Schedule learning_rate_;
  StepSum sum_;
};

}  // namespace pliant
