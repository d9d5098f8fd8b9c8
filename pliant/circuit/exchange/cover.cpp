// pliant/circuit/exchange/cover.cpp — tables without what they do not need, and as sums of products
// (no torch)
#include "pliant/circuit/exchange/cover.h"

#include "pliant/circuit/optimise/builder.h"

namespace pliant::circuit {
namespace {

/// Adds products that cover `lower` and stay within `upper`, both of all six inputs, and do not
/// depend on the inputs from `inputs` on.   @return what they cover
TruthTable add_products(TruthTable lower, TruthTable upper, int inputs, std::vector<Cube>& cubes) {
  if (lower == 0) return 0;
  if (~upper == 0) {
    cubes.emplace_back();
    return ~TruthTable{0};
  }
  int i = inputs - 1;
  while (!depends_on(lower, kMaxFanIn, i) && !depends_on(upper, kMaxFanIn, i)) --i;
  const TruthTable lower0 = cofactor0(lower, i);
  const TruthTable lower1 = cofactor1(lower, i);
  const TruthTable upper0 = cofactor0(upper, i);
  const TruthTable upper1 = cofactor1(upper, i);
  const auto bit = static_cast<std::uint8_t>(1U << i);
  // What only products with ¬x can cover, then what only those with x can; the rest needs neither.
  const std::size_t begin = cubes.size();
  const TruthTable without = add_products(lower0 & ~upper1, upper0, i, cubes);
  const std::size_t middle = cubes.size();
  const TruthTable with = add_products(lower1 & ~upper0, upper1, i, cubes);
  for (std::size_t c = begin; c < cubes.size(); ++c) {
    cubes[c].care |= bit;
    if (c >= middle) cubes[c].value |= bit;
  }
  const TruthTable rest = (lower0 & ~without) | (lower1 & ~with);
  const TruthTable either = add_products(rest, upper0 & upper1, i, cubes);
  const TruthTable x = kProjection[static_cast<std::size_t>(i)];
  return (without & ~x) | (with & x) | either;
}

}  // namespace

Node reduced(Node node) {
  for (int j = 1; j < node.fan_in; ++j) {
    for (int i = 0; i < j; ++i) {
      if (node.inputs[static_cast<std::size_t>(i)] == node.inputs[static_cast<std::size_t>(j)])
        node.table = merge_inputs(node.table, i, j) & table_mask(node.fan_in);
    }
  }
  // Only now: two inputs that are one may make the table independent of a third.
  for (int i = node.fan_in - 1; i >= 0; --i) {
    if (!depends_on(node.table, node.fan_in, i)) drop(node, i);
  }
  return node;
}

std::vector<Cube> cover_of(TruthTable table, int inputs) {
  table = widened(table, inputs);
  std::vector<Cube> cubes;
  add_products(table, table, inputs, cubes);
  return cubes;
}

}  // namespace pliant::circuit
