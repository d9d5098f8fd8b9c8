// cli/export_targets.cpp — what each target of `pliant circuit export` writes
#include <array>
#include <vector>

#include "cli/circuit_export.h"
#include "pliant/base/errors.h"
#include "pliant/circuit/aiger.h"
#include "pliant/circuit/blif.h"
#include "pliant/circuit/c_code.h"
#include "pliant/circuit/embedded.h"
#include "pliant/circuit/onnx.h"
#include "pliant/circuit/optimise.h"
#include "pliant/circuit/verilog.h"

namespace pliant::cli {
namespace {

using circuit::Circuit;

std::string code(const Circuit& net, const ExportOptions& options, circuit::CodeLanguage language) {
  return c_code(net, {.name = options.name, .language = language, .lanes = options.lanes});
}

std::string c_text(const Circuit& net, const ExportOptions& options) {
  return code(net, options, circuit::CodeLanguage::kC);
}

std::string cpp_text(const Circuit& net, const ExportOptions& options) {
  return code(net, options, circuit::CodeLanguage::kCpp);
}

std::string embedded_text(const Circuit& net, const ExportOptions& options) {
  return embedded_code(net, {.name = options.name});
}

std::string onnx_content(const Circuit& net, const ExportOptions& options) {
  base::require(options.lanes == 64 || options.lanes == 1,
                "--lanes: of --target onnx 64, or 1 for bools, got ", options.lanes);
  circuit::OnnxOptions onnx;
  if (options.lanes == 1) onnx.form = circuit::OnnxForm::kBools;
  if (options.input == "bytes") onnx.input = circuit::OnnxInput::kBytes;
  if (options.input == "numbers") onnx.input = circuit::OnnxInput::kNumbers;
  if (options.input == "bits") onnx.input = circuit::OnnxInput::kBits;
  const std::vector<std::uint8_t> bytes = onnx_bytes(net, onnx);
  return {bytes.begin(), bytes.end()};
}

std::string verilog_text(const Circuit& net, const ExportOptions& options) {
  const circuit::VerilogOptions wanted = verilog_options(options);
  std::string text = verilog(net, wanted);
  if (options.stream > 0) text += verilog_stream(net, wanted, options.stream);
  return text;
}

std::string blif_content(const Circuit& net, const ExportOptions& /*options*/) {
  return blif_text(net);
}

/// Tables of at most --lut inputs, as deep as need be.
std::string lut_content(const Circuit& net, const ExportOptions& options) {
  base::require(2 <= options.lut && options.lut <= std::size_t{circuit::kMaxFanIn},
                "--lut: tables have 2 … ", circuit::kMaxFanIn, " inputs, got ", options.lut);
  circuit::OptimiseOptions map;
  map.biases = false;  // every bit of the last stage stays an output
  map.lut = static_cast<int>(options.lut);
  map.shallow = true;
  return blif_text(circuit::optimised(net, map));
}

std::string aiger(const Circuit& net, circuit::AigerForm form) {
  const std::vector<std::uint8_t> bytes = aiger_bytes(net, form);
  return {bytes.begin(), bytes.end()};
}

std::string aiger_binary(const Circuit& net, const ExportOptions& /*options*/) {
  return aiger(net, circuit::AigerForm::kBinary);
}

std::string aiger_ascii(const Circuit& net, const ExportOptions& /*options*/) {
  return aiger(net, circuit::AigerForm::kAscii);
}

constexpr std::array kTargets = {
    ExportTarget{"c", "One file that needs nothing but the C library, from bytes to labels",
                 " --name --lanes ", c_text},
    ExportTarget{"cpp", "The same in C++, in a namespace", " --name --lanes ", cpp_text},
    ExportTarget{"c-embedded", "C for microcontrollers, which needs no library and no allocation",
                 " --name ", embedded_text},
    ExportTarget{
        "verilog", "Modules of Verilog-2001 from bytes to labels",
        " --name --pipelined --pipeline-depth --sum-depth --stream --test-bench --test-data "
        "--examples --seed ",
        verilog_text},
    ExportTarget{"blif", "The bits of the last stage as tables, as they are", "", blif_content},
    ExportTarget{"lut", "The same, mapped to tables of --lut inputs, for the least depth",
                 " --lut ", lut_content},
    ExportTarget{"aiger", "The bits of the last stage as an and-inverter graph, binary", "",
                 aiger_binary},
    ExportTarget{"aag", "The same as text", "", aiger_ascii},
    ExportTarget{"onnx", "A model of standard operators, from bytes to labels", " --lanes --input ",
                 onnx_content},
};

}  // namespace

circuit::VerilogOptions verilog_options(const ExportOptions& options) {
  base::require(options.pipeline_depth > 0,
                "--pipeline-depth: at least 1 level of nodes between registers, got 0");
  const bool registers = options.pipelined || options.pipeline_depth > 1 || options.sum_depth > 0;
  return {options.name, registers, options.pipeline_depth, options.sum_depth};
}

std::span<const ExportTarget> export_targets() { return kTargets; }

}  // namespace pliant::cli
