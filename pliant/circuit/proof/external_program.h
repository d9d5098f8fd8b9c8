// pliant/circuit/proof/external_program.h — runs a program that may be missing, with a time limit
// (no torch)
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace pliant::circuit {

/// How a program ended.
struct ProgramResult {
  bool found = false;      ///< false: it is not installed
  bool timed_out = false;  ///< it was ended
  int code = -1;           ///< its exit code, 128 + signal if a signal ended it, −1 if not known
  std::string output;      ///< of both streams, at most 1 MiB
};

/// Runs words[0], found as a shell finds it, with the others as arguments; there is no shell. Its
/// standard input is empty.
/// @param seconds  after them it and all that it has started are ended
/// @param folder   where it runs
/// @throws std::system_error if no process can be made
ProgramResult run_program(const std::vector<std::string>& words, double seconds,
                          const std::filesystem::path& folder = ".");

/// Where run_program would find the program; empty if nowhere.
std::filesystem::path program_path(const std::string& name);

/// A new empty folder among the temporary files, removed with all that is in it.
class TemporaryFolder {
 public:
  /// @throws std::system_error if it cannot be made
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Writes a file in it.   @return its path   @throws std::system_error
  std::filesystem::path write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

}  // namespace pliant::circuit
