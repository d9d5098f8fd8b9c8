// pliant/sorting/isotonic.cpp — pooling adjacent violators on a stack of blocks (no torch)
#include "pliant/sorting/isotonic.h"

#include <algorithm>
#include <utility>

#include "pliant/base/errors.h"

namespace pliant::sorting {
namespace {

/// ln(exp(a) + exp(b)).
double log_add(double a, double b) {
  const auto [low, high] = std::minmax(a, b);
  return high + std::log1p(std::exp(low - high));
}

/// Blocks carry the sums of both sides while they grow.
struct SquaredNorm {
  static double value(const IsotonicBlock& block, std::size_t begin) {
    return (block.s - block.w) / static_cast<double>(block.end - begin);
  }
  static double add(double a, double b) { return a + b; }
};

/// Blocks carry the log sums of exponentials of both sides.
struct Entropy {
  static double value(const IsotonicBlock& block, std::size_t) { return block.s - block.w; }
  static double add(double a, double b) { return log_add(a, b); }
};

/// Appends each number as a block and merges the last two while their values do not decrease.
template <class Norm>
void pool(const double* s, const double* w, std::size_t n, std::vector<IsotonicBlock>& blocks) {
  const auto end_before = [&](std::size_t k) { return k == 0 ? 0 : blocks[k - 1].end; };
  for (std::size_t i = 0; i < n; ++i) {
    IsotonicBlock last = {i + 1, s[i], w[i]};
    while (!blocks.empty()) {
      const IsotonicBlock& before = blocks.back();
      const double value = Norm::value(last, before.end);
      if (Norm::value(before, end_before(blocks.size() - 1)) > value) break;
      last = {last.end, Norm::add(before.s, last.s), Norm::add(before.w, last.w)};
      blocks.pop_back();
    }
    blocks.push_back(last);
  }
}

void sums_to_means(std::vector<IsotonicBlock>& blocks) {
  std::size_t begin = 0;
  for (IsotonicBlock& block : blocks) {
    const auto size = static_cast<double>(block.end - begin);
    block.s /= size;
    block.w /= size;
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

std::span<const IsotonicBlock> IsotonicRegression::fit(const double* s, const double* w,
                                                       std::size_t n) {
  blocks_.clear();
  if (regularization_ == Regularization::kL2) {
    pool<SquaredNorm>(s, w, n, blocks_);
    sums_to_means(blocks_);
  } else {
    pool<Entropy>(s, w, n, blocks_);
  }
  return blocks_;
}

}  // namespace pliant::sorting
