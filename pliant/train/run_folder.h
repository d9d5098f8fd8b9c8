// pliant/train/run_folder.h — the folder that holds a run (no torch)
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <utility>

namespace pliant::train {

/// A run on disk: config.toml, metrics.jsonl, last.safetensors, best.safetensors,
/// snapshots/step_00000100.safetensors, and of some tasks a folder results. While the object lives,
/// the folder is locked against other processes.
class RunFolder {
 public:
  /// A new run: makes the folder with what is above it.
  /// @throws std::invalid_argument if it holds a run already, or another process is at it
  /// @throws std::system_error with path and reason if it cannot be made or written to
  static RunFolder create(const std::filesystem::path& path);

  /// A run that is there, to go on with.
  /// @throws std::invalid_argument if it is not there, holds no run, or another process is at it
  static RunFolder open(const std::filesystem::path& path);

  /// A run that is there, to look at: not locked, and it may be running.
  /// @throws std::invalid_argument if it is not there or holds no run
  static RunFolder read(const std::filesystem::path& path);

  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;
  RunFolder(RunFolder&& other) noexcept;
  RunFolder& operator=(RunFolder&&) = delete;
  ~RunFolder();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path config() const { return path_ / "config.toml"; }
  [[nodiscard]] std::filesystem::path metrics() const { return path_ / "metrics.jsonl"; }
  [[nodiscard]] std::filesystem::path last() const { return path_ / "last.safetensors"; }
  [[nodiscard]] std::filesystem::path best() const { return path_ / "best.safetensors"; }
  [[nodiscard]] std::filesystem::path results() const { return path_ / "results"; }
  [[nodiscard]] std::filesystem::path snapshot(std::int64_t step) const;

  /// Replaces a file of the folder by this text, atomically.
  static void write_text(const std::filesystem::path& path, std::string_view text);

  /// Makes metrics and snapshots what they were at `step`: see rewind_metrics.
  void rewind(std::int64_t step) const;

  /// Removes the run's files, and nothing else.
  static void remove_run(const std::filesystem::path& path);

 private:
  RunFolder(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}

  std::filesystem::path path_;
  int lock_;  ///< descriptor of the locked folder; −1: not locked
};

}  // namespace pliant::train
