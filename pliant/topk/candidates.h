// pliant/topk/candidates.h — the few classes of each sample that a top-k loss looks at (no torch)
#pragma once

#include <cstddef>
#include <cstdint>

#include "pliant/base/parallel.h"

namespace pliant::topk {

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

/// The candidates of each sample: its targets in the order given, then the largest of the other
/// scores in descending order; of equal scores the lower class first.
/// @param count  candidates a sample, at least its targets and at most `classes`
/// @param index  (batch, count), written: their classes
/// @param x      (batch, count), written: their scores
/// @returns the first sample with a NaN among its scores, whose candidates are then undefined; else
/// `batch` Cost: two passes over the scores where count is much less than `classes`, else
/// O(classes·log count).
template <class T>
std::size_t select_candidates(const Scores<T>& from, std::size_t count, std::int64_t* index, T* x,
                              const base::Executor& executor);

/// The first sample with a NaN among its scores, else `batch`.   Cost: one pass
template <class T>
std::size_t first_sample_with_nan(const Scores<T>& from, const base::Executor& executor);

}  // namespace pliant::topk
