// pliant/data/shortest_path.h — shortest paths over grids, exactly (no torch)
#pragma once

#include <cstddef>
#include <cstdint>

namespace pliant::data {

/// The cheapest path over a grid from its first cell to its last, a step to any of the 8
/// neighbours, where entering a cell costs what stands there (Dijkstra's algorithm). Of several
/// that cost the same, it is the one that comes to each cell from the nearest neighbour, the first
/// of equals in the order of the rows: what the program "shortest_path" does when it is run hard.
/// @param cost  (rows, columns), finite and ≥ 0   @param path  out (rows, columns): 1 on the path,
/// else 0; both ends are on it; null: not wanted
/// @return  the path's cost, its first cell included, summed up in the order of the path
/// @throws std::invalid_argument if there is no cell, a cost is negative or not finite, or their
/// sum leaves the range of T; it names `caller`   Cost: O(cells · log cells)
template <class T>
T shortest_path(const T* cost, std::size_t rows, std::size_t columns, T* path,
                const char* caller = "shortest_path");

/// Whether there is just one cheapest path.   @param cost  (rows, columns), > 0: whole numbers, so
/// that equal costs are equal
/// @throws std::invalid_argument if there is no cell or a cost is not > 0
bool has_one_shortest_path(const std::int32_t* cost, std::size_t rows, std::size_t columns);

/// How good a set of cells is as a path.
struct PathCheck {
  bool connected = false;  ///< the last cell can be reached from the first by neighbours in the set
  double cost = 0;         ///< the sum over all cells of the set
};

/// @param cost  (rows, columns)   @param cells  (rows, columns): in the set where above ½
PathCheck check_path(const float* cost, const float* cells, std::size_t rows, std::size_t columns);

}  // namespace pliant::data
