// tests/render/voxels_test.cpp — meshes as solid voxels
#include "pliant/render/voxels.h"

#include <doctest/doctest.h>

#include <limits>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "pliant/render/primitives.h"

namespace pliant::render {
namespace {

/// The faces of a mesh, moved into the unit cube.
std::vector<double> in_cube(const TriangleMesh& mesh) {
  std::vector<double> faces;
  for (const std::int64_t vertex : mesh.faces) {
    for (std::size_t k = 0; k < 3; ++k)
      faces.push_back(mesh.vertices[3 * static_cast<std::size_t>(vertex) + k] + 0.5);
  }
  return faces;
}

std::vector<std::uint8_t> voxels_of(const std::vector<double>& faces, std::size_t n,
                                    std::size_t batch = 1) {
  std::vector<std::uint8_t> voxels(batch * n * n * n, 9);
  voxelize<double>({batch, faces.size() / 9 / batch, n}, faces.data(), voxels.data(),
                   base::thread_executor(2));
  return voxels;
}

std::size_t count(const std::vector<std::uint8_t>& voxels) {
  return std::accumulate(voxels.begin(), voxels.end(), std::size_t{0});
}

TEST_CASE("a box is filled") {
  // From 2.5 to 5.5 in voxels: those of 2 … 5 along each axis.
  const std::vector<std::uint8_t> voxels = voxels_of(in_cube(box({0.375, 0.375, 0.375})), 8);
  for (std::size_t i = 0; i < voxels.size(); ++i) {
    const auto inside = [](std::size_t c) { return 2 <= c && c <= 5; };
    CHECK(voxels[i] == (inside(i / 64) && inside(i / 8 % 8) && inside(i % 8) ? 1 : 0));
  }
}

TEST_CASE("a sphere has its volume") {
  const auto n = 64.0;
  const double share =
      static_cast<double>(count(voxels_of(in_cube(icosphere(4, 0.4)), 64))) / (n * n * n);
  // The surface's voxels are solid too: less than one voxel in the radius of 25.6, (26.6 / 25.6)³.
  CHECK(share > 0.2681);
  CHECK(share < 0.2681 * 1.122);
}

TEST_CASE("an open surface is as thick as its voxels") {
  const std::size_t marked = count(voxels_of(in_cube(plane(0.5, 2)), 16));
  CHECK(marked >= 64);
  CHECK(marked <= 100);
}

TEST_CASE("what is outside or not finite marks nothing") {
  std::vector<double> faces = in_cube(box());
  for (double& coordinate : faces) coordinate += 3;
  CHECK(count(voxels_of(faces, 8)) == 0);
  faces = in_cube(box({0.5, 0.5, 0.5}));
  faces[4] = std::numeric_limits<double>::quiet_NaN();
  faces.resize(9);
  CHECK(count(voxels_of(faces, 8)) == 0);
  for (double& coordinate : faces) coordinate = 1e300;
  CHECK(count(voxels_of(faces, 8)) == 0);
  CHECK(count(voxels_of({}, 8)) == 0);
}

TEST_CASE("each of a batch is for itself") {
  const std::vector<double> one = in_cube(icosphere(1, 0.4));
  std::vector<double> two = one;
  const std::vector<double> small = in_cube(icosphere(1, 0.2));
  two.insert(two.end(), small.begin(), small.end());
  std::vector<std::uint8_t> expected = voxels_of(one, 12);
  const std::vector<std::uint8_t> second = voxels_of(small, 12);
  expected.insert(expected.end(), second.begin(), second.end());
  CHECK(voxels_of(two, 12, 2) == expected);
}

TEST_CASE("a wrong size is named") {
  CHECK_THROWS_WITH_AS(voxelize<double>({1, 0, 0}, nullptr, nullptr, base::serial_executor()),
                       "voxelize: size must be in 1 … 512, got 0", std::invalid_argument);
}

}  // namespace
}  // namespace pliant::render
