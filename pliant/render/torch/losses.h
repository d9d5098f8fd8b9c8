// pliant/render/torch/losses.h — losses of silhouettes, voxels and meshes
#pragma once

#include <ATen/core/Tensor.h>

#include <string_view>

#include "pliant/render/torch/mesh.h"

namespace pliant {

/// 1 − Σ p t / (Σ (p + t − p t) + 1e-6) over the pixels of each image.
/// @param prediction, target  (B, H, W) coverage in [0, 1]
/// @param reduction           "mean", "sum" or "none": (B)
/// Gradient: both, of any order.   @throws c10::ValueError that names the argument
at::Tensor silhouette_iou_loss(const at::Tensor& prediction, const at::Tensor& target,
                               std::string_view reduction = "mean");

/// |a ∧ b| / |a ∨ b| of each of a batch of shapes, float64 (B); 1 where both are empty. Not
/// differentiable.   @param a, b  (B, …) of equal shape; what is not 0 (for real numbers, above ½)
/// is in
at::Tensor voxel_iou(const at::Tensor& a, const at::Tensor& b);

/// Σ_v ‖x_v − mean of its neighbours‖² of each mesh: (B).   @param topology  mesh_topology's
/// Gradient: vertices, once.   Cost: O(B · (V + E)).
at::Tensor laplacian_loss(const at::Tensor& vertices, const MeshTopology& topology);

/// Σ over the interior edges of (cos of the angle between its two faces + 1)² of each mesh, 0 where
/// flat: (B). Edges of one face, or of three and more, are left out
/// (pliant/render/smoothness.h).   Gradient: vertices, once.   Cost: O(B · E).
at::Tensor flatten_loss(const at::Tensor& vertices, const MeshTopology& topology);

}  // namespace pliant
