// cli/circuit_program.h — programs on whole numbers as sources of `pliant circuit compile`
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "pliant/program/circuit.h"

namespace pliant::cli {

/// What the command line says of a program's inputs and outputs.
struct ProgramRequest {
  std::vector<std::string> shapes;   ///< "xs=4", "cost=3x3"
  std::vector<std::string> bits;     ///< "3" of all inputs, or "xs=3"
  std::vector<std::string> outputs;  ///< none: all
  bool is_signed = false;
  std::size_t max_passes = program::CompileOptions{}.max_passes;
  bool truncate = false;

  /// Whether one of these is given.
  [[nodiscard]] bool is_given() const;
};

void add_program_options(CLI::App& app, ProgramRequest& request);

/// Whether the source is a file that ends in .program, or the name of a shipped program.
bool is_program(const std::string& source);

program::CompiledProgram compiled_program(const std::string& source, const ProgramRequest& request);

/// "xs[4], 3 bits each"
std::string layout_text(const program::Layout& layout);

}  // namespace pliant::cli
