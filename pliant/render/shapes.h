// pliant/render/shapes.h — families of random bodies, as meshes and as exact voxels (no torch)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "pliant/render/primitives.h"

namespace pliant::render {

/// The names that Shape::draw takes: ellipsoid, superquadric, box, tapered_box, prism, pyramid,
/// gem, capsule, cross, pear, boxes, blob.
std::vector<std::string_view> shape_families();

/// A body of genus 0 that is star-shaped around 0: in each direction it reaches to one radius. So
/// its mesh is a sphere's with other radii, which is what reconstruction networks deform, and
/// whether a point is inside is known exactly. Bodies of one family are to single-view
/// reconstruction what objects of one class are: the same axes, other proportions.
class Shape {
 public:
  /// Body `index` of a family, the same for the same arguments anywhere, scaled so that its largest
  /// coordinate is 0.45 (found over 2,562 directions).
  /// @throws std::invalid_argument if there is no such family
  static Shape draw(std::string_view family, std::uint64_t seed, std::uint64_t index);

  /// How far the body reaches.   @param direction  of length 1
  [[nodiscard]] double radius(const std::array<double, 3>& direction) const;

  /// icosphere(level) with each vertex moved onto the body's surface; sharp edges between its
  /// directions are cut.   @throws std::invalid_argument as icosphere
  [[nodiscard]] TriangleMesh mesh(int level) const;

  /// Which voxels have their middle inside, (n, n, n) by x, y, z: 1 is inside. The voxels are those
  /// that pliant::Mesh::voxelize makes of coordinates: that of index i has its middle at
  /// (i + ½ − n/2)/(n − 1).   @param n  2 … 512
  /// @throws std::invalid_argument if n is not
  void voxels(std::size_t n, std::uint8_t* voxels) const;

 private:
  using Radius = std::function<double(const std::array<double, 3>&)>;
  explicit Shape(Radius radius);

  Radius radius_;
  double scale_ = 1;
};

}  // namespace pliant::render
