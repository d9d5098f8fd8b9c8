// pliant/topk/candidates.h — the few classes of each sample that a top-k loss looks at (no torch)
#pragma once

#include <cstddef>
#include <cstdint>

#include "pliant/base/parallel.h"

namespace pliant::selection {

/// Scores with the classes that are right for each sample.
template <class T>
struct Scores {
  std::size_t batch = 0;
  std::size_t classes = 0;
  std::size_t targets_per_sample = 0;
  const T* scores = nullptr;  ///< (batch, classes)
  const std::int64_t* targets =
      nullptr;  ///< (batch, targets_per_sample), different ones; < 0: none
};

/// Scores beyond ±kLargestScore, ±inf among them, are taken as that: the differences of two stay
/// finite.
template <class T>
inline constexpr T kLargestScore = sizeof(T) == sizeof(float) ? T(1e30) : T(1e300);

/// The candidates of each sample: its targets in the order given, then the largest of the other
/// scores in descending order; of equal scores the lower class first.
/// @param count  candidates a sample, at least its targets and at most `classes`
/// @param index  (batch, count), written: their classes
/// @param x      (batch, count), written: their scores, bounded
/// @returns the first sample with a NaN among its scores, whose candidates are then undefined; else
/// `batch`
/// Cost: two passes over the scores where count is much less than `classes`, else
/// O(classes·log count).
template <class T>
std::size_t select_candidates(const Scores<T>& from, std::size_t count, std::int64_t* index, T* x,
                              const base::Executor& executor);

/// All scores as candidates, in the order of the classes.
/// @param x  (batch, classes), written: the scores, bounded
/// @returns the first sample with a NaN among its scores; else `batch`
template <class T>
std::size_t all_as_candidates(const Scores<T>& from, T* x, const base::Executor& executor);

}  // namespace pliant::selection
