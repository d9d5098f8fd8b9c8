// pliant/logic/conv_stage.cpp — one cell of kernels with what an output pools, and its placements
// (no torch)
#include "pliant/logic/conv_stage.h"

#include <algorithm>
#include <array>
#include <compare>
#include <utility>
#include <vector>

#include "pliant/base/errors.h"

namespace pliant::logic {
namespace {

using circuit::Cell;
using circuit::Literal;
using circuit::Node;
using circuit::Signal;
using circuit::Stage;

/// Of a stage: leaves and gates of its cell, wires.
constexpr std::size_t kMostNodes = std::size_t{1} << 24;
constexpr std::size_t kMostWires = std::size_t{1} << 26;

/// A bit that a cell reads, by its place from the cell's first window.
struct Place {
  std::size_t channel = 0;
  std::size_t row = 0;
  std::size_t column = 0;

  friend auto operator<=>(const Place&, const Place&) = default;
};

/// The bit at `place` of the output (row, column), or kZero in the padding.
std::uint32_t wire(const Windows& windows, const Place& place, std::size_t row,
                   std::size_t column) {
  const auto [rows, columns] = windows.input;
  // What lies before the picture wraps to numbers far beyond it.
  const std::size_t r = row * windows.pool * windows.stride.rows + place.row - windows.padding.rows;
  const std::size_t c =
      column * windows.pool * windows.stride.columns + place.column - windows.padding.columns;
  if (r >= rows || c >= columns) return Stage::kZero;
  return static_cast<std::uint32_t>((place.channel * rows + r) * columns + c);
}

/// Leaf l of kernel k in window (down, right) of its output.
Place leaf_place(const TreeGates& trees, const Windows& windows, std::size_t k, std::size_t l,
                 std::size_t down, std::size_t right) {
  const std::size_t all = trees.kernels * trees.leaves;
  const std::uint32_t* tap = trees.taps + k * trees.leaves + l;
  return {tap[0], tap[all] + down * windows.stride.rows,
          tap[2 * all] + right * windows.stride.columns};
}

/// Adds a tree whose nodes are the leaves, then the gates.   @return its root
Signal add_tree(Cell& cell, const TreeGates& trees, std::size_t k, std::vector<Signal> nodes) {
  const auto fan_in = static_cast<std::size_t>(trees.fan_in);
  for (std::size_t g = 0; g < trees.gates; ++g) {
    Node node;
    node.fan_in = trees.fan_in;
    node.table = trees.tables[k * trees.gates + g];
    std::copy_n(nodes.begin() + static_cast<std::ptrdiff_t>(g * fan_in), fan_in,
                node.inputs.begin());
    nodes.push_back(cell.add(node));
  }
  return nodes.back();
}

}  // namespace

Signal any_of(Cell& cell, std::vector<Signal> signals) {
  while (signals.size() > 1) {
    std::vector<Signal> next;
    for (std::size_t i = 0; i < signals.size(); i += circuit::kMaxFanIn) {
      Node node;
      node.fan_in = static_cast<int>(std::min<std::size_t>(circuit::kMaxFanIn, signals.size() - i));
      if (node.fan_in == 1) {
        next.push_back(signals[i]);
        continue;
      }
      node.table = circuit::table_mask(node.fan_in) & ~circuit::TruthTable{1};
      std::copy_n(signals.begin() + static_cast<std::ptrdiff_t>(i), node.fan_in,
                  node.inputs.begin());
      next.push_back(cell.add(node));
    }
    signals = std::move(next);
  }
  return signals.front();
}

Extent Windows::output() const {
  const auto along = [this](std::size_t length, std::size_t pad, std::size_t window,
                            std::size_t step) {
    if (length + 2 * pad < window) return std::size_t{0};
    return ((length + 2 * pad - window) / step + 1) / pool;
  };
  return {along(input.rows, padding.rows, size.rows, stride.rows),
          along(input.columns, padding.columns, size.columns, stride.columns)};
}

std::size_t gates_of_tree(std::int64_t fan_in, std::size_t leaves, std::int64_t depth) {
  base::require(1 <= fan_in && fan_in <= circuit::kMaxFanIn, "fan_in must be in 1 … 6, got ",
                fan_in);
  base::require(fan_in > 1 || (leaves == 1 && 0 <= depth && depth <= 255),
                "a tree of gates of one input has one leaf and a depth in 0 … 255, got ", leaves,
                " leaves and the depth ", depth);
  std::size_t gates = 0;
  std::int64_t levels = 0;
  for (std::size_t nodes = leaves; fan_in > 1 ? nodes > 1 : levels < depth; ++levels) {
    base::require(nodes % static_cast<std::size_t>(fan_in) == 0, "a tree of gates of ", fan_in,
                  " inputs cannot have ", leaves, " leaves");
    nodes /= static_cast<std::size_t>(fan_in);
    gates += nodes;
  }
  base::require(depth < 0 || depth == levels, "depth must be ", levels, " for ", leaves,
                " leaves, got ", depth);
  return gates;
}

void check_taps(const TreeGates& trees, const Windows& windows) {
  constexpr std::array<const char*, 3> kNames = {"channel", "row", "column"};
  const std::array<std::size_t, 3> bounds = {windows.channels, windows.size.rows,
                                             windows.size.columns};
  const std::size_t each = trees.kernels * trees.leaves;
  for (std::size_t i = 0; i < 3 * each; ++i)
    base::require(trees.taps[i] < bounds[i / each], "the ", kNames[i / each], " of leaf ",
                  i % trees.leaves, " of kernel ", i % each / trees.leaves, " must be in 0 … ",
                  bounds[i / each] - 1, ", got ", trees.taps[i]);
}

Stage conv_stage(const TreeGates& trees, const Windows& windows) {
  const std::size_t pooled = windows.pool * windows.pool;
  base::require(trees.kernels * (trees.leaves + trees.gates) <= kMostNodes / pooled,
                "a cell of the convolution would have more than 2^24 leaves and gates");
  std::vector<Place> places;
  for (std::size_t k = 0; k < trees.kernels; ++k) {
    for (std::size_t l = 0; l < trees.leaves; ++l) {
      for (std::size_t p = 0; p < pooled; ++p)
        places.push_back(leaf_place(trees, windows, k, l, p / windows.pool, p % windows.pool));
    }
  }
  std::ranges::sort(places);
  places.erase(std::unique(places.begin(), places.end()), places.end());
  const Extent output = windows.output();
  base::require(output.rows * output.columns <= kMostWires / places.size(), "the convolution's ",
                output.rows, " × ", output.columns, " outputs read ", places.size(),
                " bits each: more than 2^26 wires");
  Stage stage;
  Cell& cell = stage.cell;
  cell.inputs = static_cast<std::uint32_t>(places.size());
  for (std::size_t k = 0; k < trees.kernels; ++k) {
    std::vector<Signal> roots;
    for (std::size_t p = 0; p < pooled; ++p) {
      std::vector<Signal> leaves;
      for (std::size_t l = 0; l < trees.leaves; ++l) {
        const Place place = leaf_place(trees, windows, k, l, p / windows.pool, p % windows.pool);
        leaves.push_back(
            static_cast<Signal>(std::ranges::lower_bound(places, place) - places.begin()));
      }
      roots.push_back(add_tree(cell, trees, k, std::move(leaves)));
    }
    cell.outputs.emplace_back(any_of(cell, std::move(roots)));
  }
  stage.placements = static_cast<std::uint32_t>(output.rows * output.columns);
  stage.wires.reserve(stage.placements * places.size());
  for (std::size_t row = 0; row < output.rows; ++row) {
    for (std::size_t column = 0; column < output.columns; ++column) {
      for (const Place& place : places) stage.wires.push_back(wire(windows, place, row, column));
    }
  }
  return stage;
}

Stage pool_stage(const Windows& windows) {
  const Extent output = windows.output();
  const std::size_t channels = windows.channels;
  const std::size_t window = windows.size.rows * windows.size.columns;
  base::require(channels * output.rows * output.columns <= kMostWires / window, "pooling ",
                channels, " × ", output.rows, " × ", output.columns, " outputs of ", window,
                " bits each would have more than 2^26 wires");
  Stage stage;
  stage.cell.inputs = static_cast<std::uint32_t>(window);
  std::vector<Signal> inputs(window);
  for (Signal i = 0; i < window; ++i) inputs[i] = i;
  stage.cell.outputs.emplace_back(any_of(stage.cell, std::move(inputs)));
  stage.placements = static_cast<std::uint32_t>(channels * output.rows * output.columns);
  for (std::size_t channel = 0; channel < channels; ++channel) {
    for (std::size_t row = 0; row < output.rows; ++row) {
      for (std::size_t column = 0; column < output.columns; ++column) {
        for (std::size_t i = 0; i < window; ++i)
          stage.wires.push_back(wire(
              windows, {channel, i / windows.size.columns, i % windows.size.columns}, row, column));
      }
    }
  }
  return stage;
}

}  // namespace pliant::logic
