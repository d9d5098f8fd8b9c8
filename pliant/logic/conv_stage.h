// pliant/logic/conv_stage.h — a convolution of hard gates, and pooling, as stages of a circuit;
// private to logic/ (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pliant/circuit/circuit.h"
#include "pliant/logic/conv.h"

namespace pliant::logic {

/// Windows of a picture (channels, rows, columns).
struct Windows {
  std::size_t channels = 0;
  Extent input;
  Extent size;    ///< of a window
  Extent stride;  ///< ≥ 1
  Extent padding{0, 0};
  std::size_t pool = 1;  ///< an output is made of pool × pool windows

  /// Outputs; 0 where no window fits.
  [[nodiscard]] Extent output() const;
};

/// Trees of hard gates.
struct TreeGates {
  int fan_in = 2;
  std::size_t kernels = 0;
  std::size_t leaves = 1;                       ///< of a tree
  std::size_t gates = 0;                        ///< of a tree
  const std::uint32_t* taps = nullptr;          ///< (3, kernels, leaves)
  const circuit::TruthTable* tables = nullptr;  ///< (kernels, gates)
};

/// The OR of signals, at least one, by nodes of up to six inputs.
circuit::Signal any_of(circuit::Cell& cell, std::vector<circuit::Signal> signals);

/// Gates of a complete tree.   @param depth  −1: by the leaves
/// @throws std::invalid_argument if there is no such tree
std::size_t gates_of_tree(std::int64_t fan_in, std::size_t leaves, std::int64_t depth);

/// @throws std::invalid_argument that names the first tap outside the channels or the windows
void check_taps(const TreeGates& trees, const Windows& windows);

/// A stage whose bits are (kernels, rows, columns) of the output; it reads the bits of the stage
/// before as a picture.
/// @throws std::invalid_argument if it would have more than 2^26 wires, or 2^24 leaves and gates
circuit::Stage conv_stage(const TreeGates& trees, const Windows& windows);

/// A stage whose bits (channels, rows, columns) are the OR of the windows.   @throws as above
circuit::Stage pool_stage(const Windows& windows);

}  // namespace pliant::logic
