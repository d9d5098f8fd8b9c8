// cli/run.cpp — a training from settled options to an exit code
#include "cli/run.h"

#include <array>
#include <cstdio>
#include <iostream>

#include "pliant/data/safetensors.h"

namespace pliant::cli {

Outcome run(const Prepared& prepared, const train::RunFolder* folder, train::Console& console) {
  return run_training({*prepared.task, prepared.training, folder, prepared.config, prepared.hash,
                       *prepared.processes, console});
}

int exit_code(const Outcome& outcome) {
  switch (outcome.reason) {
    case Outcome::Reason::kSteps:
    case Outcome::Reason::kMinutes:
      return 0;
    case Outcome::Reason::kInterrupt:
      return 128 + outcome.signal;
    case Outcome::Reason::kNotFinite:
      std::cerr << "not_finite: " << outcome.message << '\n';
  }
  return 1;
}

std::string task_of(const train::RunFolder& folder) {
  return data::SafetensorsFile::open(folder.last()).text("task");
}

std::filesystem::path free_run_folder(std::string_view task) {
  for (int number = 1;; ++number) {
    std::array<char, 16> suffix{};
    std::snprintf(suffix.data(), suffix.size(), "-%03d", number);
    std::filesystem::path path =
        std::filesystem::path("runs") / (std::string(task) + suffix.data());
    if (!std::filesystem::exists(path)) return path;
  }
}

}  // namespace pliant::cli
