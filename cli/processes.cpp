// cli/processes.cpp — a training of several processes, as torchrun starts them
#include "cli/processes.h"

#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>

#include "pliant/base/errors.h"
#include "pliant/base/file.h"
#include "pliant/train/run_folder.h"
#include "pliant/train/torch/agreement.h"

namespace pliant::cli {
namespace {

constexpr double kTimeout = 1800;  ///< seconds
constexpr double kLongest = 1e7;

/// Whether the variable is there and something else than 0.
bool is_set(const char* name) {
  const char* const text = std::getenv(name);
  return text != nullptr && std::string_view(text) != "0" && *text != '\0';
}

std::chrono::milliseconds timeout() {
  const char* const text = std::getenv("PLIANT_TIMEOUT");
  if (text == nullptr) return std::chrono::milliseconds(static_cast<std::int64_t>(1e3 * kTimeout));
  double seconds = 0;
  const std::string_view digits(text);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  const bool whole = error == std::errc{} && end == digits.data() + digits.size();
  base::require(whole && seconds >= 0.001 && seconds <= kLongest,
                "PLIANT_TIMEOUT must be a number of seconds in 0.001 … 1e7, got '", text, "'");
  return std::chrono::milliseconds(static_cast<std::int64_t>(1e3 * seconds));
}

}  // namespace

SharedProcesses processes_of_environment() { return communicator_of_environment(timeout()); }

bool was_restarted() { return is_set("TORCHELASTIC_RESTART_COUNT"); }

void require_no_restarts() {
  base::require(!is_set("TORCHELASTIC_MAX_RESTARTS"),
                "torchrun is to start this program again where a process fails: name the run's "
                "folder with --out, so that it goes on where it was");
}

ConfigOfFirst::ConfigOfFirst(const Communicator& processes, const std::filesystem::path& path)
    : path_(path), copied_(processes.rank() > 0) {
  if (processes.size() == 1) return;
  std::string text;
  if (!copied_) {
    const std::vector<std::uint8_t> bytes = base::read_file(path);
    text.assign(bytes.begin(), bytes.end());
  }
  text = text_of_first(processes, text);
  if (!copied_) return;
  path_ = std::filesystem::temp_directory_path() /
          ("pliant-config-" + std::to_string(::getpid()) + ".toml");
  train::RunFolder::write_text(path_, text);
}

ConfigOfFirst::~ConfigOfFirst() {
  std::error_code ignored;
  if (copied_) std::filesystem::remove(path_, ignored);
}

}  // namespace pliant::cli
