// cli/grid.h — several values of options in one command: their combinations as runs of their own
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"

namespace pliant::cli {

/// One option of a grid and its values, as texts.
struct GridAxis {
  std::string option;  ///< without "--"
  std::vector<std::string> values;
};

/// The values of one run, (option, value), in the order of the axes.
using GridPoint = std::vector<std::pair<std::string, std::string>>;

/// Reads "damping=0.1,1,10".
/// @throws std::invalid_argument unless it is a name, "=" and values with commas between them
GridAxis parse_axis(const std::string& text);

/// All combinations; the last axis goes fastest.
/// @throws std::invalid_argument if two axes are of one option
std::vector<GridPoint> grid_points(const std::vector<GridAxis>& axes);

/// "damping=0.1,learning-rate=1": the name of the point's run folder.
std::string point_name(const GridPoint& point);

/// The point as arguments: --damping 0.1 --learning-rate 1.
Arguments point_arguments(const GridPoint& point);

}  // namespace pliant::cli
