// pliant/sorting/panel.h — panels filled from memory, emptied, and turned into losses; private to
// sorting (no torch)
#pragma once

#include <cstddef>

#include "pliant/sorting/keys.h"

namespace pliant::sorting {

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
