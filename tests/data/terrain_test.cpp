// tests/data/terrain_test.cpp — drawn terrain maps: what a map is made of, streams, errors
#include "pliant/data/terrain.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
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
      std::vector<std::int32_t> tenths;
      for (const float cost : map.cost) {
        CHECK(std::set<float>{0.8F, 1.2F, 5.3F, 7.7F, 9.2F}.contains(cost));
        tenths.push_back(static_cast<std::int32_t>(std::lround(10 * cost)));
      }
      CHECK(has_one_shortest_path(tenths.data(), side, side));
      std::vector<float> path(map.path.size());
      shortest_path(map.cost.data(), side, side, path.data());
      CHECK(path == map.path);
    }
  }
}

TEST_CASE("a cell looks like what it costs") {
  // A network of one layer could tell: the mean colours of cells of different costs differ by more
  // than those of one cost scatter.
  const Terrain terrain(Split::kTest, {});
  std::array<std::array<double, 3>, 5> mean{};
  std::array<double, 5> count{};
  const std::array<float, 5> costs = {0.8F, 1.2F, 5.3F, 7.7F, 9.2F};
  for (std::uint64_t index = 0; index < 20; ++index) {
    const Map map = draw(terrain, index);
    for (std::size_t cell = 0; cell < 144; ++cell) {
      const auto kind =
          static_cast<std::size_t>(std::ranges::find(costs, map.cost[cell]) - costs.begin());
      ++count[kind];
      for (std::size_t y = 0; y < 8; ++y) {
        for (std::size_t x = 0; x < 24; ++x)
          mean[kind][x % 3] += map.image[((cell / 12 * 8 + y) * 96 + cell % 12 * 8) * 3 + x] / 64.0;
      }
    }
  }
  for (std::size_t a = 0; a < 5; ++a) {
    CHECK(count[a] > 200);
    for (std::size_t b = 0; b < a; ++b) {
      double distance = 0;
      for (std::size_t c = 0; c < 3; ++c)
        distance += std::pow(mean[a][c] / count[a] - mean[b][c] / count[b], 2);
      CHECK(std::sqrt(distance) > 25);
    }
  }
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
