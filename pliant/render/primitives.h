// pliant/render/primitives.h — spheres, boxes and other simple meshes (no torch)
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace pliant::render {

/// A mesh of triangles. In all of this header's, the vertices of a face go counter-clockwise seen
/// from outside in right-handed coordinates, so that (v₁ − v₀) × (v₂ − v₀) points outwards: the
/// side that the renderer takes for the front. y is up, and closed meshes have their middle at 0.
struct TriangleMesh {
  std::vector<double> vertices;     ///< (V, 3)
  std::vector<std::int64_t> faces;  ///< (F, 3) in 0 … V − 1
};

// Each throws std::invalid_argument that names itself and the argument; lengths are > 0.

/// An icosahedron on a sphere, each face split into four `level` times: 10·4^level + 2 vertices and
/// 20·4^level faces, 642 and 1280 at level 3.   @param level  0 … 8
TriangleMesh icosphere(int level, double radius = 1);

/// A sphere of `rings` bands from pole to pole and `segments` sectors: 2 + (rings − 1)·segments
/// vertices.   @param rings  ≥ 2   @param segments  ≥ 3
TriangleMesh uv_sphere(int rings, int segments, double radius = 1);

/// A box of 8 vertices and 12 faces.   @param sides  along x, y and z
TriangleMesh box(const std::array<double, 3>& sides = {1, 1, 1});

/// A torus around the y axis.
/// @param radius    from the axis to the middle of the tube   @param tube  its radius, < radius
/// @param segments  around the axis, ≥ 3                       @param sides  of the tube, ≥ 3
TriangleMesh torus(double radius, double tube, int segments, int sides);

/// A closed cylinder around the y axis; its caps are fans around a vertex in their middle.
/// @param segments  ≥ 3
TriangleMesh cylinder(double radius, double height, int segments);

/// A square in the plane y = 0 whose front is above: (divisions + 1)² vertices, 2·divisions² faces.
/// It is open: it has a boundary.   @param divisions  ≥ 1
TriangleMesh plane(double side, int divisions = 1);

}  // namespace pliant::render
