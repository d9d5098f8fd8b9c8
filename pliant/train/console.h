// pliant/train/console.h — what a training shows while it runs (no torch)
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "pliant/train/metrics_log.h"

namespace pliant::train {

/// How far a training is.
struct Position {
  std::int64_t step = 0;
  std::optional<std::int64_t> steps;  ///< the budget, where there is one
  double seconds = 0;
  std::optional<double> seconds_budget;
  double loss = 0;
};

/// The part of the budget that is used, in [0, 1].
double fraction_done(const Position& position);

/// Seconds left at the rate so far; none before there is a rate.
std::optional<double> seconds_left(const Position& position);

/// "0:05", "12:30", "3:07:09".
std::string clock_text(double seconds);

/// "[####······] 400/1000  35.2 steps/s  0:17 left  loss 0.4123"
std::string progress_text(const Position& position);

/// "step 400  exact 0.412  elementwise 0.71  best"
std::string event_text(const Event& event);

/// A progress bar on a terminal (standard error), plain lines on anything else; kJson writes every
/// event to standard output as metrics.jsonl has it; kQuiet writes nothing.
class Console {
 public:
  enum class Mode { kText, kQuiet, kJson };

  explicit Console(Mode mode);

  void event(const Event& event);
  void progress(const Position& position);
  /// One line of text, above the bar.
  void line(const std::string& text);

 private:
  using Clock = std::chrono::steady_clock;

  void clear_bar();
  [[nodiscard]] bool due(std::chrono::milliseconds interval) const;

  Mode mode_;
  bool terminal_;
  bool bar_shown_ = false;
  std::optional<Clock::time_point> last_;  ///< when the bar or a plain line of progress was written
};

}  // namespace pliant::train
