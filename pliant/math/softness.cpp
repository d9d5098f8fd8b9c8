// pliant/math/softness.cpp — quantiles of relaxed steps, and the scales that widths and margins ask
// for
#include "pliant/math/softness.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string_view>

#include "pliant/base/errors.h"

namespace pliant::math {
namespace {

double chance_at(const Distribution& distribution, double x) {
  double p = 0;
  decide<double>(distribution, &x, 1, {.p = &p});
  return p;
}

/// Doubles in their order as whole numbers: −inf first.
std::int64_t place(double x) {
  const auto bits = std::bit_cast<std::int64_t>(x);
  return bits >= 0 ? bits : std::numeric_limits<std::int64_t>::min() - bits;
}

double at_place(std::int64_t place) {
  return std::bit_cast<double>(place >= 0 ? place
                                          : std::numeric_limits<std::int64_t>::min() - place);
}

Distribution at_scale_one(const Distribution& distribution, std::string_view name, double value) {
  base::require(value > 0 && std::isfinite(value), "softness: ", name,
                " must be > 0 and finite, got ", value);
  Distribution one = distribution;
  one.scale = 1;
  check(one, "softness");
  return one;
}

}  // namespace

double quantile(const Distribution& distribution, double p) {
  check(distribution, "softness");
  base::require(0 < p && p < 1, "softness: p must be in (0, 1), got ", p);
  const double most = std::numeric_limits<double>::max();
  std::int64_t below = place(-most), above = place(most);
  // P is below p at the one, and not at the other: all doubles between are halved in 64 steps.
  while (above != below + 1) {
    const std::int64_t middle = std::midpoint(below, above);
    (chance_at(distribution, at_place(middle)) < p ? below : above) = middle;
  }
  return at_place(above);
}

double edge_width(const Distribution& distribution) {
  return quantile(distribution, kEdgeHigh) - quantile(distribution, kEdgeLow);
}

double scale_of_width(const Distribution& distribution, double width) {
  const Distribution one = at_scale_one(distribution, "width", width);
  const double unit = edge_width(one);
  base::require(unit > 1e-100, "softness: the distribution '",
                families()[static_cast<std::size_t>(one.family)].name,
                "' has no width: it is a step at any scale");
  return std::pow(unit / width, one.power);
}

double scale_of_margin(const Distribution& distribution, double margin, double chance) {
  const Distribution one = at_scale_one(distribution, "margin", margin);
  const double least = chance_at(one, 0);
  base::require(least < chance && chance < 1, "softness: chance must be above ", least,
                ", that of a tie, and below 1, got ", chance);
  const double unit = quantile(one, chance);
  base::require(unit > 1e-100, "softness: the distribution '",
                families()[static_cast<std::size_t>(one.family)].name,
                "' decides at once, at any scale");
  return std::pow(unit / margin, one.power);
}

}  // namespace pliant::math
