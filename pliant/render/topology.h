// pliant/render/topology.h — edges, neighbours and opposite vertices of a triangle mesh (no torch)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pliant::render {

/// What is next to what in a triangle mesh. Every list is sorted, so that it depends on the set of
/// faces alone but for the order of `opposite` vertices, which is that of the faces.
struct Topology {
  using Vertex = std::int64_t;

  std::vector<std::array<Vertex, 2>> edges;  ///< each once, the smaller vertex first
  std::vector<Vertex> offsets;     ///< (V + 1): the neighbours of v are those from offsets[v] …
  std::vector<Vertex> neighbours;  ///< … to offsets[v + 1]; (2 E)
  /// The edges that exactly two faces have, as (smaller vertex, larger vertex, the vertex opposite
  /// in the first face, in the second).
  std::vector<std::array<Vertex, 4>> interior;
  std::size_t boundary_edges = 0;      ///< edges of one face
  std::size_t non_manifold_edges = 0;  ///< edges of three faces and more
};

/// Faces that have a vertex twice are left out.
/// @param faces  (F, 3)   @param vertices  V
/// @throws std::invalid_argument if the length is no multiple of 3, or a vertex is not in 0 … V − 1
/// Cost: O(F log F) time, O(F) memory.
Topology make_topology(std::span<const std::int64_t> faces, std::size_t vertices);

}  // namespace pliant::render
