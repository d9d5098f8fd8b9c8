// pliant/data/root.cpp — the folder that PLIANT_DATA names (no torch)
#include "pliant/data/root.h"

#include <cstdlib>

#include "pliant/base/errors.h"

namespace pliant::data {
namespace {

namespace fs = std::filesystem;

/// The variable; empty if it is not set.
std::string_view root() {
  const char* value = std::getenv("PLIANT_DATA");
  return value == nullptr ? "" : value;
}

}  // namespace

fs::path find_under_root(std::string_view name) {
  if (root().empty()) return {};
  fs::path folder = fs::path(root()) / name;
  return fs::is_directory(folder) ? folder : fs::path();
}

std::string root_variable() {
  const std::string state =
      root().empty() ? "which is not set" : "now '" + std::string(root()) + "'";
  return "the environment variable PLIANT_DATA (" + state + ")";
}

fs::path find_plain_or_gzipped(const fs::path& folder, const std::string& file) {
  for (const char* suffix : {"", ".gz"}) {
    fs::path path = folder / (file + suffix);
    if (fs::is_regular_file(path)) return path;
  }
  base::fail("there is no ", file, " (or ", file, ".gz) in '", folder.string(), "'");
}

}  // namespace pliant::data
