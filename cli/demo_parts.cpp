// cli/demo_parts.cpp — what the demo runs: one short task of each system
#include "cli/demo_parts.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <iomanip>
#include <numeric>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "cli/python.h"
#include "cli/run.h"
#include "cli/settings.h"
#include "pliant/base/parallel.h"
#include "pliant/circuit/file.h"
#include "pliant/circuit/optimise.h"
#include "pliant/circuit/program.h"
#include "pliant/data/image_set.h"
#include "pliant/data/safetensors.h"
#include "pliant/logic/network_file.h"
#include "pliant/program/while_language.h"
#include "tasks/logic.h"
#include "tasks/mnist.h"
#include "tasks/paths.h"
#include "tasks/shape.h"
#include "tasks/sorting.h"
#include "tasks/topk.h"

namespace pliant::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSteps = 8000;
constexpr double kMinutes = 1.8;

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

/// The same by the first paper's functions: logistic, with the activation replacement trick.
Settings<tasks::Sorting> first_sorting_settings(bool quick) {
  Settings<tasks::Sorting> settings;
  settings.task.distribution = "logistic";
  settings.task.art_lambda = 0.25;
  settings.training.learning_rate = 6e-3;
  settings.training.learning_rate_end = 2e-3;
  settings.training.steps = quick ? 20 : 1500;
  if (quick) {
    settings.training.validate_every = 10;
    settings.task.groups = 100;
  }
  settings.settle();
  return settings;
}

/// Ten classes, with as much weight on being among the first five as on being first.
Settings<tasks::TopK> topk_demo_settings(bool quick) {
  Settings<tasks::TopK> settings;
  settings.training.steps = quick ? 20 : 300;
  settings.task.p_k = {0.5, 0, 0, 0, 0.5};
  if (quick) settings.training.validate_every = 10;
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

/// "61.2 %".
std::string text_of(double percent) {
  std::ostringstream text;
  text << std::setprecision(3) << percent << " %";
  return text.str();
}

double percent(const train::Event& event, std::string_view name) {
  for (const auto& [field, value] : event.fields) {
    if (field == name) return std::round(1000 * std::get<double>(value)) / 10;
  }
  return 0;
}

/// Trains into a new folder and makes the report; `said` tells what came of it from the test.
template <class Recipe, class Said>
Shown trained(const Settings<Recipe>& settings, const fs::path& path, const Said& said) {
  const train::RunFolder folder = train::RunFolder::create(path);
  train::Console console(train::Console::Mode::kText);
  const Outcome outcome = run(prepare(settings), &folder, console);
  if (!outcome.test) return {.code = exit_code(outcome)};
  Shown shown{.figure = said(folder, *outcome.test), .runs = {path}};
  shown.code = make_report(path);
  return shown;
}

std::string order_text(const train::RunFolder&, const train::Event& test) {
  return "sets of 5 numbers by writers that were not trained on: " +
         text_of(percent(test, "exact")) + " in perfect order, " +
         text_of(percent(test, "elementwise")) + " of the numbers at their place";
}

Shown first_sorting_part(const fs::path& path, bool quick) {
  return trained(first_sorting_settings(quick), path, order_text);
}

Shown sorting_part(const fs::path& path, bool quick) {
  return trained(demo_settings(quick), path, order_text);
}

Shown topk_part(const fs::path& path, bool quick) {
  return trained(topk_demo_settings(quick), path, [](const auto&, const train::Event& test) {
    return "digits by writers that were not trained on: " + text_of(percent(test, "top1")) +
           " right, " + text_of(percent(test, "top5")) + " among the first five";
  });
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
std::string circuit_text(const train::RunFolder& folder) {
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
  std::ostringstream text;
  text << "as a circuit, " << file.string() << ", "
       << circuit::size_of(circuit::flattened(trained).cell()).nodes << " gates in "
       << small.cell().nodes.size() << " nodes, "
       << text_of(100.0 * right / static_cast<double>(set.size())) << " right at "
       << std::setprecision(3) << static_cast<double>(set.size()) / seconds * 1e-6
       << " million images a second on one core";
  return text.str();
}

Shown logic_part(const fs::path& path, bool quick) {
  const auto said = [](const train::RunFolder& folder, const train::Event& test) {
    return "digits by writers that were not trained on, with Boolean gates: " +
           text_of(percent(test, "hard")) + " right; " + circuit_text(folder);
  };
  return trained(logic_demo_settings(quick), path, said);
}

Shown shape_part(const fs::path& path, bool quick) {
  const auto said = [](const train::RunFolder& folder, const train::Event& test) {
    return "seen from 24 sides that it was not learned from, the silhouettes agree by " +
           text_of(100 - percent(test, "hard_loss")) +
           " (intersection over union); the shape: " + (folder.results() / "shape.obj").string();
  };
  return trained(shape_demo_settings(quick), path, said);
}

Shown paths_part(const fs::path& path, bool quick) {
  const auto said = [](const train::RunFolder&, const train::Event& test) {
    return "maps that it was not trained on: the cheapest path by the learned costs is right on " +
           text_of(percent(test, "exact_hard")) + ", and costs " +
           text_of(percent(test, "cost_ratio") - 100) + " more than the cheapest";
  };
  return trained(paths_demo_settings(quick), path, said);
}

/// x0 becomes x1 · 4 by counting, for x1 between the whole numbers too.
constexpr const char* kTimesFour = R"(
x0 := 0;
WHILE x1 != 0 DO
  x0 := x0 + 4;
  x1 := x1 - 1
END
)";

Shown while_part(const fs::path& path, bool) {
  fs::create_directories(path);
  constexpr std::array<double, 3> kSharpness = {2, 4, 16};
  constexpr std::size_t kPoints = 81, kThree = 60;  // 0, 0.05, … 4; where it is 3
  program::WhileOptions form;
  form.outputs = {"x0"};
  form.inputs = {"x1"};
  const program::Program times = program::parse_while(kTimesFour, form);
  std::vector<double> x(kPoints);
  for (std::size_t i = 0; i < kPoints; ++i) x[i] = static_cast<double>(i) / 20;
  Shown shown;
  shown.curves.x = x;
  shown.curves.x_name = "x1";
  shown.curves.y_name = "x0 = 4 · x1, counted";
  double product = 0, slope = 0;
  for (const double sharpness : kSharpness) {
    program::Options options;
    options.distribution = {.family = math::family_index("logistic"), .scale = sharpness};
    options.t_norm = {.family = math::t_norm_index("probabilistic")};
    std::vector<double> y(kPoints), gradient(kPoints), ones(kPoints, 1);
    const program::Array<const double> from[] = {{{}, x.data()}}, up[] = {{{}, ones.data()}};
    const program::Array<double> to[] = {{{}, y.data()}}, back[] = {{{}, gradient.data()}};
    program::run<double>(times, options, kPoints, from, to, base::serial_executor());
    program::run_backward<double>(times, options, kPoints, from, up, back, nullptr,
                                  base::serial_executor());
    std::ostringstream name;
    name << "sharpness " << sharpness;
    shown.curves.lines.emplace_back(name.str(), y);
    if (sharpness == kSharpness[1]) {
      product = y[kThree];
      slope = gradient[kThree];
    }
  }
  std::ostringstream text;
  text << std::setprecision(4) << "a WHILE program that counts 3 · 4 gives " << product
       << " at sharpness 4, with a slope of " << slope << " by the 3";
  shown.figure = text.str();
  return shown;
}

Shown isaac_part(const fs::path& path, bool quick) {
  Shown shown;
  for (const std::string_view name : {std::string_view("descent"), kIsaacOptimizer}) {
    const std::string optimizer(name);
    const train::RunFolder folder = train::RunFolder::create(path / optimizer);
    train::Console console(train::Console::Mode::kQuiet);
    const Outcome outcome = run(prepare(isaac_demo_settings(optimizer, quick)), &folder, console);
    if (!outcome.test) return {.code = exit_code(outcome)};
    shown.figure += (shown.figure.empty() ? "" : "; ") + optimizer + ": " +
                    text_of(percent(*outcome.test, "accuracy")) + " right after " +
                    std::to_string(outcome.step) + " steps";
    shown.runs.push_back(folder.path());
  }
  shown.code = make_report(shown.runs, path / "report.html");
  return shown;
}

}  // namespace

const std::vector<Part>& demo_parts() {
  static const std::vector<Part> parts = {
      {"networks", "Numbers in images, read from nothing but their order",
       "Differentiable Sorting Networks, ICML 2021",
       "pliant train sorting --distribution logistic --art-lambda 0.25", first_sorting_part},
      {"sorting", "The same by comparisons that never turn an order round",
       "Monotonic Differentiable Sorting Networks, ICLR 2022",
       "pliant train sorting --distribution cauchy", sorting_part},
      {"topk", "Digits, for being first and for being among the first five",
       "Differentiable Top-k Classification Learning, ICML 2022",
       "pliant train topk --p-k 0.5,0,0,0,0.5", topk_part},
      {"logic", "Digits by a network of logic gates, and by the circuit that it becomes",
       "Deep Differentiable Logic Gate Networks, NeurIPS 2022", "pliant train logic", logic_part},
      {"shape", "A sphere that becomes a cow, by its silhouettes",
       "GenDR: A Generalized Differentiable Renderer, CVPR 2022", "pliant train shape --target cow",
       shape_part},
      {"paths", "What terrain costs, from nothing but the cheapest path across each map",
       "Learning with Algorithmic Supervision via Continuous Relaxations, NeurIPS 2021",
       "pliant train paths", paths_part},
      {"while", "A program of loops, smooth between the whole numbers",
       "AlgoNet: C∞ Smooth Algorithmic Neural Networks, 2019",
       "pliant run examples/programs/multiply.while x1=3 x2=4 --sharpness 8 --grad", while_part},
      {"isaac", "A plain network on digits, by gradient descent and by ISAAC",
       "ISAAC Newton: Input-based Approximate Curvature for Newton's Method, ICLR 2023",
       "pliant train mnist --optimizer isaac", isaac_part}};
  return parts;
}

}  // namespace pliant::cli
