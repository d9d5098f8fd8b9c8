// pliant/circuit/proof/external_program.cpp — fork, exec, and a clock (no torch)
#include "pliant/circuit/proof/external_program.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>

namespace pliant::circuit {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostOutput = std::size_t{1} << 20;
/// Of a time limit: the clock counts them in whole nanoseconds.
constexpr double kMostSeconds = 1e7;
/// What exec leaves as exit code where there is no such program.
constexpr int kMissing = 127;

[[noreturn]] void fail_with(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// In the child: becomes the program. Only calls that are safe after a fork.
[[noreturn]] void become(char* const* words, const char* folder, int output, int failure) {
  ::setpgid(0, 0);
  const int input = ::open("/dev/null", O_RDONLY);
  if (input >= 0) ::dup2(input, 0);
  ::dup2(output, 1);
  ::dup2(output, 2);
  if (::chdir(folder) == 0) ::execvp(words[0], words);
  const char missing = errno == ENOENT || errno == EACCES ? 'm' : 'f';
  [[maybe_unused]] const auto written = ::write(failure, &missing, 1);
  ::_exit(kMissing);
}

/// Reads until the stream ends or time is up.   @return whether it ended
bool read_all(int stream, Clock::time_point end, std::string& text) {
  char buffer[4096];
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) return false;
    pollfd wait{stream, POLLIN, 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(std::min<long long>(left, 1000)));
    if (ready < 0 && errno != EINTR) return true;
    if (ready <= 0) continue;
    const ssize_t got = ::read(stream, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    text.append(buffer, std::min(static_cast<std::size_t>(got), kMostOutput - text.size()));
  }
}

/// Waits for the child until `end`, then ends its group.
/// @return its exit code as ProgramResult has it
int wait_for(pid_t child, Clock::time_point end, bool& timed_out) {
  int status = 0;
  for (;;) {
    const pid_t done = ::waitpid(child, &status, timed_out ? 0 : WNOHANG);
    if (done == child) return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    // Of a process that ignores SIGCHLD nobody learns how its children end: never that all is well.
    if (done < 0 && errno != EINTR) return -1;
    if (!timed_out && Clock::now() >= end) {
      timed_out = true;
      ::kill(-child, SIGKILL);
    } else if (!timed_out) {
      ::poll(nullptr, 0, 2);
    }
  }
}

}  // namespace

ProgramResult run_program(const std::vector<std::string>& words, double seconds,
                          const std::filesystem::path& folder) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  const std::string place = folder.string();
  int output[2];
  int failure[2];
  if (::pipe2(output, O_CLOEXEC) != 0) fail_with("pipe");
  if (::pipe2(failure, O_CLOEXEC) != 0) {
    ::close(output[0]);
    ::close(output[1]);
    fail_with("pipe");
  }
  const double limit = seconds > 0.01 ? std::min(seconds, kMostSeconds) : 0.01;  // also of NaN
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>(limit));
  const pid_t child = ::fork();
  if (child == 0) become(pointers.data(), place.c_str(), output[1], failure[1]);
  ::close(output[1]);
  ::close(failure[1]);
  if (child < 0) {
    ::close(output[0]);
    ::close(failure[0]);
    fail_with("fork");
  }
  ::setpgid(child, child);
  ProgramResult result;
  char reason = 0;
  ssize_t got = 0;
  do {
    got = ::read(failure[0], &reason, 1);
  } while (got < 0 && errno == EINTR);
  const bool started = got <= 0;
  result.found = started || reason != 'm';
  result.timed_out = !read_all(output[0], end, result.output);
  if (result.timed_out) ::kill(-child, SIGKILL);
  result.code = wait_for(child, end, result.timed_out);
  ::close(output[0]);
  ::close(failure[0]);
  return result;
}

std::filesystem::path program_path(const std::string& name) {
  const auto runs = [](const std::filesystem::path& file) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(file, ignored) && ::access(file.c_str(), X_OK) == 0;
  };
  if (name.find('/') != std::string::npos) return runs(name) ? name : "";
  const char* variable = std::getenv("PATH");
  std::istringstream places(variable == nullptr ? "/bin:/usr/bin" : variable);
  for (std::string place; std::getline(places, place, ':');) {
    std::filesystem::path file = std::filesystem::path(place.empty() ? "." : place) / name;
    if (runs(file)) return file;
  }
  return {};
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "pliant-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) fail_with("temporary folder");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path TemporaryFolder::write(const std::string& name,
                                             const std::string& text) const {
  std::filesystem::path path = path_ / name;
  std::ofstream file(path, std::ios::binary);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  file.close();
  if (!file) throw std::system_error(EIO, std::generic_category(), "cannot write " + path.string());
  return path;
}

}  // namespace pliant::circuit
