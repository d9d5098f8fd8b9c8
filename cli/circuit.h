// cli/circuit.h — the subcommands of `pliant circuit`; each is a file beside this one
#pragma once

#include <array>
#include <string_view>

#include "cli/commands.h"

namespace pliant::cli {

// As those of cli/commands.h.
int run_circuit_compile(const Arguments& arguments);
int run_circuit_sort(const Arguments& arguments);
int run_circuit_run(const Arguments& arguments);
int run_circuit_bench(const Arguments& arguments);
int run_circuit_info(const Arguments& arguments);
int run_circuit_export(const Arguments& arguments);
int run_circuit_prove(const Arguments& arguments);

struct CircuitCommand {
  std::string_view name;
  std::string_view summary;
  int (*run)(const Arguments& arguments);
};

inline constexpr std::array kCircuitCommands = {
    CircuitCommand{"compile", "A trained network, a program or another's circuit, made small",
                   run_circuit_compile},
    CircuitCommand{"sort", "A sorting or selection network as a circuit", run_circuit_sort},
    CircuitCommand{"run", "Labels or scores of examples", run_circuit_run},
    CircuitCommand{"bench", "How fast a circuit runs here", run_circuit_bench},
    CircuitCommand{"info", "What a circuit is", run_circuit_info},
    CircuitCommand{"export", "As C, Verilog, BLIF or AIGER", run_circuit_export},
    CircuitCommand{"prove", "Whether two circuits compute the same", run_circuit_prove},
};

}  // namespace pliant::cli
