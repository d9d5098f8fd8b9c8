// pliant/logic/dense.h — layers of gates, run slice by slice of the batch through all of them (no
// torch)
//
// A slice of 16 samples stays in the cache from the first layer to the last, and on the way back.
// Nothing is kept between there and back but what the caller has: the way back runs a slice forward
// again, which costs less than to write the activations to memory and read them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "pliant/base/parallel.h"

namespace pliant::logic {

/// Samples that are worked on together. Rows that a kernel writes have room for whole slices.
inline constexpr std::size_t kSlice = 16;

/// The batch rounded up to whole slices: the least stride of rows that are written.
constexpr std::size_t padded(std::size_t batch) { return (batch + kSlice - 1) / kSlice * kSlice; }

/// Numbers by sample and feature: (s, f) is data[s·sample_stride + f·feature_stride].
template <class T>
struct Samples {
  const T* data = nullptr;
  std::size_t sample_stride = 1;
  std::size_t feature_stride = 1;
};

/// Layers of gates, each reading the one before; T is float or double.
template <class T>
struct DenseArgs {
  std::size_t batch = 0;
  std::size_t inputs = 0;                ///< features of x
  std::span<const std::int64_t> widths;  ///< gates of each layer, ≥ 1 of them
  int fan_in = 2;                        ///< inputs of a gate, 1 … 6
  Samples<T> x;                          ///< (batch, inputs), in [0, 1]
  /// (fan_in, gates), the gates of all layers one after the other: features of the gate's layer's
  /// input
  const std::int32_t* wiring = nullptr;
  const T* coefficients = nullptr;  ///< (2^fan_in, gates), as to_coefficients orders them
  bool sigmoid = false;             ///< a gate's output is σ of its multilinear form
  std::size_t groups = 0;           ///< > 0: the last layer's gates are summed in so many groups
  double grad_factor = 1;           ///< multiplies the gradient of each layer's input

  [[nodiscard]] std::size_t gates() const {
    std::size_t sum = 0;
    for (const std::int64_t width : widths) sum += static_cast<std::size_t>(width);
    return sum;
  }
  /// Features of the result: groups, or gates of the last layer.
  [[nodiscard]] std::size_t outputs() const {
    return groups > 0 ? groups : static_cast<std::size_t>(widths.back());
  }
};

/// y, feature-major: output f of sample s at y[f·padded(batch) + s]; what is beyond the batch is
/// written too.   Cost: (fan_in + 1) lines of 64 bytes and 2^fan_in multiply-adds for a gate and 16
/// samples; scratch 128 bytes a gate of the widest layer for each thread
template <class T>
void dense(const DenseArgs<T>& args, T* y, const base::Executor& executor);

/// @param grad_y             (batch, outputs)
/// @param grad_x             (inputs, padded(batch)), written; or null: not wanted
/// @param grad_coefficients  (2^fan_in, gates), written; or null
/// Bits do not depend on the threads.   Cost: about six times dense(); scratch 64 bytes a gate
/// for each thread, and 4·2^fan_in bytes a gate for each of up to 16 parts of the batch
template <class T>
void dense_backward(const DenseArgs<T>& args, const Samples<T>& grad_y, T* grad_x,
                    T* grad_coefficients, const base::Executor& executor);

}  // namespace pliant::logic
