// pliant/data/shortest_path.cpp — shortest paths over grids, exactly (no torch)
#include "pliant/data/shortest_path.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <queue>
#include <type_traits>
#include <utility>
#include <vector>

#include "pliant/base/errors.h"

namespace pliant::data {
namespace {

/// Farther than any sum; a cost can still be added to it.
template <class T>
constexpr T kFar = std::numeric_limits<T>::max() / 2;

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

struct Grid {
  std::size_t rows, columns;

  [[nodiscard]] std::size_t cells() const { return rows * columns; }

  /// fn(neighbour) for the up to 8 neighbours of a cell, in the order of the rows.
  template <class Fn>
  void around(std::size_t cell, const Fn& fn) const {
    const std::size_t i = cell / columns, j = cell % columns;
    for (std::size_t a = i - (i > 0); a <= std::min(i + 1, rows - 1); ++a) {
      for (std::size_t b = j - (j > 0); b <= std::min(j + 1, columns - 1); ++b) {
        if (a != i || b != j) fn(a * columns + b);
      }
    }
  }
};

/// The cells in the order of their distance from the first: visit(cell, distances), where the
/// distances of all cells that were visited are final. `closer(cell, from)` notes a shorter way.
template <class T, class Visit, class Closer>
void by_distance(const T* cost, const Grid& grid, const Visit& visit, const Closer& closer) {
  using Candidate = std::pair<T, std::size_t>;  // equals: the first in the order of the rows
  std::vector<T> distance(grid.cells(), kFar<T>);
  std::vector<bool> done(grid.cells());
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> next;
  distance[0] = cost[0];
  next.emplace(cost[0], 0);
  while (!next.empty()) {
    const std::size_t cell = next.top().second;
    next.pop();
    if (done[cell]) continue;
    done[cell] = true;
    visit(cell, distance);
    grid.around(cell, [&](std::size_t to) {
      const T further = distance[cell] + cost[to];
      if (done[to] || !(further < distance[to])) return;
      distance[to] = further;
      closer(to, cell);
      next.emplace(further, to);
    });
  }
}

template <class T>
void check(const T* cost, const Grid& grid, const char* caller) {
  base::require(grid.cells() > 0, caller, ": there must be at least one cell, got ", grid.rows,
                " × ", grid.columns);
  for (std::size_t i = 0; i < grid.cells(); ++i) {
    bool sound = cost[i] > 0;
    if constexpr (std::is_floating_point_v<T>) sound = cost[i] >= 0 && std::isfinite(cost[i]);
    base::require(sound, caller, ": costs must be ",
                  std::is_floating_point_v<T> ? "finite and >= 0" : "> 0", ", got ", cost[i],
                  " in row ", i / grid.columns, ", column ", i % grid.columns);
  }
}

}  // namespace

template <class T>
T shortest_path(const T* cost, std::size_t rows, std::size_t columns, T* path, const char* caller) {
  const Grid grid{rows, columns};
  check(cost, grid, caller);
  std::vector<std::size_t> before(grid.cells(), kNone);
  T total = kFar<T>;
  by_distance(
      cost, grid,
      [&](std::size_t cell, const std::vector<T>& distance) {
        if (cell + 1 == grid.cells()) total = distance[cell];
      },
      [&](std::size_t to, std::size_t from) { before[to] = from; });
  base::require(total < kFar<T>, caller, ": the costs' sum leaves the range of numbers");
  if (path != nullptr) {
    std::fill_n(path, grid.cells(), T(0));
    for (std::size_t cell = grid.cells() - 1; cell != kNone; cell = before[cell]) path[cell] = 1;
  }
  return total;
}

template float shortest_path(const float*, std::size_t, std::size_t, float*, const char*);
template double shortest_path(const double*, std::size_t, std::size_t, double*, const char*);

bool has_one_shortest_path(const std::int32_t* cost, std::size_t rows, std::size_t columns) {
  const Grid grid{rows, columns};
  check(cost, grid, "has_one_shortest_path");
  const std::vector<std::int64_t> costs(cost, cost + grid.cells());
  std::vector<int> ways(grid.cells());  // 0, 1, or 2 for more than one
  ways[0] = 1;
  by_distance(
      costs.data(), grid,
      [&](std::size_t cell, const std::vector<std::int64_t>& distance) {
        // Costs are > 0: all cells that a cheapest path comes from were visited.
        grid.around(cell, [&](std::size_t from) {
          if (distance[from] + costs[cell] == distance[cell])
            ways[cell] = std::min(2, ways[cell] + ways[from]);
        });
      },
      [](std::size_t, std::size_t) {});
  return ways.back() == 1;
}

PathCheck check_path(const float* cost, const float* cells, std::size_t rows, std::size_t columns) {
  const Grid grid{rows, columns};
  PathCheck found;
  if (grid.cells() == 0) return found;
  const auto marked = [&](std::size_t cell) { return cells[cell] > 0.5F; };
  for (std::size_t i = 0; i < grid.cells(); ++i) {
    if (marked(i)) found.cost += cost[i];
  }
  std::vector<bool> seen(grid.cells());
  std::vector<std::size_t> waiting;
  const auto reach = [&](std::size_t cell) {
    if (seen[cell] || !marked(cell)) return;
    seen[cell] = true;
    waiting.push_back(cell);
  };
  reach(0);
  while (!waiting.empty()) {
    const std::size_t cell = waiting.back();
    waiting.pop_back();
    grid.around(cell, reach);
  }
  found.connected = seen.back();
  return found;
}

}  // namespace pliant::data
