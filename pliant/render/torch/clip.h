// pliant/render/torch/clip.h — meshes on tensors cut off at the near plane
#pragma once

#include <ATen/core/Tensor.h>

namespace pliant {

/// A mesh on the screen, what is left of it.
struct ClippedMesh {
  at::Tensor vertices;  ///< (B, V', 3): the old ones, then those on the plane
  at::Tensor faces;     ///< (B, F', 3) int32, or as given if everything is in front
  at::Tensor source;    ///< (B, F') int64: which face it was; empty if everything is in front
  at::Tensor colors;    ///< (B, V', C); as given if everything is in front
};

/// Cuts faces off at z = near: those that cross it become one triangle or two, those behind it are
/// gone. Where an image has fewer faces than another, the rest have a corner that is not finite,
/// which is not drawn.
/// @param vertices  (B, V, 3) on the screen, z the depth   @param faces  (F, 3) or (B, F, 3)
/// @param colors  (B, V, C) of the vertices, or undefined
/// @param perspective  how the screen's x and y were made: of X/Z, Y/Z, or of X and Y
/// Gradient: vertices, colors. Reads z on the CPU: no part of a compiled graph.
ClippedMesh clip_near(const at::Tensor& vertices, const at::Tensor& faces, const at::Tensor& colors,
                      double near, bool perspective);

}  // namespace pliant
