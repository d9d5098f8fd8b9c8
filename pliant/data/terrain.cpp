// pliant/data/terrain.cpp — drawn terrain maps with the cheapest path across each (no torch)
#include "pliant/data/terrain.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "pliant/base/errors.h"
#include "pliant/base/random.h"
#include "pliant/data/shortest_path.h"

namespace pliant::data {
namespace {

constexpr int kKinds = 5;
constexpr int kVariants = 4;
constexpr int kTile = Terrain::kTile;
constexpr int kMostCells = 16;
constexpr int kSplitBit = 62;
constexpr std::uint64_t kSprites = 0;  ///< the stream of textures, of no split

/// By height: water, sand, grass, forest, rock.   Costs in tenths.
constexpr std::array<std::int32_t, kKinds> kCost = {92, 12, 8, 53, 77};
constexpr std::array<std::array<int, 3>, kKinds> kColour = {
    {{48, 92, 158}, {198, 176, 122}, {104, 156, 66}, {34, 92, 44}, {128, 120, 116}}};
constexpr float kUnits = 10 * kTile * kTile;  ///< of a cell's sum of tenths, in a cost of 1
constexpr int kTextureDepth = 18, kNoiseDepth = 8;

using Corners = std::array<int, 4>;  ///< kinds: upper left, upper right, lower left, lower right

/// The kind that four corners blend to at (y, x) of a cell, each in [0, 1]: the one with the
/// largest sum of bilinear weights.
int kind_at(const Corners& corners, double y, double x) {
  const std::array<double, 4> weights = {(1 - y) * (1 - x), (1 - y) * x, y * (1 - x), y * x};
  std::array<double, kKinds> sums{};
  for (std::size_t k = 0; k < 4; ++k) sums[static_cast<std::size_t>(corners[k])] += weights[k];
  return static_cast<int>(std::ranges::max_element(sums) - sums.begin());
}

double centre(int pixel) { return (pixel + 0.5) / kTile; }

/// What crossing a cell costs, in 640ths: the sum over its pixels.
std::int32_t cell_cost(const Corners& corners) {
  std::int32_t sum = 0;
  for (int y = 0; y < kTile; ++y) {
    for (int x = 0; x < kTile; ++x)
      sum += kCost[static_cast<std::size_t>(kind_at(corners, centre(y), centre(x)))];
  }
  return sum;
}

std::size_t place_of(const Corners& corners) {
  std::size_t place = 0;
  for (const int kind : corners) place = place * kKinds + static_cast<std::size_t>(kind);
  return place;
}

/// cell_cost() of all corners there are.
const std::vector<std::int32_t>& cell_costs() {
  static const std::vector<std::int32_t> all = [] {
    std::vector<std::int32_t> table(kKinds * kKinds * kKinds * kKinds);
    for (std::size_t place = 0; place < table.size(); ++place) {
      const auto digit = [&](std::size_t unit) { return static_cast<int>(place / unit % kKinds); };
      table[place] = cell_cost(
          {digit(kKinds * kKinds * kKinds), digit(kKinds * kKinds), digit(kKinds), digit(1)});
    }
    return table;
  }();
  return all;
}

/// Adds smooth noise to (side, side) heights: uniform numbers on a lattice of this period, in
/// between by 3f² − 2f³.
void add_noise(base::Random& random, std::size_t side, double period, double amplitude,
               std::vector<double>& height) {
  const std::size_t knots = static_cast<std::size_t>(static_cast<double>(side) / period) + 3;
  std::vector<double> lattice(knots * knots);
  const double shift_y = random.uniform(), shift_x = random.uniform();
  for (double& knot : lattice) knot = random.uniform();
  const auto split = [&](std::size_t place, double shift) {
    const double at = static_cast<double>(place) / period + shift;
    const double f = at - std::floor(at);
    return std::pair(static_cast<std::size_t>(at), f * f * (3 - 2 * f));
  };
  for (std::size_t i = 0; i < side; ++i) {
    const auto [y, v] = split(i, shift_y);
    for (std::size_t j = 0; j < side; ++j) {
      const auto [x, u] = split(j, shift_x);
      const double* above = lattice.data() + y * knots + x;
      const double* below = above + knots;
      height[i * side + j] += amplitude * ((1 - v) * ((1 - u) * above[0] + u * above[1]) +
                                           v * ((1 - u) * below[0] + u * below[1]));
    }
  }
}

/// Kinds of the corners: a fifth of them each, by height.
std::vector<int> draw_kinds(base::Random& random, std::size_t side) {
  const std::size_t count = side * side;
  std::vector<double> height(count);
  add_noise(random, side, 4, 1, height);
  add_noise(random, side, 2, 0.5, height);
  std::vector<double> sorted = height;
  std::ranges::sort(sorted);
  std::vector<int> kinds(count);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t kind = 1; kind < kKinds; ++kind)
      kinds[i] += height[i] >= sorted[count * kind / kKinds] ? 1 : 0;
  }
  return kinds;
}

Corners corners_of(const std::vector<int>& kinds, std::size_t cells, std::size_t cell) {
  const std::size_t first = cell / cells * (cells + 1) + cell % cells;
  const std::size_t below = first + cells + 1;
  return {kinds[first], kinds[first + 1], kinds[below], kinds[below + 1]};
}

/// Light and dark of the pixels of a tile, by kind and variant: −kTextureDepth … kTextureDepth.
constexpr std::size_t kTilePixels = std::size_t{kTile} * kTile;
using Sprite = std::array<int, kTilePixels>;
const std::array<Sprite, kKinds * kVariants>& sprites() {
  static const auto all = [] {
    std::array<Sprite, kKinds * kVariants> made{};
    for (std::size_t which = 0; which < made.size(); ++which) {
      base::Random random(0, kSprites, which);
      for (int& light : made[which])
        light = static_cast<int>(random.below(2 * kTextureDepth + 1)) - kTextureDepth;
    }
    return made;
  }();
  return all;
}

/// A pixel's neighbour, or itself: −1, 0 or 1 in each direction.
double jittered(int pixel, std::uint32_t bits) {
  return std::clamp(centre(pixel + static_cast<int>(bits % 3) - 1), 0.0, 1.0);
}

/// Draws one cell's pixels.   @param to  its first pixel   @param row  bytes of a row of the
/// picture
void draw_tile(base::Random& random, const Corners& corners, std::uint8_t* to, std::size_t row) {
  const std::size_t variant = random.below(kVariants);
  for (std::size_t pixel = 0; pixel < kTilePixels; ++pixel) {
    const std::size_t y = pixel / kTile, x = pixel % kTile;
    const std::uint32_t bits = random.next();
    const auto kind =
        static_cast<std::size_t>(kind_at(corners, jittered(static_cast<int>(y), bits & 0xFFU),
                                         jittered(static_cast<int>(x), bits >> 8U & 0xFFU)));
    const int light = sprites()[kind * kVariants + variant][pixel] +
                      static_cast<int>((bits >> 16U) % (2 * kNoiseDepth + 1)) - kNoiseDepth;
    for (std::size_t c = 0; c < Terrain::kChannels; ++c) {
      to[y * row + x * Terrain::kChannels + c] =
          static_cast<std::uint8_t>(std::clamp(kColour[kind][c] + light, 0, 255));
    }
  }
}

}  // namespace

Terrain::Terrain(Split split, const TerrainOptions& options) : split_(split), options_(options) {
  base::require(2 <= options.cells && options.cells <= kMostCells, "terrain: cells must be in 2 … ",
                kMostCells, ", got ", options.cells);
}

void Terrain::draw(std::uint64_t index, std::uint8_t* image, float* cost, float* path) const {
  const auto side = static_cast<std::size_t>(options_.cells);
  const std::size_t count = side * side;
  const std::uint64_t stream = (static_cast<std::uint64_t>(split_) + 1) << kSplitBit;
  std::vector<std::int32_t> units(count);
  // Two of three maps of 12 × 12 cells have a single cheapest path.
  for (std::uint64_t attempt = 0;; ++attempt) {
    base::Random random(options_.seed, stream | attempt, index);
    const std::vector<int> kinds = draw_kinds(random, side + 1);
    for (std::size_t cell = 0; cell < count; ++cell)
      units[cell] = cell_costs()[place_of(corners_of(kinds, side, cell))];
    if (!has_one_shortest_path(units.data(), side, side)) continue;
    std::ranges::transform(units, cost,
                           [](std::int32_t c) { return static_cast<float>(c) / kUnits; });
    // Whole numbers below 2^24, and their sums, are exact in float.
    const std::vector<float> exact(units.begin(), units.end());
    shortest_path(exact.data(), side, side, path);
    const std::size_t row = side * kTile * kChannels;
    for (std::size_t cell = 0; cell < count; ++cell) {
      draw_tile(random, corners_of(kinds, side, cell),
                image + cell / side * kTile * row + cell % side * kTile * kChannels, row);
    }
    return;
  }
}

}  // namespace pliant::data
