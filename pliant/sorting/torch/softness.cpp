// pliant/sorting/torch/softness.cpp — the steepness at which a relaxed order is off by so many
// ranks
#include "pliant/sorting/torch/softness.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Functions.h>
#include <c10/core/GradMode.h>

#include <algorithm>

#include "pliant/sorting/torch/steepness_search.h"

namespace pliant {
namespace {

using at::Tensor;

constexpr int64_t kNumbers = 4096, kLeastSets = 8;

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
      : sets(softness_sets(scores)), ranks(true_ranks(sets)), options(how) {
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
  Measured measured(scores, options);
  return steepness_of_error(measured.sets, ranks, "ranks",
                            [&](double steepness) { return measured.error(steepness); });
}

}  // namespace pliant
