// cli/circuit_compile.cpp — pliant circuit compile SOURCE -o NET.plc: a network, a program, or
// another program's circuit, made small
#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cli/circuit.h"
#include "cli/circuit_program.h"
#include "cli/errors.h"
#include "cli/json_text.h"
#include "pliant/base/errors.h"
#include "pliant/base/file.h"
#include "pliant/circuit/aiger.h"
#include "pliant/circuit/blif.h"
#include "pliant/circuit/file.h"
#include "pliant/circuit/optimise.h"
#include "pliant/data/safetensors.h"
#include "pliant/logic/network_file.h"
#include "pliant/train/run_folder.h"

namespace pliant::cli {
namespace {

namespace fs = std::filesystem;
using circuit::Circuit;
using circuit::OptimiseOptions;
using circuit::PassReport;
using circuit::Size;
using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

struct Request {
  std::string source;
  std::string output;
  std::string network;  ///< a file with the description that a checkpoint has not
  bool no_optimise = false;
  bool report = false;
  bool json = false;
  OptimiseOptions options;
  ProgramRequest program;
  std::vector<program::Layout> inputs, outputs;  ///< of a program, when it is compiled
};

Circuit read_network(const fs::path& path, const std::string& description) {
  const auto file = data::SafetensorsFile::open(path);
  if (description.empty()) return logic::circuit_of(file, path.string());
  const std::vector<std::uint8_t> text = base::read_file(description);
  const std::string_view words(reinterpret_cast<const char*>(text.data()), text.size());
  return logic::circuit_of(logic::parse_description(words, description), file.tensors(),
                           path.string());
}

/// The best checkpoint of a run, or the last, if no validation has chosen one.
fs::path checkpoint_of(const fs::path& folder) {
  const auto run = train::RunFolder::read(folder);
  return fs::exists(run.best()) ? run.best() : run.last();
}

Circuit read_source(Request& request) {
  const fs::path path(request.source);
  if (is_program(request.source)) {
    program::CompiledProgram compiled = compiled_program(request.source, request.program);
    request.inputs = std::move(compiled.inputs);
    request.outputs = std::move(compiled.outputs);
    return std::move(compiled.circuit);
  }
  base::require(!request.program.is_given(), "--shape, --bits, --outputs, --signed and --truncate ",
                "are of a program, which '", request.source, "' is not");
  if (fs::is_directory(path)) return read_network(checkpoint_of(path), request.network);
  const std::string ending = path.extension().string();
  if (ending == ".safetensors") return read_network(path, request.network);
  base::require(request.network.empty(), "--network: only a checkpoint can be described, got '",
                request.source, "'");
  if (ending == ".plc") return circuit::read_circuit(path);
  if (ending == ".aig" || ending == ".aag") return circuit::read_aiger(path);
  if (ending == ".blif") return circuit::read_blif(path);
  base::fail("source: a run's folder, or a file that ends in .safetensors, .program, .plc, .aig, ",
             ".aag or .blif is needed, got '", request.source, "'");
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// What a circuit is at a point of the way.
struct Point {
  std::string name;
  Size size;
};

Size flat_size(const Circuit& circuit) {
  return size_of(circuit.flat() ? circuit.cell() : flattened(circuit).cell());
}

/// Simplifies and then maps, noting the sizes between.
Circuit made_small(const Circuit& raw, const Request& request, std::vector<Point>& points,
                   std::vector<PassReport>& passes) {
  std::vector<PassReport>* report = request.report ? &passes : nullptr;
  OptimiseOptions simplify = request.options;
  simplify.lut = 0;
  Circuit small = circuit::optimised(raw, simplify, report);
  points.push_back({"simplified", size_of(small.cell())});
  if (request.options.lut == 0) return small;
  OptimiseOptions map;
  map.constants = map.inverters = map.hashing = map.biases = map.dead = false;
  map.lut = request.options.lut;
  map.shallow = request.options.shallow;
  small = circuit::optimised(small, map, report);
  points.push_back({"mapped", size_of(small.cell())});
  return small;
}

Json size_json(const Size& size) {
  return {{"nodes", size.nodes},
          {"depth", size.depth},
          {"class_bits", size.class_bits},
          {"live_inputs", size.live_inputs}};
}

void print_json(const std::vector<Point>& points, const std::vector<PassReport>& passes,
                const Request& request, double seconds) {
  Json all = {{"source", request.source}};
  for (const Point& point : points) all[point.name] = size_json(point.size);
  for (const PassReport& pass : passes)
    all["passes"].push_back({{"pass", pass.pass},
                             {"before", size_json(pass.before)},
                             {"after", size_json(pass.after)},
                             {"seconds", pass.seconds}});
  for (const auto& [key, layouts] :
       {std::pair{"inputs", &request.inputs}, std::pair{"outputs", &request.outputs}}) {
    for (const program::Layout& layout : *layouts)
      all[key].push_back({{"name", layout.name},
                          {"shape", layout.shape},
                          {"bits", layout.bits},
                          {"signed", layout.is_signed},
                          {"fraction", layout.fraction}});
  }
  all["output"] = request.output;
  all["bytes"] = fs::file_size(request.output);
  all["seconds"] = seconds;
  std::cout << json_text(all) << '\n';
}

/// printf to std::cout.
template <class... Values>
void line(const char* format, Values... values) {
  std::array<char, 256> text{};
  std::snprintf(text.data(), text.size(), format, values...);
  std::cout << text.data() << '\n';
}

void print(const std::vector<Point>& points, const std::vector<PassReport>& passes,
           const Request& request, double seconds) {
  for (const PassReport& pass : passes)
    line("  %-12s %9zu → %9zu nodes, depth %zu → %zu, %zu class bits, %.3f s",
         std::string(pass.pass).c_str(), pass.before.nodes, pass.after.nodes, pass.before.depth,
         pass.after.depth, pass.after.class_bits, pass.seconds);
  for (const Point& point : points)
    line("%-12s %9zu nodes, depth %zu, %zu class bits, %zu live inputs", point.name.c_str(),
         point.size.nodes, point.size.depth, point.size.class_bits, point.size.live_inputs);
  for (const program::Layout& layout : request.inputs)
    std::cout << "in   " << layout_text(layout) << '\n';
  for (const program::Layout& layout : request.outputs)
    std::cout << "out  " << layout_text(layout) << '\n';
  std::cout << request.output << ": " << fs::file_size(request.output) << " bytes";
  line(", %.3f s", seconds);
}

void add_options(CLI::App& app, Request& request) {
  OptimiseOptions& options = request.options;
  app.add_option(
         "source", request.source,
         "A run's folder, a checkpoint (.safetensors), a program (.program, or a shipped one's "
         "name), or a circuit (.plc .aig .aag .blif)")
      ->required();
  app.add_option("-o,--output", request.output, "The circuit's file, .plc")->required();
  app.add_option("--network", request.network,
                 "A JSON file that describes a checkpoint's network, if it does not do so itself");
  add_program_options(app, request.program);
  app.add_flag("--no-optimise", request.no_optimise, "Keep the network as it is, gate by gate");
  app.add_flag("--constants,!--no-constants", options.constants, "Constants and wires go through");
  app.add_flag("--inverters,!--no-inverters", options.inverters, "Inverters go into tables");
  app.add_flag("--hashing,!--no-hashing", options.hashing, "Equal nodes become one");
  app.add_flag("--biases,!--no-biases", options.biases, "Constant bits become biases of classes");
  app.add_flag("--dead,!--no-dead", options.dead, "Nodes that nobody reads are removed");
  app.add_flag("--equal-bits", options.equal_bits,
               "Bits that all classes count are dropped: labels stay, scores change");
  app.add_flag("--implications", options.implications,
               "Use what encoded inputs imply: x > 2 implies x > 1");
  app.add_flag("--windows", options.windows, "Simplify tables by what cannot come together");
  app.add_flag("--sweep", options.sweep, "Join nodes that are proved to compute the same");
  app.add_option("--sweep-conflicts", options.sweep_conflicts, "How hard the solver tries")
      ->capture_default_str();
  app.add_option("--lut", options.lut, "Most inputs of a node, 2 … 6; 0: no mapping")
      ->capture_default_str();
  app.add_flag("--shallow", options.shallow,
               "Mapping: the least depth first, then as few nodes as that allows");
  app.add_flag("--report", request.report, "Also say what each pass did");
  app.add_flag("--json", request.json, "Print the figures as JSON");
}

}  // namespace

int run_circuit_compile(const Arguments& arguments) {
  Request request;
  CLI::App app("A trained network, a program or another's circuit, made small",
               "pliant circuit compile");
  add_options(app, request);
  parse(app, arguments);
  base::require(fs::path(request.output).extension() == ".plc",
                "--output: a file that ends in .plc is needed, got '", request.output, "'");
  const Clock::time_point start = Clock::now();
  const Circuit raw = read_source(request);
  std::vector<Point> points = {{"raw", flat_size(raw)}};
  std::vector<PassReport> passes;
  circuit::write_circuit(request.output,
                         request.no_optimise ? raw : made_small(raw, request, points, passes));
  const double seconds = seconds_since(start);
  if (request.json) {
    print_json(points, passes, request, seconds);
  } else {
    print(points, passes, request, seconds);
  }
  return 0;
}

}  // namespace pliant::cli
