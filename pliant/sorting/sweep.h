// pliant/sorting/sweep.h — payload columns that follow the keys through a network; private to
// sorting (no torch)
#pragma once

#include <cstddef>
#include <cstdint>

#include "pliant/sorting/keys.h"
#include "pliant/sorting/plan.h"

namespace pliant::sorting {

/// A panel is `groups`·kLanes numbers for each wire, worked on together: [n][groups][kLanes], or by
/// group, [groups][n][kLanes], where the wires of a group stay in registers (plan.odd_even). Its
/// lanes are either the samples of a key tile (then a group is one column of the payload, and every
/// lane has a weight of its own) or neighbouring columns of one sample (then a comparator has one
/// weight for all).
template <class T>
struct PanelWeights {
  const T* p = nullptr;     ///< [C·stride] F(D): what a wire keeps of its own
  const T* tail = nullptr;  ///< [C·stride] 1 − F(D)
  std::size_t stride = 1;   ///< from one comparator to the next
  bool samples_in_lanes = false;
};

/// Which way through the network.
enum class Order : std::uint8_t { kForward, kReverse };

template <class T>
struct Panel {
  const Plan& plan;
  Order order = Order::kForward;
  PanelWeights<T> weights;
  std::size_t groups = 1;  ///< 1, 2 or 4; by group any number
};

/// The kernels for the CPU that runs.
template <class T>
struct SweepKernels {
  /// (low, high) becomes (p·low + tail·high, tail·low + p·high), comparator by comparator;
  /// `difference` [C][groups][kLanes], if given, gets low − high, up to its sign, as they were
  /// before.
  void (*sweep)(const Panel<T>& panel, T* state, T* difference);

  /// The way back of a sweep in panel.order: `g`, a panel, goes the other way through the same
  /// blends, and `grad_p` [C][kLanes] gains, summed over the groups, (g_low − g_high)·difference.
  void (*sweep_back)(const Panel<T>& panel, const T* difference, T* g, T* grad_p);
};

template <class T>
SweepKernels<T> sweep_kernels();

}  // namespace pliant::sorting
