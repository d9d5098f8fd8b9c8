// pliant/circuit/run/few.h — few examples at a time: SIMD over nodes instead of examples (no torch)
//
// A signal is a word of 32 bits, one for each example. The nodes of a step are computed 16 at a
// time (8 with AVX2): their operands are gathered, their results stand side by side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pliant/circuit/run/plan.h"

namespace pliant::circuit {

/// Examples that run together.
inline constexpr std::size_t kFew = 32;

/// A plan with Slots::kSequence, padded for whole vectors.
struct FewPlan {
  std::vector<Step> steps;  ///< counts last; of classes, begin and count are of padded lists
  std::vector<std::int32_t> sources[kExecutedFanIn];
  std::vector<std::int32_t> counted;  ///< three vectors longer than the lists
  std::size_t words = 0;              ///< of scratch: the signals and a vector more, then zeros
  std::size_t zeros = 0;              ///< where these begin: the caller's
  std::size_t first = 0;              ///< slot of node 0
  std::size_t planes = 0;
};

/// @throws std::invalid_argument if there are 2^31 signals or more
FewPlan make_few_plan(const Plan& plan);

/// Runs the nodes.
/// @param signals  (words), aligned to 64 bytes; the inputs' words are set
void run_few(const FewPlan& plan, std::uint32_t* signals);

/// Adds the classes' sums to the scores.
/// @param planes  16 · plan.planes words, scratch, aligned to 64 bytes
/// @param count   examples, at most kFew
/// @param scores  (count, classes)
void count_few(const FewPlan& plan, const std::uint32_t* signals, std::uint32_t* planes,
               std::size_t count, std::size_t classes, std::int32_t* scores);

}  // namespace pliant::circuit
