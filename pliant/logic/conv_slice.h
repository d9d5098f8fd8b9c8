// pliant/logic/conv_slice.h — one kernel of a convolution on one slice of samples; private to
// logic/ (no torch)
#pragma once

#include <cstddef>
#include <cstdint>

namespace pliant::logic {

/// A kernel on a slice. Distances count numbers of x.
template <class T>
struct ConvSlice {
  int depth = 3;
  bool sigmoid = false;
  const T* x = nullptr;                     ///< [channel][row][column][kSlice], with the padding
  const std::size_t* taps = nullptr;        ///< (leaves): of each leaf from its placement
  const std::size_t* placements = nullptr;  ///< (pool²): of each placement from its output's first
  std::size_t pooled = 1;                   ///< pool²
  const T* coefficients = nullptr;          ///< of the first gate; entry s is s·stride further
  std::size_t stride = 0;                   ///< gates of all kernels
  std::size_t rows = 0;                     ///< of the output
  std::size_t columns = 0;
  std::size_t row_step = 0;  ///< between outputs
  std::size_t column_step = 0;
};

/// Rows of the kernel's outputs: output o is the kSlice numbers at data + o·stride.
template <class T>
struct ConvOutput {
  T* data = nullptr;
  std::size_t stride = 0;
  std::uint8_t* winner = nullptr;  ///< winner + o·winner_stride; null if one placement is pooled
  std::size_t winner_stride = 0;
};

template <class T>
struct ConvGradients {
  const T* grad_y = nullptr;  ///< a row an output
  std::size_t stride = 0;
  const std::uint8_t* winner = nullptr;
  std::size_t winner_stride = 0;
  T* grad_x = nullptr;  ///< added to, as x is stored; null: not wanted
  double factor = 1;    ///< of grad_x
  T* sums = nullptr;    ///< (gates of the kernel, 4), added to; null: not wanted
};

template <class T>
void run_conv(const ConvSlice<T>& kernel, const ConvOutput<T>& output);

template <class T>
void run_conv_backward(const ConvSlice<T>& kernel, const ConvGradients<T>& gradients);

}  // namespace pliant::logic
