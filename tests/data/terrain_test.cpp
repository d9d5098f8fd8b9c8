// tests/data/terrain_test.cpp — drawn terrain maps: what a map is made of, streams, errors
#include "pliant/data/terrain.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "pliant/data/shortest_path.h"

namespace pliant::data {
namespace {

struct Map {
  std::vector<std::uint8_t> image;
  std::vector<float> cost, path;

  friend bool operator==(const Map&, const Map&) = default;
};

Map draw(const Terrain& terrain, std::uint64_t index) {
  const auto cells = static_cast<std::size_t>(terrain.cells());
  const auto pixels = static_cast<std::size_t>(terrain.pixels());
  Map map{std::vector<std::uint8_t>(pixels * pixels * 3), std::vector<float>(cells * cells),
          std::vector<float>(cells * cells)};
  terrain.draw(index, map.image.data(), map.cost.data(), map.path.data());
  return map;
}

TEST_CASE("a map's path is its only cheapest one, and its costs are those of the terrain") {
  for (const int cells : {2, 6, 12, 16}) {
    const Terrain terrain(Split::kTrain, {.cells = cells, .seed = 3});
    CHECK(terrain.pixels() == 8 * cells);
    const auto side = static_cast<std::size_t>(cells);
    for (std::uint64_t index = 0; index < 5; ++index) {
      const Map map = draw(terrain, index);
      std::vector<std::int32_t> units;
      for (const float cost : map.cost) {
        CHECK(cost >= 0.8F);
        CHECK(cost <= 9.2F);
        units.push_back(static_cast<std::int32_t>(std::lround(640 * cost)));
        CHECK(static_cast<float>(units.back()) / 640 == cost);
      }
      CHECK(has_one_shortest_path(units.data(), side, side));
      std::vector<float> path(map.path.size());
      shortest_path(map.cost.data(), side, side, path.data());
      CHECK(path == map.path);
    }
  }
}

TEST_CASE("a cell looks like what it costs") {
  // The mean of what the nearest of the five colours costs, over a cell's pixels.
  const std::array<std::array<int, 3>, 5> colours = {
      {{48, 92, 158}, {198, 176, 122}, {104, 156, 66}, {34, 92, 44}, {128, 120, 116}}};
  const std::array<double, 5> costs = {9.2, 1.2, 0.8, 5.3, 7.7};
  const Terrain terrain(Split::kTest, {});
  double error = 0;
  for (std::uint64_t index = 0; index < 20; ++index) {
    const Map map = draw(terrain, index);
    for (std::size_t cell = 0; cell < 144; ++cell) {
      double seen = 0;
      for (std::size_t pixel = 0; pixel < 64; ++pixel) {
        const std::uint8_t* rgb =
            &map.image[((cell / 12 * 8 + pixel / 8) * 96 + cell % 12 * 8 + pixel % 8) * 3];
        const auto distance = [&](const std::array<int, 3>& colour) {
          return std::pow(rgb[0] - colour[0], 2) + std::pow(rgb[1] - colour[1], 2) +
                 std::pow(rgb[2] - colour[2], 2);
        };
        const auto nearest = std::ranges::min_element(colours, {}, distance);
        seen += costs[static_cast<std::size_t>(nearest - colours.begin())] / 64;
      }
      error += std::abs(seen - map.cost[cell]) / (20 * 144);
    }
  }
  CHECK(error < 0.5);
}

TEST_CASE("few paths are the diagonal") {
  const Terrain terrain(Split::kTrain, {});
  int diagonals = 0;
  for (std::uint64_t index = 0; index < 300; ++index) {
    const Map map = draw(terrain, index);
    diagonals += std::accumulate(map.path.begin(), map.path.end(), 0.0F) == 12 ? 1 : 0;
  }
  CHECK(diagonals < 45);
}

TEST_CASE("a map depends on nothing but seed, split and index") {
  const Terrain terrain(Split::kTrain, {.cells = 6, .seed = 7});
  const Map map = draw(terrain, 41);
  draw(terrain, 3);
  CHECK(draw(terrain, 41) == map);
  CHECK(draw(Terrain(Split::kTrain, {.cells = 6, .seed = 7}), 41) == map);
  CHECK_FALSE(draw(terrain, 42) == map);
  CHECK_FALSE(draw(Terrain(Split::kTrain, {.cells = 6, .seed = 8}), 41) == map);
  CHECK_FALSE(draw(Terrain(Split::kTest, {.cells = 6, .seed = 7}), 41) == map);
  CHECK_FALSE(draw(terrain, (std::uint64_t{1} << 40) + 41) == map);
}

TEST_CASE("sizes out of range are named") {
  CHECK_THROWS_WITH_AS(Terrain(Split::kTrain, {.cells = 1}),
                       "terrain: cells must be in 2 … 16, got 1", std::invalid_argument);
  CHECK_THROWS_WITH_AS(Terrain(Split::kTrain, {.cells = 17}),
                       "terrain: cells must be in 2 … 16, got 17", std::invalid_argument);
}

}  // namespace
}  // namespace pliant::data
