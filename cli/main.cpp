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
#include "pliant/base/version.h"

namespace pliant::cli {
namespace {

/// Becomes pliant-torch with the same arguments; returns only if that fails.
int become_torch_program(char** argv, const std::string& command) {
  const std::filesystem::path program = torch_program();
  ::execv(program.c_str(), argv);
  std::cerr << "error: '" << command << "' needs the torch floor, and '" << program.string()
            << "' cannot be started: " << std::strerror(errno)
            << ". Build with PLIANT_BUILD_TORCH=ON\n";
  return kOurMistake;
}

/// --help, --version, and mistakes in the name of the subcommand.
int answer(const Arguments& arguments) {
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
      return run_info({arguments.begin() + 1, arguments.end()});
    }
    return answer(arguments);
  });
}
