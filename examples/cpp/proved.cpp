// examples/cpp/proved.cpp — a program and a sorting network as circuits, proved to be the same
#include <iostream>

#include "pliant/circuit/proof.h"
#include "pliant/program/circuit.h"
#include "pliant/program/shipped.h"
#include "pliant/sorting/circuit.h"

using namespace pliant;  // NOLINT(google-build-using-namespace)

int main() {
  // Three numbers of five bits: few enough that simulation is the proof.
  const auto program =
      program::circuit_of(program::shipped("bubble_sort"), {{{3}, 5}}, {.outputs = {"ys"}});
  const auto network = sorting::circuit_of(sorting::make_network("bitonic", 3), {.bits = 5});
  std::cout << program.circuit.cell().nodes.size() << " and " << network.cell().nodes.size()
            << " nodes: " << circuit::verdict_name(circuit::prove(program.circuit, network).verdict)
            << '\n';
}
