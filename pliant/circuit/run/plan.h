// pliant/circuit/run/plan.h — a circuit as steps over rows of bits: what the executors run (no
// torch)
//
// A row is one bit of each of a block of examples, and stands in a slot of the scratch memory. A
// step computes many nodes of one function, whose rows do not depend on each other, or adds rows to
// the counter of a class. Slots are given away again when their row is not needed any more: what is
// live decides which level of the cache the rows come from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pliant/circuit/circuit.h"

namespace pliant::circuit {

/// Nodes that executors run have at most so many inputs: AVX-512 has one instruction for any
/// function of three.
inline constexpr int kExecutedFanIn = 3;

/// The smallest table that `table` of three inputs becomes when its inputs are exchanged: nodes
/// with the same one run in the same step.
constexpr TruthTable ordered_table(TruthTable table) {
  TruthTable least = table;
  TruthTable t = table;
  for (int i = 0; i < 3; ++i) {
    least = t < least ? t : least;
    const TruthTable swapped = swap_inputs(t, 0, 1);
    least = swapped < least ? swapped : least;
    t = swap_inputs(swap_inputs(t, 0, 1), 1, 2);  // the next rotation
  }
  return least;
}

/// The cell with the same outputs, but nodes of at most three inputs, none dead, and no output
/// inverted.   @throws std::invalid_argument if it would have 2^30 signals or more
Cell lowered(const Cell& cell);

/// What a step does to rows.
struct Step {
  static constexpr int kCount = -1;

  int fan_in = 0;           ///< of its nodes, 0 … 3; kCount: rows are added to a class's counter
  std::uint32_t what = 0;   ///< the table, or the class
  std::uint32_t begin = 0;  ///< its first node among all nodes, its first row among all counted
  std::uint32_t count = 0;
};

/// Slots are numbered from 0; the inputs that are read stand in slots of their own at first.
struct Plan {
  static constexpr std::uint32_t kDead = 0xFFFFFFFFU;

  std::vector<Step> steps;
  std::vector<std::uint32_t> sources[kExecutedFanIn];  ///< by node: slots that are read
  std::vector<std::uint32_t> targets;                  ///< by node: the slot that is written
  std::vector<std::uint32_t> counted;                  ///< slots
  std::vector<std::uint32_t> input_slots;              ///< by input; kDead: nothing reads it
  std::vector<std::uint32_t> output_slots;             ///< by output where there are no classes
  std::size_t slots = 0;
};

/// How slots are given.
enum class Slots : std::uint8_t {
  kReused,    ///< as soon as a row is dead: the fewest
  kSequence,  ///< a slot of its own for each node, in the order of the steps
};

/// @param circuit  flat; its cell is lowered()   Cost: n log n
Plan make_plan(const Circuit& circuit, Slots slots);

}  // namespace pliant::circuit
