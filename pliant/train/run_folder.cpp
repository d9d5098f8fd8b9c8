// pliant/train/run_folder.cpp — the folder that holds a run (no torch)
#include "pliant/train/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include "pliant/base/errors.h"
#include "pliant/base/file.h"
#include "pliant/train/metrics_log.h"

namespace pliant::train {
namespace {

namespace fs = std::filesystem;

constexpr std::array kEntries = {"config.toml",      "metrics.jsonl", "last.safetensors",
                                 "best.safetensors", "snapshots",     "results"};

/// The first entry of a run that the folder has; empty if there is none.
std::string entry_of_run(const fs::path& folder) {
  for (const char* entry : kEntries) {
    if (fs::exists(folder / entry)) return entry;
  }
  return {};
}

/// Locks the folder; the descriptor.
int lock_folder(const fs::path& path) {
  const int lock = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock < 0 || ::access(path.c_str(), W_OK | X_OK) != 0) {
    const std::error_code reason(errno, std::generic_category());
    if (lock >= 0) ::close(lock);
    throw std::system_error(reason, "cannot write to the folder '" + path.string() + "'");
  }
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    base::fail("the folder '", path.string(), "' is in use by another process");
  }
  return lock;
}

}  // namespace

RunFolder::RunFolder(RunFolder&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

RunFolder::~RunFolder() {
  if (lock_ >= 0) ::close(lock_);
}

RunFolder RunFolder::create(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw std::system_error(error, "cannot make the folder '" + path.string() + "'");
  RunFolder folder(path, lock_folder(path));
  const std::string entry = entry_of_run(path);
  base::require(entry.empty(), "the folder '", path.string(), "' holds a run already (", entry,
                "): continue it with --resume ", path.string(), ", or name another folder");
  return folder;
}

RunFolder RunFolder::open(const fs::path& path) {
  RunFolder folder = read(path);
  folder.lock_ = lock_folder(path);
  return folder;
}

RunFolder RunFolder::read(const fs::path& path) {
  base::require(fs::is_directory(path), "there is no folder '", path.string(), "'");
  base::require(fs::is_regular_file(path / kEntries[0]), "the folder '", path.string(),
                "' holds no run: there is no ", kEntries[0], " in it");
  return {path, -1};
}

fs::path RunFolder::snapshot(std::int64_t step) const {
  std::array<char, 48> name{};
  std::snprintf(name.data(), name.size(), "step_%08lld.safetensors", static_cast<long long>(step));
  return path_ / "snapshots" / name.data();
}

void RunFolder::write_text(const fs::path& path, std::string_view text) {
  const std::array parts = {
      std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size())};
  base::replace_file(path, parts);
}

void RunFolder::rewind(std::int64_t step) const {
  rewind_metrics(metrics(), step);
  const fs::path snapshots = path_ / "snapshots";
  if (!fs::is_directory(snapshots)) return;
  const fs::path newest = snapshot(step);
  for (const auto& entry : fs::directory_iterator(snapshots)) {
    // Names have a fixed width, so they are ordered as the steps are.
    if (entry.path().filename() > newest.filename()) fs::remove(entry.path());
  }
}

void RunFolder::remove_run(const fs::path& path) {
  for (const char* entry : kEntries) fs::remove_all(path / entry);
}

}  // namespace pliant::train
