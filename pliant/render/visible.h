// pliant/render/visible.h — the nearest face of each pixel, without any softness (no torch)
#pragma once

#include <cstdint>

#include "pliant/base/parallel.h"
#include "pliant/render/raster.h"

namespace pliant::render {

template <class T>
struct VisibleArgs {
  ScreenMesh<T> mesh;
  Size size;
  double near = 1;          ///< > 0; only faces at near ≤ z ≤ far count
  double far = 100;         ///< > near
  bool double_side = true;  ///< else only faces whose corners go clockwise on the screen
  bool perspective = true;  ///< depth is harmonic between corners; else linear
};

template <class T>
struct VisibleResults {
  std::int32_t* face;  ///< (batch, height, width): −1 where there is none
  T* depth;            ///< (batch, height, width): +inf where there is none
  T* weight;  ///< (batch, 3, height, width): barycentric on the screen; 0 where there is none
};

/// Pixels on an edge belong to the face; of faces at the same depth the first one counts. Cost:
/// O(faces + pixels within faces).
/// @throws std::invalid_argument if near or far is out of range
template <class T>
void visible(const VisibleArgs<T>& args, const VisibleResults<T>& results,
             const base::Executor& executor);

}  // namespace pliant::render
