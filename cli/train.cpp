// cli/train.cpp — pliant train TASK
#include <CLI/CLI.hpp>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/errors.h"
#include "cli/grid.h"
#include "cli/processes.h"
#include "cli/python.h"
#include "cli/run.h"
#include "cli/settings.h"
#include "tasks/tasks.h"

namespace pliant::cli {
namespace {

/// The options of `pliant train` that are no part of the training itself.
struct Destination {
  std::string out;
  std::string resume;
  bool go_on = false;
  std::vector<std::string> grid;
  bool quiet = false;
  bool json = false;
  bool no_report = false;

  [[nodiscard]] train::Console::Mode mode() const {
    if (json) return train::Console::Mode::kJson;
    return quiet ? train::Console::Mode::kQuiet : train::Console::Mode::kText;
  }

  void declare_to(CLI::App& app) {
    CLI::Option* new_run =
        app.add_option("--out", out, "Folder of the run; default: runs/TASK-001 and on");
    app.add_option("--resume", resume, "Go on with the run in this folder")->excludes(new_run);
    app.add_flag("--continue", go_on, "Go on with the run in --out, if there is one")
        ->needs(new_run);
    app.add_option("--grid", grid,
                   "Several values of an option, as in damping=0.1,1,10: a run for each, and with "
                   "more grids for each combination, in folders of --out; one report of all")
        ->allow_extra_args(false);
    app.add_flag("--quiet", quiet, "Print errors only");
    app.add_flag("--json", json, "Print every event as a line of JSON");
    app.add_flag("--no-report", no_report, "Do not end with a report; --quiet and --json never do");
  }
};

template <class Recipe>
struct Request {
  Settings<Recipe> settings;
  Destination destination;
};

/// Reads the command line over the file `config`, if it is not empty.
template <class Recipe>
Request<Recipe> parse_request(const Arguments& arguments, const std::string& config) {
  Request<Recipe> request;
  CLI::App app(std::string(Recipe::summary), "pliant train " + std::string(Recipe::name));
  request.settings.declare_to(app);
  request.destination.declare_to(app);
  app.set_config("--config", config,
                 "Read options from this file; the command line goes before it");
  app.allow_config_extras(CLI::config_extras_mode::error);
  parse(app, arguments);
  if (!request.destination.resume.empty() && config.empty() && app.count("--config") > 0) {
    base::fail("--resume takes the options from the run's config.toml: leave --config out");
  }
  return request;
}

template <class Recipe>
void require_same_options(const Settings<Recipe>& stored, const Settings<Recipe>& given) {
  const train::Config before = config_of(stored);
  const train::Config now = config_of(given);
  for (std::size_t i = 0; i < before.size(); ++i) {
    const auto& [name, value] = before[i];
    base::require(value == now[i].second || may_change(stored, name), "--resume: the run has ",
                  name, " = ", value, ", not ", now[i].second,
                  "; a run goes on with its own options");
  }
}

/// The exit code of a training; at its end, if it talks to people, the report.
template <class Recipe>
int run_and_report(const Request<Recipe>& request, const Prepared& prepared,
                   const train::RunFolder* folder) {
  const Destination& destination = request.destination;
  train::Console console(folder == nullptr ? train::Console::Mode::kQuiet : destination.mode());
  if (folder != nullptr) console.line("run folder: " + folder->path().string());
  const Outcome outcome = run(prepared, folder, console);
  const int code = exit_code(outcome);
  const bool wanted = folder != nullptr && !destination.no_report &&
                      destination.mode() == train::Console::Mode::kText;
  return code == 0 && wanted ? make_report(folder->path()) : code;
}

template <class Recipe>
int resume_task(const Arguments& arguments, const std::filesystem::path& path,
                const SharedProcesses& processes) {
  std::optional<train::RunFolder> folder;
  if (processes->rank() == 0) folder.emplace(train::RunFolder::open(path));
  const ConfigOfFirst config(*processes, folder ? folder->config() : "");
  Request<Recipe> request = parse_request<Recipe>(arguments, config.path().string());
  request.settings.settle();
  require_same_options(read_config<Recipe>(config.path()), request.settings);
  return run_and_report(request, prepare(request.settings, processes), folder ? &*folder : nullptr);
}

/// A new run, or the one that is there if it is to be gone on with.
train::RunFolder open_or_create(const Destination& destination, std::string_view task) {
  const std::filesystem::path path =
      destination.out.empty() ? free_run_folder(task) : std::filesystem::path(destination.out);
  const bool there = std::filesystem::exists(path / "config.toml");
  return (destination.go_on || was_restarted()) && there ? train::RunFolder::open(path)
                                                         : train::RunFolder::create(path);
}

/// The arguments without the grids, the folder and what else is said once for all runs.
Arguments without_grid(const Arguments& arguments) {
  Arguments rest;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--grid" || word == "--out") {
      ++i;
    } else if (!word.starts_with("--grid=") && !word.starts_with("--out=")) {
      rest.push_back(word);
    }
  }
  return rest;
}

template <class Recipe>
int train_task(const Arguments& arguments, const SharedProcesses& processes);

/// A run for each point of the grid; one that ends in NaN does not stop the others.
/// @returns the exit code
template <class Recipe>
int train_grid(const Arguments& arguments, const Destination& destination,
               const SharedProcesses& processes) {
  std::vector<GridAxis> axes;
  axes.reserve(destination.grid.size());
  for (const std::string& text : destination.grid) axes.push_back(parse_axis(text));
  base::require(destination.resume.empty(), "--resume goes on with one run: leave --grid out");
  const std::filesystem::path folder = destination.out.empty()
                                           ? free_run_folder(std::string(Recipe::name) + "-grid")
                                           : std::filesystem::path(destination.out);
  const std::vector<GridPoint> points = grid_points(axes);
  const auto arguments_of = [&](const GridPoint& point) {
    Arguments all = without_grid(arguments);
    const Arguments more = point_arguments(point);
    all.insert(all.end(), more.begin(), more.end());
    all.insert(all.end(), {"--out", (folder / point_name(point)).string()});
    if (!destination.no_report) all.emplace_back("--no-report");
    return all;
  };
  for (const GridPoint& point : points)  // a wrong value is an error before the first run
    parse_request<Recipe>(arguments_of(point), "").settings.settle();
  std::vector<std::filesystem::path> runs;
  for (const GridPoint& point : points) {
    runs.push_back(folder / point_name(point));
    const int code = train_task<Recipe>(arguments_of(point), processes);
    if (code > kOurMistake) return code;
  }
  const bool wanted = processes->rank() == 0 && !destination.no_report &&
                      destination.mode() == train::Console::Mode::kText;
  return wanted ? make_report(runs, folder / "report.html") : 0;
}

template <class Recipe>
int train_task(const Arguments& arguments, const SharedProcesses& processes) {
  Request<Recipe> request = parse_request<Recipe>(arguments, "");
  const Destination& destination = request.destination;
  if (destination.out.empty() && destination.resume.empty()) require_no_restarts();
  if (!destination.grid.empty()) return train_grid<Recipe>(arguments, destination, processes);
  if (!destination.resume.empty())
    return resume_task<Recipe>(arguments, destination.resume, processes);
  request.settings.settle();
  const Prepared prepared = prepare(request.settings, processes);
  std::optional<train::RunFolder> folder;
  if (processes->rank() == 0) folder.emplace(open_or_create(destination, Recipe::name));
  return run_and_report(request, prepared, folder ? &*folder : nullptr);
}

}  // namespace

int run_train(const Arguments& arguments) {
  if (!arguments.empty() && !arguments.front().starts_with('-')) {
    const int task = base::index_of(tasks::Tasks{}, arguments.front(), "task");
    const Arguments rest(arguments.begin() + 1, arguments.end());
    return with_processes([&](const SharedProcesses& processes) {
      int code = 0;
      base::visit(tasks::Tasks{}, task,
                  [&](auto recipe) { code = train_task<decltype(recipe)>(rest, processes); });
      return code;
    });
  }
  CLI::App app("Train a task; pliant train TASK --help lists its options", "pliant train");
  app.require_subcommand(1);
  base::for_each(tasks::Tasks{}, [&](auto recipe) {
    app.add_subcommand(std::string(recipe.name), std::string(recipe.summary));
  });
  parse(app, arguments);
  return 0;
}

}  // namespace pliant::cli
