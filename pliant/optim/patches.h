// pliant/optim/patches.h — what a convolution reads, as a matrix (no torch)
#pragma once

#include <array>
#include <cstddef>

#include "pliant/base/parallel.h"

namespace pliant::optim {

/// A convolution in two dimensions, {vertical, horizontal}; zeros stand beyond the edges.
struct Window {
  std::array<std::size_t, 2> kernel;
  std::array<std::size_t, 2> stride;
  std::array<std::size_t, 2> padding;
  std::array<std::size_t, 2> dilation;
};

template <class T>
struct PatchArgs {
  Window window;
  const T* x;  ///< [samples, channels, height, width], each channel contiguous
  std::size_t sample_stride;
  std::size_t channel_stride;
  std::size_t samples;
  std::size_t channels;
  std::array<std::size_t, 2> size;    ///< height, width
  std::array<std::size_t, 2> output;  ///< height and width of the convolution's result
  T* patches;  ///< [channels · kernel, samples · output], written: column (s, y, x) is what the
               ///< result's place (y, x) of sample s reads, in the order of the weight's last axes
};

template <class T>
void gather_patches(const PatchArgs<T>& args, const base::Executor& executor);

}  // namespace pliant::optim
