// pliant/circuit/run/execute.h — the steps of a plan over a block of examples, by SIMD (no torch)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "pliant/circuit/run/plan.h"

namespace pliant::circuit {

/// Examples of a row unit: a row holds `units` of them.
inline constexpr std::size_t kUnit = 512;
/// Words of a row unit.
inline constexpr std::size_t kUnitWords = kUnit / 64;
/// Rows of 1, 2 or 4 units.
inline constexpr std::size_t kMostUnits = 4;

/// Where the rows of a node stand. AVX-512 reads it as a vector: among loads of rows a load of a
/// number is dear.
struct alignas(16) NodeRows {
  std::array<std::uint32_t, kExecutedFanIn> sources;  ///< those from its fan-in on are 0
  std::uint32_t target;
};

/// A plan for rows of so many units: slots have become offsets in words.
struct BlockPlan {
  std::size_t units = 1;
  std::vector<Step> steps;
  std::vector<NodeRows> nodes;
  std::vector<std::uint32_t> counted;  ///< three more than there are

  // Counters of the classes: bit planes of the score without `least`, the first the lowest.
  std::size_t classes = 0;
  std::size_t planes = 0;
  std::int32_t least = 0;            ///< the smallest bias
  std::vector<std::uint32_t> start;  ///< by class: its bias above that
  std::size_t label_planes = 0;

  [[nodiscard]] std::size_t row() const { return units * kUnitWords; }
  [[nodiscard]] std::size_t counter_words() const { return classes * planes * row(); }
  [[nodiscard]] std::size_t label_words() const { return label_planes * row(); }
};

/// @throws std::invalid_argument if an offset does not fit 32 bits
BlockPlan make_block_plan(const Plan& plan, const ClassSums& sums, std::size_t units);

/// Runs the steps. All arrays are aligned to 64 bytes.
/// @param rows      (slots, row()); the inputs' are set
/// @param counters  (classes, planes, row()), written
void run_steps(const BlockPlan& plan, std::uint64_t* rows, std::uint64_t* counters);

/// Labels of the largest scores, the first of equal ones.
/// @param scratch  (planes + label_planes, row())
/// @param labels   (row() · 64), written
void labels_of(const BlockPlan& plan, const std::uint64_t* counters, std::uint64_t* scratch,
               std::int32_t* labels);

/// @param scores  (classes, row() · 64), written
void scores_of(const BlockPlan& plan, const std::uint64_t* counters, std::int32_t* scores);

}  // namespace pliant::circuit
