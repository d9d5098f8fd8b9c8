// pliant/data/warcraft.h — maps with shortest paths, as the published Warcraft archive has them (no
// torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "pliant/data/image_set.h"

namespace pliant::data {

/// Maps of one split in memory.
struct PathMaps {
  std::size_t count = 0;
  std::size_t height = 0, width = 0;  ///< of a picture, in pixels
  std::size_t rows = 0, columns = 0;  ///< of its grid, in cells
  std::vector<std::uint8_t> images;   ///< (count, height, width, 3)
  std::vector<float> costs;           ///< (count, rows, columns), > 0: of entering a cell
  std::vector<std::uint8_t> paths;    ///< (count, rows, columns): 1 on the cheapest path
};

/// One split of a folder of the Warcraft shortest path data (Vlastelica et al., Differentiation of
/// Blackbox Combinatorial Solvers, ICLR 2020; its folder 12x12): SPLIT_maps.npy uint8
/// (N, H, W, 3), SPLIT_vertex_weights.npy float16, float32 or float64 (N, rows, columns), and
/// SPLIT_shortest_paths.npy uint8 or bool (N, rows, columns), where SPLIT is train, val or
/// test.
/// @throws std::invalid_argument that names the file and what was expected: one that is not there,
/// of another dtype or shape, truncated, costs that are not finite and > 0, marks other than 0 and
/// 1
PathMaps read_warcraft(const std::filesystem::path& folder, Split split);

}  // namespace pliant::data
