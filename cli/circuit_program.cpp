// cli/circuit_program.cpp — programs on whole numbers as sources of `pliant circuit compile`
#include "cli/circuit_program.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <string_view>

#include "pliant/base/errors.h"
#include "pliant/base/file.h"
#include "pliant/program/shipped.h"

namespace pliant::cli {
namespace {

namespace fs = std::filesystem;
using program::Program;

std::size_t number_of(std::string_view text, std::string_view option) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  base::require(error == std::errc() && end == text.data() + text.size(), option,
                ": a whole number is needed, got '", text, "'");
  return value;
}

/// "xs=4" as xs and 4.
std::pair<std::string, std::string> assignment(const std::string& text, std::string_view option) {
  const std::size_t at = text.find('=');
  base::require(at != std::string::npos && at > 0, option, ": INPUT=… is needed, got '", text, "'");
  return {text.substr(0, at), text.substr(at + 1)};
}

std::vector<std::size_t> shape_of(const std::string& text) {
  std::vector<std::size_t> shape;
  std::size_t begin = 0;
  for (std::size_t end = 0; end != std::string::npos; begin = end + 1) {
    end = text.find('x', begin);
    shape.push_back(number_of(std::string_view(text).substr(begin, end - begin), "--shape"));
  }
  return shape;
}

Program read_program(const std::string& source) {
  if (fs::path(source).extension() != ".program") return program::shipped(source);
  const std::vector<std::uint8_t> bytes = base::read_file(source);
  try {
    return Program::parse(std::string(bytes.begin(), bytes.end()));
  } catch (const std::invalid_argument& error) {
    base::fail(source, ": ", error.what());
  }
}

std::size_t input_named(const std::vector<std::string>& names, const std::string& name,
                        std::string_view option) {
  const auto found = std::ranges::find(names, name);
  std::string known;
  for (const std::string& each : names) known += (known.empty() ? "" : ", ") + each;
  base::require(found != names.end(), option, ": the program has no input '", name,
                "'; there are: ", known);
  return static_cast<std::size_t>(found - names.begin());
}

}  // namespace

bool ProgramRequest::is_given() const {
  return !shapes.empty() || !bits.empty() || !outputs.empty() || is_signed || truncate;
}

void add_program_options(CLI::App& app, ProgramRequest& request) {
  app.add_option("--shape", request.shapes,
                 "Of a program: the sizes of its arrays, xs=4 or cost=3x3, …")
      ->delimiter(',');
  app.add_option("--bits", request.bits, "Of a program: of each number, 3, or by input xs=3,k=2")
      ->delimiter(',');
  app.add_option("--outputs", request.outputs, "Of a program: those wanted; all, if left out")
      ->delimiter(',');
  app.add_flag("--signed", request.is_signed, "Of a program: inputs are in two's complement");
  app.add_option("--max-passes", request.max_passes, "Of a program: passes of a while loop")
      ->capture_default_str();
  app.add_flag("--truncate", request.truncate,
               "Of a program: a loop that may go on after these ends there");
}

bool is_program(const std::string& source) {
  const auto names = program::shipped_names();
  return fs::path(source).extension() == ".program" ||
         std::ranges::find(names, source) != names.end();
}

program::CompiledProgram compiled_program(const std::string& source,
                                          const ProgramRequest& request) {
  const Program read = read_program(source);
  const std::vector<std::string> names = read.inputs();
  std::vector<program::InputNumbers> inputs(names.size());
  for (program::InputNumbers& input : inputs) input.is_signed = request.is_signed;
  for (const std::string& text : request.shapes) {
    const auto [name, shape] = assignment(text, "--shape");
    inputs[input_named(names, name, "--shape")].shape = shape_of(shape);
  }
  base::require(!request.bits.empty(), "--bits: a program needs the bits of its numbers");
  for (const std::string& text : request.bits) {
    const auto bits_of = [](std::string_view number) {
      return static_cast<int>(std::min<std::size_t>(number_of(number, "--bits"), 1000));
    };
    if (text.find('=') == std::string::npos) {
      for (program::InputNumbers& input : inputs) input.bits = bits_of(text);
      continue;
    }
    const auto [name, bits] = assignment(text, "--bits");
    inputs[input_named(names, name, "--bits")].bits = bits_of(bits);
  }
  program::CompileOptions options;
  options.outputs = request.outputs;
  options.max_passes = request.max_passes;
  options.truncate = request.truncate;
  return program::circuit_of(read, inputs, options);
}

std::string layout_text(const program::Layout& layout) {
  std::string text = layout.name;
  for (std::size_t k = 0; k < layout.shape.size(); ++k)
    text += (k == 0 ? "[" : ", ") + std::to_string(layout.shape[k]);
  if (!layout.shape.empty()) text += "]";
  text += ": " + std::to_string(layout.bits) + (layout.bits == 1 ? " bit" : " bits");
  if (layout.is_signed) text += ", signed";
  if (layout.fraction > 0) text += ", " + std::to_string(layout.fraction) + " behind the point";
  return text;
}

}  // namespace pliant::cli
