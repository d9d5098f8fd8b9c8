// cli/demo.cpp — pliant demo: from nothing to a report in minutes
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <functional>
#include <iostream>
#include <numeric>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/errors.h"
#include "cli/python.h"
#include "cli/run.h"
#include "cli/settings.h"
#include "pliant/base/errors.h"
#include "pliant/circuit/file.h"
#include "pliant/circuit/optimise.h"
#include "pliant/circuit/program.h"
#include "pliant/data/image_set.h"
#include "pliant/data/safetensors.h"
#include "pliant/logic/network_file.h"
#include "tasks/logic.h"
#include "tasks/mnist.h"
#include "tasks/paths.h"
#include "tasks/shape.h"
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

/// A cow from 48 views; softness and rate fall towards the end.
Settings<tasks::Shape> shape_demo_settings(bool quick) {
  Settings<tasks::Shape> settings;
  settings.task.target = "cow";
  settings.task.elevations = {-30, 30};
  settings.task.tau = 1e-3;
  settings.task.tau_end = 3e-5;
  settings.training.learning_rate_end = 3e-3;
  settings.training.steps = 150;
  if (quick) {
    settings.task.elevations = {30};
    settings.training.steps = 20;
  }
  settings.settle();
  return settings;
}

/// Small maps, whose terrain is learned through the relaxed shortest-path program.
Settings<tasks::Paths> paths_demo_settings(bool quick) {
  Settings<tasks::Paths> settings;
  settings.task.cells = 8;
  settings.task.evaluation = 500;
  settings.training.learning_rate = 5e-3;
  settings.training.learning_rate_end = 5e-4;
  settings.training.steps = 600;
  if (quick) {
    settings.task.evaluation = 50;
    settings.training.steps = 20;
    settings.training.validate_every = 10;
  }
  settings.settle();
  return settings;
}

/// The same network by plain and by conditioned gradients, each at the best rate of a grid.
Settings<tasks::Mnist> isaac_demo_settings(const std::string& optimizer, bool quick) {
  Settings<tasks::Mnist> settings;
  settings.task.data = "digits";
  settings.task.conditioned = optimizer == kIsaacOptimizer ? "all" : "none";
  settings.training.optimizer = optimizer;
  settings.training.steps = quick ? 20 : 300;
  settings.training.validate_every = quick ? 10 : 30;
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
    if (field == name) return std::round(1000 * std::get<double>(value)) / 10;
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

/// Seconds of the fastest of the calls that fit into a quarter of a second.
template <class Call>
double fastest(const Call& call) {
  using Clock = std::chrono::steady_clock;
  double best = 1e9;
  for (const auto start = Clock::now(); Clock::now() - start < std::chrono::milliseconds(250);) {
    const auto begin = Clock::now();
    call();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - begin).count());
  }
  return best;
}

/// The trained gates as a circuit in the folder, run on the test images.
void circuit_demo(const train::RunFolder& folder) {
  const auto checkpoint = data::SafetensorsFile::open(folder.best());
  const circuit::Circuit trained = logic::circuit_of(checkpoint, folder.best().string());
  const circuit::Circuit small = circuit::optimised(trained);
  const fs::path file = folder.path() / "net.plc";
  circuit::write_circuit(file, small);
  const data::ImageSet set = data::load_image_set("digits", data::Split::kTest);
  const circuit::Program program(small);
  std::vector<std::int32_t> labels(set.size());
  const auto classify = [&] {
    program.classify(circuit::Batch::bytes(set.pixels.data(), set.size()), labels.data(),
                     base::serial_executor());
  };
  const double seconds = fastest(classify);
  const auto right =
      std::inner_product(labels.begin(), labels.end(), set.labels.begin(), 0, std::plus<>(),
                         [](std::int32_t a, std::uint8_t b) { return a == b ? 1 : 0; });
  std::cout << "the same as a circuit, " << file.string() << ": "
            << circuit::size_of(circuit::flattened(trained).cell()).nodes << " gates in "
            << small.cell().nodes.size() << " nodes, "
            << 100.0 * right / static_cast<double>(set.size()) << " % right, "
            << static_cast<double>(set.size()) / seconds * 1e-6
            << " million images a second on one core\n";
}

/// @returns the exit code
int logic_demo(const train::RunFolder& folder, bool quick) {
  std::cout << "\nnow a network of logic gates, on single digits\n";
  train::Console console(train::Console::Mode::kText);
  const Outcome outcome = run(prepare(logic_demo_settings(quick)), folder, console);
  if (!outcome.test) return exit_code(outcome);
  std::cout << "on digits by writers that were not trained on, with Boolean gates: "
            << percent(*outcome.test, "hard") << " % right\n";
  circuit_demo(folder);
  return make_report(folder.path());
}

/// @returns the exit code
int shape_demo(const train::RunFolder& folder, bool quick) {
  std::cout << "\nnow a sphere that becomes a cow, by its silhouettes\n";
  train::Console console(train::Console::Mode::kText);
  const Outcome outcome = run(prepare(shape_demo_settings(quick)), folder, console);
  if (!outcome.test) return exit_code(outcome);
  std::cout << "seen from 24 sides that it was not learned from, the silhouettes agree by "
            << 100 - percent(*outcome.test, "hard_loss")
            << " % (intersection over union); the shape: "
            << (folder.results() / "shape.obj").string() << '\n';
  return make_report(folder.path());
}

/// @returns the exit code
int paths_demo(const train::RunFolder& folder, bool quick) {
  std::cout << "\nnow what terrain costs, from nothing but the cheapest path across each map\n";
  train::Console console(train::Console::Mode::kText);
  const Outcome outcome = run(prepare(paths_demo_settings(quick)), folder, console);
  if (!outcome.test) return exit_code(outcome);
  std::cout
      << "on maps that it was not trained on, the cheapest path by the learned costs is right "
         "on "
      << percent(*outcome.test, "exact_hard") << " %, and costs "
      << percent(*outcome.test, "cost_ratio") - 100 << " % more than the cheapest\n";
  return make_report(folder.path());
}

/// @returns the exit code
int isaac_demo(const fs::path& path, bool quick) {
  std::cout << "\nnow a plain network on single digits, by gradient descent and by ISAAC\n";
  std::vector<fs::path> runs;
  for (const std::string_view name : {std::string_view("descent"), kIsaacOptimizer}) {
    const std::string optimizer(name);
    const train::RunFolder folder = demo_folder(path / optimizer);
    train::Console console(train::Console::Mode::kQuiet);
    const Outcome outcome = run(prepare(isaac_demo_settings(optimizer, quick)), folder, console);
    if (!outcome.test) return exit_code(outcome);
    std::cout << optimizer << ": " << percent(*outcome.test, "accuracy") << " % right after "
              << outcome.step << " steps\n";
    runs.push_back(folder.path());
  }
  return make_report(runs, path / "report.html");
}

}  // namespace

int run_demo(const Arguments& arguments) {
  std::string out = "demo";
  bool quick = false;
  CLI::App app(
      "Learn to read the embedded digits from their order, then by logic gates, then find a shape "
      "from its silhouettes, then learn what terrain costs from shortest paths, then train a "
      "network by "
      "conditioned gradients, with reports",
      "pliant demo");
  app.add_option("--out", out, "Folder: a new one, or an earlier demo's")->capture_default_str();
  app.add_flag("--quick", quick, "A few seconds of training, to see that all works");
  parse(app, arguments);

  const train::RunFolder folder = demo_folder(out);
  int code = sorting_demo(folder, quick);
  if (code == 0) code = logic_demo(demo_folder(fs::path(out) / "logic"), quick);
  if (code == 0) code = shape_demo(demo_folder(fs::path(out) / "shape"), quick);
  if (code == 0) code = paths_demo(demo_folder(fs::path(out) / "paths"), quick);
  if (code == 0) code = isaac_demo(fs::path(out) / "isaac", quick);
  return code;
}

}  // namespace pliant::cli
