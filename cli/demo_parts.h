// cli/demo_parts.h — what the demo runs: one short task of each system
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pliant::cli {

/// Lines over one axis.
struct Curves {
  std::vector<double> x;
  std::string x_name, y_name;
  std::vector<std::pair<std::string, std::vector<double>>> lines;
};

/// What came of a part.
struct Shown {
  int code = 0;             ///< the exit code; with another than 0 the demo ends
  std::string figure = {};  ///< measured, in words
  std::vector<std::filesystem::path> runs = {};
  Curves curves = {};  ///< where there is no run
};

struct Part {
  std::string_view name;  ///< for --only, and of its folder
  std::string_view title;
  std::string_view paper;
  std::string_view command;  ///< that goes deeper
  Shown (*run)(const std::filesystem::path& folder, bool quick);
};

/// In the order in which they run.
const std::vector<Part>& demo_parts();

}  // namespace pliant::cli
