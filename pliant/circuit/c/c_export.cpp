// pliant/circuit/c/c_export.cpp — the C interface: simpler circuits, and circuits in other
// languages (no torch)
#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <locale>
#include <ostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "pliant/base/errors.h"
#include "pliant/base/known.h"
#include "pliant/circuit/aiger.h"
#include "pliant/circuit/blif.h"
#include "pliant/circuit/c/c_api.h"
#include "pliant/circuit/c_code.h"
#include "pliant/circuit/embedded.h"
#include "pliant/circuit/onnx.h"
#include "pliant/circuit/optimise.h"
#include "pliant/circuit/verilog.h"

using namespace pliant;
using namespace pliant::circuit;

namespace {

constexpr std::array<std::pair<unsigned, bool OptimiseOptions::*>, 10> kPasses = {{
    {PLIANT_CONSTANTS, &OptimiseOptions::constants},
    {PLIANT_INVERTERS, &OptimiseOptions::inverters},
    {PLIANT_HASHING, &OptimiseOptions::hashing},
    {PLIANT_BIASES, &OptimiseOptions::biases},
    {PLIANT_DEAD, &OptimiseOptions::dead},
    {PLIANT_EQUAL_BITS, &OptimiseOptions::equal_bits},
    {PLIANT_IMPLICATIONS, &OptimiseOptions::implications},
    {PLIANT_WINDOWS, &OptimiseOptions::windows},
    {PLIANT_SWEEP, &OptimiseOptions::sweep},
    {PLIANT_SHALLOW, &OptimiseOptions::shallow},
}};

OptimiseOptions options_of(unsigned passes, unsigned lut, unsigned sweep_conflicts) {
  OptimiseOptions options;
  unsigned known = 0;
  for (const auto& [flag, member] : kPasses) {
    options.*member = (passes & flag) != 0;
    known |= flag;
  }
  constexpr unsigned kMost = std::numeric_limits<int>::max();
  base::require((passes & ~known) == 0, "passes: unknown flags ", passes & ~known);
  base::require(lut <= kMaxFanIn, "lut: must be 0 or 2 … 6, got ", lut);
  base::require(sweep_conflicts <= kMost, "sweep_conflicts: at most ", kMost, ", got ",
                sweep_conflicts);
  options.lut = static_cast<int>(lut);
  options.sweep_conflicts = static_cast<int>(sweep_conflicts);
  return options;
}

void write_size(std::ostream& text, const char* name, const Size& size) {
  text << R"(, ")" << name << R"(": {"nodes": )" << size.nodes << R"(, "depth": )" << size.depth
       << R"(, "output_bits": )" << size.class_bits << R"(, "live_inputs": )" << size.live_inputs
       << "}";
}

std::string report_text(const std::vector<PassReport>& reports) {
  std::ostringstream text;
  text.imbue(std::locale::classic());  // JSON whatever the program's locale is
  text << "[";
  const char* separator = "";
  for (const PassReport& report : reports) {
    text << separator << R"({"pass": ")" << report.pass << R"(", "seconds": )" << report.seconds;
    write_size(text, "before", report.before);
    write_size(text, "after", report.after);
    text << "}";
    separator = ", ";
  }
  text << "]";
  return text.str();
}

/// What the caller knows of the options, and 0 for the rest.
pliant_circuit_export_options known_options(const pliant_circuit_export_options* options) {
  pliant_circuit_export_options known{};
  if (options == nullptr) return known;
  base::require(options->size >= sizeof known.size,
                "options: their size must be set to sizeof(pliant_circuit_export_options), got ",
                options->size);
  std::memcpy(&known, options, std::min(options->size, sizeof known));
  return known;
}

std::string as_text(const std::vector<std::uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

std::string embedded_of(const Circuit& circuit, const pliant_circuit_export_options& options) {
  base::require(options.lanes == 0 || options.lanes == 32, "lanes: of c-embedded 32, got ",
                options.lanes);
  EmbeddedOptions embedded;
  if (options.name != nullptr) embedded.name = options.name;
  if (options.nodes_per_function > 0) embedded.nodes_per_function = options.nodes_per_function;
  return embedded_code(circuit, embedded);
}

std::string onnx_of(const Circuit& circuit, const pliant_circuit_export_options& options) {
  constexpr std::array<std::string_view, 3> kInputs = {"bytes", "numbers", "bits"};
  base::require(options.lanes == 0 || options.lanes == 1 || options.lanes == 64,
                "lanes: of onnx 64, or 1 for bools, got ", options.lanes);
  OnnxOptions onnx;
  if (options.lanes == 1) onnx.form = OnnxForm::kBools;
  if (options.input != nullptr) {
    const std::string_view input = options.input;
    base::require_known(kInputs, input, "input");
    onnx.input = input == "bytes"     ? OnnxInput::kBytes
                 : input == "numbers" ? OnnxInput::kNumbers
                                      : OnnxInput::kBits;
  }
  return as_text(onnx_bytes(circuit, onnx));
}

std::string exported(const Circuit& circuit, std::string_view format,
                     const pliant_circuit_export_options& options) {
  constexpr std::array<std::string_view, 8> kFormats = {"c",    "c++",   "c-embedded", "verilog",
                                                        "blif", "aiger", "aag",        "onnx"};
  base::require_known(kFormats, format, "format");
  if (format == "blif") return blif_text(circuit);
  if (format == "aiger") return as_text(aiger_bytes(circuit, AigerForm::kBinary));
  if (format == "aag") return as_text(aiger_bytes(circuit, AigerForm::kAscii));
  if (format == "c-embedded") return embedded_of(circuit, options);
  if (format == "onnx") return onnx_of(circuit, options);
  if (format == "verilog") {
    VerilogOptions verilog_options;
    if (options.name != nullptr) verilog_options.name = options.name;
    verilog_options.pipelined = options.pipelined != 0;
    if (options.pipeline_depth > 0) verilog_options.depth = options.pipeline_depth;
    verilog_options.sum_depth = options.sum_depth;
    std::string text = verilog(circuit, verilog_options);
    if (options.stream_bits == 0) return text;
    return text + verilog_stream(circuit, verilog_options, options.stream_bits);
  }
  CodeOptions code;
  if (options.name != nullptr) code.name = options.name;
  code.language = format == "c" ? CodeLanguage::kC : CodeLanguage::kCpp;
  base::require(options.lanes <= std::numeric_limits<std::uint32_t>::max(),
                "lanes: at most 4096, got ", options.lanes);
  if (options.lanes > 0) code.lanes = static_cast<std::uint32_t>(options.lanes);
  if (options.nodes_per_function > 0) code.nodes_per_function = options.nodes_per_function;
  return c_code(circuit, code);
}

}  // namespace

int pliant_circuit_simplify(const pliant_circuit* circuit, unsigned passes, unsigned lut,
                            unsigned sweep_conflicts, pliant_circuit** simplified, char** report) {
  return guarded([&] {
    require_pointer(circuit, "circuit");
    require_pointer(simplified, "simplified");
    const OptimiseOptions options = options_of(passes, lut, sweep_conflicts);
    std::vector<PassReport> reports;
    // Reports cost a walk for each pass.
    auto result = std::make_unique<pliant_circuit>(
        optimised(circuit->circuit(), options, report == nullptr ? nullptr : &reports));
    if (report != nullptr) *report = copied_text(report_text(reports));
    *simplified = result.release();
  });
}

int pliant_circuit_export(const pliant_circuit* circuit, const char* format,
                          const pliant_circuit_export_options* options, char** bytes,
                          size_t* size) {
  return guarded([&] {
    require_pointer(circuit, "circuit");
    require_pointer(format, "format");
    require_pointer(bytes, "bytes");
    const std::string text = exported(circuit->circuit(), format, known_options(options));
    *bytes = copied_text(text);
    if (size != nullptr) *size = text.size();
  });
}
