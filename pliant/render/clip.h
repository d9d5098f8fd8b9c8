// pliant/render/clip.h — faces cut off at the near plane (no torch)
#pragma once

#include <cstdint>
#include <vector>

#include "pliant/render/raster.h"

namespace pliant::render {

/// What is left of the faces of a batch in front of a plane z = near. A face that crosses it
/// becomes one triangle or two, with corners on its edges that cross.
struct ClippedFaces {
  /// New corners by image, between vertices `from` (behind the plane) and `to` (in front of it).
  struct Image {
    std::vector<std::int32_t> from;
    std::vector<std::int32_t> to;
    std::vector<std::int32_t> face;  ///< (3 a face): vertices; new corners follow the old vertices
    std::vector<std::int32_t> source;  ///< (1 a face): which face it was
  };
  std::vector<Image> images;
  bool unchanged = false;  ///< everything is in front: the images are empty
};

/// Corners keep their order, so fronts stay fronts. A face with a corner that is not finite is left
/// out.
template <class T>
ClippedFaces clip_faces(const ScreenMesh<T>& mesh, double near);

}  // namespace pliant::render
