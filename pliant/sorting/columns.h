// pliant/sorting/columns.h — what follows the keys: P itself, payloads, or a loss; not
// installed; topk/ builds on it (no torch)
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "pliant/sorting/panel.h"
#include "pliant/sorting/sort.h"

namespace pliant::sorting {

/// A panel's place among the samples and columns.
struct ColumnTile {
  std::size_t sample = 0;  ///< the first, or the only one
  std::size_t column = 0;  ///< the first
  std::size_t groups = 1;
  bool samples_in_lanes = false;
  bool by_group = false;  ///< the panel is [groups][n][kLanes] instead of [n][groups][kLanes]

  /// From a wire to the next in the panel.
  template <class T>
  [[nodiscard]] std::size_t wire_stride() const {
    return (by_group ? 1 : groups) * kLanes<T>;
  }
  /// From the panel's begin to a group of it.
  template <class T>
  [[nodiscard]] std::size_t group_offset(std::size_t group, std::size_t n) const {
    return group * (by_group ? n : 1) * kLanes<T>;
  }
};

/// Columns that go through the network with the keys of their sample. Each (sample, column) is
/// handled once, by any thread.
template <class T>
class Columns {
 public:
  Columns(std::size_t batch, std::size_t n, std::size_t count)
      : batch_(batch), n_(n), count_(count) {}
  Columns(const Columns&) = delete;
  Columns& operator=(const Columns&) = delete;
  virtual ~Columns() = default;

  [[nodiscard]] std::size_t count() const { return count_; }

  /// Fills the panel before its sweep.
  virtual void load(const ColumnTile& tile, T* panel) const = 0;
  /// Takes the panel after its sweep.
  virtual void store(const ColumnTile& tile, const T* panel) = 0;
  /// Turns the swept panel into its gradient.
  virtual void load_gradient(const ColumnTile& tile, T* panel) const = 0;
  /// Takes the gradient of what load() gave.
  virtual void store_gradient(const ColumnTile& tile, const T* panel) = 0;

 protected:
  static constexpr std::size_t kGroup = kLanes<T>;

  /// The lanes of one group over an array whose element (sample, wire, column) is at
  /// base[sample·sample_stride + wire·wire_stride + column·column_stride].
  template <class U>
  LaneView<U> view(const ColumnTile& tile, std::size_t group, U* base, std::size_t sample_stride,
                   std::size_t wire_stride, std::size_t column_stride) const {
    const std::size_t column = tile.column + group * (tile.samples_in_lanes ? 1 : kGroup);
    if (column >= count_) return {base, wire_stride, 1, 0};
    base += tile.sample * sample_stride + column * column_stride;
    if (tile.samples_in_lanes)
      return {base, wire_stride, sample_stride, std::min(kGroup, batch_ - tile.sample)};
    return {base, wire_stride, column_stride, std::min(kGroup, count_ - column)};
  }

  void load_all(const ColumnTile& tile, const T* base, std::size_t sample_stride,
                std::size_t wire_stride, std::size_t column_stride, T* panel) const {
    for (std::size_t g = 0; g < tile.groups; ++g) {
      kernels_.load_lanes(view(tile, g, base, sample_stride, wire_stride, column_stride), n_,
                          tile.template wire_stride<T>(),
                          panel + tile.template group_offset<T>(g, n_));
    }
  }

  void store_all(const ColumnTile& tile, T* base, std::size_t sample_stride,
                 std::size_t wire_stride, std::size_t column_stride, const T* panel) const {
    for (std::size_t g = 0; g < tile.groups; ++g) {
      kernels_.store_lanes(panel + tile.template group_offset<T>(g, n_), n_,
                           tile.template wire_stride<T>(),
                           view(tile, g, base, sample_stride, wire_stride, column_stride));
    }
  }

  /// Column i of the identity matrix in the lanes of column i: what becomes row i of P.
  void load_identity(const ColumnTile& tile, T* panel) const {
    const std::size_t stride = tile.template wire_stride<T>();
    std::fill(panel, panel + n_ * tile.groups * kGroup, T{0});
    const std::size_t columns = tile.samples_in_lanes ? tile.groups : stride;
    for (std::size_t k = 0; k < columns && tile.column + k < count_; ++k) {
      T* wire = panel + (tile.column + k) * stride;
      if (tile.samples_in_lanes) {
        std::fill_n(wire + tile.template group_offset<T>(k, n_), kGroup, T{1});
      } else {
        wire[k] = 1;
      }
    }
  }

  std::size_t batch_;
  std::size_t n_;
  std::size_t count_;
  PanelKernels<T> kernels_ = panel_kernels<T>();
};

/// The relaxed permutation matrix (batch, n, n): the columns of the identity, swept; written
/// transposed.
template <class T>
class PermutationColumns final : public Columns<T> {
 public:
  PermutationColumns(std::size_t batch, std::size_t n, T* permutation, const T* gradient)
      : Columns<T>(batch, n, n), permutation_(permutation), gradient_(gradient) {}

  void load(const ColumnTile& tile, T* panel) const override { this->load_identity(tile, panel); }
  void store(const ColumnTile& tile, const T* panel) override {
    if (!tile.by_group)
      return this->store_all(tile, permutation_, this->n_ * this->n_, 1, this->n_, panel);
    this->kernels_.store_lanes(panel, rows(tile), kLanes<T>,
                               this->view(tile, 0, permutation_, this->n_ * this->n_, 1, this->n_));
  }
  void load_gradient(const ColumnTile& tile, T* panel) const override {
    if (!tile.by_group)
      return this->load_all(tile, gradient_, this->n_ * this->n_, 1, this->n_, panel);
    this->kernels_.load_lanes(this->view(tile, 0, gradient_, this->n_ * this->n_, 1, this->n_),
                              rows(tile), kLanes<T>, panel);
  }
  void store_gradient(const ColumnTile&, const T*) override {}

 private:
  /// By group, a sample's columns follow each other in the panel as in the matrix: so many numbers.
  [[nodiscard]] std::size_t rows(const ColumnTile& tile) const {
    return std::min(tile.groups, this->count_ - tile.column) * this->n_;
  }

  T* permutation_;
  const T* gradient_;
};

/// A payload (batch, n, columns).
template <class T>
class PayloadColumns final : public Columns<T> {
 public:
  PayloadColumns(std::size_t batch, std::size_t n, std::size_t columns, const T* payload, T* out,
                 const T* grad_out, T* grad_payload)
      : Columns<T>(batch, n, columns),
        payload_(payload),
        out_(out),
        grad_out_(grad_out),
        grad_payload_(grad_payload) {}

  void load(const ColumnTile& tile, T* panel) const override { read(tile, payload_, panel); }
  void store(const ColumnTile& tile, const T* panel) override { write(tile, panel, out_); }
  void load_gradient(const ColumnTile& tile, T* panel) const override {
    read(tile, grad_out_, panel);
  }
  void store_gradient(const ColumnTile& tile, const T* panel) override {
    write(tile, panel, grad_payload_);
  }

 private:
  void read(const ColumnTile& tile, const T* base, T* panel) const {
    this->load_all(tile, base, this->n_ * this->count_, this->count_, 1, panel);
  }
  void write(const ColumnTile& tile, const T* panel, T* base) const {
    this->store_all(tile, base, this->n_ * this->count_, this->count_, 1, panel);
  }

  const T* payload_;
  T* out_;
  const T* grad_out_;
  T* grad_payload_;
};

/// The loss of P against its target; P lives in the panel only.
template <class T>
class LossColumns final : public Columns<T> {
 public:
  LossColumns(std::size_t batch, std::size_t n, Loss kind, LossTarget target, const T* grad_loss)
      : Columns<T>(batch, n, n),
        cross_(kind == Loss::kCrossEntropy),
        target_(target),
        grad_loss_(grad_loss),
        sums_(batch * n) {}

  void load(const ColumnTile& tile, T* panel) const override { this->load_identity(tile, panel); }

  void store(const ColumnTile& tile, const T* panel) override {
    alignas(64) T sum[kGroup];
    for (std::size_t g = 0; g < tile.groups; ++g) {
      const Lanes lanes = lanes_of(tile, g);
      std::fill(sum, sum + kGroup, T{0});
      this->kernels_.add_loss(panel + tile.template group_offset<T>(g, this->n_), this->n_,
                              tile.template wire_stride<T>(), lanes.target(), cross_, sum);
      for (std::size_t lane = 0; lane < lanes.valid; ++lane) {
        sums_[lanes.sample(lane) * this->n_ + lanes.column(lane)] = sum[lane];
      }
    }
  }

  void load_gradient(const ColumnTile& tile, T* panel) const override {
    alignas(64) T factor[kGroup] = {};
    for (std::size_t g = 0; g < tile.groups; ++g) {
      const Lanes lanes = lanes_of(tile, g);
      for (std::size_t lane = 0; lane < lanes.valid; ++lane) {
        factor[lane] = static_cast<T>(grad_loss_[lanes.sample(lane)] / entries());
      }
      this->kernels_.loss_gradient(panel + tile.template group_offset<T>(g, this->n_), this->n_,
                                   tile.template wire_stride<T>(), lanes.target(), cross_, factor);
    }
  }

  void store_gradient(const ColumnTile&, const T*) override {}

  /// The mean for each sample, summed over its items in order.
  void write_loss(T* loss) const {
    for (std::size_t sample = 0; sample < this->batch_; ++sample) {
      double sum = 0;
      for (std::size_t item = 0; item < this->n_; ++item)
        sum += static_cast<double>(sums_[sample * this->n_ + item]);
      loss[sample] = static_cast<T>(sum / entries());
    }
  }

 private:
  static constexpr std::size_t kGroup = kLanes<T>;

  /// One group of a tile, with the ranks that its items may take.
  struct Lanes {
    const ColumnTile& tile;
    std::size_t first_column;
    std::size_t valid = 0;
    alignas(64) T first[kGroup];
    alignas(64) T last[kGroup];
    alignas(64) T weight[kGroup];

    [[nodiscard]] std::size_t sample(std::size_t lane) const {
      return tile.sample + (tile.samples_in_lanes ? lane : 0);
    }
    [[nodiscard]] std::size_t column(std::size_t lane) const {
      return first_column + (tile.samples_in_lanes ? 0 : lane);
    }
    [[nodiscard]] LaneTarget<T> target() const { return {first, last, weight}; }
  };

  [[nodiscard]] double entries() const {
    return static_cast<double>(this->n_) * (cross_ ? 1.0 : static_cast<double>(this->n_));
  }

  Lanes lanes_of(const ColumnTile& tile, std::size_t group) const {
    Lanes lanes{tile, tile.column + group * (tile.samples_in_lanes ? 1 : kGroup), 0, {}, {}, {}};
    lanes.valid = this->view(tile, group, target_.first, 1, 1, 1).valid;
    for (std::size_t lane = 0; lane < lanes.valid; ++lane) {
      const std::size_t at = lanes.sample(lane) * this->n_ + lanes.column(lane);
      lanes.first[lane] = static_cast<T>(target_.first[at]);
      lanes.last[lane] = static_cast<T>(target_.last[at]);
      lanes.weight[lane] = T{1} / static_cast<T>(target_.last[at] - target_.first[at] + 1);
    }
    return lanes;
  }

  bool cross_;
  LossTarget target_;
  const T* grad_loss_;
  std::vector<T> sums_;  // (batch, n): of each item, written by whichever thread has it
};

}  // namespace pliant::sorting
