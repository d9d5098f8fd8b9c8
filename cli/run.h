// cli/run.h — a training from settled options to an exit code
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "cli/settings.h"
#include "cli/torch_errors.h"
#include "pliant/base/torch/communicator.h"
#include "pliant/train/console.h"
#include "pliant/train/options.h"
#include "pliant/train/run_folder.h"
#include "pliant/train/torch/trainer.h"

namespace pliant::cli {

/// A task with its options, ready for the loop.
struct Prepared {
  std::shared_ptr<const Communicator> processes;
  std::shared_ptr<Task> task;
  train::Options training;
  std::string config;  ///< the text of config.toml
  std::string hash;    ///< of the options that decide the bits
};

/// The recipe's task.   @throws std::invalid_argument for a wrong option, the torch floor's
/// ValueErrors included
template <class Recipe>
std::shared_ptr<Task> make_task(const Settings<Recipe>& settings) {
  return with_torch_errors([&] { return Recipe::make(settings.task, settings.training); });
}

/// Sets torch up and makes the task. Nothing is written.   @param settings  settled
template <class Recipe>
Prepared prepare(const Settings<Recipe>& settings,
                 std::shared_ptr<const Communicator> processes = single_process()) {
  prepare_torch(settings.training);
  return {std::move(processes), make_task(settings), settings.training, config_text(settings),
          settings_hash(settings)};
}

/// Trains, from the folder's last checkpoint if it has one.
/// @param folder  null on all processes but the first
Outcome run(const Prepared& prepared, const train::RunFolder* folder, train::Console& console);

/// 0: the budget was used up; 128 + signal: interrupted; 1: a number was not finite, which is then
/// said on standard error.
int exit_code(const Outcome& outcome);

/// The task of a run, read from its last checkpoint.
/// @throws std::invalid_argument if it has none
std::string task_of(const train::RunFolder& folder);

/// runs/<task>-001, or the first number that is free.
std::filesystem::path free_run_folder(std::string_view task);

}  // namespace pliant::cli
