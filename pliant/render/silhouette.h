// pliant/render/silhouette.h — how far each pixel is covered, and back to corners and parameters
// (no torch)
#pragma once

#include <array>

#include "pliant/base/parallel.h"
#include "pliant/render/raster.h"

namespace pliant::render {

template <class T>
struct SilhouetteArgs {
  ScreenMesh<T> mesh;
  Coverage coverage;
  Size size;
};

/// A = ⊥ F(u(s·d)) over the faces of an image, in their order, whatever their depth (GenDR, CVPR
/// 2022, eq. 2). A pixel that is full but for rounding sees no further faces.
/// @param alpha  (batch, height, width) out   @param folded  (batch, height, width) out: what the
///   way back needs, math::combine()'s argument
/// The same bits for any executor. Cost: O(faces + pairs of a pixel and a face that it sees), about
/// 3 ns a pair and core; memory: about 100 bytes a face and 8 a pair of a tile and a face.
template <class T>
void silhouette(const SilhouetteArgs<T>& args, T* alpha, T* folded, const base::Executor& executor);

/// Where gradients go; null = not wanted.
template <class T>
struct SilhouetteGradients {
  T* vertex = nullptr;             ///< (batch, vertices, 3), written; z gets 0
  double* distribution = nullptr;  ///< (4): scale, power, shift, shape, written
  double* t_norm = nullptr;        ///< (1): p, written
};

/// @param folded  as silhouette() gave it   @param grad_alpha  (batch, height, width)
/// The derivative by a corner goes through the nearest point of the boundary (envelope theorem); at
/// a distance of exactly 0 it is 0. Cost: about 4 ns a pair that is not full, and core; memory: 24
/// or 48 bytes more for each pair of a tile and a face.
template <class T>
void silhouette_backward(const SilhouetteArgs<T>& args, const T* folded, const T* grad_alpha,
                         const SilhouetteGradients<T>& gradients, const base::Executor& executor);

}  // namespace pliant::render
