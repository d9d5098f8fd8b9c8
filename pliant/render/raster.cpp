// pliant/render/raster.cpp — checks and radii of the coverage (no torch)
#include "pliant/render/raster.h"

#include <algorithm>
#include <cmath>

#include "pliant/base/errors.h"

namespace pliant::render {

void check(const Coverage& coverage, std::string_view caller) {
  math::check(coverage.distribution, caller, "1/tau");
  math::check(coverage.t_norm, caller);
  base::require(
      !coverage.distribution.straight_through, caller,
      ": a straight-through distribution has no relaxed coverage; take the distribution 'hard'");
  base::require(coverage.dist_eps > 0, caller, ": dist_eps must be > 0, got ", coverage.dist_eps);
}

void check(const Size& size, std::string_view caller) {
  const auto side = [&](std::size_t pixels, std::string_view name) {
    base::require(pixels >= 1 && pixels <= kMaxSide, caller, ": ", name, " must be 1 … ", kMaxSide,
                  " pixels, got ", pixels);
  };
  side(size.height, "height");
  side(size.width, "width");
}

double outer_radius(const Coverage& coverage) {
  const double cut = std::sqrt(coverage.dist_eps / coverage.distribution.scale);
  return std::min(cut, math::support_radius(coverage.distribution, kLeastCoverage));
}

}  // namespace pliant::render
