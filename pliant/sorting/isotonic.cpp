// pliant/sorting/isotonic.cpp — pooling adjacent violators on a stack of blocks (no torch)
#include "pliant/sorting/isotonic.h"

#include <algorithm>
#include <cmath>

#include "pliant/base/errors.h"

namespace pliant::sorting {
namespace {

/// Whether the block before has the greater mean; multiplied out, as divisions are slow. Both carry
/// the sums of their sides.
bool mean_decreases(const IsotonicBlock& before, std::size_t before_size, const IsotonicBlock& last,
                    std::size_t last_size) {
  return (before.s - before.w) * static_cast<double>(last_size) >
         (last.s - last.w) * static_cast<double>(before_size);
}

void sums_to_means(std::vector<IsotonicBlock>& blocks) {
  std::size_t begin = 0;
  for (IsotonicBlock& block : blocks) {
    const std::size_t size = block.end - begin;
    if (size > 1) {
      block.s /= static_cast<double>(size);
      block.w /= static_cast<double>(size);
    }
    begin = block.end;
  }
}

}  // namespace

Regularization regularization_of(std::string_view name, const char* caller) {
  const auto* const found =
      std::find(kRegularizationNames.begin(), kRegularizationNames.end(), name);
  base::require(found != kRegularizationNames.end(), caller, ": unknown regularization '", name,
                "'; there are: l2, kl");
  return static_cast<Regularization>(found - kRegularizationNames.begin());
}

void IsotonicRegression::RelativeSums::append(const RelativeSums& next) {
  end = next.end;
  s_sum += next.s_sum * std::exp(next.s - s);
  w_sum += next.w_sum * std::exp(next.w - w);
  value = (s - w) + std::log(s_sum / w_sum);
}

// Each number is appended as a block; the last two merge while their values do not decrease.

void IsotonicRegression::pool_sums(const double* s, const double* w, std::size_t n) {
  blocks_.resize(n);
  std::size_t count = 0;
  for (std::size_t i = 0; i < n; ++i) {
    IsotonicBlock last = {i + 1, s[i], w[i]};
    for (; count > 0; --count) {
      const IsotonicBlock& before = blocks_[count - 1];
      const std::size_t begin = count == 1 ? 0 : blocks_[count - 2].end;
      if (mean_decreases(before, before.end - begin, last, last.end - before.end)) break;
      last = {last.end, before.s + last.s, before.w + last.w};
    }
    blocks_[count++] = last;
  }
  blocks_.resize(count);
  sums_to_means(blocks_);
}

void IsotonicRegression::pool_exponentials(const double* s, const double* w, std::size_t n) {
  growing_.clear();
  for (std::size_t i = 0; i < n; ++i) {
    growing_.push_back({i + 1, s[i], 1, w[i], 1, s[i] - w[i]});
    for (std::size_t last = growing_.size() - 1; last > 0; --last) {
      if (growing_[last - 1].value > growing_[last].value) break;
      growing_[last - 1].append(growing_[last]);
      growing_.pop_back();
    }
  }
  blocks_.clear();
  const auto log_of = [](double sum) { return sum == 1 ? 0 : std::log(sum); };  // most are of one
  for (const RelativeSums& block : growing_)
    blocks_.push_back({block.end, block.s + log_of(block.s_sum), block.w + log_of(block.w_sum)});
}

std::span<const IsotonicBlock> IsotonicRegression::fit(const double* s, const double* w,
                                                       std::size_t n) {
  if (regularization_ == Regularization::kL2) {
    pool_sums(s, w, n);
  } else {
    pool_exponentials(s, w, n);
  }
  return blocks_;
}

}  // namespace pliant::sorting
