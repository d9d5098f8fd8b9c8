// pliant/logic/gather_slice.h — samples of a slice brought together, and sums over slices;
// private to logic/ (no torch)
#pragma once

#include <algorithm>
#include <cstddef>

#include "pliant/logic/dense.h"

namespace pliant::logic {

/// Copies `features` features of `count` ≤ kSlice samples to `out`, where feature f is the kSlice
/// numbers at out + f·kSlice, with zeros beyond the count.
template <class T>
void gather_slice(const Samples<T>& from, std::size_t features, std::size_t count, T* out) {
  if (count < kSlice) std::fill(out, out + features * kSlice, T(0));
  if (from.sample_stride == 1) {
    for (std::size_t f = 0; f < features; ++f)
      std::copy_n(from.data + f * from.feature_stride, count, out + f * kSlice);
    return;
  }
  // A few features of all samples at a time: reads along each row, writes along few lines.
  constexpr std::size_t kBlock = 16;
  for (std::size_t block = 0; block < features; block += kBlock) {
    const std::size_t end = std::min(block + kBlock, features);
    for (std::size_t s = 0; s < count; ++s) {
      const T* row = from.data + s * from.sample_stride;
      for (std::size_t f = block; f < end; ++f) out[f * kSlice + s] = row[f * from.feature_stride];
    }
  }
}

/// Samples of slice `index`, up to kSlice.
inline std::size_t samples_of(std::size_t batch, std::size_t index) {
  return std::min(kSlice, batch - index * kSlice);
}

/// Parts of a batch whose sums over samples are formed one by one, then added in order: at most 16,
/// fewer where they would need more than 64 MiB. They depend on sizes alone, so that the bits do
/// not depend on the threads.   @param bytes  of the sums of one part
inline std::size_t parts_of(std::size_t slices, std::size_t bytes) {
  constexpr std::size_t kMost = 16, kLeast = 4, kBytes = std::size_t{64} << 20;
  return std::min(slices, std::clamp(kBytes / std::max<std::size_t>(bytes, 1), kLeast, kMost));
}

/// Columns [begin, end) of the sum (rows, columns) of sums (parts, columns, rows).
template <class T>
void add_parts(const T* sums, std::size_t parts, std::size_t columns, std::size_t rows,
               std::size_t begin, std::size_t end, T* out) {
  for (std::size_t c = begin; c < end; ++c) {
    for (std::size_t r = 0; r < rows; ++r) {
      T sum = 0;
      for (std::size_t p = 0; p < parts; ++p) sum += sums[(p * columns + c) * rows + r];
      out[r * columns + c] = sum;
    }
  }
}

}  // namespace pliant::logic
