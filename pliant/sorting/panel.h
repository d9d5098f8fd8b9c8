// pliant/sorting/panel.h — payload columns that follow the keys through a network; private to
// sorting (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "pliant/sorting/keys.h"

namespace pliant::sorting {

/// A panel is `width` = `groups`·kLanes numbers for each wire, [n][width], worked on together. Its
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
  std::span<const Comparator> network;
  Order order = Order::kForward;
  PanelWeights<T> weights;
  std::size_t groups = 1;  ///< 1, 2 or 4
};

/// A rectangle of memory seen as rows of lanes: element (row, lane) is at base[row·row_stride +
/// lane·lane_stride]. Lanes from `valid` on do not exist: they are read as 0 and not written.
template <class T>
struct LaneView {
  T* base = nullptr;
  std::size_t row_stride = 1;
  std::size_t lane_stride = 1;
  std::size_t valid = 0;
};

/// Q for one group of lanes: lane l may take the rows first[l] … last[l], with weight[l] each.
/// Aligned.
template <class T>
struct LaneTarget {
  const T* first;   ///< [kLanes]
  const T* last;    ///< [kLanes]
  const T* weight;  ///< [kLanes]
};

/// The kernels for the CPU that runs.
template <class T>
struct PanelKernels {
  /// (low, high) becomes (p·low + tail·high, tail·low + p·high), comparator by comparator;
  /// `difference` [C][width], if given, gets low − high as they were before.
  void (*sweep)(const Panel<T>& panel, T* state, T* difference);

  /// The way back of a sweep in panel.order: `g` [n][width] goes the other way through the same
  /// blends, and `grad_p` [C][kLanes] gains, summed over the groups, (g_low − g_high)·difference.
  void (*sweep_back)(const Panel<T>& panel, const T* difference, T* g, T* grad_p);

  /// panel[row·width + lane] ← view, for kLanes lanes.
  void (*load_lanes)(const LaneView<const T>& view, std::size_t rows, std::size_t width, T* panel);

  /// view ← panel[row·width + lane], for kLanes lanes.
  void (*store_lanes)(const T* panel, std::size_t rows, std::size_t width, const LaneView<T>& view);

  /// sums[c] = Σ_lanes grad_p[c·kLanes + lane], in an order that is the same on every CPU.
  void (*sum_lanes)(const T* grad_p, std::size_t comparators, T* sums);

  /// sum[lane] += −Σ_rows Q·ln P + (1 − Q)·ln(1 − P), logarithms ≥ −100; only the first term if
  /// `cross`.
  void (*add_loss)(const T* panel, std::size_t rows, std::size_t width, const LaneTarget<T>& target,
                   bool cross, T* sum);

  /// panel ← the gradient of that sum times factor[lane]: (P − Q)/max(P·(1 − P), 1e-12), or −Q/P,
  /// bounded.
  void (*loss_gradient)(T* panel, std::size_t rows, std::size_t width, const LaneTarget<T>& target,
                        bool cross, const T* factor);
};

template <class T>
PanelKernels<T> panel_kernels();

}  // namespace pliant::sorting
