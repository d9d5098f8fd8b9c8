// pliant/sorting/run.h — tiles of samples, panels of columns, threads: every kernel of sort.h;
// not installed (no torch)
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "pliant/base/aligned.h"
#include "pliant/sorting/columns.h"
#include "pliant/sorting/keys.h"
#include "pliant/sorting/panel.h"
#include "pliant/sorting/plan.h"
#include "pliant/sorting/sort.h"
#include "pliant/sorting/sweep.h"

namespace pliant::sorting {

using base::AlignedArray;

/// Samples a tile: enough that a layer hands decide() 128 values, for which its call costs nothing.
template <class T>
std::size_t tile_samples(const SortArgs<T>& args) {
  const std::size_t a_layer = std::max<std::size_t>(args.n / 2, 1) * kLanes<T>;
  const std::size_t wanted = kLanes<T> * std::clamp<std::size_t>((127 + a_layer) / a_layer, 1, 4);
  const std::size_t there = (args.batch + kLanes<T> - 1) / kLanes<T> * kLanes<T>;
  return std::min(wanted, there);
}

/// What a pass keeps of the keys.
enum class Keep : std::uint8_t { kNothing, kWeights, kSlopes, kEverything };

/// The arrays of one tile of samples.
template <class T>
class TileArrays {
 public:
  TileArrays(const SortArgs<T>& args, Keep keep, bool parameters) : args_(args) {
    tile_ = {args.network, args.distribution, args.n, tile_samples(args)};
    memory_ = AlignedArray<T>(place(nullptr, keep, parameters));
    place(memory_.data(), keep, parameters);
  }

  [[nodiscard]] const KeyTile<T>& tile() const { return tile_; }
  [[nodiscard]] T* gradient() const { return gradient_; }
  [[nodiscard]] T* grad_p() const { return grad_p_; }

  void load(std::size_t first, const T* rows, T* array) const {
    for_groups(first, [&](std::size_t sample, std::size_t lane, std::size_t valid) {
      kernels_.load_lanes({rows + std::min(sample, args_.batch - 1) * args_.n, 1, args_.n, valid},
                          args_.n, tile_.samples, array + lane);
    });
  }

  void store(std::size_t first, const T* array, T* rows) const {
    for_groups(first, [&](std::size_t sample, std::size_t lane, std::size_t valid) {
      if (valid == 0) return;
      kernels_.store_lanes(array + lane, args_.n, tile_.samples,
                           {rows + sample * args_.n, 1, args_.n, valid});
    });
  }

  /// fn(first sample, first lane, how many of the group's samples exist) for each group of lanes.
  template <class Fn>
  void for_groups(std::size_t first, const Fn& fn) const {
    for (std::size_t lane = 0; lane < tile_.samples; lane += kLanes<T>) {
      const std::size_t sample = first + lane;
      fn(sample, lane, sample < args_.batch ? std::min(kLanes<T>, args_.batch - sample) : 0);
    }
  }

 private:
  /// Places the arrays one after the other from `begin` on and gives the sum of their sizes; a
  /// null pointer only adds up.
  std::size_t place(T* begin, Keep keep, bool parameters) {
    const std::size_t samples = tile_.samples;
    const std::size_t all = args_.network.size() * samples;
    std::size_t used = 0;
    const auto array = [&](std::size_t size) -> T* {
      used += size;
      return begin != nullptr ? begin + (used - size) : nullptr;
    };
    tile_.x = array(args_.n * samples);
    tile_.part = array(4 * part_of_layer(args_.n) * samples);
    if (keep == Keep::kWeights || keep == Keep::kEverything) {
      tile_.p = array(all);
      tile_.tail = array(all);
    }
    if (keep == Keep::kSlopes || keep == Keep::kEverything) {
      tile_.slope = array(all);
      gradient_ = array(args_.n * samples);
      grad_p_ = array(all);
    }
    if (keep == Keep::kEverything) tile_.density = array(all);
    if (parameters) tile_.difference = array(all);
    return used;
  }

  const SortArgs<T>& args_;
  PanelKernels<T> kernels_ = panel_kernels<T>();
  AlignedArray<T> memory_;
  KeyTile<T> tile_;
  T* gradient_ = nullptr;
  T* grad_p_ = nullptr;
};

/// A panel's arrays, and its way there and back.
template <class T>
class PanelArrays {
 public:
  PanelArrays(std::size_t n, std::size_t comparators, std::size_t groups, bool backward)
      : state_(n * groups * kLanes<T>),
        difference_(backward ? comparators * groups * kLanes<T> : 0),
        backward_(backward) {}

  /// Forward: loads, sweeps, stores. Backward: also the gradient, which adds to grad_p [C][kLanes].
  void run(Columns<T>& columns, const ColumnTile& where, const Panel<T>& panel, T* grad_p) const {
    columns.load(where, state_.data());
    sweeps_.sweep(panel, state_.data(), backward_ ? difference_.data() : nullptr);
    if (!backward_) return columns.store(where, state_.data());
    columns.load_gradient(where, state_.data());
    sweeps_.sweep_back(panel, difference_.data(), state_.data(), grad_p);
    columns.store_gradient(where, state_.data());
  }

 private:
  SweepKernels<T> sweeps_ = sweep_kernels<T>();
  AlignedArray<T> state_;
  AlignedArray<T> difference_;
  bool backward_;
};

/// What a kernel of sort.h wants.
template <class T>
struct Pass {
  Columns<T>* columns = nullptr;  ///< null: the keys alone
  Order order = Order::kForward;
  bool backward = false;
  T* values = nullptr;             ///< forward: written unless null
  const T* grad_values = nullptr;  ///< backward: null = zero
  T* grad_x = nullptr;
  double* grad_parameters = nullptr;
};

/// Runs a pass: keys forward, columns there (and back), keys backward.
template <class T>
class Run {
 public:
  Run(const SortArgs<T>& args, const Pass<T>& pass)
      : args_(args),
        pass_(pass),
        plan_(pass.columns != nullptr ? make_plan(args.network, args.n) : Plan()) {}

  void operator()(const base::Executor& executor) {
    if (pass_.grad_parameters != nullptr)
      std::fill(pass_.grad_parameters, pass_.grad_parameters + 4, 0.0);
    if (args_.batch == 0) return;
    const std::size_t tiles = (args_.batch + tile_samples(args_) - 1) / tile_samples(args_);
    parameter_sums_.assign(pass_.grad_parameters != nullptr ? tiles : 0, {});
    if (pass_.columns != nullptr && columns_in_lanes()) {
      for (std::size_t tile = 0; tile < tiles; tile += kTilesTogether) {
        run_columns_in_lanes(tile, std::min(tiles, tile + kTilesTogether), executor);
      }
    } else {
      executor(tiles, grain(),
               [&](std::size_t begin, std::size_t end) { run_samples_in_lanes(begin, end); });
    }
    for (const auto& sums : parameter_sums_) {
      for (std::size_t k = 0; k < 4; ++k) pass_.grad_parameters[k] += sums[k];
    }
  }

  /// Bytes that one thread allocates in run_samples_in_lanes or its share of run_columns_in_lanes.
  [[nodiscard]] std::size_t scratch() const {
    const std::size_t c = args_.network.size();
    const std::size_t rows = kTilesTogether * tile_samples(args_) * c * 3;
    const std::size_t tile =
        tile_samples(args_) * (2 * args_.n + 4 * part_of_layer(args_.n) + 6 * c) * kTilesTogether;
    const std::size_t groups = std::max<std::size_t>(kMostGroups, most_groups_by_group());
    const std::size_t panel = (args_.n + c) * groups * kLanes<T> + c * kLanes<T>;
    return (tile + panel + rows) * sizeof(T);
  }

 private:
  /// With pass_.columns in lanes, so many tiles of samples are worked on at once.
  static constexpr std::size_t kTilesTogether = 4;

  /// Groups of lanes a panel of a network whose wires are in memory.
  static constexpr std::size_t kMostGroups = 4;

  /// Comparators from which on scratch is saved at the cost of time.
  static constexpr std::size_t kLongNetwork = 1 << 16;

  [[nodiscard]] Keep keep() const {
    if (pass_.columns == nullptr) return pass_.backward ? Keep::kSlopes : Keep::kNothing;
    return pass_.backward ? Keep::kEverything : Keep::kWeights;
  }

  /// Neighbouring pass_.columns share a comparator's weight: better where a sample's weights
  /// outgrow the caches.
  [[nodiscard]] bool columns_in_lanes() const {
    return args_.n > 32 && pass_.columns->count() >= kLanes<T>;
  }

  [[nodiscard]] bool by_group() const { return plan_.odd_even > 0; }

  /// As many as keep the differences of a panel, kLanes for each comparator and group, in 16 KiB of
  /// first-level cache, but 2 at least.
  [[nodiscard]] std::size_t most_groups_by_group() const {
    return std::max<std::size_t>(256 / (args_.network.size() + 1), 2);
  }

  /// Groups of lanes a panel: more share the loading of a weight and the sum of its gradient, and
  /// take more scratch.
  [[nodiscard]] std::size_t groups(bool in_lanes) const {
    if (by_group()) return std::min(most_groups_by_group(), pass_.columns->count());
    if (!in_lanes) return pass_.columns->count() > 1 ? 2 : 1;
    return args_.network.size() <= kLongNetwork ? kMostGroups : 1;
  }

  /// Tiles a range, so that a range is worth a thread's waking: about 10 µs.
  [[nodiscard]] std::size_t grain() const {
    const std::size_t count = pass_.columns != nullptr ? pass_.columns->count() : 0;
    const std::size_t cycles =
        args_.network.size() * tile_samples(args_) / kLanes<T> * (25 + 4 * count);
    return 1 + 30000 / (cycles * (pass_.backward ? 3 : 1) + 1);
  }

  void run_samples_in_lanes(std::size_t tile_begin, std::size_t tile_end) {
    const TileArrays<T> arrays(args_, keep(), pass_.grad_parameters != nullptr);
    const std::size_t samples = tile_samples(args_);
    const std::size_t width = pass_.columns != nullptr ? groups(false) : 1;
    const PanelArrays<T> panels(args_.n, args_.network.size(), width, pass_.backward);
    AlignedArray<T> grad_p(
        pass_.backward && pass_.columns != nullptr ? args_.network.size() * kLanes<T> : 0);
    for (std::size_t tile = tile_begin; tile < tile_end; ++tile) {
      const std::size_t first = tile * samples;
      keys_forward(arrays, first);
      if (pass_.columns != nullptr) {
        arrays.for_groups(first, [&](std::size_t sample, std::size_t lane, std::size_t valid) {
          if (valid == 0) return clear_lanes(arrays, lane);
          const PanelWeights<T> weights{arrays.tile().p + lane, arrays.tile().tail + lane, samples,
                                        true};
          if (pass_.backward)
            std::fill(grad_p.data(), grad_p.data() + args_.network.size() * kLanes<T>, T{0});
          for (std::size_t column = 0; column < pass_.columns->count(); column += width) {
            panels.run(*pass_.columns, {sample, column, width, true, by_group()},
                       {plan_, pass_.order, weights, width}, grad_p.data());
          }
          if (pass_.backward) copy_lanes(grad_p.data(), arrays, lane, valid);
        });
      }
      if (pass_.backward) keys_backward(arrays, tile);
    }
  }

  /// The gradients of the weights of one group of lanes into those of its tile; 0 for samples that
  /// do not exist.
  void copy_lanes(const T* grad_p, const TileArrays<T>& arrays, std::size_t lane,
                  std::size_t valid) const {
    for (std::size_t c = 0; c < args_.network.size(); ++c) {
      T* row = arrays.grad_p() + c * arrays.tile().samples + lane;
      std::copy(grad_p + c * kLanes<T>, grad_p + c * kLanes<T> + valid, row);
      std::fill(row + valid, row + kLanes<T>, T{0});
    }
  }

  void clear_lanes(const TileArrays<T>& arrays, std::size_t lane) const {
    if (!pass_.backward) return;
    for (std::size_t c = 0; c < args_.network.size(); ++c) {
      T* row = arrays.grad_p() + c * arrays.tile().samples + lane;
      std::fill(row, row + kLanes<T>, T{0});
    }
  }

  void run_columns_in_lanes(std::size_t tile_begin, std::size_t tile_end,
                            const base::Executor& executor) {
    const std::size_t comparators = args_.network.size();
    const std::size_t samples = tile_samples(args_);
    const std::size_t first = tile_begin * samples;
    const std::size_t count = std::min(args_.batch, tile_end * samples) - first;
    std::vector<TileArrays<T>> arrays;
    for (std::size_t tile = tile_begin; tile < tile_end; ++tile)
      arrays.emplace_back(args_, keep(), pass_.grad_parameters != nullptr);
    // Of each sample: its weights, comparator after comparator.
    const AlignedArray<T> p(count * comparators);
    const AlignedArray<T> tail(count * comparators);
    executor(arrays.size(), 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t k = begin; k < end; ++k) {
        keys_forward(arrays[k], first + k * samples);
        arrays[k].for_groups(k * samples, [&](std::size_t sample, std::size_t lane, std::size_t) {
          const std::size_t valid = sample < count ? std::min(kLanes<T>, count - sample) : 0;
          if (valid == 0) return;
          const auto rows = [&](const AlignedArray<T>& out) {
            return LaneView<T>{out.data() + sample * comparators, 1, comparators, valid};
          };
          kernels_.store_lanes(arrays[k].tile().p + lane, comparators, samples, rows(p));
          kernels_.store_lanes(arrays[k].tile().tail + lane, comparators, samples, rows(tail));
        });
      }
    });
    const AlignedArray<T> grad_p = sweep_columns(first, count, p, tail, executor);
    if (!pass_.backward) return;
    executor(arrays.size(), 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t k = begin; k < end; ++k) {
        arrays[k].for_groups(k * samples, [&](std::size_t sample, std::size_t lane, std::size_t) {
          const std::size_t valid = sample < count ? std::min(kLanes<T>, count - sample) : 0;
          kernels_.load_lanes(
              {grad_p.data() + std::min(sample, count - 1) * comparators, 1, comparators, valid},
              comparators, samples, arrays[k].grad_p() + lane);
        });
        keys_backward(arrays[k], tile_begin + k);
      }
    });
  }

  /// Sweeps the pass_.columns of samples [first, first + count), cut among (sample, share of its
  /// pass_.columns) in a way that depends on the sizes alone; gives the gradients of the weights,
  /// [count][C].
  AlignedArray<T> sweep_columns(std::size_t first, std::size_t count, const AlignedArray<T>& p,
                                const AlignedArray<T>& tail, const base::Executor& executor) {
    const std::size_t comparators = args_.network.size();
    const std::size_t width = groups(true);
    const std::size_t panels =
        (pass_.columns->count() + width * kLanes<T> - 1) / (width * kLanes<T>);
    const std::size_t shares = std::min(panels, (15 + args_.batch) / args_.batch);
    AlignedArray<T> sums(pass_.backward ? count * shares * comparators : 0);
    executor(count * shares, 1, [&](std::size_t begin, std::size_t end) {
      const PanelArrays<T> arrays(args_.n, comparators, width, pass_.backward);
      const AlignedArray<T> grad_p(pass_.backward ? comparators * kLanes<T> : 0);
      for (std::size_t item = begin; item < end; ++item) {
        const std::size_t sample = item / shares;
        const std::size_t share = item % shares;
        const PanelWeights<T> weights{p.data() + sample * comparators,
                                      tail.data() + sample * comparators, 1, false};
        if (pass_.backward) std::fill(grad_p.data(), grad_p.data() + comparators * kLanes<T>, T{0});
        for (std::size_t k = share * panels / shares; k < (share + 1) * panels / shares; ++k) {
          arrays.run(*pass_.columns, {first + sample, k * width * kLanes<T>, width, false},
                     {plan_, pass_.order, weights, width}, grad_p.data());
        }
        if (pass_.backward)
          kernels_.sum_lanes(grad_p.data(), comparators, sums.data() + item * comparators);
      }
    });
    if (!pass_.backward || shares == 1) return sums;
    AlignedArray<T> total(count * comparators);
    executor(count, 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t sample = begin; sample < end; ++sample) {
        T* row = total.data() + sample * comparators;
        std::fill(row, row + comparators, T{0});
        for (std::size_t share = 0; share < shares; ++share) {
          const T* part = sums.data() + (sample * shares + share) * comparators;
          for (std::size_t c = 0; c < comparators; ++c) row[c] += part[c];
        }
      }
    });
    return total;
  }

  void keys_forward(const TileArrays<T>& arrays, std::size_t first) const {
    arrays.load(first, args_.x, arrays.tile().x);
    key_kernels_.relax(arrays.tile());
    if (pass_.values != nullptr) arrays.store(first, arrays.tile().x, pass_.values);
  }

  void keys_backward(const TileArrays<T>& arrays, std::size_t tile) {
    const std::size_t first = tile * tile_samples(args_);
    if (pass_.grad_values != nullptr) {
      arrays.load(first, pass_.grad_values, arrays.gradient());
    } else {
      std::fill(arrays.gradient(), arrays.gradient() + args_.n * arrays.tile().samples, T{0});
    }
    T* total = pass_.grad_parameters != nullptr ? arrays.grad_p() : nullptr;
    key_kernels_.relax_backward(arrays.tile(), pass_.columns != nullptr ? arrays.grad_p() : nullptr,
                                total, arrays.gradient());
    arrays.store(first, arrays.gradient(), pass_.grad_x);
    if (pass_.grad_parameters != nullptr) {
      math::add_parameter_gradient(args_.distribution, arrays.tile().difference, total,
                                   args_.network.size() * arrays.tile().samples,
                                   parameter_sums_[tile].data());
    }
  }

  const SortArgs<T>& args_;
  Pass<T> pass_;
  Plan plan_;
  KeyKernels<T> key_kernels_ = key_kernels<T>();
  PanelKernels<T> kernels_ = panel_kernels<T>();
  std::vector<std::array<double, 4>> parameter_sums_;  // a tile each, added up in pass_.order
};

}  // namespace pliant::sorting
