// cli/main.cpp — pliant: runs what needs no torch, and hands the rest to pliant-torch beside it
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <string>

#include "cli/commands.h"
#include "cli/errors.h"
#include "cli/torch_program.h"
#include "pliant/base/errors.h"
#include "pliant/base/version.h"

namespace pliant::cli {
namespace {

/// Threads that wait for each other give their core away meanwhile, unless the user has said
/// otherwise: spinning makes a step up to five times slower where other programs use the cores, and
/// gains little where none do. The OpenMP runtime reads it when it is loaded.
void wait_passively() { ::setenv("OMP_WAIT_POLICY", "PASSIVE", /*overwrite=*/0); }

/// Becomes pliant-torch with the same arguments; returns only if that fails.
int become_torch_program(char** argv, const std::string& command) {
  wait_passively();
  const std::filesystem::path program = torch_program();
  ::execv(program.c_str(), argv);
  std::cerr << "error: '" << command << "' needs the torch floor, and '" << program.string()
            << "' cannot be started: " << std::strerror(errno)
            << ". Build with PLIANT_BUILD_TORCH=ON\n";
  return kOurMistake;
}

/// --help, --version, and mistakes in the name of the subcommand.
int answer(const Arguments& arguments) {
  if (!arguments.empty() && !arguments.front().starts_with('-')) {
    std::string known;
    for (const Command& command : kCommands) known += " " + std::string(command.name);
    base::fail("unknown subcommand '", arguments.front(), "'; there are:", known);
  }
  CLI::App app("Learning through algorithms", "pliant");
  app.set_version_flag("--version", std::string(base::version()));
  app.require_subcommand(1);
  for (const Command& command : kCommands) {
    app.add_subcommand(std::string(command.name), std::string(command.summary));
  }
  parse(app, arguments);
  return 0;
}

}  // namespace
}  // namespace pliant::cli

int main(int argc, char** argv) {
  using namespace pliant::cli;
  return report_errors([&] {
    const Arguments arguments(argv + std::min(argc, 1), argv + argc);
    for (const Command& command : kCommands) {
      if (arguments.empty() || arguments.front() != command.name) continue;
      if (command.needs_torch) return become_torch_program(argv, arguments.front());
      const Arguments rest(arguments.begin() + 1, arguments.end());
      if (command.name == "run") return run_program(rest);
      return command.name == "circuit" ? run_circuit(rest) : run_info(rest);
    }
    return answer(arguments);
  });
}
