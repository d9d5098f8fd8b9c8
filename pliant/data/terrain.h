// pliant/data/terrain.h — drawn terrain maps with the cheapest path across each (no torch)
#pragma once

#include <cstddef>
#include <cstdint>

#include "pliant/data/image_set.h"

namespace pliant::data {

struct TerrainOptions {
  int cells = 12;  ///< a side, 2 … 16
  std::uint64_t seed = 0;
};

/// Pictures of terrain seen from above, drawn by key: what stands in for the Warcraft maps of
/// Vlastelica et al. (Differentiation of Blackbox Combinatorial Solvers, ICLR 2020), whose sizes it
/// has. Smooth noise of two octaves puts one of five kinds of terrain, a fifth each, on the
/// (cells + 1)² corners of the cells; a cell's 8 × 8 pixels are the terrain that its corners blend
/// to there, with a texture; entering a cell costs the mean of its pixels' 0.8, 1.2, 5.3, 7.7
/// or 9.2. Maps with more than one cheapest path are left out, so that a path can be right or
/// wrong: one in three of 12 × 12 cells. Of what is left, 6 % have the diagonal as their path.
///
/// A map is a pure function of (options, split, index): splits of any size, disjoint streams.
class Terrain {
 public:
  static constexpr int kTile = 8;      ///< pixels a side of a cell
  static constexpr int kChannels = 3;  ///< red, green, blue

  /// @throws std::invalid_argument if cells is out of its range
  Terrain(Split split, const TerrainOptions& options);

  [[nodiscard]] int cells() const { return options_.cells; }
  /// A side of the picture.
  [[nodiscard]] int pixels() const { return kTile * options_.cells; }

  /// Draws one map; safe to call from many threads.   Cost: about 0.2 ms for 12 × 12 cells.
  /// @param image  out (pixels, pixels, 3)   @param cost  out (cells, cells)
  /// @param path  out (cells, cells): 1 on the cheapest path from the first cell to the last by 8
  /// neighbours, both ends included, else 0
  void draw(std::uint64_t index, std::uint8_t* image, float* cost, float* path) const;

 private:
  Split split_;
  TerrainOptions options_;
};

}  // namespace pliant::data
