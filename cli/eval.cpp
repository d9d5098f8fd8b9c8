// cli/eval.cpp — pliant eval RUN
#include <CLI/CLI.hpp>
#include <iostream>
#include <optional>
#include <string>

#include "cli/commands.h"
#include "cli/errors.h"
#include "cli/run.h"
#include "cli/settings.h"
#include "tasks/tasks.h"

namespace pliant::cli {
namespace {

struct Request {
  std::string run;
  std::string split = "test";
  std::optional<std::int64_t> groups;
  bool json = false;
};

template <class Recipe>
void set_groups(Settings<Recipe>& settings, std::int64_t groups) {
  if constexpr (requires { settings.task.groups; }) {
    settings.task.groups = groups;
    settings.settle();
  } else {
    base::fail("--groups: the task ", Recipe::name, " draws no sets");
  }
}

template <class Recipe>
int evaluate(const Request& request, const train::RunFolder& folder) {
  Settings<Recipe> settings = read_config<Recipe>(folder.config());
  const std::string hash = settings_hash(settings);
  if (request.groups) set_groups(settings, *request.groups);
  const Prepared prepared = prepare(settings);
  const data::Split split = request.split == "test" ? data::Split::kTest : data::Split::kValidation;
  const train::Event event = evaluate_best(*prepared.task, folder, hash, split);
  std::cout << (request.json ? train::to_json(event) : train::event_text(event)) << '\n';
  return 0;
}

}  // namespace

int run_eval(const Arguments& arguments) {
  Request request;
  CLI::App app("The figures of a run's best checkpoint", "pliant eval");
  app.add_option("run", request.run, "Folder of the run")->required();
  app.add_option("--split", request.split, "Which images")
      ->check(CLI::IsMember({"test", "validation"}))
      ->capture_default_str();
  app.add_option("--groups", request.groups,
                 "Sets to draw; default: as many as the run's own test");
  app.add_flag("--json", request.json, "Print the figures as JSON");
  parse(app, arguments);
  const train::RunFolder folder = train::RunFolder::read(request.run);
  int code = 0;
  base::visit(tasks::Tasks{}, base::index_of(tasks::Tasks{}, task_of(folder), "task"),
              [&](auto recipe) { code = evaluate<decltype(recipe)>(request, folder); });
  return code;
}

}  // namespace pliant::cli
