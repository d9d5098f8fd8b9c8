// pliant/train/options.cpp — the options that every training has (no torch)
#include "pliant/train/options.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string_view>
#include <thread>

#include "pliant/base/errors.h"

namespace pliant::train {
namespace {

void check_count(std::string_view name, std::int64_t value) {
  base::require(value >= 1, name, " must be at least 1, got ", value);
}

void check_positive(std::string_view name, double value) {
  base::require(value > 0 && std::isfinite(value), name, " must be > 0 and finite, got ", value);
}

/// How many processes of a training run on this machine, as torchrun says; 1 if nobody says.
int processes_here() {
  const char* const text = std::getenv("LOCAL_WORLD_SIZE");
  if (text == nullptr) return 1;
  int count = 1;
  const std::string_view digits(text);
  std::from_chars(digits.data(), digits.data() + digits.size(), count);
  return std::max(count, 1);
}

}  // namespace

void settle(Options& options) {
  if (options.batch) check_count("batch", *options.batch);
  if (options.learning_rate) check_positive("learning-rate", *options.learning_rate);
  if (options.steps) check_count("steps", *options.steps);
  if (options.minutes) check_positive("minutes", *options.minutes);
  if (options.validate_every) check_count("validate-every", *options.validate_every);
  check_count("log-every", options.log_every);
  base::require(options.threads >= 0 && options.threads <= 1024,
                "threads must be in 0 … 1024, got ", options.threads);
  if (options.threads == 0) {
    const auto cores = static_cast<int>(std::thread::hardware_concurrency());
    options.threads = std::max(cores / processes_here(), 1);
  }
}

Schedule learning_rate_schedule(const Options& options) {
  return make_schedule(options.learning_rate_schedule, options.learning_rate.value_or(0),
                       options.learning_rate_end, options.steps, "learning-rate");
}

}  // namespace pliant::train
