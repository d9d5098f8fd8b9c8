// pliant/render/clip.cpp — which edges cross the near plane (no torch)
#include "pliant/render/clip.h"

#include <array>
#include <cmath>
#include <cstddef>

namespace pliant::render {
namespace {

/// The face's part in front of the plane, as a fan of triangles.
/// @param front  for each corner   @param vertices  how many there are before new ones
void clip_face(const std::int32_t* corner, const std::array<bool, 3>& front, std::int32_t vertices,
               std::int32_t source, ClippedFaces::Image& out) {
  std::array<std::int32_t, 4> polygon{};
  std::size_t size = 0;
  for (std::size_t k = 0; k < 3; ++k) {
    const std::size_t next = (k + 1) % 3;
    if (front[k]) polygon[size++] = corner[k];
    if (front[k] == front[next]) continue;
    polygon[size++] = vertices + static_cast<std::int32_t>(out.from.size());
    out.from.push_back(front[k] ? corner[next] : corner[k]);
    out.to.push_back(front[k] ? corner[k] : corner[next]);
  }
  for (std::size_t k = 2; k < size; ++k) {
    out.face.insert(out.face.end(), {polygon[0], polygon[k - 1], polygon[k]});
    out.source.push_back(source);
  }
}

}  // namespace

template <class T>
ClippedFaces clip_faces(const ScreenMesh<T>& mesh, double near) {
  ClippedFaces out;
  const auto plane = static_cast<T>(near);
  bool in_front = true;
  for (std::size_t i = 0; i < mesh.batch * mesh.vertices; ++i) {
    in_front = in_front && mesh.vertex[3 * i + 2] >= plane;
  }
  if (in_front) {
    out.unchanged = true;
    return out;
  }
  for (std::size_t image = 0; image < mesh.batch; ++image) {
    ClippedFaces::Image& clipped = out.images.emplace_back();
    const std::int32_t* corner = mesh.face + (mesh.own_faces ? image * mesh.faces * 3 : 0);
    const T* const vertex = mesh.vertex + image * mesh.vertices * 3;
    for (std::size_t f = 0; f < mesh.faces; ++f, corner += 3) {
      std::array<bool, 3> front{};
      bool finite = true;
      for (std::size_t k = 0; k < 3; ++k) {
        const T* at = vertex + static_cast<std::size_t>(corner[k]) * 3;
        for (std::size_t c = 0; c < 3; ++c) finite = finite && std::isfinite(at[c]);
        front[k] = at[2] >= plane;
      }
      if (!finite) continue;
      clip_face(corner, front, static_cast<std::int32_t>(mesh.vertices),
                static_cast<std::int32_t>(f), clipped);
    }
  }
  return out;
}

template ClippedFaces clip_faces(const ScreenMesh<float>&, double);
template ClippedFaces clip_faces(const ScreenMesh<double>&, double);

}  // namespace pliant::render
