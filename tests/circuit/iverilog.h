// tests/circuit/iverilog.h — Verilog run by iverilog, where it is
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "pliant/circuit/proof/external_program.h"

namespace pliant::circuit {

inline constexpr double kSimulationSeconds = 120;  ///< that a program may take

/// What vvp prints of the modules; "" if there is no iverilog.
inline std::string printed(const std::string& code, const std::string& bench) {
  const TemporaryFolder folder;
  folder.write("code.v", code);
  folder.write("bench.v", bench);
  const ProgramResult compiled = run_program(
      {"iverilog", "-g2001", "-Wall", "-Wno-timescale", "-o", "run", "code.v", "bench.v"},
      kSimulationSeconds, folder.path());
  if (!compiled.found) {
    MESSAGE("not run: there is no iverilog");
    return "";
  }
  CHECK(compiled.output == "");
  return run_program({"vvp", "run"}, kSimulationSeconds, folder.path()).output;
}

}  // namespace pliant::circuit
