// cli/circuit_sort.cpp — pliant circuit sort N -o NET.plc: a sorting network as a circuit
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <string>

#include "cli/circuit.h"
#include "cli/errors.h"
#include "cli/options.h"
#include "pliant/base/errors.h"
#include "pliant/circuit/file.h"
#include "pliant/circuit/optimise.h"
#include "pliant/sorting/circuit.h"
#include "pliant/topk/selection.h"

namespace pliant::cli {
namespace {

struct Request {
  int size = 0;
  int largest = 0;  ///< 0: all
  std::string network = "batcher";
  std::string output;
  bool no_optimise = false;
  sorting::HardeningOptions options;
};

void add_options(CLI::App& app, Request& request) {
  app.add_option("size", request.size, "How many numbers")->required();
  app.add_option("-o,--output", request.output, "The circuit's file, .plc")->required();
  app.add_option("--bits", request.options.bits, "Of a number, 1 … 64")->capture_default_str();
  app.add_option("--network", request.network, "Of: " + joined(selection::selection_names()))
      ->capture_default_str();
  app.add_option("--largest", request.largest, "Only so many of the largest, ascending");
  app.add_flag("--signed", request.options.is_signed, "Two's complement");
  app.add_flag("--places", request.options.places, "Also say where each number came in");
  app.add_flag("--no-optimise", request.no_optimise, "Keep the comparators' gates as they are");
}

}  // namespace

int run_circuit_sort(const Arguments& arguments) {
  Request request;
  CLI::App app("A sorting or selection network as a circuit", "pliant circuit sort");
  add_options(app, request);
  parse(app, arguments);
  base::require(std::filesystem::path(request.output).extension() == ".plc",
                "--output: a file that ends in .plc is needed, got '", request.output, "'");
  const int wanted = request.largest == 0 ? request.size : request.largest;
  const sorting::Network network = selection::make_selection(request.network, request.size, wanted);
  circuit::Circuit circuit = sorting::circuit_of(network, request.options, wanted);
  if (!request.no_optimise) circuit = circuit::optimised(circuit);
  circuit::write_circuit(request.output, circuit);
  const circuit::Size size = size_of(circuit.cell());
  std::cout << request.output << ": " << network.comparators.size() << " comparators, "
            << size.nodes << " nodes, depth " << size.depth << '\n';
  return 0;
}

}  // namespace pliant::cli
