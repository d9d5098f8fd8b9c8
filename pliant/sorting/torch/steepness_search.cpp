// pliant/sorting/torch/steepness_search.cpp — the steepness at which a relaxation is off by so much
#include "pliant/sorting/torch/steepness_search.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <cmath>

namespace pliant {
namespace {

using at::Tensor;

constexpr int64_t kMostNumbers = 65536, kLeastSets = 8;
constexpr double kStride = 4, kAccuracy = 1e-4;
constexpr double kLowest = 1e-9, kHighest = 1e12;  // in units of 1/standard deviation

}  // namespace

Tensor softness_sets(const Tensor& scores) {
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

double steepness_of_error(const Tensor& sets, double softness, std::string_view name,
                          const std::function<double(double)>& error) {
  TORCH_CHECK_VALUE(softness > 0 && std::isfinite(softness), "softness: ", name,
                    " must be > 0 and finite, got ", softness);
  const double unit = 1 / sets.std(false).item<double>();
  TORCH_CHECK_VALUE(std::isfinite(unit), "softness: the scores must not all be equal");
  double high = unit;  // the error there is at most `softness`, and above it at low
  while (error(high) > softness) {
    high *= kStride;
    TORCH_CHECK_VALUE(high < kHighest * unit, "softness: no steepness is off by only ", softness,
                      " ", name);
  }
  double low = high / kStride;
  for (double found = error(low); found <= softness; found = error(low)) {
    TORCH_CHECK_VALUE(found > 0, "softness: the method is exact at any steepness");
    TORCH_CHECK_VALUE(low > kLowest * unit, "softness: ", name, " must be below ", found,
                      ", what the method is off by at most, got ", softness);
    high = low;
    low /= kStride;
  }
  while (high / low > 1 + kAccuracy) {
    const double middle = std::sqrt(low * high);
    (error(middle) > softness ? low : high) = middle;
  }
  return high;
}

}  // namespace pliant
