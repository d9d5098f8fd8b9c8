// pliant/logic/encoder.cpp — the ways to choose thresholds (no torch)
#include "pliant/logic/encoder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "pliant/base/errors.h"
#include "pliant/base/type_list.h"

namespace pliant::logic {
namespace {

/// Φ⁻¹(p), the quantile of the standard normal distribution, 0 < p < 1: Newton's method on
/// Φ(x) = erfc(−x/√2)/2, from 0, where each half is convex or concave towards its tail and no step
/// leaves the side of the root; for the upper half by symmetry. To the last digits of double.
double normal_quantile(double p) {
  if (p > 0.5) return -normal_quantile(1 - p);
  double x = 0;
  for (int step = 0; step < 100; ++step) {
    const double density = std::exp(-x * x / 2) / std::sqrt(2 * M_PI);
    const double change = (std::erfc(-x / M_SQRT2) / 2 - p) / density;
    x -= change;
    if (std::abs(change) <= 1e-15 * std::abs(x)) break;
  }
  return x;
}

/// A way to choose is a struct: its name, whether it wants values, and the T thresholds of a group
/// from its values, which it may reorder.
struct Uniform {
  static constexpr std::string_view name = "uniform";
  static constexpr std::size_t values = 0;
  static void choose(const ThresholdArgs& args, std::span<double>, std::span<double> out) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = args.low + (args.high - args.low) * (i + 1.0) / (args.count + 1.0);
    }
  }
};

struct Distributive {
  static constexpr std::string_view name = "distributive";
  static constexpr std::size_t values = 1;
  static void choose(const ThresholdArgs&, std::span<double> sample, std::span<double> out) {
    std::ranges::sort(sample);
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = sample[sample.size() * (i + 1) / (out.size() + 1)];
    }
  }
};

struct Gaussian {
  static constexpr std::string_view name = "gaussian";
  static constexpr std::size_t values = 2;
  static void choose(const ThresholdArgs&, std::span<double> sample, std::span<double> out) {
    double mean = 0, squares = 0;
    for (const double value : sample) mean += value / static_cast<double>(sample.size());
    for (const double value : sample) squares += (value - mean) * (value - mean);
    const double deviation = std::sqrt(squares / static_cast<double>(sample.size() - 1));
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = mean + deviation * normal_quantile((i + 1.0) / (out.size() + 1.0));
    }
  }
};

using Methods = base::TypeList<Uniform, Distributive, Gaussian>;

/// The values of one group.
std::vector<double> group_values(const ThresholdArgs& args, std::size_t group) {
  std::vector<double> values;
  values.reserve(args.samples * args.each);
  for (std::size_t s = 0; s < args.samples; ++s) {
    const double* first = args.values + (s * args.groups + group) * args.each;
    values.insert(values.end(), first, first + args.each);
  }
  const auto wrong = std::ranges::find_if(values, [](double v) { return !std::isfinite(v); });
  base::require(wrong == values.end(), "choose_thresholds: values must be finite, got ",
                wrong == values.end() ? 0 : *wrong, " in feature ", group);
  return values;
}

template <class Method>
void choose_all(const ThresholdArgs& args, std::vector<double>& thresholds) {
  const auto count = static_cast<std::size_t>(args.count);
  base::require(args.samples * args.each >= Method::values, "choose_thresholds: ", Method::name,
                " needs ", Method::values, " values of each feature, got ",
                args.samples * args.each);
  std::vector<double> one(count);
  for (std::size_t group = 0; group < args.groups; ++group) {
    std::vector<double> values;
    if (Method::values > 0) values = group_values(args, group);
    Method::choose(args, values, one);
    for (std::size_t i = 0; i < count; ++i) thresholds[i * args.groups + group] = one[i];
  }
}

}  // namespace

std::vector<std::string_view> threshold_methods() {
  const auto names = base::names(Methods{});
  return {names.begin(), names.end()};
}

std::vector<double> choose_thresholds(std::string_view method, const ThresholdArgs& args) {
  const int index = base::index_of(Methods{}, method, "method of thresholds");
  base::require(args.count >= 1, "choose_thresholds: count must be ≥ 1, got ", args.count);
  base::require(std::isfinite(args.low) && std::isfinite(args.high) && args.low < args.high,
                "choose_thresholds: low must be below high, both finite, got ", args.low, " and ",
                args.high);
  std::vector<double> thresholds(static_cast<std::size_t>(args.count) * args.groups);
  base::visit(Methods{}, index,
              [&]<class Method>(Method) { choose_all<Method>(args, thresholds); });
  check_thresholds(thresholds.data(), static_cast<std::size_t>(args.count), args.groups);
  return thresholds;
}

void check_thresholds(const double* thresholds, std::size_t count, std::size_t groups) {
  for (std::size_t group = 0; group < groups; ++group) {
    double before = -std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < count; ++i) {
      const double threshold = thresholds[i * groups + group];
      base::require(std::isfinite(threshold), "thresholds must be finite, got ", threshold,
                    " as number ", i, " of feature ", group);
      base::require(threshold > before, "thresholds must increase, got ", threshold, " after ",
                    before, " as number ", i, " of feature ", group);
      before = threshold;
    }
  }
}

}  // namespace pliant::logic
