// pliant/sorting/keys.h — a tile of samples whose keys run through a network; private to sorting
// (no torch)
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "pliant/math/distribution.h"
#include "pliant/sorting/network.h"

namespace pliant::sorting {

/// Numbers that are worked on together: 64 bytes of them, whatever the CPU's vectors are, so that
/// the order of every sum is the same on every CPU.
template <class T>
inline constexpr std::size_t kLanes = 64 / sizeof(T);

/// Comparators of a layer that are worked on together: enough to fill decide()'s vectors, few
/// enough that what is known of them stays in the first-level cache.
inline std::size_t part_of_layer(std::size_t n) { return std::min<std::size_t>(n / 2, 32); }

/// `samples` samples side by side (a multiple of kLanes), each array [row][samples]. Per
/// comparator, with D = x_high − x_low: what a null pointer does not want is not kept.
template <class T>
struct KeyTile {
  std::span<const Comparator> network;
  math::Distribution distribution;
  std::size_t n = 0;
  std::size_t samples = 0;
  T* x = nullptr;           ///< [n] in: keys; out: values
  T* difference = nullptr;  ///< [C] D
  T* p = nullptr;           ///< [C] F(D)
  T* tail = nullptr;        ///< [C] 1 − F(D)
  T* density = nullptr;     ///< [C] dF/dD
  T* slope = nullptr;  ///< [C] d(D·(1 − F(D)))/dD: how much of a change of D moves to the low wire
  T* part = nullptr;  ///< [4·part_of_layer(n)] scratch for what is not kept
};

/// The kernels for the CPU that runs.
template <class T>
struct KeyKernels {
  /// Runs the keys through the network, layer by layer.
  void (*relax)(const KeyTile<T>& tile);

  /// The way back: `g` [n] is the gradient of the values and becomes that of the keys. `grad_p` [C]
  /// holds what other results want of F(D), null for nothing. If `total_p` [C] is given it gets the
  /// whole gradient of F(D); it may be grad_p. Needs tile.slope; tile.density with grad_p;
  /// tile.difference with total_p.
  void (*relax_backward)(const KeyTile<T>& tile, const T* grad_p, T* total_p, T* g);
};

template <class T>
KeyKernels<T> key_kernels();

}  // namespace pliant::sorting
