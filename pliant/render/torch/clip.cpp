// pliant/render/torch/clip.cpp — new corners on the near plane, by ATen, so that gradients flow
#include "pliant/render/torch/clip.h"

#include <ATen/Functions.h>
#include <torch/library.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <tuple>
#include <vector>

#include "pliant/base/torch/op.h"
#include "pliant/base/torch/outside_transforms.h"
#include "pliant/base/torch/transforms.h"
#include "pliant/base/torch/working_type.h"
#include "pliant/render/clip.h"
#include "pliant/render/torch/raster_call.h"

namespace pliant {
namespace {

using at::Tensor;

using Image = render::ClippedFaces::Image;

constexpr const char* kOp = "clip_near";

/// Rows of different lengths as one (B, longest) int64 tensor, filled up with `rest`.
Tensor stack_rows(const std::vector<Image>& images, std::vector<int32_t> Image::*row,
                  int64_t rest) {
  const OutsideTransforms plain;
  std::size_t longest = 0;
  for (const auto& image : images) longest = std::max(longest, (image.*row).size());
  const auto batch = static_cast<int64_t>(images.size()), width = static_cast<int64_t>(longest);
  Tensor out = at::full({batch, width}, rest, at::kLong);
  for (std::size_t b = 0; b < images.size(); ++b) {
    std::copy((images[b].*row).begin(), (images[b].*row).end(),
              out.mutable_data_ptr<int64_t>() + b * longest);
  }
  return out;
}

/// Rows of x (B, V, n) by their indices (B, m).
Tensor pick(const Tensor& x, const Tensor& index) {
  return x.gather(1, index.unsqueeze(-1).expand({-1, -1, x.size(2)}));
}

/// Corners on the plane: between `from` and `to` of each row of vertices or colours.
class Cut {
 public:
  Cut(const Tensor& vertices, const Tensor& from, const Tensor& to, double near)
      : from_(from.to(vertices.device())), to_(to.to(vertices.device())), near_(near) {
    const Tensor z = vertices.slice(2, 2, 3);
    from_z_ = pick(z, from_);
    to_z_ = pick(z, to_);
    // Where an image is filled up, both ends are the same corner.
    share_ = (near - from_z_) / (to_z_ - from_z_).masked_fill(from_.eq(to_).unsqueeze(-1), 1);
  }

  [[nodiscard]] Tensor between(const Tensor& from, const Tensor& to) const {
    return from + share_ * (to - from);
  }
  [[nodiscard]] Tensor colors(const Tensor& of_vertices) const {
    return between(pick(of_vertices, from_), pick(of_vertices, to_));
  }
  [[nodiscard]] Tensor vertices(const Tensor& vertices, bool perspective) const {
    const Tensor xy = vertices.slice(2, 0, 2), z = at::full_like(from_z_, near_);
    const Tensor from = pick(xy, from_), to = pick(xy, to_);
    if (!perspective) return at::cat({between(from, to), z}, 2);
    return at::cat({between(from * from_z_, to * to_z_) / near_, z}, 2);
  }

 private:
  Tensor from_, to_;
  double near_;
  Tensor from_z_, to_z_, share_;
};

std::tuple<Tensor, Tensor, Tensor, Tensor> clip_op(const Tensor& vertices, const Tensor& faces,
                                                   const std::optional<Tensor>& colors, double near,
                                                   bool perspective) {
  ClippedMesh out = clip_near(vertices, faces, colors.value_or(Tensor()), near, perspective);
  if (!out.colors.defined()) out.colors = at::empty({0}, vertices.options());
  return {out.vertices, out.faces, out.source, out.colors};
}

}  // namespace

ClippedMesh clip_near(const Tensor& vertices, const Tensor& faces, const Tensor& colors,
                      double near, bool perspective) {
  TORCH_CHECK_VALUE(near > 0, kOp, ": near must be > 0, got ", near);
  const Tensor points = plain_numbers(vertices.to(at::kCPU), kOp);
  const Tensor corners = plain_numbers(faces.to(at::kCPU), kOp);
  const RasterMesh mesh = [&] {
    const OutsideTransforms plain;
    return RasterMesh(points, corners, kOp);
  }();
  TORCH_CHECK_VALUE(!colors.defined() || (colors.dim() == 3 && colors.size(0) == mesh.batch() &&
                                          colors.size(1) == vertices.size(1)),
                    kOp, ": colors must have shape (", mesh.batch(), ", ", vertices.size(1),
                    ", channels), got ", colors.sizes());
  render::ClippedFaces clipped;
  with_type(mesh.vertices,
            [&]<class T>(T) { clipped = render::clip_faces(mesh.screen<T>(), near); });
  if (clipped.unchanged) return {vertices, faces, at::empty({0}, at::kLong), colors};
  const Cut cut(vertices, stack_rows(clipped.images, &Image::from, 0),
                stack_rows(clipped.images, &Image::to, 0), near);
  const auto device = vertices.device();
  const int64_t batch = vertices.size(0);
  const Tensor nowhere =
      at::full({batch, 1, 3}, std::numeric_limits<double>::quiet_NaN(), vertices.options());
  ClippedMesh out;
  out.vertices = at::cat({vertices, cut.vertices(vertices, perspective), nowhere}, 1);
  if (colors.defined()) {
    out.colors = at::cat({colors, cut.colors(colors), at::zeros_like(colors.slice(1, 0, 1))}, 1);
  }
  const Tensor left = stack_rows(clipped.images, &Image::face, out.vertices.size(1) - 1);
  out.faces = left.view({batch, -1, 3}).to(device, at::kInt);
  out.source = stack_rows(clipped.images, &Image::source, 0).to(device);
  return out;
}

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  define_reading_composite(
      library,
      "clip_near(Tensor vertices, Tensor faces, Tensor? colors, float near, bool perspective) -> "
      "(Tensor vertices, Tensor faces, Tensor source, Tensor colors)",
      checked<&clip_op>);
}

}  // namespace pliant
