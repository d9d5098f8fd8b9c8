// pliant/sorting/lap_row.h — LapSum's columns of the permutation matrix, row by row; not installed;
// topk/ builds on it (no torch)
#pragma once

#include <cstddef>
#include <memory>

#include "pliant/sorting/relaxation.h"

namespace pliant::sorting {

/// LapSum as a relaxation of one row at a time: column r is the difference of the masks of the top
/// n − r and of the top n − r − 1 (sorting/lap_sum.h), worked on in double.
/// @pre steepness > 0 and finite, n >= 1, first + count <= n
/// Cost: O(n·(log n + count)) a row. Scratch: some (2·count + 10)·n doubles.
template <class T>
std::unique_ptr<RowRelaxation<T>> make_lap_row(double steepness, std::size_t n, std::size_t first,
                                               std::size_t count);

}  // namespace pliant::sorting
