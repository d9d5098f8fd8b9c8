// cli/circuit_export.cpp — pliant circuit export NET.plc: as C, C++, Verilog, BLIF, AIGER or ONNX
#include <CLI/CLI.hpp>
#include <array>
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include "cli/circuit.h"
#include "cli/errors.h"
#include "pliant/base/errors.h"
#include "pliant/base/file.h"
#include "pliant/base/random.h"
#include "pliant/circuit/aiger.h"
#include "pliant/circuit/blif.h"
#include "pliant/circuit/c_code.h"
#include "pliant/circuit/embedded.h"
#include "pliant/circuit/file.h"
#include "pliant/circuit/onnx.h"
#include "pliant/circuit/verilog.h"

namespace pliant::cli {
namespace {

using circuit::Circuit;

struct ExportOptions {
  std::string circuit;
  std::string format;
  std::string out;
  std::string name = "circuit";
  std::uint32_t lanes = 64;
  std::string input;
  bool pipelined = false;
  std::string test_bench;
  std::size_t examples = 100;
  std::uint64_t seed = 0;
};

std::string code_of(const Circuit& net, const ExportOptions& options) {
  const bool cpp = options.format == "cpp";
  return c_code(net, {.name = options.name,
                      .language = cpp ? circuit::CodeLanguage::kCpp : circuit::CodeLanguage::kC,
                      .lanes = options.lanes});
}

std::string onnx_of(const Circuit& net, const ExportOptions& options) {
  base::require(options.lanes == 64 || options.lanes == 1,
                "--lanes: of --format onnx 64, or 1 for bools, got ", options.lanes);
  circuit::OnnxOptions onnx;
  if (options.lanes == 1) onnx.form = circuit::OnnxForm::kBools;
  if (options.input == "bytes") onnx.input = circuit::OnnxInput::kBytes;
  if (options.input == "numbers") onnx.input = circuit::OnnxInput::kNumbers;
  if (options.input == "bits") onnx.input = circuit::OnnxInput::kBits;
  const std::vector<std::uint8_t> bytes = onnx_bytes(net, onnx);
  return {bytes.begin(), bytes.end()};
}

std::string text_of(const Circuit& net, const ExportOptions& options) {
  const std::string& format = options.format;
  if (format == "c" || format == "cpp") return code_of(net, options);
  if (format == "c-embedded") return embedded_code(net, {.name = options.name});
  if (format == "verilog") return verilog(net, {options.name, options.pipelined});
  if (format == "blif") return blif_text(net);
  if (format == "onnx") return onnx_of(net, options);
  const auto form = format == "aiger" ? circuit::AigerForm::kBinary : circuit::AigerForm::kAscii;
  const std::vector<std::uint8_t> bytes = aiger_bytes(net, form);
  return {bytes.begin(), bytes.end()};
}

/// Random examples: bytes of features, or bits.
std::string bench_of(const Circuit& net, const ExportOptions& options) {
  const bool features = net.encoder.has_features();
  const std::size_t width = features ? net.encoder.features : net.input_bits();
  base::Random random(options.seed, 0, 0);
  std::vector<std::uint8_t> examples(width * options.examples);
  for (std::uint8_t& value : examples)
    value = static_cast<std::uint8_t>(random.below(features ? 256 : 2));
  return verilog_test_bench(net, examples, {options.name, options.pipelined});
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

}  // namespace

int run_circuit_export(const Arguments& arguments) {
  ExportOptions options;
  CLI::App app(
      "A circuit as text for other programs. c and cpp: one file that needs nothing but the C "
      "library, from bytes to labels; c-embedded: not even that, for microcontrollers. verilog: "
      "modules from bytes to labels. blif, aiger (binary) "
      "and aag (its text form): the bits of the last stage alone. onnx: a model of standard "
      "operators, from bytes to labels",
      "pliant circuit export");
  app.add_option("net", options.circuit, "The circuit, NET.plc")->required();
  app.add_option("--format", options.format,
                 "c, cpp, c-embedded, verilog, blif, aiger, aag or onnx")
      ->required()
      ->check(CLI::IsMember({"c", "cpp", "c-embedded", "verilog", "blif", "aiger", "aag", "onnx"}));
  app.add_option("-o,--out", options.out, "The file to write, - for standard output")->required();
  app.add_option("--name", options.name, "What names begin with (c, cpp, c-embedded, verilog)");
  app.add_option("--lanes", options.lanes,
                 "Examples of a word (c, cpp): 64, or 128, 256, 512 by vectors of gcc and clang; "
                 "(onnx): 64, or 1 for bools, the faster ones for a single example");
  app.add_option("--input", options.input, "What an example is (onnx): bytes, numbers or bits")
      ->check(CLI::IsMember({"bytes", "numbers", "bits"}));
  app.add_flag("--pipelined", options.pipelined, "A register behind each gate (verilog)");
  app.add_option("--test-bench", options.test_bench,
                 "Write a Verilog module that tests the other, with random examples");
  app.add_option("--examples", options.examples, "Examples of the test bench");
  app.add_option("--seed", options.seed, "Of the examples");
  parse(app, arguments);
  base::require(options.test_bench.empty() || options.format == "verilog",
                "--test-bench: only --format verilog has one");
  const Circuit net = circuit::read_circuit(options.circuit);
  write(options.out, text_of(net, options));
  if (!options.test_bench.empty()) write(options.test_bench, bench_of(net, options));
  return 0;
}

}  // namespace pliant::cli
