// pliant/sorting/torch/softness.cpp — the steepness at which a relaxed order is off by so many
// ranks
#include "pliant/sorting/torch/softness.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Functions.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

namespace pliant {
namespace {

using at::Tensor;

constexpr int64_t kNumbers = 4096, kMostNumbers = 65536, kLeastSets = 8;
constexpr double kStride = 4, kAccuracy = 1e-4;
constexpr double kLowest = 1e-9, kHighest = 1e12;  // in units of 1/standard deviation

/// Sets (S, n) in double.
Tensor sets_of(const Tensor& scores) {
  TORCH_CHECK_TYPE(scores.is_floating_point(), "softness: scores must be floating point, got ",
                   scores.scalar_type());
  TORCH_CHECK_VALUE(scores.dim() > 0 && scores.size(-1) > 1 && scores.numel() > 0,
                    "softness: scores must be sets of at least two, got shape ", scores.sizes());
  const Tensor sets = scores.detach().to(at::kCPU, at::kDouble).reshape({-1, scores.size(-1)});
  TORCH_CHECK_VALUE(sets.isfinite().all().item<bool>(), "softness: scores must be finite");
  const int64_t most = std::max(kMostNumbers / sets.size(1), kLeastSets);
  if (sets.size(0) <= most) return sets;
  const double stride = static_cast<double>(sets.size(0)) / static_cast<double>(most);
  return sets.index_select(0, at::arange(most, at::kDouble).mul(stride).floor().to(at::kLong));
}

/// Ranks from 1; those of equal scores are their mean.
Tensor true_ranks(const Tensor& sets) {
  const Tensor ordered = std::get<0>(sets.sort(-1)), keys = sets.contiguous();
  const Tensor before = at::searchsorted(ordered, keys, false, false);
  const Tensor until = at::searchsorted(ordered, keys, false, true);
  return (before + until + 1).to(at::kDouble) / 2;
}

/// A relaxed order of the same sets again and again.
struct Measured {
  Tensor sets;
  Tensor ranks;
  SortOptions options;

  Measured(const Tensor& scores, const SortOptions& how)
      : sets(sets_of(scores)), ranks(true_ranks(sets)), options(how) {
    options.descending = false;
  }

  double error(double steepness) {
    options.steepness = steepness;
    return (soft_rank(sets, options) - ranks).abs().mean().item<double>();
  }
};

}  // namespace

Tensor normal_scores(int64_t n) {
  TORCH_CHECK_VALUE(n >= 2, "softness: there must be at least two scores in a set, got ", n);
  return at::randn({std::max(kNumbers / n, kLeastSets), n}, at::detail::createCPUGenerator(0),
                   at::kDouble);
}

double rank_error(const Tensor& scores, const SortOptions& options) {
  const c10::NoGradGuard guard;
  return Measured(scores, options).error(options.steepness);
}

double steepness_of_ranks(const Tensor& scores, double ranks, const SortOptions& options) {
  const c10::NoGradGuard guard;
  TORCH_CHECK_VALUE(ranks > 0 && std::isfinite(ranks),
                    "softness: ranks must be > 0 and finite, got ", ranks);
  Measured measured(scores, options);
  const double unit = 1 / measured.sets.std(false).item<double>();
  TORCH_CHECK_VALUE(std::isfinite(unit), "softness: the scores must not all be equal");
  double high = unit;  // the error there is at most `ranks`, and above it at low
  while (measured.error(high) > ranks) {
    high *= kStride;
    TORCH_CHECK_VALUE(high < kHighest * unit, "softness: no steepness is off by only ", ranks,
                      " ranks");
  }
  double low = high / kStride;
  for (double error = measured.error(low); error <= ranks; error = measured.error(low)) {
    TORCH_CHECK_VALUE(error > 0, "softness: the method is exact at any steepness");
    TORCH_CHECK_VALUE(low > kLowest * unit, "softness: ranks must be below ", error,
                      ", what the method is off by at most, got ", ranks);
    high = low;
    low /= kStride;
  }
  while (high / low > 1 + kAccuracy) {
    const double middle = std::sqrt(low * high);
    (measured.error(middle) > ranks ? low : high) = middle;
  }
  return high;
}

}  // namespace pliant
