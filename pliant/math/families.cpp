// pliant/math/families.cpp — the list of families as data, and the checks on parameters (no torch)
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>

#include "pliant/base/errors.h"
#include "pliant/math/distribution-inl.h"
#include "pliant/math/distribution.h"

namespace pliant::math {
namespace {

using List = HWY_NAMESPACE::Distributions;

std::vector<Family> read_list() {
  std::vector<Family> all;
  base::for_each(List{}, [&all](auto f) {
    using F = decltype(f);
    all.push_back({.name = F::name,
                   .formula = F::formula,
                   .source = F::source,
                   .symmetric = F::symmetric,
                   .monotonic_swap = F::monotonic_swap,
                   .has_shape = F::has_shape,
                   .support_low = F::support_low,
                   .support_high = F::support_high,
                   .swap_error = F::swap_error,
                   .sort_scale = F::sort_scale,
                   .max_ulp_float = F::max_ulp_float,
                   .max_ulp_double = F::max_ulp_double});
  });
  return all;
}

nlohmann::ordered_json number(double value) {
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

}  // namespace

const std::vector<Family>& families() {
  static const std::vector<Family> all = read_list();
  return all;
}

std::vector<std::string_view> family_names() {
  const auto all = base::names(List{});
  return {all.begin(), all.end()};
}

int family_index(std::string_view name) { return base::index_of(List{}, name, "distribution"); }

std::string families_json() {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const Family& f : families()) {
    all.push_back({{"name", f.name},
                   {"formula", f.formula},
                   {"source", f.source},
                   {"symmetric", f.symmetric},
                   {"monotonic_swap", f.monotonic_swap},
                   {"has_shape", f.has_shape},
                   {"support_low", number(f.support_low)},
                   {"support_high", number(f.support_high)},
                   {"swap_error", number(f.swap_error)},
                   {"sort_scale", number(f.sort_scale)},
                   {"max_ulp_float", number(f.max_ulp_float)},
                   {"max_ulp_double", number(f.max_ulp_double)}});
  }
  return all.dump();
}

void check(const Distribution& distribution, std::string_view caller, std::string_view scale_name) {
  const auto positive = [&](double value, std::string_view name) {
    base::require(value > 0 && std::isfinite(value), caller, ": ", name,
                  " must be > 0 and finite, got ", value);
  };
  base::require(distribution.family >= 0 && distribution.family < List::size, caller,
                ": distribution must be an index in [0, ", List::size, "), got ",
                distribution.family);
  positive(distribution.scale, scale_name);
  positive(distribution.power, "power");
  base::require(std::isfinite(distribution.shift), caller, ": shift must be finite, got ",
                distribution.shift);
  if (families()[static_cast<std::size_t>(distribution.family)].has_shape) {
    base::require(distribution.shape >= kShapeLow && distribution.shape <= kShapeHigh, caller,
                  ": shape must be in [", kShapeLow, ", ", kShapeHigh, "], got ",
                  distribution.shape);
  }
}

template <class T>
void step(const T* x, std::size_t n, T* p) {
  for (std::size_t i = 0; i < n; ++i) {
    const T above = static_cast<T>(x[i] > 0), below = static_cast<T>(x[i] < 0);
    p[i] = std::isnan(x[i]) ? x[i] : (1 + above - below) / 2;
  }
}
template void step(const float*, std::size_t, float*);
template void step(const double*, std::size_t, double*);

double support_radius(const Distribution& distribution, double level) {
  base::require(level > 0 && level < 1, "support_radius: level must be in (0, 1), got ", level);
  const auto inside = [&](double r) {
    const double x = -r;
    double p = 0;
    decide<double>(distribution, &x, 1, {.p = &p});
    return p > level;
  };
  if (!inside(0)) return 0;
  if (inside(std::numeric_limits<double>::max())) return std::numeric_limits<double>::infinity();
  // Positive doubles are ordered as their bits are: the last one inside is found in 63 halvings.
  std::uint64_t low = 0, high = std::bit_cast<std::uint64_t>(std::numeric_limits<double>::max());
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    (inside(std::bit_cast<double>(middle)) ? low : high) = middle;
  }
  return std::bit_cast<double>(high);
}

}  // namespace pliant::math
