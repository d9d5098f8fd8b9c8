// pliant/train/options.h — the options that every training has (no torch)
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pliant/train/schedule.h"

namespace pliant::train {

/// What is empty here is filled in by the task, whose data set makes a good default.
struct Options {
  std::optional<std::int64_t> batch;        ///< samples a step, over all processes; ≥ 1
  std::optional<double> learning_rate;      ///< > 0
  std::optional<double> learning_rate_end;  ///< at the last step; without it the rate stays
  std::string learning_rate_schedule = "geometric";  ///< a name of schedule_names()
  std::string optimizer = "adam";                    ///< a name of optimizer_names()
  std::optional<std::int64_t> steps;  ///< ≥ 1; without it, `minutes` alone ends the training
  std::optional<double> minutes;      ///< of training, validation not counted; > 0
  std::optional<std::int64_t> validate_every;  ///< steps, ≥ 1
  std::int64_t log_every = 50;  ///< steps from one line of metrics to the next, ≥ 1
  std::uint64_t seed = 0;       ///< of weights and training samples
  int threads = 0;              ///< 0: one a core

  /// Calls option(name, member, help) for each; names are as on the command line, without "--".
  template <class Option>
  void declare(Option&& option) {
    option("batch", batch, "Sets in a step");
    option("learning-rate", learning_rate, "Learning rate");
    option("learning-rate-end", learning_rate_end, "Learning rate at the last step");
    option("learning-rate-schedule", learning_rate_schedule, "How it gets there", schedule_names());
    option("optimizer", optimizer, "Optimiser");
    option("steps", steps, "Stop after this many steps");
    option("minutes", minutes, "Stop after this many minutes of training");
    option("validate-every", validate_every, "Steps from one validation to the next");
    option("log-every", log_every, "Steps from one line of metrics to the next");
    option("seed", seed, "Seed of the weights and of the training samples");
    option("threads", threads, "Threads; 0: one a core");
  }
};

/// Checks what is given, and settles the number of threads.
/// @throws std::invalid_argument that names the option, its range and the value
void settle(Options& options);

/// @param options  settled, with a learning rate
/// @throws std::invalid_argument if the rate is to change and there is no budget of steps, or a
/// number is out of range
Schedule learning_rate_schedule(const Options& options);

}  // namespace pliant::train
