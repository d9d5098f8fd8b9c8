// pliant/train/schedule.h — a number that changes over training, e.g. the steepness (no torch)
#pragma once

#include <cstdint>
#include <optional>
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

/// "constant", "linear" (the same difference each step), "geometric" (the same factor each step),
/// "cosine" (half a wave: slow at both ends).
std::vector<std::string_view> schedule_names();

/// The schedule that options ask for: constant if there is no `end`.
/// @param what  names the number in error texts
/// @throws std::invalid_argument if the kind is unknown (the text lists the kinds), begin or end is
/// not > 0 and finite, or there is an end and no number of steps
Schedule make_schedule(std::string_view kind, double begin, std::optional<double> end,
                       std::optional<std::int64_t> steps, std::string_view what);

}  // namespace pliant::train
