// pliant/program/run/sums.h — sums over the samples of a tile's elements; private to program/ (no
// torch)
#pragma once

#include <cstddef>

#include "pliant/program/run/lanes.h"

namespace pliant::program {

/// out += factor·x for one element.
template <class T>
void add(const T* x, T factor, T* out) {
  for (std::size_t i = 0; i < kLanes; ++i) out[i] += factor * x[i];
}

/// out += x·y for one element of each.
template <class T>
void add_product(const T* x, const T* y, T* out) {
  for (std::size_t i = 0; i < kLanes; ++i) out[i] += x[i] * y[i];
}

}  // namespace pliant::program
