// cli/processes.h — a training of several processes, as torchrun starts them
#pragma once

#include <c10/util/Exception.h>

#include <exception>
#include <filesystem>
#include <iostream>
#include <memory>

#include "cli/errors.h"
#include "pliant/base/torch/communicator.h"

namespace pliant::cli {

using SharedProcesses = std::shared_ptr<Communicator>;

/// The processes of the environment (communicator_of_environment), which wait for each other as
/// many seconds as PLIANT_TIMEOUT says, by default half an hour: a validation is done by one of
/// them.
/// @throws std::invalid_argument if PLIANT_TIMEOUT is no number of seconds above 0
SharedProcesses processes_of_environment();

/// Whether torchrun has started this program again after a process had failed.
bool was_restarted();

/// @throws std::invalid_argument if torchrun is to start the program again where a process fails:
/// then the run's folder must have a name
void require_no_restarts();

/// The config.toml of a run that the first process sees, on all of them.
class ConfigOfFirst {
 public:
  /// @param path  of the file, on the first process
  ConfigOfFirst(const Communicator& processes, const std::filesystem::path& path);
  ConfigOfFirst(const ConfigOfFirst&) = delete;
  ConfigOfFirst& operator=(const ConfigOfFirst&) = delete;
  ~ConfigOfFirst();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  bool copied_;  ///< into a file of this process alone
};

/// What `run(processes)` returns. An error here is told to the others, which end with its text, as
/// this process does with theirs.
template <class Run>
int with_processes(const Run& run) {
  SharedProcesses processes;
  try {
    processes = processes_of_environment();
    return run(processes);
  } catch (const ProcessFailure& failure) {
    std::cerr << "error: " << failure.what() << '\n';
    return kOurMistake;
  } catch (const Answered& answered) {
    if (answered.code != 0 && processes) processes->fail("its options are wrong");
    throw;
  } catch (const c10::Error& error) {
    if (processes) processes->fail(error.what_without_backtrace());
    throw;
  } catch (const std::exception& error) {
    if (processes) processes->fail(error.what());
    throw;
  }
}

}  // namespace pliant::cli
