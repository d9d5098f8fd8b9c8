// cli/demo.cpp — pliant demo: from nothing to a report of all systems in minutes
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/demo_parts.h"
#include "cli/errors.h"
#include "cli/options.h"
#include "cli/python.h"
#include "pliant/base/errors.h"
#include "pliant/train/run_folder.h"

namespace pliant::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kMark = ".pliant-demo";  ///< in a demo's folder: it may be written over

/// A folder that is new, or an earlier demo's with that demo's runs gone.
/// @throws std::invalid_argument if it holds anything else
void prepare_folder(const fs::path& path) {
  if (fs::exists(path)) {
    const bool ours = fs::exists(path / kMark);
    base::require(fs::is_directory(path) && (ours || fs::is_empty(path)), "'", path.string(),
                  "' is there already, and is no earlier demo's: name another folder with --out");
    train::RunFolder::remove_run(path);
    for (const Part& part : demo_parts()) {
      if (!fs::is_directory(path / part.name)) continue;
      train::RunFolder::remove_run(path / part.name);
      for (const auto& below : fs::directory_iterator(path / part.name)) {
        if (below.is_directory()) train::RunFolder::remove_run(below.path());
      }
    }
  }
  fs::create_directories(path);
  train::RunFolder::write_text(path / kMark, "");
}

/// The parts of these names, or all.   @throws std::invalid_argument that lists what there is
std::vector<const Part*> chosen_parts(const std::vector<std::string>& names) {
  std::vector<const Part*> chosen;
  std::string all;
  for (const Part& part : demo_parts()) {
    all += (all.empty() ? "" : ", ") + std::string(part.name);
    if (names.empty() || std::ranges::count(names, part.name) > 0) chosen.push_back(&part);
  }
  for (const std::string& name : names) {
    const bool known =
        std::ranges::any_of(demo_parts(), [&](const Part& part) { return part.name == name; });
    base::require(known, "only: unknown part '", name, "'; there are: ", all);
  }
  return chosen;
}

/// What the page of the demo is made from.
Json entry(const Part& part, const Shown& shown, const fs::path& out) {
  Json runs = Json::array(), lines = Json::object();
  for (const fs::path& run : shown.runs) runs.push_back(fs::relative(run, out).string());
  for (const auto& [name, y] : shown.curves.lines) lines[name] = y;
  return {
      {"name", part.name},       {"title", part.title},           {"paper", part.paper},
      {"command", part.command}, {"figure", shown.figure},        {"runs", runs},
      {"x", shown.curves.x},     {"x_name", shown.curves.x_name}, {"y_name", shown.curves.y_name},
      {"lines", lines}};
}

}  // namespace

int run_demo(const Arguments& arguments) {
  std::string out = "demo";
  std::vector<std::string> only;
  bool quick = false;
  CLI::App app("One short task of each system, on data that comes with it, with one report",
               "pliant demo");
  app.add_option("--out", out, "Folder: a new one, or an earlier demo's")->capture_default_str();
  std::string names;
  for (const Part& part : demo_parts())
    names += (names.empty() ? "" : ", ") + std::string(part.name);
  add_option(app, "--only", only, "These parts alone: " + names);
  app.add_flag("--quick", quick, "A few seconds of training, to see that all works");
  parse(app, arguments);

  const std::vector<const Part*> parts = chosen_parts(only);
  const fs::path folder = out;
  prepare_folder(folder);
  Json all = Json::array();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Part& part = *parts[i];
    std::cout << (i == 0 ? "" : "\n") << i + 1 << '/' << parts.size() << "  " << part.title
              << std::endl;
    const Shown shown = part.run(folder / part.name, quick);
    if (shown.code != 0) return shown.code;
    std::cout << shown.figure << '\n';
    all.push_back(entry(part, shown, folder));
  }
  train::RunFolder::write_text(folder / "demo.json", all.dump(1) + "\n");
  std::cout << '\n';
  return make_demo_page(folder);
}

}  // namespace pliant::cli
