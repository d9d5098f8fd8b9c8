// pliant/render/topology.cpp — edges, neighbours and opposite vertices of a triangle mesh (no
// torch)
#include "pliant/render/topology.h"

#include <algorithm>

#include "pliant/base/errors.h"

namespace pliant::render {
namespace {

/// An edge of one face.
struct Side {
  std::int64_t low, high;
  std::int64_t opposite;
};

bool same_edge(const Side& a, const Side& b) { return a.low == b.low && a.high == b.high; }

/// The sides of all faces, those of the same edge next to each other in the order of the faces.
std::vector<Side> sorted_sides(std::span<const std::int64_t> faces, std::size_t vertices) {
  std::vector<Side> sides;
  sides.reserve(faces.size());
  for (std::size_t i = 0; i < faces.size(); i += 3) {
    const auto face = faces.subspan(i, 3);
    for (const std::int64_t vertex : face) {
      base::require(static_cast<std::uint64_t>(vertex) < vertices, "topology: face ", i / 3,
                    " has the vertex ", vertex, "; there are ", vertices, ", counted from 0");
    }
    if (face[0] == face[1] || face[1] == face[2] || face[2] == face[0]) continue;
    for (std::size_t k = 0; k < 3; ++k) {
      const auto [low, high] = std::minmax(face[k], face[(k + 1) % 3]);
      sides.push_back({low, high, face[(k + 2) % 3]});
    }
  }
  std::stable_sort(sides.begin(), sides.end(), [](const Side& a, const Side& b) {
    return a.low != b.low ? a.low < b.low : a.high < b.high;
  });
  return sides;
}

/// The neighbours in compressed rows, each row sorted, of sorted edges.
void fill_neighbours(Topology& topology, std::size_t vertices) {
  topology.offsets.assign(vertices + 1, 0);
  for (const auto& edge : topology.edges) {
    for (const std::int64_t vertex : edge) ++topology.offsets[static_cast<std::size_t>(vertex) + 1];
  }
  for (std::size_t v = 0; v < vertices; ++v) topology.offsets[v + 1] += topology.offsets[v];
  topology.neighbours.resize(2 * topology.edges.size());
  std::vector<std::int64_t> next(topology.offsets.begin(), topology.offsets.end() - 1);
  const auto add = [&](std::int64_t from, std::int64_t to) {
    topology.neighbours[static_cast<std::size_t>(next[static_cast<std::size_t>(from)]++)] = to;
  };
  // First those that are smaller than the vertex, which come sorted, then those that are larger.
  for (const auto& [low, high] : topology.edges) add(high, low);
  for (const auto& [low, high] : topology.edges) add(low, high);
}

}  // namespace

Topology make_topology(std::span<const std::int64_t> faces, std::size_t vertices) {
  base::require(faces.size() % 3 == 0, "topology: faces must be (F, 3), got ", faces.size(),
                " numbers");
  const std::vector<Side> sides = sorted_sides(faces, vertices);
  Topology topology;
  for (std::size_t begin = 0, end = 0; begin < sides.size(); begin = end) {
    while (end < sides.size() && same_edge(sides[begin], sides[end])) ++end;
    const Side& side = sides[begin];
    topology.edges.push_back({side.low, side.high});
    const std::size_t count = end - begin;
    if (count == 2)
      topology.interior.push_back({side.low, side.high, side.opposite, sides[begin + 1].opposite});
    if (count == 1) ++topology.boundary_edges;
    if (count > 2) ++topology.non_manifold_edges;
  }
  fill_neighbours(topology, vertices);
  return topology;
}

}  // namespace pliant::render
