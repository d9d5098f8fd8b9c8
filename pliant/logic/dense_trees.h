// pliant/logic/dense_trees.h — layers of gates that are trees, each tree run at once; private to
// logic/ (no torch)
//
// Where each layer halves the one before and every gate is read once, the gates above an output are
// a tree of no other's: the last layers of convolutional networks are such. A tree's gates between
// its leaves and its root then stay in registers, as in a kernel of a convolution, and a block of
// slices is worked on together, so that a tree's coefficients are read once a block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "pliant/base/parallel.h"
#include "pliant/logic/dense.h"

namespace pliant::logic {

/// The trees of a network, one a gate of the last layer, numbered as a convolution's kernels are
/// (conv.h).
struct DenseTrees {
  int depth = 0;
  std::vector<std::size_t> taps;    ///< (trees, 2^depth): where leaves stand in a slice of x
  std::vector<std::int32_t> gates;  ///< (trees, 2^depth − 1): among those of all layers
};

/// The trees that the layers are; nothing if they are none, or too deep, or gradients are to be
/// multiplied from layer to layer.   Cost: O(gates)
template <class T>
std::optional<DenseTrees> find_trees(const DenseArgs<T>& args);

/// As dense() of the layers that these trees are.
template <class T>
void run_trees(const DenseArgs<T>& args, const DenseTrees& trees, T* y,
               const base::Executor& executor);

/// As dense_backward(). Scratch: 128 bytes a feature for up to 4 slices of each thread, and 16
/// bytes a gate for each part of the batch, of which there are at most 16.
template <class T>
void run_trees_backward(const DenseArgs<T>& args, const DenseTrees& trees, const Samples<T>& grad_y,
                        T* grad_x, T* grad_coefficients, const base::Executor& executor);

}  // namespace pliant::logic
