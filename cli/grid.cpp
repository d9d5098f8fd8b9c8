// cli/grid.cpp — several values of options in one command: their combinations as runs of their own
#include "cli/grid.h"

#include <algorithm>
#include <sstream>

#include "pliant/base/errors.h"

namespace pliant::cli {

GridAxis parse_axis(const std::string& text) {
  const std::size_t sign = text.find('=');
  GridAxis axis;
  if (sign != std::string::npos) {
    axis.option = text.substr(0, sign);
    std::istringstream values(text.substr(sign + 1));
    std::string value;
    while (std::getline(values, value, ',')) axis.values.push_back(value);
  }
  const bool whole = !axis.option.empty() && !axis.option.starts_with('-') &&
                     !axis.values.empty() && text.back() != ',' &&
                     std::ranges::none_of(axis.values, [](const auto& v) { return v.empty(); });
  base::require(
      whole, "--grid: expected an option's name, = and its values, as in damping=0.1,1,10, got '",
      text, "'");
  return axis;
}

std::vector<GridPoint> grid_points(const std::vector<GridAxis>& axes) {
  std::vector<GridPoint> points = {{}};
  for (const GridAxis& axis : axes) {
    const auto same = [&](const GridAxis& other) { return other.option == axis.option; };
    base::require(std::ranges::count_if(axes, same) == 1, "--grid: ", axis.option,
                  " is there twice; give its values once, with commas between them");
    std::vector<GridPoint> next;
    for (const GridPoint& point : points) {
      for (const std::string& value : axis.values) {
        next.push_back(point);
        next.back().emplace_back(axis.option, value);
      }
    }
    points = std::move(next);
  }
  return points;
}

std::string point_name(const GridPoint& point) {
  std::string name;
  for (const auto& [option, value] : point) {
    if (!name.empty()) name += ',';
    name.append(option).append("=").append(value);
  }
  std::ranges::replace(name, '/', '_');
  return name;
}

Arguments point_arguments(const GridPoint& point) {
  Arguments arguments;
  for (const auto& [option, value] : point) {
    arguments.push_back("--" + option);
    arguments.push_back(value);
  }
  return arguments;
}

}  // namespace pliant::cli
