// cli/circuit_export.h — the targets of `pliant circuit export`: a list, one entry a target
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "pliant/circuit/circuit.h"
#include "pliant/circuit/verilog.h"

namespace pliant::cli {

/// What the command line says. A target reads what its entry names and refuses what does not fit.
struct ExportOptions {
  std::string circuit;
  std::string target;
  std::string out;
  std::string name = "circuit";
  std::uint32_t lanes = 64;
  std::string input;
  bool pipelined = false;
  std::size_t pipeline_depth = 1;
  std::size_t sum_depth = 0;
  std::size_t stream = 0;  ///< bits of a word; 0: no stream
  std::size_t lut = 6;
  std::string test_bench;
  std::string test_data;
  std::size_t examples = 100;
  std::uint64_t seed = 0;
};

/// A kind of file that a circuit is written as.
struct ExportTarget {
  std::string_view name;
  std::string_view summary;  ///< for --help
  std::string_view options;  ///< that it reads beside --out, " --name --lanes "
  /// The file's bytes. Throws what cannot be exported so before anything is written.
  std::string (*content)(const circuit::Circuit& net, const ExportOptions& options);
};

/// Of the target verilog.
circuit::VerilogOptions verilog_options(const ExportOptions& options);

/// All there are.
std::span<const ExportTarget> export_targets();

}  // namespace pliant::cli
