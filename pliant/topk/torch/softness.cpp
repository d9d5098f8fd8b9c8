// pliant/topk/torch/softness.cpp — the steepness at which so many of a relaxed top k are wrong
#include "pliant/topk/torch/softness.h"

#include <ATen/Functions.h>
#include <c10/core/GradMode.h>

#include <tuple>

#include "pliant/sorting/torch/steepness_search.h"

namespace pliant {
namespace {

using at::Tensor;

/// A relaxed choice from the same sets again and again.
struct Measured {
  Tensor sets;
  Tensor chosen;  ///< the places of the true k largest
  int64_t k;
  TopKOptions options;

  Measured(const Tensor& scores, int64_t count, const TopKOptions& how)
      : sets(softness_sets(scores)), k(count), options(how) {
    TORCH_CHECK_VALUE(k >= 1 && k <= sets.size(1), "softness: k must be in 1 … ", sets.size(1),
                      ", got ", k);
    chosen = std::get<1>(sets.topk(k));
    options.largest = true;
  }

  double error(double steepness) {
    options.steepness = steepness;
    const Tensor attribution = std::get<1>(topk(sets, k, options)).sum(-1);
    return static_cast<double>(k) - attribution.gather(-1, chosen).sum(-1).mean().item<double>();
  }
};

}  // namespace

double topk_error(const Tensor& scores, int64_t k, const TopKOptions& options) {
  const c10::NoGradGuard guard;
  return Measured(scores, k, options).error(options.steepness);
}

double steepness_of_topk(const Tensor& scores, int64_t k, double wrong,
                         const TopKOptions& options) {
  const c10::NoGradGuard guard;
  Measured measured(scores, k, options);
  return steepness_of_error(measured.sets, wrong, "wrong items",
                            [&](double steepness) { return measured.error(steepness); });
}

}  // namespace pliant
