// examples/cpp/circuit.cpp — a circuit of three gates, simplified and run: no torch
#include "pliant/circuit/circuit.h"

#include <cstdint>
#include <cstdio>
#include <vector>

#include "pliant/base/parallel.h"
#include "pliant/circuit/optimise.h"
#include "pliant/circuit/program.h"

int main() {
  using namespace pliant::circuit;
  // A full adder of gates with two inputs: sum = a ⊕ b ⊕ c, carry = ab ∨ c(a ⊕ b).
  Cell cell;
  cell.inputs = 3;
  const Signal half = cell.add({.table = 0b0110, .fan_in = 2, .inputs = {0, 1}});
  const Signal sum = cell.add({.table = 0b0110, .fan_in = 2, .inputs = {half, 2}});
  const Signal both = cell.add({.table = 0b1000, .fan_in = 2, .inputs = {0, 1}});
  const Signal late = cell.add({.table = 0b1000, .fan_in = 2, .inputs = {half, 2}});
  const Signal carry = cell.add({.table = 0b1110, .fan_in = 2, .inputs = {both, late}});
  cell.outputs = {Literal(sum), Literal(carry)};
  Circuit adder;
  adder.encoder.inputs = 3;
  adder.stages.push_back(placed_once(cell));

  const Circuit simple = optimised(adder);
  std::printf("%zu nodes, then %zu\n", adder.cell().nodes.size(), simple.cell().nodes.size());

  const std::vector<std::uint8_t> bits = {1, 0, 0, 1, 1, 0, 1, 1, 1};
  std::vector<std::int32_t> results(3 * simple.scores());
  const Program program(simple);
  program.run(Batch::bits(bits.data(), 3), results.data(), pliant::base::serial_executor());
  for (int i = 0; i < 3; ++i)
    std::printf("%d + %d + %d = %d\n", bits[3 * i], bits[3 * i + 1], bits[3 * i + 2],
                2 * results[2 * i + 1] + results[2 * i]);
}
