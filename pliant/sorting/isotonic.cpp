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
  /// Whether the block before has the greater mean; multiplied out, as divisions are slow.
  static bool decreases(const IsotonicBlock& before, std::size_t before_size,
                        const IsotonicBlock& last, std::size_t last_size) {
    return (before.s - before.w) * static_cast<double>(last_size) >
           (last.s - last.w) * static_cast<double>(before_size);
  }
  static double add(double a, double b) { return a + b; }
};

/// Blocks carry the log sums of exponentials of both sides.
struct Entropy {
  static bool decreases(const IsotonicBlock& before, std::size_t, const IsotonicBlock& last,
                        std::size_t) {
    return before.s - before.w > last.s - last.w;
  }
  static double add(double a, double b) { return log_add(a, b); }
};

/// Appends each number as a block and merges the last two while their values do not decrease.
/// @param blocks  n of them, written   @returns how many there are
template <class Norm>
std::size_t pool(const double* s, const double* w, std::size_t n, IsotonicBlock* blocks) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < n; ++i) {
    IsotonicBlock last = {i + 1, s[i], w[i]};
    for (; count > 0; --count) {
      const IsotonicBlock& before = blocks[count - 1];
      const std::size_t begin = count == 1 ? 0 : blocks[count - 2].end;
      if (Norm::decreases(before, before.end - begin, last, last.end - before.end)) break;
      last = {last.end, Norm::add(before.s, last.s), Norm::add(before.w, last.w)};
    }
    blocks[count++] = last;
  }
  return count;
}

void sums_to_means(std::span<IsotonicBlock> blocks) {
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

std::span<const IsotonicBlock> IsotonicRegression::fit(const double* s, const double* w,
                                                       std::size_t n) {
  if (blocks_.size() < n) blocks_.resize(n);
  if (regularization_ == Regularization::kKl)
    return std::span(blocks_).first(pool<Entropy>(s, w, n, blocks_.data()));
  const auto blocks = std::span(blocks_).first(pool<SquaredNorm>(s, w, n, blocks_.data()));
  sums_to_means(blocks);
  return blocks;
}

}  // namespace pliant::sorting
