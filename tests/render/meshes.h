// tests/render/meshes.h — small meshes on a screen
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "pliant/base/random.h"
#include "pliant/render/raster.h"

namespace meshes {

/// A mesh that owns its numbers.
template <class T>
struct Mesh {
  std::size_t batch = 1;
  std::vector<T> vertex;
  std::vector<std::int32_t> face;
  bool own_faces = false;

  [[nodiscard]] pliant::render::ScreenMesh<T> screen() const {
    return {batch,
            vertex.size() / 3 / batch,
            face.size() / 3 / (own_faces ? batch : 1),
            vertex.data(),
            face.data(),
            own_faces};
  }
};

/// The two triangles of the golden values of GenDR's silhouette.
template <class T>
Mesh<T> two_triangles() {
  return {1,
          {T(-.5), T(-.4), 1, T(.6), T(-.3), 1, T(.1), T(.5), 1,  //
           T(-.7), T(.1), 1, T(.5), T(.2), 1, T(-.6), T(.3), 1},
          {0, 1, 2, 3, 4, 5}};
}

/// Triangles of all sizes and both orientations, at depths from 1.5 to 5, some of them beyond the
/// edge of the picture.
template <class T>
Mesh<T> triangles(std::size_t batch, std::size_t faces, std::uint64_t seed) {
  Mesh<T> mesh;
  mesh.batch = batch;
  pliant::base::Random random(seed, 0, 0);
  for (std::size_t b = 0; b < batch; ++b) {
    for (std::size_t f = 0; f < faces; ++f) {
      const double x = 2.6 * random.uniform() - 1.3, y = 2.6 * random.uniform() - 1.3;
      const double size = std::exp(-4 * random.uniform());
      for (int k = 0; k < 3; ++k) {
        mesh.vertex.push_back(static_cast<T>(x + size * (2 * random.uniform() - 1)));
        mesh.vertex.push_back(static_cast<T>(y + size * (2 * random.uniform() - 1)));
        mesh.vertex.push_back(static_cast<T>(1.5 + 3.5 * random.uniform()));
      }
    }
  }
  for (std::size_t i = 0; i < 3 * faces; ++i) mesh.face.push_back(static_cast<std::int32_t>(i));
  return mesh;
}

}  // namespace meshes
