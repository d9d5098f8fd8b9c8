// tests/render/topology_test.cpp — edges, neighbours and opposite vertices
#include "pliant/render/topology.h"

#include <doctest/doctest.h>

#include <stdexcept>

#include "pliant/render/primitives.h"

namespace pliant::render {
namespace {

using Indices = std::vector<std::int64_t>;

TEST_CASE("two triangles with a common edge") {
  const Indices faces = {0, 1, 2, 2, 1, 3};
  const Topology topology = make_topology(faces, 5);
  CHECK(topology.edges ==
        std::vector<std::array<std::int64_t, 2>>{{0, 1}, {0, 2}, {1, 2}, {1, 3}, {2, 3}});
  CHECK(topology.offsets == Indices{0, 2, 5, 8, 10, 10});
  CHECK(topology.neighbours == Indices{1, 2, 0, 2, 3, 0, 1, 3, 1, 2});
  CHECK(topology.interior == std::vector<std::array<std::int64_t, 4>>{{1, 2, 0, 3}});
  CHECK(topology.boundary_edges == 4);
  CHECK(topology.non_manifold_edges == 0);
}

TEST_CASE("an edge of three faces is counted, and is not interior") {
  const Indices faces = {0, 1, 2, 1, 0, 3, 0, 1, 4};
  const Topology topology = make_topology(faces, 5);
  CHECK(topology.non_manifold_edges == 1);
  CHECK(topology.interior.empty());
  CHECK(topology.edges.size() == 7);
}

TEST_CASE("faces that have a vertex twice are left out") {
  const Indices faces = {0, 1, 1, 2, 2, 2, 0, 1, 2};
  CHECK(make_topology(faces, 3).edges.size() == 3);
  CHECK(make_topology({}, 2).offsets == Indices{0, 0, 0});
}

TEST_CASE("closed primitives have no boundary, and V − E + F says how many handles") {
  const auto check = [](const TriangleMesh& mesh, std::int64_t euler) {
    const Topology topology = make_topology(mesh.faces, mesh.vertices.size() / 3);
    CHECK(topology.boundary_edges == 0);
    CHECK(topology.non_manifold_edges == 0);
    CHECK(topology.interior.size() == topology.edges.size());
    CHECK(static_cast<std::int64_t>(mesh.vertices.size() / 3 + mesh.faces.size() / 3) -
              static_cast<std::int64_t>(topology.edges.size()) ==
          euler);
  };
  for (int level = 0; level < 4; ++level) check(icosphere(level), 2);
  check(uv_sphere(2, 3), 2);
  check(uv_sphere(9, 16), 2);
  check(box(), 2);
  check(torus(1, 0.25, 12, 8), 0);
  check(cylinder(1, 2, 7), 2);
  CHECK(make_topology(plane(1, 3).faces, 16).boundary_edges == 12);
}

TEST_CASE("errors name what is wrong") {
  const Indices beyond = {0, 1, 3};
  CHECK_THROWS_WITH_AS(make_topology(beyond, 3),
                       "topology: face 0 has the vertex 3; there are 3, counted from 0",
                       std::invalid_argument);
  const Indices four = {0, 1, 2, 0};
  CHECK_THROWS_WITH(make_topology(four, 3), "topology: faces must be (F, 3), got 4 numbers");
}

}  // namespace
}  // namespace pliant::render
