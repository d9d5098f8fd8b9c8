// cli/demo.cpp — pliant demo: from nothing to a report in minutes
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <string>

#include "cli/commands.h"
#include "cli/errors.h"
#include "cli/python.h"
#include "cli/run.h"
#include "cli/settings.h"
#include "pliant/base/errors.h"
#include "tasks/logic.h"
#include "tasks/sorting.h"

namespace pliant::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSteps = 8000;
constexpr double kMinutes = 1.8;
constexpr const char* kMark = ".pliant-demo";  ///< in a demo's folder: it may be written over

/// Five numbers of four embedded digits each, by the task's own defaults; the rate falls towards
/// the end, which the time limit brings forward on a machine that is slow or busy.
Settings<tasks::Sorting> demo_settings(bool quick) {
  Settings<tasks::Sorting> settings;
  settings.training.learning_rate = 6e-3;
  settings.training.learning_rate_end = 2e-3;
  settings.training.minutes = kMinutes;
  settings.training.steps = kSteps;
  if (quick) {
    settings.training.steps = 60;
    settings.training.validate_every = 20;
    settings.task.groups = 200;
  }
  settings.settle();
  return settings;
}

/// Logic gates on the same images, by the task's own defaults.
Settings<tasks::Logic> logic_demo_settings(bool quick) {
  Settings<tasks::Logic> settings;
  if (quick) {
    settings.training.steps = 60;
    settings.training.validate_every = 20;
  }
  settings.settle();
  return settings;
}

/// A folder that is new, or an earlier demo's with that demo's files gone.
/// @throws std::invalid_argument if it holds anything else
train::RunFolder demo_folder(const fs::path& path) {
  if (fs::exists(path)) {
    const bool ours = fs::exists(path / kMark);
    base::require(fs::is_directory(path) && (ours || fs::is_empty(path)), "'", path.string(),
                  "' is there already, and is no earlier demo's: name another folder with --out");
    train::RunFolder::remove_run(path);
  }
  train::RunFolder folder = train::RunFolder::create(path);
  train::RunFolder::write_text(path / kMark, "");
  return folder;
}

double percent(const train::Event& event, std::string_view name) {
  for (const auto& [field, value] : event.fields) {
    if (field == name) return 100 * std::get<double>(value);
  }
  return 0;
}

/// @returns the exit code
int sorting_demo(const train::RunFolder& folder, bool quick) {
  train::Console console(train::Console::Mode::kText);
  const Outcome outcome = run(prepare(demo_settings(quick)), folder, console);
  if (!outcome.test) return exit_code(outcome);
  std::cout << "on sets of 5 numbers by writers that were not trained on: "
            << percent(*outcome.test, "exact") << " % in perfect order, "
            << percent(*outcome.test, "elementwise") << " % of the numbers at their place\n";
  return make_report(folder.path());
}

/// @returns the exit code
int logic_demo(const train::RunFolder& folder, bool quick) {
  std::cout << "\nnow a network of logic gates, on single digits\n";
  train::Console console(train::Console::Mode::kText);
  const Outcome outcome = run(prepare(logic_demo_settings(quick)), folder, console);
  if (!outcome.test) return exit_code(outcome);
  std::cout << "on digits by writers that were not trained on, with Boolean gates: "
            << percent(*outcome.test, "hard") << " % right\n";
  return make_report(folder.path());
}

}  // namespace

int run_demo(const Arguments& arguments) {
  std::string out = "demo";
  bool quick = false;
  CLI::App app(
      "Learn to read the embedded digits from their order, then by logic gates, with reports",
      "pliant demo");
  app.add_option("--out", out, "Folder: a new one, or an earlier demo's")->capture_default_str();
  app.add_flag("--quick", quick, "A few seconds of training, to see that all works");
  parse(app, arguments);

  const train::RunFolder folder = demo_folder(out);
  const int sorting = sorting_demo(folder, quick);
  return sorting != 0 ? sorting : logic_demo(demo_folder(fs::path(out) / "logic"), quick);
}

}  // namespace pliant::cli
