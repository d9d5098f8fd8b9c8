// pliant/logic/conv.h — convolutions whose kernels are trees of gates, with OR pooling (no torch)
//
// A kernel is a complete binary tree of gates of two inputs. Its 2^depth leaves are taps, (channel,
// row, column) in the receptive field; gates, taps and parameters are shared by all placements. Its
// nodes are numbered leaves first, then gates level by level to the root: gate g reads the nodes 2g
// and 2g + 1, and is node 2^depth + g. (Petersen et al., Convolutional Differentiable Logic Gate
// Networks, NeurIPS 2024.)
//
// A slice of 16 samples is worked on at a time, as in pliant/logic/dense.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pliant/base/parallel.h"

namespace pliant::logic {

/// Trees are at most so deep: 256 leaves.
inline constexpr int kMaxDepth = 8;

/// An output is the largest of at most 15 × 15 placements.
inline constexpr std::size_t kMaxPool = 15;

/// Rows and columns.
struct Extent {
  std::size_t rows = 1;
  std::size_t columns = 1;
};

/// The sizes of a convolution. Depth 0 is a kernel of one leaf and no gate: it passes its tap.
struct ConvShape {
  std::size_t batch = 0;
  std::size_t channels = 0;
  Extent input;
  std::size_t kernels = 0;
  int depth = 3;
  Extent receptive;    ///< the receptive field of a placement
  Extent stride;       ///< between placements, each ≥ 1
  Extent padding{};    ///< rows and columns of zeros on each side
  std::size_t pool{};  ///< an output is the largest of pool × pool placements; 1: no pooling

  [[nodiscard]] std::size_t leaves() const { return std::size_t{1} << depth; }
  [[nodiscard]] std::size_t gates() const { return kernels * (leaves() - 1); }
  /// Rows and columns with the padding.
  [[nodiscard]] Extent padded_input() const;
  [[nodiscard]] Extent placements() const;
  /// Of whole pools: rows and columns of placements that fill none are left out.
  [[nodiscard]] Extent output() const;
};

/// @throws std::invalid_argument that names what of the sizes, strides, padding or pool does not
/// fit, and what would
void check_conv(const ConvShape& shape);

/// @param taps  (3, kernels, leaves): channel, row and column of each leaf
/// @throws std::invalid_argument that names the first tap outside the channels or the receptive
/// field
void check_taps(const ConvShape& shape, const std::int32_t* taps);

/// Pictures: sample s, channel c, row i, column j is data[s·sample_stride + c·channel_stride + …].
template <class T>
struct Images {
  const T* data = nullptr;
  std::size_t sample_stride = 1;
  std::size_t channel_stride = 1;
  std::size_t row_stride = 1;
  std::size_t column_stride = 1;
};

/// T is float or double.
template <class T>
struct ConvArgs {
  ConvShape shape;                     ///< passes check_conv
  Images<T> x;                         ///< (batch, channels, rows, columns), in [0, 1]
  const std::int32_t* taps = nullptr;  ///< (3, kernels, leaves), passes check_taps
  /// (4, gates), a kernel's gates one after the other; entries as to_coefficients orders them
  const T* coefficients = nullptr;
  bool sigmoid = false;    ///< a gate's output is σ of its multilinear form
  double grad_factor = 1;  ///< multiplies the gradient of x
};

/// @param y       (kernels, rows, columns, padded(batch)) of the output, written: feature-major
/// @param winner  of the same shape; written with the place, row by row, of the placement in its
/// pool that is largest, the first of equal ones; null if pool is 1
/// Cost: for an output and 16 samples, pool²·(leaves lines of 64 bytes, and 3 multiply-adds a
/// gate); scratch 64 bytes a number of a padded picture for each thread
template <class T>
void conv2d(const ConvArgs<T>& args, T* y, std::uint8_t* winner, const base::Executor& executor);

/// The gradient goes to the winners alone.
/// @param grad_y             (batch, kernels, rows, columns)
/// @param winner             what conv2d wrote
/// @param grad_x             (channels, rows, columns, padded(batch)), written; or null: not wanted
/// @param grad_coefficients  (4, gates), written; or null
/// Bits do not depend on the threads, of which each takes whole slices.   Cost: about three times
/// conv2d() without pooling, less with it; scratch 128 bytes a number of a padded picture for each
/// thread, and 16 bytes a gate for each of up to 16 parts of the batch
template <class T>
void conv2d_backward(const ConvArgs<T>& args, const Images<T>& grad_y, const std::uint8_t* winner,
                     T* grad_x, T* grad_coefficients, const base::Executor& executor);

}  // namespace pliant::logic
