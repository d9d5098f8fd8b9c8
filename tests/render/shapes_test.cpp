// tests/render/shapes_test.cpp — random bodies: reproducible, closed, their voxels those of the
// mesh
#include "pliant/render/shapes.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "pliant/render/voxels.h"

namespace pliant::render {
namespace {

constexpr std::size_t kSize = 32;
constexpr std::size_t kVoxels = kSize * kSize * kSize;

TEST_CASE("every body is finite, fits the cube, and is the same again") {
  for (const std::string_view family : shape_families()) {
    for (std::uint64_t index = 0; index < 20; ++index) {
      const TriangleMesh mesh = Shape::draw(family, 3, index).mesh(4);
      double largest = 0;
      for (const double coordinate : mesh.vertices)
        largest = std::max(largest, std::abs(coordinate));
      CHECK_MESSAGE(largest == doctest::Approx(0.45), family, " ", index);
      CHECK(Shape::draw(family, 3, index).mesh(4).vertices == mesh.vertices);
      CHECK(Shape::draw(family, 4, index).mesh(4).vertices != mesh.vertices);
      CHECK(Shape::draw(family, 3, index + 1).mesh(4).vertices != mesh.vertices);
    }
  }
}

/// Voxels of the mesh by its surface, as pliant::Mesh::voxelize.
std::vector<std::uint8_t> mesh_voxels(const TriangleMesh& mesh) {
  std::vector<double> faces;
  for (const std::int64_t vertex : mesh.faces) {
    for (std::size_t k = 0; k < 3; ++k) {
      const double c = mesh.vertices[3 * static_cast<std::size_t>(vertex) + k];
      faces.push_back(c * (kSize - 1) / kSize + 0.5);
    }
  }
  std::vector<std::uint8_t> voxels(kVoxels);
  voxelize<double>({1, faces.size() / 9, kSize}, faces.data(), voxels.data(),
                   base::serial_executor());
  return voxels;
}

TEST_CASE("voxels of a body are among those of its mesh, which add a rim") {
  for (const std::string_view family : shape_families()) {
    for (std::uint64_t index = 0; index < 4; ++index) {
      const Shape shape = Shape::draw(family, 1, index);
      std::vector<std::uint8_t> exact(kVoxels);
      shape.voxels(kSize, exact.data());
      const std::vector<std::uint8_t> drawn = mesh_voxels(shape.mesh(5));
      std::size_t both = 0;
      std::size_t inside = 0;
      std::size_t marked = 0;
      for (std::size_t i = 0; i < kVoxels; ++i) {
        inside += exact[i];
        marked += drawn[i];
        both += static_cast<std::size_t>(exact[i] & drawn[i]);
      }
      CHECK_MESSAGE(inside > 200, family, " ", index);
      CHECK_MESSAGE(static_cast<double>(both) > 0.97 * static_cast<double>(inside), family, " ",
                    index);
      CHECK_MESSAGE(marked >= inside, family, " ", index);
      CHECK_MESSAGE(marked < 2 * inside, family, " ", index);
    }
  }
}

TEST_CASE("an ellipsoid has the volume of an ellipsoid") {
  const Shape shape = Shape::draw("ellipsoid", 0, 0);
  std::vector<std::uint8_t> voxels(std::size_t{64} * 64 * 64);
  shape.voxels(64, voxels.data());
  const double volume = static_cast<double>(std::ranges::count(voxels, 1)) / (63.0 * 63 * 63);
  const double product =
      shape.radius({1, 0, 0}) * shape.radius({0, 1, 0}) * shape.radius({0, 0, 1});
  CHECK(volume == doctest::Approx(4.18879 * product).epsilon(0.02));
}

TEST_CASE("what is not there is named") {
  CHECK_THROWS_WITH_AS(Shape::draw("cube", 0, 0),
                       doctest::Contains("unknown family of shapes 'cube'"), std::invalid_argument);
  std::uint8_t voxel = 0;
  CHECK_THROWS_WITH(Shape::draw("box", 0, 0).voxels(1, &voxel),
                    "Shape: the voxels must be 2 … 512, got 1");
}

}  // namespace
}  // namespace pliant::render
