// cli/commands.h — the subcommands of `pliant`; each is a file beside this one
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace pliant::cli {

/// What follows the subcommand on the command line.
using Arguments = std::vector<std::string>;

// Each returns the exit code, and throws what report_errors (cli/errors.h) knows.
int run_info(const Arguments& arguments);
int run_train(const Arguments& arguments);
int run_eval(const Arguments& arguments);
int run_demo(const Arguments& arguments);
int run_render(const Arguments& arguments);
int run_program(const Arguments& arguments);
int run_circuit(const Arguments& arguments);

struct Command {
  std::string_view name;
  std::string_view summary;
  bool needs_torch;
};

inline constexpr std::array<Command, 7> kCommands = {{
    {"demo", "One short task of each system and a page of them all, in minutes", true},
    {"train", "Train a task", true},
    {"eval", "The figures of a run's best checkpoint", true},
    {"render", "Draw a mesh, as softly as you like", true},
    {"run", "Run a program on numbers, relaxed or as it stands", false},
    {"circuit", "Run, time and describe trained logic networks as circuits", false},
    {"info", "What this build and this machine have", false},
}};

}  // namespace pliant::cli
