// pliant/train/console.cpp — what a training shows while it runs (no torch)
#include "pliant/train/console.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace pliant::train {
namespace {

using std::chrono::milliseconds;

constexpr int kBarWidth = 24;
constexpr milliseconds kBarInterval{100};
constexpr milliseconds kLineInterval{10'000};

template <class... Numbers>
std::string format(const char* pattern, Numbers... numbers) {
  std::array<char, 96> text{};
  std::snprintf(text.data(), text.size(), pattern, numbers...);
  return text.data();
}

struct ValueText {
  std::string operator()(bool value) const { return value ? "yes" : "no"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return format("%.4g", value); }
  std::string operator()(const std::string& value) const { return value; }
};

void write(std::FILE* stream, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fflush(stream);
}

}  // namespace

double fraction_done(const Position& p) {
  double done = 0;
  if (p.steps) done = static_cast<double>(p.step) / static_cast<double>(*p.steps);
  if (p.seconds_budget) done = std::max(done, p.seconds / *p.seconds_budget);
  return std::min(done, 1.0);
}

std::optional<double> seconds_left(const Position& p) {
  std::optional<double> left;
  if (p.seconds_budget) left = std::max(*p.seconds_budget - p.seconds, 0.0);
  if (p.steps && p.step > 0 && p.seconds > 0) {
    const double by_steps =
        static_cast<double>(*p.steps - p.step) * p.seconds / static_cast<double>(p.step);
    left = std::min(left.value_or(by_steps), by_steps);
  }
  return left;
}

std::string clock_text(double seconds) {
  const auto all = static_cast<long long>(seconds);
  if (all < 3600) return format("%lld:%02lld", all / 60, all % 60);
  return format("%lld:%02lld:%02lld", all / 3600, all / 60 % 60, all % 60);
}

std::string progress_text(const Position& p) {
  const int filled = static_cast<int>(fraction_done(p) * kBarWidth);
  std::string text = "[";
  for (int i = 0; i < kBarWidth; ++i) text += i < filled ? "#" : "·";
  text += "] " + std::to_string(p.step);
  if (p.steps) text += "/" + std::to_string(*p.steps);
  if (p.step > 0 && p.seconds > 0) {
    text += format("  %.3g steps/s", static_cast<double>(p.step) / p.seconds);
  }
  if (const auto left = seconds_left(p)) text += "  " + clock_text(*left) + " left";
  return text + format("  loss %.4f", p.loss);
}

std::string event_text(const Event& event) {
  std::string text = event.name + " at step " + std::to_string(event.step);
  for (const auto& [name, value] : event.fields) {
    if (const bool* flag = std::get_if<bool>(&value)) {
      if (*flag) text += "  " + name;
    } else {
      text += "  " + name + " " + std::visit(ValueText{}, value);
    }
  }
  return text;
}

Console::Console(Mode mode)
    : mode_(mode), terminal_(mode == Mode::kText && ::isatty(STDERR_FILENO) == 1) {}

void Console::event(const Event& event) {
  if (mode_ == Mode::kJson) write(stdout, to_json(event) + "\n");
  // What a line of training says is in the bar, or in the plain lines of progress.
  if (event.name != "train") line(event_text(event));
}

void Console::progress(const Position& position) {
  if (mode_ != Mode::kText || !due(terminal_ ? kBarInterval : kLineInterval)) return;
  last_ = Clock::now();
  if (terminal_) {
    write(stderr, "\r" + progress_text(position) + "\x1b[K");
    bar_shown_ = true;
  } else {
    line(progress_text(position));
  }
}

void Console::line(const std::string& text) {
  if (mode_ != Mode::kText) return;
  clear_bar();
  write(stderr, text + "\n");
}

void Console::clear_bar() {
  if (bar_shown_) write(stderr, "\r\x1b[K");
  bar_shown_ = false;
}

bool Console::due(milliseconds interval) const {
  return !last_ || Clock::now() - *last_ >= interval;
}

}  // namespace pliant::train
