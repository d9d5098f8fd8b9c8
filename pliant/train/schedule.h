// pliant/train/schedule.h — a number that changes over training, e.g. the steepness (no torch)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pliant::train {

/// From `begin` at the first step to `end` at the last one, and `end` from there on.
struct Schedule {
  std::string kind = "constant";  ///< a name of schedule_names()
  double begin = 1;
  double end = 1;          ///< constant has none: it stays at begin
  std::int64_t steps = 1;  ///< of the whole training, ≥ 1

  /// The value at a step, 1 … steps.
  [[nodiscard]] double at(std::int64_t step) const;
};

/// "constant", "linear" (the same difference each step), "geometric" (the same factor each step).
std::vector<std::string_view> schedule_names();

/// @throws std::invalid_argument that names `what` if the kind is unknown (the text lists the
/// kinds), steps < 1, or begin or end is not > 0 and finite
void check(const Schedule& schedule, std::string_view what);

}  // namespace pliant::train
