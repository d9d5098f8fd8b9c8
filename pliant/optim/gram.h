// pliant/optim/gram.h — Gram matrices, by the upper triangle alone (no torch)
#pragma once

#include <cstddef>

#include "pliant/base/parallel.h"

namespace pliant::optim {

/// The row length of a matrix of `size` columns that the functions below work on: a multiple of 16,
/// and no multiple of a large power of two, which would put a column into few lines of the cache.
std::size_t matrix_pitch(std::size_t size);

template <class T>
struct GramArgs {
  const T* x;          ///< [rows, columns], each row contiguous
  std::size_t stride;  ///< from one row of x to the next, in numbers
  std::size_t rows;
  std::size_t columns;
  T scale;            ///< α
  bool add;           ///< add to what gram holds, and no I
  T* gram;            ///< [rows, pitch], aligned to base::kAlignment; its upper triangle is written
  std::size_t pitch;  ///< matrix_pitch(rows)
};

/// gram ← I + α·x·xᵀ, or gram ← gram + α·x·xᵀ. Each entry is one sum in the order of the columns:
/// the bits do not depend on the threads. Cost: rows²·columns operations, half of a matrix
/// product's.
template <class T>
void gram_of_rows(const GramArgs<T>& args, const base::Executor& executor);

}  // namespace pliant::optim
