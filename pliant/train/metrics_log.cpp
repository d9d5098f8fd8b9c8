// pliant/train/metrics_log.cpp — the figures of a run, one JSON object a line (no torch)
#include "pliant/train/metrics_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <system_error>

#include "pliant/base/errors.h"
#include "pliant/base/file.h"
#include "pliant/base/printable.h"

namespace pliant::train {
namespace {

using Json = nlohmann::ordered_json;

Json to_value(const Event::Value& value) {
  if (const double* number = std::get_if<double>(&value); number && !std::isfinite(*number)) {
    if (std::isnan(*number)) return "nan";
    return *number > 0 ? "inf" : "-inf";
  }
  return std::visit([](const auto& v) { return Json(v); }, value);
}

[[noreturn]] void fail_with_errno(const std::filesystem::path& path) {
  throw std::system_error(errno, std::generic_category(), "cannot write '" + path.string() + "'");
}

/// Whether the line was there when the run stood at `step`.
bool belongs(const std::string& line, std::int64_t step) {
  const Json event = Json::parse(line);
  const auto& name = event.at("event").get_ref<const std::string&>();
  return name != "test" && name != "end" && event.at("step").get<std::int64_t>() <= step;
}

}  // namespace

void Event::add(const Metrics& metrics) {
  for (const auto& [metric, value] : metrics) fields.emplace_back(metric, value);
}

std::string to_json(const Event& event) {
  Json json = {{"event", event.name}, {"step", event.step}};
  for (const auto& [name, value] : event.fields) json[name] = to_value(value);
  return json.dump();
}

MetricsLog::MetricsLog(const std::filesystem::path& path)
    : path_(path), file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {
  if (file_ < 0) fail_with_errno(path_);
}

MetricsLog::~MetricsLog() { ::close(file_); }

void MetricsLog::write(const Event& event) {
  const std::string line = to_json(event) + "\n";
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t written = ::write(file_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_with_errno(path_);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

void MetricsLog::sync() {
  if (::fsync(file_) != 0) fail_with_errno(path_);
}

void rewind_metrics(const std::filesystem::path& path, std::int64_t step) {
  if (!std::filesystem::exists(path)) return;
  const std::vector<std::uint8_t> bytes = base::read_file(path);
  const std::string text(bytes.begin(), bytes.end());
  std::string kept;
  std::size_t begin = 0;
  // What follows the last line end was being written when the process died.
  for (int number = 1;; ++number) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string::npos) break;
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    try {
      if (belongs(line, step)) kept += line + "\n";
    } catch (const Json::exception& error) {
      base::fail(path.string(), ":", number,
                 ": not an event of a run: ", base::printable(error.what()));
    }
  }
  const std::array parts = {
      std::span(reinterpret_cast<const std::uint8_t*>(kept.data()), kept.size())};
  base::replace_file(path, parts);
}

}  // namespace pliant::train
