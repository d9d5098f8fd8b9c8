// pliant/render/torch/losses.cpp — losses of silhouettes, voxels and meshes
#include "pliant/render/torch/losses.h"

#include <ATen/Functions.h>
#include <torch/library.h>

#include "pliant/base/torch/find_op.h"
#include "pliant/base/torch/transforms.h"

namespace pliant {
namespace {

using at::Tensor;

constexpr double kEpsilon = 1e-6;

/// (B, rest) of a tensor of at least one dimension.
Tensor rows(const Tensor& x) { return x.dim() == 1 ? x.unsqueeze(1) : x.flatten(1); }

Tensor inside(const Tensor& x) { return at::isFloatingType(x.scalar_type()) ? x > 0.5 : x != 0; }

}  // namespace

Tensor silhouette_iou_loss(const Tensor& prediction, const Tensor& target,
                           std::string_view reduction) {
  TORCH_CHECK_TYPE(
      at::isFloatingType(prediction.scalar_type()) && at::isFloatingType(target.scalar_type()),
      "silhouette_iou_loss: prediction and target must be floating-point, got ",
      prediction.scalar_type(), " and ", target.scalar_type());
  TORCH_CHECK_VALUE(prediction.dim() == 3 && prediction.sym_sizes() == target.sym_sizes(),
                    "silhouette_iou_loss: prediction and target must both be (B, H, W), got ",
                    prediction.sym_sizes(), " and ", target.sym_sizes());
  TORCH_CHECK_VALUE(reduction == "mean" || reduction == "sum" || reduction == "none",
                    "silhouette_iou_loss: unknown reduction '", reduction,
                    "'; there are: mean, sum, none");
  const Tensor common = (prediction * target).sum({1, 2});
  const Tensor either = (prediction + target).sum({1, 2}) - common;
  const Tensor loss = 1 - common / (either + kEpsilon);
  if (reduction == "none") return loss;
  return reduction == "sum" ? loss.sum() : loss.mean();
}

Tensor voxel_iou(const Tensor& a, const Tensor& b) {
  TORCH_CHECK_VALUE(a.dim() >= 1 && a.sym_sizes() == b.sym_sizes(),
                    "voxel_iou: a and b must have one shape (B, …), got ", a.sym_sizes(), " and ",
                    b.sym_sizes());
  const Tensor first = rows(inside(a));
  const Tensor second = rows(inside(b));
  const Tensor common = at::logical_and(first, second).sum(1).to(at::kDouble);
  const Tensor either = at::logical_or(first, second).sum(1).to(at::kDouble);
  return at::where(either == 0, 1.0, common / either.clamp_min(1));
}

Tensor laplacian_loss(const Tensor& vertices, const MeshTopology& topology) {
  static const auto call =
      op<Tensor(const Tensor&, const Tensor&, const Tensor&)>("pliant::mesh_laplacian");
  return call.call(vertices, topology.offsets, topology.neighbours);
}

Tensor flatten_loss(const Tensor& vertices, const MeshTopology& topology) {
  static const auto call = op<Tensor(const Tensor&, const Tensor&)>("pliant::mesh_flatten");
  return call.call(vertices, topology.interior);
}

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  define_composite(
      library,
      "silhouette_iou_loss(Tensor prediction, Tensor target, str reduction=\"mean\") -> Tensor",
      &silhouette_iou_loss);
  define_composite(library, "voxel_iou(Tensor a, Tensor b) -> Tensor", &voxel_iou);
}

}  // namespace pliant
