// pliant/program/run/recording.h — what a program computes, step by step: its loops run, its
// branches both taken; private to program/ (no torch)
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pliant/program/run/lanes.h"
#include "pliant/program/run/view.h"

namespace pliant::program {

/// What a node is made by. The elements of a node are arrays of one number a sample.
enum class Primitive : std::uint8_t {
  kInput,
  kConstant,    ///< `number`
  kScale,       ///< the inverse temperature
  kStep,        ///< an elementwise step; bit k of flags: operand k is one element for all
  kDecide,      ///< P(x > 0); hard decisions take `number` at 0
  kGather,      ///< runs n … n + inner of the recording, one behind the other
  kRows,        ///< a reduction over rows of n elements
  kSoftArgmax,  ///< weights over each row of n; flags: of the smallest
  kExtremum,    ///< Σ_j w_j·x_j with those weights, the elements of all rows being runs n … n +
                ///< inner, one element each; flags: the smallest
  kContract,    ///< Σ_j w_j·x[o, j, i]; n weights, i < inner
  kConnect,     ///< the T-norm's; flags: or
  kExternal,    ///< what an external function gave
  kGoesOn,      ///< no elements: whether a loop goes on for any sample; flags: what it did; n: the
                ///< node behind the loop
  kWithin       ///< no elements: its operand must be in [−number, 1 + number] where the second,
                ///< how likely a sample is to be here, is not 0
};

struct Node {
  Primitive primitive = Primitive::kInput;
  Step step = Step::kAdd;
  Reduction reduction = Reduction::kSum;
  std::uint8_t operands = 0;
  std::uint8_t flags = 0;
  bool active = false;     ///< its gradient is wanted: an input or a learned scale is behind it
  bool chance = false;     ///< its numbers are in [0, 1] by what it is; a decision may be NaN
  std::int32_t count = 0;  ///< elements
  std::int32_t n = 0;
  std::int32_t inner = 0;
  std::int32_t first_source = 0;  ///< where it is computed from runs: sources first_source …
  std::int32_t sources = 0;       ///< … + sources of the recording
  std::array<View, 4> from;
  double number = 0;

  [[nodiscard]] bool is_leaf() const { return primitive <= Primitive::kScale; }
  /// Whether it is computed from runs of the recording.
  [[nodiscard]] bool reads_runs() const {
    return primitive == Primitive::kGather || primitive == Primitive::kExtremum;
  }
  [[nodiscard]] bool is_single(std::size_t operand) const { return (flags >> operand & 1) != 0; }
};

/// Nodes in the order in which they are computed, each from earlier ones. One recording serves all
/// samples and batches for which its loops go on as often.
struct Recording {
  std::vector<Node> nodes;
  std::vector<Run> runs;              ///< of gathers and extrema
  std::vector<std::int32_t> sources;  ///< of the same, the nodes of their runs, each once
  std::vector<View> inputs;
  View scale;  ///< if a step depends on it, or its gradient is wanted
  View alive;  ///< an input that is 1 for lanes with a sample, else 0
};

/// The runs that a node is computed from.
inline std::span<const Run> runs_of(const Recording& recording, const Node& node) {
  return std::span(recording.runs)
      .subspan(static_cast<std::size_t>(node.n), static_cast<std::size_t>(node.inner));
}

/// Lists the nodes that the node's runs are of, of which there are often many fewer than runs.
inline void note_sources(Recording& recording, Node& node) {
  std::vector<std::int32_t>& all = recording.sources;
  node.first_source = static_cast<std::int32_t>(all.size());
  for (const Run& run : runs_of(recording, node)) all.push_back(run.from.node);
  const auto first = all.begin() + node.first_source;
  std::sort(first, all.end());
  all.erase(std::unique(first, all.end()), all.end());
  node.sources = static_cast<std::int32_t>(all.size()) - node.first_source;
}

/// fn(node) for what a node is computed from; one may come several times.
template <class Fn>
void for_operands(const Recording& recording, const Node& node, const Fn& fn) {
  if (node.reads_runs()) {
    for (std::int32_t s = node.first_source; s < node.first_source + node.sources; ++s) {
      fn(static_cast<std::size_t>(recording.sources[static_cast<std::size_t>(s)]));
    }
    return;
  }
  for (std::size_t k = 0; k < node.operands; ++k) fn(static_cast<std::size_t>(node.from[k].node));
}

}  // namespace pliant::program
