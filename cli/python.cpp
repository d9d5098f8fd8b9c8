// cli/python.cpp — Python programs of the package pliant, run from here
#include "cli/python.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "cli/errors.h"

namespace pliant::cli {
namespace {

constexpr const char* kPath = "PYTHONPATH";
constexpr int kNotFound = 127;

std::string interpreter() {
  if (const char* chosen = std::getenv("PLIANT_PYTHON"); chosen != nullptr && *chosen != '\0') {
    return chosen;
  }
  return std::filesystem::exists(PLIANT_PYTHON) ? PLIANT_PYTHON : "python3";
}

/// PYTHONPATH with the checkout's package first; what it is anyway outside of a checkout.
std::string python_path() {
  const char* set = std::getenv(kPath);
  std::string before = set == nullptr ? "" : set;
  if (!std::filesystem::is_directory(PLIANT_PYTHON_PATH)) return before;
  return std::string(PLIANT_PYTHON_PATH) + (before.empty() ? "" : ":" + before);
}

/// In single quotes, where the shell would read more into it.
std::string quoted(const std::string& text) {
  constexpr const char* kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=,+";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string out = "'";
  for (char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// Runs a program that makes a page.   @return 0, or kOurMistake
int report(std::vector<std::string> arguments, const char* module = "pliant.report") {
  arguments.insert(arguments.begin(), {"-m", module});
  std::cout.flush();  // What was said so far comes first, in a pipe too.
  if (run_python(arguments) == 0) return 0;
  std::cerr << "error: the report was not made (it needs numpy and matplotlib). The training is "
               "done; this makes the report of it:\n  "
            << python_line(arguments) << '\n';
  return kOurMistake;
}

}  // namespace

int run_python(const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {interpreter()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  if (const std::string path = python_path(); !path.empty()) ::setenv(kPath, path.c_str(), 1);
  pid_t child = 0;
  if (::posix_spawnp(&child, argv[0], nullptr, nullptr, argv.data(), environ) != 0) {
    return kNotFound;
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return kNotFound;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string python_line(const std::vector<std::string>& arguments) {
  const std::string path = python_path();
  std::string line = path.empty() ? "" : std::string(kPath) + "=" + quoted(path) + " ";
  line += quoted(interpreter());
  for (const std::string& argument : arguments) line += " " + quoted(argument);
  return line;
}

int make_demo_page(const std::filesystem::path& demo) {
  return report({demo.string()}, "pliant.report.demo");
}

int make_report(const std::filesystem::path& run) { return report({run.string()}); }

int make_report(const std::vector<std::filesystem::path>& runs, const std::filesystem::path& file) {
  std::vector<std::string> words;
  for (const auto& run : runs) {
    if (std::filesystem::exists(run / "best.safetensors")) words.push_back(run.string());
  }
  if (words.empty()) return 0;
  words.insert(words.end(), {"-o", file.string()});
  return report(words);
}

}  // namespace pliant::cli
