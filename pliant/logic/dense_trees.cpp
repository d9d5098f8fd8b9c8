// pliant/logic/dense_trees.cpp — layers of gates that are trees (no torch)
#include "pliant/logic/dense_trees.h"

#include <algorithm>
#include <limits>

#include "pliant/base/aligned.h"
#include "pliant/logic/conv.h"
#include "pliant/logic/conv_slice.h"
#include "pliant/logic/gather_slice.h"

namespace pliant::logic {
namespace {

using base::AlignedArray;

/// Slices of a block at most: their activations and gradients stay in the second-level cache.
constexpr std::size_t kMostSlices = 4;
/// Blocks that a batch gives at least, if it has so many slices: work for so many threads.
constexpr std::size_t kLeastBlocks = 4;
constexpr std::size_t kMostParts = 16;
/// Trees whose sum is formed before it is added to the others': less is rounded away.
constexpr std::size_t kSummed = 64;
/// Gates that a thread takes at a time where sums are added.
constexpr std::size_t kGrain = 2048;

/// Whether every number below 2·gates stands once in the layer's two rows of wiring.
bool reads_each_once(const std::int32_t* wiring, std::size_t stride, std::size_t gates) {
  std::vector<std::uint8_t> read(2 * gates, 0);
  for (std::size_t g = 0; g < gates; ++g) {
    if (read[static_cast<std::size_t>(wiring[g])]++ != 0) return false;
    if (read[static_cast<std::size_t>(wiring[stride + g])]++ != 0) return false;
  }
  return true;
}

/// Where each layer's gates begin if they could be trees by their sizes and options; else nothing.
template <class T>
std::vector<std::size_t> halving_layers(const DenseArgs<T>& args) {
  const std::size_t layers = args.widths.size();
  if (args.fan_in != 2 || layers < 2 || layers > kMaxDepth || args.grad_factor != 1) return {};
  if (args.gates() > std::numeric_limits<std::int32_t>::max()) return {};
  std::vector<std::size_t> begin = {0};
  for (std::size_t l = 1; l < layers; ++l) {
    if (2 * args.widths[l] != args.widths[l - 1]) return {};
    begin.push_back(begin.back() + static_cast<std::size_t>(args.widths[l - 1]));
  }
  return begin;
}

/// A block of slices, their trees and how they are cut into parts.
template <class T>
class Trees {
 public:
  Trees(const DenseArgs<T>& args, const DenseTrees& trees)
      : args_(args),
        trees_(trees),
        leaves_(std::size_t{1} << trees.depth),
        total_(args.gates()),
        slices_(padded(args.batch) / kSlice),
        block_(std::clamp<std::size_t>(slices_ / kLeastBlocks, 1, kMostSlices)),
        coefficients_(4 * total_) {
    T* to = coefficients_.data();
    for (std::size_t i = 0; i < total_; ++i) {
      const T* from = args.coefficients + trees.gates[i];
      for (std::size_t s = 0; s < 4; ++s) to[s * total_ + i] = from[s * total_];
    }
  }

  [[nodiscard]] std::size_t count() const { return trees_.taps.size() / leaves_; }
  [[nodiscard]] std::size_t total() const { return total_; }
  [[nodiscard]] std::size_t slices() const { return slices_; }
  [[nodiscard]] std::size_t block() const { return block_; }
  [[nodiscard]] std::size_t blocks() const { return (slices_ + block_ - 1) / block_; }
  [[nodiscard]] std::size_t parts() const { return std::min(blocks(), kMostParts); }
  /// Numbers of a slice of x.
  [[nodiscard]] std::size_t slice_size() const { return args_.inputs * kSlice; }
  /// Of sums, for each tree.
  [[nodiscard]] std::size_t tree_sums() const { return 4 * (leaves_ - 1); }

  /// @param x  of `slices` slices, one after the other
  [[nodiscard]] ConvSlice<T> tree(std::size_t t, const T* x, std::size_t slices) const {
    ConvSlice<T> tree;
    tree.depth = trees_.depth;
    tree.sigmoid = args_.sigmoid;
    tree.x = x;
    tree.taps = trees_.taps.data() + t * leaves_;
    tree.placements = &kNoOffset;
    tree.coefficients = coefficients_.data() + t * (leaves_ - 1);
    tree.stride = total_;
    tree.rows = slices;  // a slice is to a tree what a row is to a kernel
    tree.columns = 1;
    tree.row_step = slice_size();
    return tree;
  }

  /// Copies slices of `features` features, zeros beyond the batch.
  void gather(const Samples<T>& from, std::size_t features, std::size_t first, std::size_t slices,
              T* to) const {
    for (std::size_t i = 0; i < slices; ++i)
      gather_slice<T>({from.data + (first + i) * kSlice * from.sample_stride, from.sample_stride,
                       from.feature_stride},
                      features, samples_of(args_.batch, first + i), to + i * features * kSlice);
  }

  /// The sums of all parts, added in order, where the gates stand.
  void add(const T* sums, std::size_t begin, std::size_t end, T* grad_coefficients) const {
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t s = 0; s < 4; ++s) {
        T sum = 0;
        for (std::size_t p = 0; p < parts(); ++p) sum += sums[(p * total_ + i) * 4 + s];
        grad_coefficients[s * total_ + static_cast<std::size_t>(trees_.gates[i])] = sum;
      }
    }
  }

 private:
  static constexpr std::size_t kNoOffset = 0;

  const DenseArgs<T>& args_;
  const DenseTrees& trees_;
  std::size_t leaves_;
  std::size_t total_;
  std::size_t slices_;
  std::size_t block_;
  AlignedArray<T> coefficients_;  // (4, gates), a tree's gates one after the other
};

/// Blocks forward, one after the other.
template <class T>
class Forward {
 public:
  Forward(const DenseArgs<T>& args, const Trees<T>& trees)
      : args_(args),
        trees_(trees),
        x_(trees.block() * trees.slice_size()),
        values_(trees.block() * kSlice),
        part_(trees.block() * kSlice) {}

  /// @param y  (outputs, padded(batch))
  void operator()(std::size_t block, T* y) {
    const std::size_t first = block * trees_.block();
    slices_ = std::min(trees_.block(), trees_.slices() - first);
    trees_.gather(args_.x, args_.inputs, first, slices_, x_.data());
    const std::size_t row = padded(args_.batch);
    y += first * kSlice;
    if (args_.groups == 0) {
      for (std::size_t t = 0; t < trees_.count(); ++t) run(t, y + t * row);
      return;
    }
    const std::size_t size = trees_.count() / args_.groups;
    for (std::size_t group = 0; group < args_.groups; ++group)
      sum(group * size, (group + 1) * size, y + group * row);
  }

 private:
  /// The tree's values of all slices, one after the other.
  void run(std::size_t t, T* to) {
    run_conv(trees_.tree(t, x_.data(), slices_), ConvOutput<T>{to, kSlice, nullptr, 0});
  }

  void sum(std::size_t begin, std::size_t end, T* y) {
    const std::size_t numbers = slices_ * kSlice;
    std::fill_n(y, numbers, T(0));
    for (std::size_t t = begin; t < end;) {
      const std::size_t until = std::min(t + kSummed, end);
      run(t++, part_.data());
      for (; t < until; ++t) {
        run(t, values_.data());
        for (std::size_t i = 0; i < numbers; ++i) part_.data()[i] += values_.data()[i];
      }
      for (std::size_t i = 0; i < numbers; ++i) y[i] += part_.data()[i];
    }
  }

  const DenseArgs<T>& args_;
  const Trees<T>& trees_;
  AlignedArray<T> x_;
  AlignedArray<T> values_;
  AlignedArray<T> part_;
  std::size_t slices_ = 0;  // of the block
};

/// Blocks back, one after the other.
template <class T>
class Backward {
 public:
  Backward(const DenseArgs<T>& args, const Trees<T>& trees, const Samples<T>& grad_y, T* grad_x)
      : args_(args),
        trees_(trees),
        grad_y_(grad_y),
        grad_x_(grad_x),
        x_(trees.block() * trees.slice_size()),
        below_(grad_x != nullptr ? trees.block() * trees.slice_size() : 0),
        upstream_(trees.block() * args.outputs() * kSlice) {}

  /// @param sums  (gates, 4), added to; or null
  void operator()(std::size_t block, T* sums) {
    const std::size_t first = block * trees_.block();
    const std::size_t slices = std::min(trees_.block(), trees_.slices() - first);
    const std::size_t outputs = args_.outputs();
    trees_.gather(args_.x, args_.inputs, first, slices, x_.data());
    trees_.gather(grad_y_, outputs, first, slices, upstream_.data());
    ConvGradients<T> gradients{upstream_.data(), outputs * kSlice};
    if (grad_x_ != nullptr) {
      std::fill_n(below_.data(), slices * trees_.slice_size(), T(0));
      gradients.grad_x = below_.data();
    }
    const std::size_t size = trees_.count() / outputs;
    for (std::size_t t = 0; t < trees_.count(); ++t) {
      gradients.grad_y = upstream_.data() + t / size * kSlice;
      gradients.sums = sums != nullptr ? sums + t * trees_.tree_sums() : nullptr;
      run_conv_backward(trees_.tree(t, x_.data(), slices), gradients);
    }
    if (grad_x_ != nullptr) scatter(first, slices);
  }

 private:
  void scatter(std::size_t first, std::size_t slices) {
    const std::size_t row = padded(args_.batch);
    for (std::size_t i = 0; i < slices; ++i) {
      const T* from = below_.data() + i * trees_.slice_size();
      T* to = grad_x_ + (first + i) * kSlice;
      for (std::size_t f = 0; f < args_.inputs; ++f)
        std::copy_n(from + f * kSlice, kSlice, to + f * row);
    }
  }

  const DenseArgs<T>& args_;
  const Trees<T>& trees_;
  Samples<T> grad_y_;
  T* grad_x_;
  AlignedArray<T> x_;
  AlignedArray<T> below_;
  AlignedArray<T> upstream_;
};

}  // namespace

template <class T>
std::optional<DenseTrees> find_trees(const DenseArgs<T>& args) {
  const std::vector<std::size_t> begin = halving_layers(args);
  if (begin.empty()) return {};
  const std::size_t layers = begin.size();
  const std::size_t total = args.gates();
  for (std::size_t l = 1; l < layers; ++l) {
    if (!reads_each_once(args.wiring + begin[l], total, static_cast<std::size_t>(args.widths[l])))
      return {};
  }
  DenseTrees trees;
  trees.depth = static_cast<int>(layers);
  const std::size_t leaves = std::size_t{1} << layers;
  const auto count = static_cast<std::size_t>(args.widths.back());
  trees.gates.resize(total);
  trees.taps.resize(count * leaves);
  for (std::size_t t = 0; t < count; ++t) {
    // From the root down: gate i of a level reads what stands at 2i and 2i + 1 of the level below.
    std::int32_t* level = trees.gates.data() + (t + 1) * (leaves - 1) - 1;
    *level = static_cast<std::int32_t>(begin.back() + t);
    std::size_t size = 1;
    for (std::size_t l = layers - 1; l > 0; --l, size *= 2) {
      std::int32_t* below = level - 2 * size;
      for (std::size_t i = 0; i < size; ++i) {
        const std::int32_t* reads = args.wiring + level[i];
        below[2 * i] = static_cast<std::int32_t>(begin[l - 1]) + reads[0];
        below[2 * i + 1] = static_cast<std::int32_t>(begin[l - 1]) + reads[total];
      }
      level = below;
    }
    std::size_t* taps = trees.taps.data() + t * leaves;
    for (std::size_t i = 0; i < size; ++i) {
      taps[2 * i] = static_cast<std::size_t>(args.wiring[level[i]]) * kSlice;
      taps[2 * i + 1] = static_cast<std::size_t>(args.wiring[total + level[i]]) * kSlice;
    }
  }
  return trees;
}

template <class T>
void run_trees(const DenseArgs<T>& args, const DenseTrees& which, T* y,
               const base::Executor& executor) {
  const Trees<T> trees(args, which);
  executor(trees.blocks(), 1, [&](std::size_t begin, std::size_t end) {
    Forward<T> forward(args, trees);
    for (std::size_t block = begin; block < end; ++block) forward(block, y);
  });
}

template <class T>
void run_trees_backward(const DenseArgs<T>& args, const DenseTrees& which, const Samples<T>& grad_y,
                        T* grad_x, T* grad_coefficients, const base::Executor& executor) {
  const Trees<T> trees(args, which);
  const bool wanted = grad_coefficients != nullptr;
  const std::size_t parts = trees.parts();
  const std::size_t blocks = trees.blocks();
  const std::size_t part_size = 4 * trees.total();
  AlignedArray<T> sums(wanted ? parts * part_size : 0);
  executor(parts, 1, [&](std::size_t begin, std::size_t end) {
    Backward<T> backward(args, trees, grad_y, grad_x);
    for (std::size_t part = begin; part < end; ++part) {
      T* part_sums = wanted ? sums.data() + part * part_size : nullptr;
      if (wanted) std::fill_n(part_sums, part_size, T(0));
      for (std::size_t b = part * blocks / parts; b < (part + 1) * blocks / parts; ++b)
        backward(b, part_sums);
    }
  });
  if (!wanted) return;
  executor(trees.total(), kGrain, [&](std::size_t begin, std::size_t end) {
    trees.add(sums.data(), begin, end, grad_coefficients);
  });
}

#define PLIANT_TREES(T)                                                                           \
  template std::optional<DenseTrees> find_trees(const DenseArgs<T>&);                             \
  template void run_trees(const DenseArgs<T>&, const DenseTrees&, T*, const base::Executor&);     \
  template void run_trees_backward(const DenseArgs<T>&, const DenseTrees&, const Samples<T>&, T*, \
                                   T*, const base::Executor&);
PLIANT_TREES(float)
PLIANT_TREES(double)
#undef PLIANT_TREES

}  // namespace pliant::logic
