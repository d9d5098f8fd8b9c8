// pliant/optim/cost.cpp — what conditioning a layer's gradient costs, by count (no torch)
#include "pliant/optim/cost.h"

#include <algorithm>

#include "pliant/base/errors.h"

namespace pliant::optim {

std::string_view side_name(Side side) { return side == Side::kRows ? "rows" : "inputs"; }

Cost isaac_cost(const LayerShape& layer) {
  return isaac_cost(layer, layer.rows <= layer.inputs ? Side::kRows : Side::kInputs);
}

Cost isaac_cost(const LayerShape& layer, Side which) {
  base::require(layer.rows >= 0 && layer.inputs >= 0 && layer.outputs >= 0,
                "isaac_cost: sizes must not be negative, got rows ", layer.rows, ", inputs ",
                layer.inputs, ", outputs ", layer.outputs);
  base::require(layer.groups >= 1, "isaac_cost: groups must be at least 1, got ", layer.groups);
  const auto rows = static_cast<double>(layer.rows);
  const auto inputs = static_cast<double>(layer.inputs);
  const auto outputs = static_cast<double>(layer.outputs);
  const auto groups = static_cast<double>(layer.groups);
  Cost cost;
  cost.side = which;
  const double side = which == Side::kRows ? rows : inputs;
  const double other = which == Side::kRows ? inputs : rows;
  const double right = std::min(outputs, other);
  cost.plain = groups * (layer.gradient_of_input ? 6 : 4) * rows * inputs * outputs;
  cost.extra = groups * side * side * (other + side / 3 + 2 * right);
  if (cost.plain > 0) cost.overhead = cost.extra / cost.plain;
  return cost;
}

}  // namespace pliant::optim
