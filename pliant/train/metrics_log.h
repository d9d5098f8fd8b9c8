// pliant/train/metrics_log.h — the figures of a run, one JSON object a line (no torch)
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace pliant::train {

/// Named figures in the order in which they are shown, e.g. {"exact", 0.41}.
using Metrics = std::vector<std::pair<std::string, double>>;

/// One line of metrics.jsonl: the event's name, the step that it belongs to, and further fields.
struct Event {
  using Value = std::variant<bool, std::int64_t, double, std::string>;

  std::string name;
  std::int64_t step = 0;
  std::vector<std::pair<std::string, Value>> fields;

  /// Appends all figures as fields.
  void add(const Metrics& metrics);
};

/// {"event":…,"step":…,field:value…} without a line end. Numbers that JSON has not are the texts
/// "nan", "inf" and "-inf".
std::string to_json(const Event& event);

/// Appends events to a file; each line is written by one call, so that a killed process leaves at
/// most one torn line, the last.
class MetricsLog {
 public:
  /// Opens the file for appending, and makes it if need be.
  /// @throws std::system_error with path and reason if it cannot be opened or written
  explicit MetricsLog(const std::filesystem::path& path);
  MetricsLog(const MetricsLog&) = delete;
  MetricsLog& operator=(const MetricsLog&) = delete;
  ~MetricsLog();

  void write(const Event& event);
  /// Returns when all lines are on the disk.
  void sync();

 private:
  std::filesystem::path path_;
  int file_;
};

/// Makes the file what it was at `step`, atomically: drops the lines of later steps, the lines that
/// end a run ("test", "end"), and a torn last line. A file that is not there stays so.
/// @throws std::invalid_argument that names file and line if a line is not an event of ours
void rewind_metrics(const std::filesystem::path& path, std::int64_t step);

}  // namespace pliant::train
