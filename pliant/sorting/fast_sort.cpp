// pliant/sorting/fast_sort.cpp — the projections, block by block of an isotonic regression (no
// torch)
#include "pliant/sorting/fast_sort.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "pliant/base/aligned.h"
#include "pliant/math/choice.h"

namespace pliant::sorting {
namespace {

/// Rows that are worth a thread's waking: about 20 µs.
std::size_t grain(std::size_t n) { return 1 + 2000 / (n + 10); }

/// fn(block, first) for all blocks.
template <class Fn>
void for_blocks(std::span<const IsotonicBlock> blocks, const Fn& fn) {
  std::size_t begin = 0;
  for (const IsotonicBlock& block : blocks) {
    fn(block, begin);
    begin = block.end;
  }
}

/// Both problems are a regression of s − w, non-increasing sides, where one is of the keys and the
/// other of the ramp n … 1. What a row needs, with memory that serves all rows of a call.
template <class T>
class RowProjection {
 public:
  explicit RowProjection(const FastArgs<T>& args)
      : args_(args),
        n_(args.rows.n),
        ramp_(n_),
        keys_(n_),
        scratch_(n_),
        shares_(n_),
        regression_(args.regularization) {}

  /// The row's numbers are all finite.
  [[nodiscard]] bool is_finite(std::size_t row) const {
    return std::isfinite(x(row)[order(row)[0]]) && std::isfinite(x(row)[order(row)[n_ - 1]]);
  }

 protected:
  using Blocks = std::span<const IsotonicBlock>;

  [[nodiscard]] bool is_kl() const { return args_.regularization == Regularization::kKl; }
  [[nodiscard]] const T* x(std::size_t row) const { return args_.rows.x + row * n_; }
  [[nodiscard]] const std::int32_t* order(std::size_t row) const {
    return args_.rows.order + row * n_;
  }

  /// The gradients of the blocks' totals on one side with respect to its numbers: 1/size (l2), or
  /// exp(number − total) (kl).   @returns shares_
  const double* shares(Blocks blocks, const double* side, double IsotonicBlock::*total) {
    for_blocks(blocks, [&](const IsotonicBlock& block, std::size_t begin) {
      const double inverse = 1 / static_cast<double>(block.end - begin);
      for (std::size_t j = begin; j < block.end; ++j)
        shares_[j] = is_kl() ? side[j] - block.*total : inverse;
    });
    if (is_kl()) math::exp_minus(shares_.data(), n_, 0.0, shares_.data());
    return shares_.data();
  }

  const FastArgs<T>& args_;
  std::size_t n_;
  base::AlignedArray<double> ramp_;
  base::AlignedArray<double> keys_;
  base::AlignedArray<double> scratch_;
  base::AlignedArray<double> shares_;
  IsotonicRegression regression_;
};

/// Sorting: s is the steep ramp, w is −x from its largest, so that the values come ascending.
template <class T>
class RowValues : public RowProjection<T> {
  using Base = RowProjection<T>;
  using Base::keys_, Base::ramp_, Base::n_;
  using typename Base::Blocks;

 public:
  explicit RowValues(const FastArgs<T>& args) : Base(args) {
    for (std::size_t j = 0; j < n_; ++j) ramp_[j] = args.steepness * static_cast<double>(n_ - j);
  }

  void forward(std::size_t row, T* values) {
    for_blocks(fit(row), [&](const IsotonicBlock& block, std::size_t begin) {
      for (std::size_t j = begin; j < block.end; ++j)
        values[j] = static_cast<T>((block.s - ramp_[j]) - block.w);
    });
  }

  /// @returns the gradient of the steepness if it is wanted
  double backward(std::size_t row, const T* g, T* grad_x, bool steepness_wanted) {
    const std::int32_t* order = this->order(row);
    const Blocks blocks = fit(row);
    const double* share = this->shares(blocks, keys_.data(), &IsotonicBlock::w);
    for_blocks(blocks, [&](const IsotonicBlock& block, std::size_t begin) {
      const double sum = std::accumulate(g + begin, g + block.end, 0.0);
      for (std::size_t j = begin; j < block.end; ++j)
        grad_x[order[j]] = static_cast<T>(sum * share[j]);
    });
    return steepness_wanted ? along_ramp(blocks, g) : 0;
  }

 private:
  /// The gradient of the steepness: each value moves by what its block's total does, less its own.
  double along_ramp(Blocks blocks, const T* g) {
    const double* share = this->shares(blocks, ramp_.data(), &IsotonicBlock::s);
    double total = 0;
    for_blocks(blocks, [&](const IsotonicBlock& block, std::size_t begin) {
      const double sum = std::accumulate(g + begin, g + block.end, 0.0);
      for (std::size_t j = begin; j < block.end; ++j)
        total += (sum * share[j] - static_cast<double>(g[j])) * static_cast<double>(n_ - j);
    });
    return total;
  }

  Blocks fit(std::size_t row) {
    const T* x = this->x(row);
    const std::int32_t* order = this->order(row);
    for (std::size_t j = 0; j < n_; ++j) keys_[j] = -static_cast<double>(x[order[j]]);
    return this->regression_.fit(ramp_.data(), keys_.data(), n_);
  }
};

/// Ranking: s is the steep keys from the largest, w is the ramp n … 1 (kl: its logarithm).
template <class T>
class RowRanks : public RowProjection<T> {
  using Base = RowProjection<T>;
  using Base::keys_, Base::ramp_, Base::n_, Base::scratch_;
  using typename Base::Blocks;

 public:
  explicit RowRanks(const FastArgs<T>& args) : Base(args) {
    for (std::size_t j = 0; j < n_; ++j) {
      const auto rank = static_cast<double>(n_ - j);
      ramp_[j] = this->is_kl() ? std::log(rank) : rank;
    }
  }

  void forward(std::size_t row, T* to) {
    const double* rank = ranks(fit(row));
    for (std::size_t j = 0; j < n_; ++j) to[item(row, j)] = static_cast<T>(rank[j]);
  }

  /// @returns the gradient of the steepness
  double backward(std::size_t row, const T* g, T* grad_x, bool /*steepness_wanted*/) {
    const Blocks blocks = fit(row);
    double* upstream = scratch_.data();
    if (this->is_kl()) ranks(blocks);
    for (std::size_t j = 0; j < n_; ++j)
      upstream[j] = static_cast<double>(g[item(row, j)]) * (this->is_kl() ? upstream[j] : 1);
    const double* share = this->shares(blocks, keys_.data(), &IsotonicBlock::s);
    double grad_steepness = 0;
    const T* x = this->x(row);
    for_blocks(blocks, [&](const IsotonicBlock& block, std::size_t begin) {
      const double sum = std::accumulate(upstream + begin, upstream + block.end, 0.0);
      for (std::size_t j = begin; j < block.end; ++j) {
        const double gradient = upstream[j] - sum * share[j];
        grad_x[item(row, j)] = static_cast<T>(this->args_.steepness * gradient);
        grad_steepness += gradient * static_cast<double>(x[item(row, j)]);
      }
    });
    return grad_steepness;
  }

 private:
  /// The place of the j-th largest key.
  [[nodiscard]] std::size_t item(std::size_t row, std::size_t j) const {
    return static_cast<std::size_t>(this->order(row)[n_ - 1 - j]);
  }

  /// The ranks from the largest.   @returns scratch_
  const double* ranks(Blocks blocks) {
    for_blocks(blocks, [&](const IsotonicBlock& block, std::size_t begin) {
      // The difference of the keys first: it is small, and 0 in a block of one.
      for (std::size_t j = begin; j < block.end; ++j) scratch_[j] = (keys_[j] - block.s) + block.w;
    });
    if (this->is_kl()) math::exp_minus(scratch_.data(), n_, 0.0, scratch_.data());
    return scratch_.data();
  }

  Blocks fit(std::size_t row) {
    const T* x = this->x(row);
    for (std::size_t j = 0; j < n_; ++j)
      keys_[j] = this->args_.steepness * static_cast<double>(x[item(row, j)]);
    return this->regression_.fit(keys_.data(), ramp_.data(), n_);
  }
};

template <class Row, class T>
void forward_rows(const FastArgs<T>& args, T* out, const base::Executor& executor) {
  const std::size_t n = args.rows.n;
  executor(args.rows.batch, grain(n), [&](std::size_t begin, std::size_t end) {
    Row projection(args);
    for (std::size_t row = begin; row < end; ++row) {
      if (projection.is_finite(row)) {
        projection.forward(row, out + row * n);
      } else {
        std::fill_n(out + row * n, n, std::numeric_limits<T>::quiet_NaN());
      }
    }
  });
}

template <class Row, class T>
void backward_rows(const FastArgs<T>& args, const T* g, T* grad_x, double* grad_steepness,
                   const base::Executor& executor) {
  const std::size_t n = args.rows.n;
  std::vector<double> of_row(args.rows.batch);  // summed in the order of the rows
  executor(args.rows.batch, grain(n), [&](std::size_t begin, std::size_t end) {
    Row projection(args);
    for (std::size_t row = begin; row < end; ++row) {
      if (projection.is_finite(row)) {
        of_row[row] =
            projection.backward(row, g + row * n, grad_x + row * n, grad_steepness != nullptr);
      } else {
        std::fill_n(grad_x + row * n, n, std::numeric_limits<T>::quiet_NaN());
        of_row[row] = std::numeric_limits<double>::quiet_NaN();
      }
    }
  });
  if (grad_steepness != nullptr)
    *grad_steepness = std::accumulate(of_row.begin(), of_row.end(), 0.0);
}

}  // namespace

template <class T>
void fast_sort(const FastArgs<T>& args, T* values, const base::Executor& executor) {
  forward_rows<RowValues<T>>(args, values, executor);
}

template <class T>
void fast_sort_backward(const FastArgs<T>& args, const T* grad_values, T* grad_x,
                        double* grad_steepness, const base::Executor& executor) {
  backward_rows<RowValues<T>>(args, grad_values, grad_x, grad_steepness, executor);
}

template <class T>
void fast_rank(const FastArgs<T>& args, T* ranks, const base::Executor& executor) {
  forward_rows<RowRanks<T>>(args, ranks, executor);
}

template <class T>
void fast_rank_backward(const FastArgs<T>& args, const T* grad_ranks, T* grad_x,
                        double* grad_steepness, const base::Executor& executor) {
  backward_rows<RowRanks<T>>(args, grad_ranks, grad_x, grad_steepness, executor);
}

template void fast_sort(const FastArgs<float>&, float*, const base::Executor&);
template void fast_sort(const FastArgs<double>&, double*, const base::Executor&);
template void fast_sort_backward(const FastArgs<float>&, const float*, float*, double*,
                                 const base::Executor&);
template void fast_sort_backward(const FastArgs<double>&, const double*, double*, double*,
                                 const base::Executor&);
template void fast_rank(const FastArgs<float>&, float*, const base::Executor&);
template void fast_rank(const FastArgs<double>&, double*, const base::Executor&);
template void fast_rank_backward(const FastArgs<float>&, const float*, float*, double*,
                                 const base::Executor&);
template void fast_rank_backward(const FastArgs<double>&, const double*, double*, double*,
                                 const base::Executor&);

}  // namespace pliant::sorting
