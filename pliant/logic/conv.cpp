// pliant/logic/conv.cpp — the way of a slice through the kernels of a convolution and back (no
// torch)
#include "pliant/logic/conv.h"

#include <algorithm>
#include <vector>

#include "pliant/base/aligned.h"
#include "pliant/base/errors.h"
#include "pliant/logic/conv_slice.h"
#include "pliant/logic/gather_slice.h"

namespace pliant::logic {
namespace {

using base::AlignedArray;

/// Loads of leaves that a thread takes at a time at least: some tens of microseconds.
constexpr std::size_t kGrain = 1 << 16;

std::size_t area(const Extent& extent) { return extent.rows * extent.columns; }

/// What the kernels of a convolution have in common, and where they read a padded slice.
template <class T>
class Plan {
 public:
  explicit Plan(const ConvArgs<T>& args)
      : args_(args), in_(args.shape.padded_input()), out_(args.shape.output()) {
    const ConvShape& shape = args.shape;
    const std::size_t rest = shape.kernels * shape.leaves();  // from channels to rows, to columns
    for (std::size_t i = 0; i < rest; ++i) {
      const auto tap = [&](std::size_t which) {
        return static_cast<std::size_t>(args.taps[which * rest + i]);
      };
      taps_.push_back(tap(0) * area(in_) * kSlice + offset(tap(1), tap(2)));
    }
    for (std::size_t q = 0; q < shape.pool * shape.pool; ++q)
      placements_.push_back(
          offset(q / shape.pool * shape.stride.rows, q % shape.pool * shape.stride.columns));
  }

  [[nodiscard]] std::size_t slices() const { return padded(args_.shape.batch) / kSlice; }
  /// Numbers of a padded slice of x.
  [[nodiscard]] std::size_t slice_size() const { return args_.shape.channels * area(in_) * kSlice; }
  /// Outputs of a kernel for a sample.
  [[nodiscard]] std::size_t outputs() const { return area(out_); }
  [[nodiscard]] std::size_t kernel_gates() const { return args_.shape.leaves() - 1; }
  /// Kernels that a thread takes at least.
  [[nodiscard]] std::size_t grain() const {
    const std::size_t loads = outputs() * args_.shape.leaves() * placements_.size();
    return std::max<std::size_t>(1, kGrain / std::max<std::size_t>(1, loads));
  }

  [[nodiscard]] ConvSlice<T> kernel(std::size_t k, const T* x) const {
    const ConvShape& shape = args_.shape;
    return {shape.depth,
            args_.sigmoid,
            x,
            taps_.data() + k * shape.leaves(),
            placements_.data(),
            placements_.size(),
            args_.coefficients + k * kernel_gates(),
            shape.gates(),
            out_.rows,
            out_.columns,
            offset(shape.pool * shape.stride.rows, 0),
            offset(0, shape.pool * shape.stride.columns)};
  }

  /// Copies slice `index` of x to `to`, whose padding is left as it is.
  void gather(std::size_t index, T* to) const {
    const Images<T>& x = args_.x;
    const Extent& input = args_.shape.input;
    const T* first = x.data + index * kSlice * x.sample_stride;
    for (std::size_t c = 0; c < args_.shape.channels; ++c) {
      for (std::size_t row = 0; row < input.rows; ++row)
        gather_slice<T>(
            {first + c * x.channel_stride + row * x.row_stride, x.sample_stride, x.column_stride},
            input.columns, samples_of(args_.shape.batch, index), to + inner(c, row));
    }
  }

  /// Copies a slice without its padding to slice `index` of (channels, rows, columns,
  /// padded(batch)).
  void scatter(const T* from, std::size_t index, T* to) const {
    const Extent& input = args_.shape.input;
    to += index * kSlice;
    for (std::size_t c = 0; c < args_.shape.channels; ++c) {
      for (std::size_t row = 0; row < input.rows; ++row) {
        const T* line = from + inner(c, row);
        for (std::size_t column = 0; column < input.columns; ++column) {
          std::copy_n(line + column * kSlice, kSlice, to);
          to += padded(args_.shape.batch);
        }
      }
    }
  }

 private:
  [[nodiscard]] std::size_t offset(std::size_t row, std::size_t column) const {
    return (row * in_.columns + column) * kSlice;
  }
  /// Where a row of a channel begins behind the padding.
  [[nodiscard]] std::size_t inner(std::size_t channel, std::size_t row) const {
    const Extent& padding = args_.shape.padding;
    return channel * area(in_) * kSlice + offset(row + padding.rows, padding.columns);
  }

  const ConvArgs<T>& args_;
  Extent in_;
  Extent out_;
  std::vector<std::size_t> taps_;        // (kernels, leaves): from a placement
  std::vector<std::size_t> placements_;  // of a pool: from its first
};

template <class T>
AlignedArray<T> zeros(std::size_t size) {
  AlignedArray<T> array(size);
  std::fill_n(array.data(), size, T(0));
  return array;
}

/// Slices back, one after the other.
template <class T>
class Backward {
 public:
  Backward(const ConvArgs<T>& args, const Plan<T>& plan, const Images<T>& grad_y,
           const std::uint8_t* winner, T* grad_x)
      : args_(args),
        plan_(plan),
        grad_y_(grad_y),
        winner_(winner),
        grad_x_(grad_x),
        x_(zeros<T>(plan.slice_size())),
        upstream_(plan.outputs() * kSlice),
        below_(grad_x != nullptr ? plan.slice_size() : 0) {}

  /// @param sums  (gates, 4), added to; or null
  void operator()(std::size_t index, T* sums) {
    plan_.gather(index, x_.data());
    if (grad_x_ != nullptr) std::fill_n(below_.data(), plan_.slice_size(), T(0));
    const std::size_t row = padded(args_.shape.batch);
    for (std::size_t k = 0; k < args_.shape.kernels; ++k) {
      gather_upstream(index, k);
      ConvGradients<T> gradients{upstream_.data(), kSlice};
      if (args_.shape.pool > 1) {
        gradients.winner = winner_ + k * plan_.outputs() * row + index * kSlice;
        gradients.winner_stride = row;
      }
      gradients.grad_x = grad_x_ != nullptr ? below_.data() : nullptr;
      gradients.factor = args_.grad_factor;
      if (sums != nullptr) gradients.sums = sums + k * plan_.kernel_gates() * 4;
      run_conv_backward(plan_.kernel(k, x_.data()), gradients);
    }
    if (grad_x_ != nullptr) plan_.scatter(below_.data(), index, grad_x_);
  }

 private:
  void gather_upstream(std::size_t index, std::size_t k) {
    const Extent out = args_.shape.output();
    const T* first =
        grad_y_.data + index * kSlice * grad_y_.sample_stride + k * grad_y_.channel_stride;
    for (std::size_t row = 0; row < out.rows; ++row)
      gather_slice<T>(
          {first + row * grad_y_.row_stride, grad_y_.sample_stride, grad_y_.column_stride},
          out.columns, samples_of(args_.shape.batch, index),
          upstream_.data() + row * out.columns * kSlice);
  }

  const ConvArgs<T>& args_;
  const Plan<T>& plan_;
  const Images<T>& grad_y_;
  const std::uint8_t* winner_;
  T* grad_x_;
  AlignedArray<T> x_;         // with the padding, as is the gradient below
  AlignedArray<T> upstream_;  // of a kernel
  AlignedArray<T> below_;
};

}  // namespace

Extent ConvShape::padded_input() const {
  return {input.rows + 2 * padding.rows, input.columns + 2 * padding.columns};
}

Extent ConvShape::placements() const {
  const Extent in = padded_input();
  return {(in.rows - receptive.rows) / stride.rows + 1,
          (in.columns - receptive.columns) / stride.columns + 1};
}

Extent ConvShape::output() const {
  const Extent all = placements();
  return {all.rows / pool, all.columns / pool};
}

void check_conv(const ConvShape& shape) {
  using base::require;
  const auto [rows, columns] = shape.padded_input();
  require(shape.depth >= 0 && shape.depth <= kMaxDepth, "logic_conv2d: depth must be in 0 … ",
          kMaxDepth, ", got ", shape.depth);
  require(shape.channels >= 1 && shape.kernels >= 1,
          "logic_conv2d: there must be at least one channel and one kernel, got ", shape.channels,
          " and ", shape.kernels);
  require(shape.receptive.rows >= 1 && shape.receptive.columns >= 1,
          "logic_conv2d: kernel_size must be at least 1, got ", shape.receptive.rows, " × ",
          shape.receptive.columns);
  require(shape.stride.rows >= 1 && shape.stride.columns >= 1,
          "logic_conv2d: stride must be at least 1, got ", shape.stride.rows, " × ",
          shape.stride.columns);
  require(shape.pool >= 1 && shape.pool <= kMaxPool, "logic_conv2d: pool must be in 1 … ", kMaxPool,
          ", got ", shape.pool);
  require(rows >= shape.receptive.rows && columns >= shape.receptive.columns,
          "logic_conv2d: kernel_size ", shape.receptive.rows, " × ", shape.receptive.columns,
          " does not fit into x, ", rows, " × ", columns, " with its padding");
  const auto [placed_rows, placed_columns] = shape.placements();
  require(placed_rows >= shape.pool && placed_columns >= shape.pool, "logic_conv2d: pool ",
          shape.pool, " needs at least so many placements each way, there are ", placed_rows, " × ",
          placed_columns);
}

void check_taps(const ConvShape& shape, const std::int32_t* taps) {
  constexpr const char* kNames[] = {"channels", "rows", "columns"};
  const std::size_t bounds[] = {shape.channels, shape.receptive.rows, shape.receptive.columns};
  const std::size_t count = shape.kernels * shape.leaves();
  for (std::size_t which = 0; which < 3; ++which) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::int32_t tap = taps[which * count + i];
      base::require(tap >= 0 && static_cast<std::size_t>(tap) < bounds[which],
                    "logic_conv2d: ", kNames[which], " of taps must be in 0 … ", bounds[which] - 1,
                    ", got ", tap, " at leaf ", i % shape.leaves(), " of kernel ",
                    i / shape.leaves());
    }
  }
}

template <class T>
void conv2d(const ConvArgs<T>& args, T* y, std::uint8_t* winner, const base::Executor& executor) {
  const Plan<T> plan(args);
  const std::size_t kernels = args.shape.kernels;
  const std::size_t row = padded(args.shape.batch);
  executor(plan.slices() * kernels, plan.grain(), [&](std::size_t begin, std::size_t end) {
    if (begin == end) return;
    const AlignedArray<T> x = zeros<T>(plan.slice_size());
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t slice = i / kernels;
      const std::size_t k = i % kernels;
      if (i == begin || k == 0) plan.gather(slice, x.data());
      const std::size_t to = k * plan.outputs() * row + slice * kSlice;
      run_conv(plan.kernel(k, x.data()),
               ConvOutput<T>{y + to, row, winner == nullptr ? nullptr : winner + to, row});
    }
  });
}

template <class T>
void conv2d_backward(const ConvArgs<T>& args, const Images<T>& grad_y, const std::uint8_t* winner,
                     T* grad_x, T* grad_coefficients, const base::Executor& executor) {
  const Plan<T> plan(args);
  const std::size_t slices = plan.slices();
  const std::size_t gates = args.shape.gates();
  const std::size_t parts = parts_of(slices, gates * 4 * sizeof(T));
  const bool wanted = grad_coefficients != nullptr;
  const AlignedArray<T> sums = zeros<T>(wanted ? parts * gates * 4 : 0);
  executor(parts, 1, [&](std::size_t begin, std::size_t end) {
    Backward<T> backward(args, plan, grad_y, winner, grad_x);
    for (std::size_t part = begin; part < end; ++part) {
      for (std::size_t slice = part * slices / parts; slice < (part + 1) * slices / parts; ++slice)
        backward(slice, wanted ? sums.data() + part * gates * 4 : nullptr);
    }
  });
  if (wanted) add_parts(sums.data(), parts, gates, 4, 0, gates, grad_coefficients);
}

template void conv2d(const ConvArgs<float>&, float*, std::uint8_t*, const base::Executor&);
template void conv2d(const ConvArgs<double>&, double*, std::uint8_t*, const base::Executor&);
template void conv2d_backward(const ConvArgs<float>&, const Images<float>&, const std::uint8_t*,
                              float*, float*, const base::Executor&);
template void conv2d_backward(const ConvArgs<double>&, const Images<double>&, const std::uint8_t*,
                              double*, double*, const base::Executor&);

}  // namespace pliant::logic
