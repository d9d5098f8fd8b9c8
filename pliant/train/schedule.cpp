// pliant/train/schedule.cpp — the list of schedules (no torch)
#include "pliant/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pliant/base/errors.h"
#include "pliant/base/type_list.h"

namespace pliant::train {
namespace {

struct Constant {
  static constexpr std::string_view name = "constant";
  static double at(double begin, double, double) { return begin; }
};

struct Linear {
  static constexpr std::string_view name = "linear";
  static double at(double begin, double end, double t) { return begin + t * (end - begin); }
};

struct Geometric {
  static constexpr std::string_view name = "geometric";
  static double at(double begin, double end, double t) { return begin * std::pow(end / begin, t); }
};

struct Cosine {
  static constexpr std::string_view name = "cosine";
  static double at(double begin, double end, double t) {
    return end + (begin - end) * (1 + std::cos(std::numbers::pi * t)) / 2;
  }
};

using Schedules = base::TypeList<Constant, Linear, Geometric, Cosine>;

}  // namespace

double Schedule::at(std::int64_t step) const {
  const std::int64_t last = std::max<std::int64_t>(steps - 1, 1);
  const double t = std::clamp(static_cast<double>(step - 1) / static_cast<double>(last), 0.0, 1.0);
  double value = begin;
  base::visit(Schedules{}, base::index_of(Schedules{}, kind, "schedule"),
              [&](auto schedule) { value = schedule.at(begin, end, t); });
  return value;
}

std::vector<std::string_view> schedule_names() {
  const auto all = base::names(Schedules{});
  return {all.begin(), all.end()};
}

Schedule make_schedule(std::string_view kind, double begin, std::optional<double> end,
                       std::optional<std::int64_t> steps, std::string_view what) {
  base::index_of(Schedules{}, kind, std::string(what) + " schedule");
  for (double value : {begin, end.value_or(begin)}) {
    base::require(value > 0 && std::isfinite(value), what, " must be > 0 and finite, got ", value);
  }
  if (!end) return {.begin = begin};
  base::require(steps.has_value(), what,
                "-end needs steps: a budget of minutes alone has no last step");
  return {std::string(kind), begin, *end, *steps};
}

}  // namespace pliant::train
