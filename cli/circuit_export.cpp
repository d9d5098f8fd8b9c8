// cli/circuit_export.cpp — pliant circuit export NET.plc: as text for other programs and tools
#include "cli/circuit_export.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include "cli/circuit.h"
#include "cli/errors.h"
#include "pliant/base/errors.h"
#include "pliant/base/file.h"
#include "pliant/base/random.h"
#include "pliant/circuit/file.h"
#include "pliant/circuit/verilog.h"

namespace pliant::cli {
namespace {

using circuit::Circuit;

/// Examples of a test bench: a file's, or random ones; bytes of features, or bits.
std::vector<std::uint8_t> examples_of(const Circuit& net, const ExportOptions& options) {
  const bool features = net.encoder.has_features();
  const std::size_t width = features ? net.encoder.features : net.input_bits();
  if (!options.test_data.empty()) {
    std::vector<std::uint8_t> examples = base::read_file(options.test_data);
    base::require(width > 0 && !examples.empty() && examples.size() % width == 0,
                  "--test-data: ", options.test_data, " must have ", width,
                  " bytes an example, it has ", examples.size());
    examples.resize(std::min(examples.size(), options.examples * width));
    return examples;
  }
  base::Random random(options.seed, 0, 0);
  std::vector<std::uint8_t> examples(width * options.examples);
  for (std::uint8_t& value : examples)
    value = static_cast<std::uint8_t>(random.below(features ? 256 : 2));
  return examples;
}

std::string bench_of(const Circuit& net, const ExportOptions& options) {
  const std::vector<std::uint8_t> examples = examples_of(net, options);
  const circuit::VerilogOptions wanted = verilog_options(options);
  if (options.stream == 0) return verilog_test_bench(net, examples, wanted);
  return verilog_stream_test_bench(net, examples, wanted, options.stream);
}

void write(const std::string& path, const std::string& text) {
  if (path == "-") {
    std::cout << text << std::flush;
    return;
  }
  const std::vector<std::uint8_t> bytes(text.begin(), text.end());
  const std::span<const std::uint8_t> part(bytes);
  base::replace_file(path, {&part, 1});
}

/// "c: One file …" of each, a line each.
std::string summaries() {
  std::string text;
  for (const ExportTarget& target : export_targets())
    text += "\n  " + std::string(target.name) + ": " + std::string(target.summary);
  return text;
}

/// The targets that read an option: "verilog, c".
std::string readers_of(const std::string& option) {
  std::string names;
  for (const ExportTarget& target : export_targets()) {
    if (target.options.find(" " + option + " ") == std::string_view::npos) continue;
    names += (names.empty() ? "" : ", ") + std::string(target.name);
  }
  return names;
}

/// Refuses options that the target would not read.
void check_options(const CLI::App& app, const ExportTarget& target) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_lnames().empty()) continue;
    const std::string name = "--" + option->get_lnames().front();
    const std::string readers = readers_of(name);
    base::require(option->count() == 0 || readers.empty() ||
                      target.options.find(" " + name + " ") != std::string_view::npos,
                  name, ": --target ", target.name, " has none; it is for ", readers);
  }
}

}  // namespace

int run_circuit_export(const Arguments& arguments) {
  ExportOptions options;
  CLI::App app("A circuit as text for other programs. Targets:" + summaries(),
               "pliant circuit export");
  std::vector<std::string> names;
  for (const ExportTarget& target : export_targets()) names.emplace_back(target.name);
  app.add_option("net", options.circuit, "The circuit, NET.plc")->required();
  app.add_option("--target,--format", options.target, "What to write; see above")
      ->required()
      ->check(CLI::IsMember(names));
  app.add_option("-o,--out", options.out, "The file to write, - for standard output")->required();
  app.add_option("--name", options.name, "What names begin with");
  app.add_option(
      "--lanes", options.lanes,
      "Examples of a word: 64, or 128, 256, 512 by vectors of gcc and clang; of onnx 64, "
      "or 1 for bools, which are faster for one example");
  app.add_option("--input", options.input, "What an example is: bytes, numbers or bits")
      ->check(CLI::IsMember({"bytes", "numbers", "bits"}));
  app.add_flag("--pipelined", options.pipelined, "With registers: one example a clock");
  app.add_option("--pipeline-depth", options.pipeline_depth,
                 "Levels of nodes from one register to the next; 1, if left out");
  app.add_option(
      "--sum-depth", options.sum_depth,
      "Additions and comparisons of scores from one register to the next; 0: any number");
  app.add_option("--stream", options.stream,
                 "Also a module behind few pins: bits of its words, by valid and ready");
  app.add_option("--lut", options.lut, "Most inputs of a table, 2 … 6")->capture_default_str();
  app.add_option("--test-bench", options.test_bench, "Write a Verilog module that tests the other");
  app.add_option("--test-data", options.test_data,
                 "The examples of the test bench: a file of their bytes, one behind the other");
  app.add_option("--examples", options.examples, "How many, random ones or the first");
  app.add_option("--seed", options.seed, "Of the examples");
  parse(app, arguments);
  const auto targets = export_targets();
  const ExportTarget& target = *std::ranges::find(targets, options.target, &ExportTarget::name);
  check_options(app, target);
  const Circuit net = circuit::read_circuit(options.circuit);
  const std::string content = target.content(net, options);
  const std::string bench = options.test_bench.empty() ? "" : bench_of(net, options);
  write(options.out, content);
  if (!options.test_bench.empty()) write(options.test_bench, bench);
  return 0;
}

}  // namespace pliant::cli
