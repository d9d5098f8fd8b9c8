// cli/circuit.cpp — pliant circuit: hands its arguments to one of its own subcommands
#include "cli/circuit.h"

#include <CLI/CLI.hpp>
#include <string>

#include "cli/errors.h"
#include "pliant/base/errors.h"

namespace pliant::cli {

int run_circuit(const Arguments& arguments) {
  if (!arguments.empty()) {
    for (const CircuitCommand& command : kCircuitCommands) {
      if (arguments.front() == command.name)
        return command.run({arguments.begin() + 1, arguments.end()});
    }
  }
  if (!arguments.empty() && !arguments.front().starts_with('-')) {
    std::string known;
    for (const CircuitCommand& command : kCircuitCommands) known += " " + std::string(command.name);
    base::fail("unknown subcommand 'circuit ", arguments.front(), "'; there are:", known);
  }
  CLI::App app("Trained networks as circuits", "pliant circuit");
  app.require_subcommand(1);
  for (const CircuitCommand& command : kCircuitCommands)
    app.add_subcommand(std::string(command.name), std::string(command.summary));
  parse(app, arguments);
  return 0;
}

}  // namespace pliant::cli
