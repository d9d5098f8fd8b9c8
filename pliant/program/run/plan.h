// pliant/program/run/plan.h — how a recording is run again: what of it is needed, where its numbers
// lie, from where it is computed anew; private to program/ (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pliant/program/run/recording.h"

namespace pliant::program {

/// A recording is cut into segments. What a later segment reads is kept, and what takes long to
/// compute; all else of a segment shares its memory with that of the others, and the way back
/// computes it once more. Places are
/// elements, of as many numbers as a tile has lanes.
struct Plan {
  struct Segment {
    std::int32_t begin = 0;  ///< of `order`
    std::int32_t end = 0;
  };
  std::vector<std::int32_t> order;  ///< the nodes that an output or a question needs; no leaves
  std::vector<std::int32_t> leaves;
  std::vector<Segment> segments;
  /// Where a node's value lies, in the memory of what is kept or of the segment; −1: not needed.
  std::vector<std::int64_t> value;
  std::vector<std::int64_t> gradient;  ///< −1: it has none
  std::vector<std::uint8_t> kept;
  std::int64_t kept_values = 0, kept_gradients = 0;
  std::int64_t segment_values = 0, segment_gradients = 0;  ///< of the largest

  /// Of a tile, for each lane.
  [[nodiscard]] std::int64_t elements() const {
    return kept_values + kept_gradients + segment_values + segment_gradients;
  }
};

/// @param outputs  the elements that count   @param derivatives  whether there is a way back
Plan make_plan(const Recording& recording, std::span<const View> outputs, bool derivatives);

}  // namespace pliant::program
