// pliant/logic/dense.cpp — the way of a slice through the layers and back (no torch)
#include "pliant/logic/dense.h"

#include <algorithm>
#include <vector>

#include "pliant/base/aligned.h"
#include "pliant/logic/dense_trees.h"
#include "pliant/logic/gate.h"
#include "pliant/logic/gather_slice.h"
#include "pliant/logic/slice.h"

namespace pliant::logic {
namespace {

using base::AlignedArray;

/// Gates that a thread takes at a time where sums are added.
constexpr std::size_t kGrain = 2048;

/// The samples of slice `index` by feature: where they lie if they lie so, else copied to `buffer`,
/// with zeros beyond the batch.
template <class T>
Rows<const T> slice_rows(const Samples<T>& from, std::size_t features, std::size_t batch,
                         std::size_t index, T* buffer) {
  const std::size_t count = samples_of(batch, index);
  const T* data = from.data + index * kSlice * from.sample_stride;
  if (from.sample_stride == 1 && count == kSlice) return {data, from.feature_stride};
  gather_slice<T>({data, from.sample_stride, from.feature_stride}, features, count, buffer);
  return {buffer, kSlice};
}

/// The layers of a network and their sizes.
template <class T>
class Layers {
 public:
  explicit Layers(const DenseArgs<T>& args) : args_(args), gates_(args.gates()) {
    std::size_t features = args.inputs;
    for (const std::int64_t width : args.widths) {
      begin_.push_back(begin_.empty() ? 0 : begin_.back() + widths_.back());
      inputs_.push_back(features);
      widths_.push_back(features = static_cast<std::size_t>(width));
    }
  }

  [[nodiscard]] std::size_t count() const { return widths_.size(); }
  [[nodiscard]] std::size_t last() const { return widths_.size() - 1; }
  [[nodiscard]] std::size_t width(std::size_t l) const { return widths_[l]; }
  [[nodiscard]] std::size_t inputs(std::size_t l) const { return inputs_[l]; }
  /// The place of layer l's first gate among those of all.
  [[nodiscard]] std::size_t begin(std::size_t l) const { return begin_[l]; }
  [[nodiscard]] std::size_t gates() const { return gates_; }
  /// The most features between two layers; 0 of a single one.
  [[nodiscard]] std::size_t widest() const {
    return count() == 1 ? 0 : *std::max_element(widths_.begin(), widths_.end() - 1);
  }
  [[nodiscard]] std::size_t group_size() const { return width(last()) / args_.groups; }

  /// `count` gates of layer l from gate `first` on, which read x.
  [[nodiscard]] LayerSlice<T> slice(std::size_t l, const Rows<const T>& x, std::size_t first,
                                    std::size_t count) const {
    const std::size_t at = begin_[l] + first;
    return {
        args_.fan_in, args_.sigmoid, args_.wiring + at, args_.coefficients + at, gates_, count, x};
  }
  [[nodiscard]] LayerSlice<T> slice(std::size_t l, const Rows<const T>& x) const {
    return slice(l, x, 0, width(l));
  }

 private:
  const DenseArgs<T>& args_;
  std::size_t gates_;
  std::vector<std::size_t> widths_;
  std::vector<std::size_t> inputs_;
  std::vector<std::size_t> begin_;
};

/// Slices forward, one after the other.
template <class T>
class Forward {
 public:
  Forward(const DenseArgs<T>& args, const Layers<T>& layers)
      : args_(args),
        layers_(layers),
        input_(args.inputs * kSlice),
        between_{AlignedArray<T>(layers.widest() * kSlice),
                 AlignedArray<T>(layers.count() > 2 ? layers.widest() * kSlice : 0)} {}

  /// @param y  (outputs, padded(batch))
  void operator()(std::size_t index, T* y) {
    const std::size_t row = padded(args_.batch);
    Rows<const T> x = slice_rows(args_.x, args_.inputs, args_.batch, index, input_.data());
    for (std::size_t l = 0; l < layers_.last(); ++l) {
      const Rows<T> out{between_[l % 2].data(), kSlice};
      run_layer(layers_.slice(l, x), out);
      x = {out.data, out.stride};
    }
    y += index * kSlice;
    if (args_.groups == 0) return run_layer(layers_.slice(layers_.last(), x), Rows<T>{y, row});
    const std::size_t size = layers_.group_size();
    for (std::size_t group = 0; group < args_.groups; ++group)
      sum_layer(layers_.slice(layers_.last(), x, group * size, size), y + group * row);
  }

 private:
  const DenseArgs<T>& args_;
  const Layers<T>& layers_;
  AlignedArray<T> input_;
  AlignedArray<T> between_[2];
};

/// Slices forward again and back.
template <class T>
class Backward {
 public:
  Backward(const DenseArgs<T>& args, const Layers<T>& layers, const Samples<T>& grad_y, T* grad_x)
      : args_(args),
        layers_(layers),
        grad_y_(grad_y),
        grad_x_(grad_x),
        input_(args.inputs * kSlice),
        activations_(layers.begin(layers.last()) * kSlice),
        upstream_(args.outputs() * kSlice),
        gradients_{AlignedArray<T>(layers.widest() * kSlice),
                   AlignedArray<T>(layers.count() > 2 ? layers.widest() * kSlice : 0)} {}

  /// @param sums  (gates, 2^fan_in), or null   @param add  they are added to
  void operator()(std::size_t index, T* sums, bool add) {
    std::vector<Rows<const T>> x = {
        slice_rows(args_.x, args_.inputs, args_.batch, index, input_.data())};
    for (std::size_t l = 0; l < layers_.last(); ++l) {
      const Rows<T> out{activations_.data() + layers_.begin(l) * kSlice, kSlice};
      run_layer(layers_.slice(l, x[l]), out);
      x.push_back({out.data, out.stride});
    }
    Rows<const T> upstream =
        slice_rows(grad_y_, args_.outputs(), args_.batch, index, upstream_.data());
    for (std::size_t l = layers_.count(); l-- > 0;) {
      const Rows<T> below = gradient_below(l, index);
      T* layer_sums =
          sums == nullptr ? nullptr : sums + layers_.begin(l) * table_size(args_.fan_in);
      back(l, x[l], {upstream, below, args_.grad_factor, layer_sums, add});
      upstream = {below.data, below.stride};
    }
  }

 private:
  /// Zeros for the gradient of layer l's input.
  Rows<T> gradient_below(std::size_t l, std::size_t index) {
    Rows<T> rows;
    if (l > 0) {
      rows = {gradients_[l % 2 == 0 && layers_.count() > 2 ? 1 : 0].data(), kSlice};
    } else if (grad_x_ != nullptr) {
      rows = {grad_x_ + index * kSlice, padded(args_.batch)};
    } else {
      return rows;
    }
    for (std::size_t f = 0; f < layers_.inputs(l); ++f)
      std::fill_n(rows.data + f * rows.stride, kSlice, T(0));
    return rows;
  }

  void back(std::size_t l, const Rows<const T>& x, const LayerGradients<T>& gradients) {
    if (l < layers_.last() || args_.groups == 0)
      return run_layer_backward(layers_.slice(l, x), gradients);
    const std::size_t size = layers_.group_size();
    for (std::size_t group = 0; group < args_.groups; ++group) {
      LayerGradients<T> of_group = gradients;
      of_group.grad_y = {gradients.grad_y.data + group * gradients.grad_y.stride, 0};
      if (of_group.sums != nullptr) of_group.sums += group * size * table_size(args_.fan_in);
      run_layer_backward(layers_.slice(l, x, group * size, size), of_group);
    }
  }

  const DenseArgs<T>& args_;
  const Layers<T>& layers_;
  const Samples<T>& grad_y_;
  T* grad_x_;
  AlignedArray<T> input_;
  AlignedArray<T> activations_;
  AlignedArray<T> upstream_;
  AlignedArray<T> gradients_[2];
};

}  // namespace

template <class T>
void dense(const DenseArgs<T>& args, T* y, const base::Executor& executor) {
  if (const auto trees = find_trees(args)) return run_trees(args, *trees, y, executor);
  const Layers<T> layers(args);
  executor(padded(args.batch) / kSlice, 1, [&](std::size_t begin, std::size_t end) {
    Forward<T> forward(args, layers);
    for (std::size_t slice = begin; slice < end; ++slice) forward(slice, y);
  });
}

template <class T>
void dense_backward(const DenseArgs<T>& args, const Samples<T>& grad_y, T* grad_x,
                    T* grad_coefficients, const base::Executor& executor) {
  if (const auto trees = find_trees(args))
    return run_trees_backward(args, *trees, grad_y, grad_x, grad_coefficients, executor);
  const Layers<T> layers(args);
  const std::size_t slices = padded(args.batch) / kSlice;
  const std::size_t entries = table_size(args.fan_in);
  const std::size_t parts = parts_of(slices, layers.gates() * entries * sizeof(T));
  const std::size_t part_size = layers.gates() * entries;
  const AlignedArray<T> sums(grad_coefficients != nullptr ? parts * part_size : 0);
  executor(parts, 1, [&](std::size_t begin, std::size_t end) {
    Backward<T> backward(args, layers, grad_y, grad_x);
    for (std::size_t part = begin; part < end; ++part) {
      const std::size_t first = part * slices / parts;
      for (std::size_t slice = first; slice < (part + 1) * slices / parts; ++slice)
        backward(slice, grad_coefficients != nullptr ? sums.data() + part * part_size : nullptr,
                 slice > first);
    }
  });
  if (grad_coefficients == nullptr) return;
  executor(layers.gates(), kGrain, [&](std::size_t begin, std::size_t end) {
    add_parts(sums.data(), parts, layers.gates(), entries, begin, end, grad_coefficients);
  });
}

template void dense(const DenseArgs<float>&, float*, const base::Executor&);
template void dense(const DenseArgs<double>&, double*, const base::Executor&);
template void dense_backward(const DenseArgs<float>&, const Samples<float>&, float*, float*,
                             const base::Executor&);
template void dense_backward(const DenseArgs<double>&, const Samples<double>&, double*, double*,
                             const base::Executor&);

}  // namespace pliant::logic
