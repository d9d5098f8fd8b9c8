// pliant/train/torch/trainer.h — the training loop that all tasks use
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pliant/data/image_set.h"
#include "pliant/train/console.h"
#include "pliant/train/metrics_log.h"
#include "pliant/train/options.h"
#include "pliant/train/run_folder.h"

namespace pliant {

class Communicator;
class Task;

/// Everything that a training works with; all of it outlives the call.
struct TrainingRun {
  Task& task;
  const train::Options&
      options;  ///< settled: batch, learning rate, validation interval and a budget given
  const train::RunFolder* folder;  ///< of the first process, which alone writes; null on others
  const std::string& config;       ///< the text of config.toml
  const std::string& config_hash;  ///< of the options that decide the bits
  const Communicator& processes;
  train::Console& console;
};

/// How a training ended.
struct Outcome {
  enum class Reason { kSteps, kMinutes, kInterrupt, kNotFinite };
  Reason reason = Reason::kSteps;
  int signal = 0;         ///< the signal of kInterrupt
  std::int64_t step = 0;  ///< steps done
  /// Of kNotFinite, on the first process: what was not finite, and where.
  std::string message;
  /// Of the best checkpoint, if the budget was used up; on the first process.
  std::optional<train::Event> test;
};

/// "steps", "minutes", "interrupt", "not_finite".
std::string_view reason_name(Outcome::Reason reason);

/// Sets torch's threads and seeds its generator: before the task makes its parameters.
void prepare_torch(const train::Options& options);

/// Trains from the folder's last checkpoint, or from the beginning where there is none, to the end
/// of the budget; then tests the best checkpoint.
///
/// A step depends on the parameters, the optimiser's state and (seed, step) alone, so a run that
/// was stopped at any moment goes on to the bits of one that was not: parameters, optimiser, and
/// metrics other than times (with the same number of threads: the last digits of torch's
/// convolutions depend on it). A checkpoint is written at the start, at each validation and once a
/// minute. Each validation: metrics, snapshot, then last.safetensors, and best.safetensors if it is
/// the best so far.
///
/// A loss, an output of the network, a gradient or a figure of a validation that is NaN or infinite
/// ends the training at the step where it appears; the last checkpoint stays as it is.
///
/// Of several processes each has its share of every batch; the first validates, tests and writes,
/// and reads the checkpoint, which says nothing of their number: a run may go on with another one.
/// They end together, for the same reason.
///
/// @throws std::invalid_argument if the checkpoint is damaged, or of another task, seed, model or
/// other options, and std::system_error if the folder cannot be written to; nothing is lost then
/// @throws std::invalid_argument if the processes cannot share the batch, or differ in options or
/// model; ProcessFailure where another one has failed
Outcome run_training(const TrainingRun& run);

/// The figures of a run's best checkpoint as an event named after the split; the task's module
/// holds its parameters afterwards.
/// @throws std::invalid_argument as run_training, or if the run has had no validation yet
train::Event evaluate_best(Task& task, const train::RunFolder& folder,
                           const std::string& config_hash, data::Split split);

}  // namespace pliant
