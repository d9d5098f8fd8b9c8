// pliant/logic/slice.h — one layer of gates on one slice of samples; private to logic/ (no torch)
#pragma once

#include <cstddef>
#include <cstdint>

namespace pliant::logic {

/// Features of a slice: feature f is the kSlice numbers at data + f·stride.
template <class T>
struct Rows {
  T* data = nullptr;
  std::size_t stride = 0;
};

/// A range of the gates of a layer, on a slice.
template <class T>
struct LayerSlice {
  int fan_in = 2;
  bool sigmoid = false;
  const std::int32_t* wiring = nullptr;  ///< of the first gate; input j is j·stride further
  const T* coefficients = nullptr;       ///< of the first gate; entry s is s·stride further
  std::size_t stride = 0;                ///< gates of all layers
  std::size_t gates = 0;                 ///< of the range
  Rows<const T> x;
};

/// Where the gradients of a layer's slice come from and go to.
template <class T>
struct LayerGradients {
  Rows<const T> grad_y;  ///< a row a gate; stride 0: one row for the whole range
  Rows<T> grad_x;        ///< added to; null: not wanted
  double factor = 1;     ///< of grad_x
  T* sums = nullptr;     ///< (gates, 2^fan_in): of the coefficients; null: not wanted
  bool add = false;      ///< sums are added to, not written
};

/// Gate g of the range to row g of y.
template <class T>
void run_layer(const LayerSlice<T>& layer, const Rows<T>& y);

/// The sum of the range's gates to kSlice numbers.
template <class T>
void sum_layer(const LayerSlice<T>& layer, T* sum);

template <class T>
void run_layer_backward(const LayerSlice<T>& layer, const LayerGradients<T>& gradients);

}  // namespace pliant::logic
