// pliant/render/parts.h — closed parts that objects are put together from (no torch)
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "pliant/render/primitives.h"

namespace pliant::render {

using Point = std::array<double, 3>;

// Each part is closed, its faces as TriangleMesh has them. Where parts overlap, silhouettes and
// solid voxels of the joined mesh are those of the union. Lengths are > 0 and all finite: the
// caller's to see to.

/// An icosphere of 162 vertices, stretched.
TriangleMesh ellipsoid(const Point& centre, const Point& radii);

/// The convex hull of two balls where neither holds the other, nearly: an icosphere in two halves.
TriangleMesh limb(const Point& begin, const Point& end, double begin_radius, double end_radius);

/// A box with its middle at `centre`.
TriangleMesh block(const Point& centre, const Point& sides);

/// A bar between two rectangles at right angles to a coordinate axis: wings, fins, legs, hulls.
/// @param axis  0, 1, 2: x, y, z; begin and end differ along it
/// @param begin_half, end_half  half of the rectangles' sides along the axes that follow `axis` in
/// the order x, y, z, x, y
TriangleMesh bar(const Point& begin, const Point& end, int axis,
                 const std::array<double, 2>& begin_half, const std::array<double, 2>& end_half);

/// A surface of revolution around the y axis, closed at both ends.
/// @param profile  (height, radius) from below to above, at least two   @param segments  ≥ 3
TriangleMesh lathe(const std::vector<std::array<double, 2>>& profile, int segments);

/// |x/a|, |z/c| with exponent 2/waist, and these with |y/b| with exponent 2/height (Barr, 1981): 1,
/// 1 is an ellipsoid, towards 0 a box, 2 an octahedron.
TriangleMesh superquadric(const Point& centre, const Point& radii, double height, double waist);

/// An icosphere of 642 vertices whose radius is 1 + Σ c_k · Y_k, with Y_k the eight polynomials xy,
/// yz, zx, x² − z², 3y² − 1, xyz, y (5y² − 3), x (x² − 3z²) on the sphere.
TriangleMesh blob(const std::array<double, 8>& coefficients);

TriangleMesh joined(const std::vector<TriangleMesh>& parts);

/// Moved so that the middle of its bounding box is at 0, and scaled so that the longest side of
/// that box is `side`.
/// @throws std::invalid_argument if the mesh has no extent or a coordinate that is not finite
TriangleMesh fitted(TriangleMesh mesh, double side);

}  // namespace pliant::render
