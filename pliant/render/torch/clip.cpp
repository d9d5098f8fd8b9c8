// pliant/render/torch/clip.cpp — new corners on the near plane, by ATen, so that gradients flow
#include "pliant/render/torch/clip.h"

#include <ATen/Functions.h>
#include <torch/library.h>

#include <algorithm>
#include <limits>
#include <tuple>
#include <vector>

#include "pliant/base/torch/op.h"
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

/// Vertices (B, n, 3) by their indices (B, n).
Tensor pick(const Tensor& vertices, const Tensor& index) {
  return vertices.gather(1, index.unsqueeze(-1).expand({-1, -1, 3}));
}

/// Where the edges from `a` to `b` meet the plane.
Tensor on_plane(const Tensor& a, const Tensor& b, double near, bool perspective) {
  const Tensor za = a.slice(2, 2, 3), zb = b.slice(2, 2, 3);
  const Tensor share = (near - za) / (zb - za);
  Tensor xa = a.slice(2, 0, 2), xb = b.slice(2, 0, 2);
  if (perspective) {
    xa = xa * za;
    xb = xb * zb;
  }
  Tensor x = xa + share * (xb - xa);
  if (perspective) x = x / near;
  return at::cat({x, at::full_like(za, near)}, 2);
}

std::tuple<Tensor, Tensor, Tensor> clip_op(const Tensor& vertices, const Tensor& faces, double near,
                                           bool perspective) {
  const ClippedMesh out = clip_near(vertices, faces, near, perspective);
  return {out.vertices, out.faces, out.source.defined() ? out.source : at::empty({0}, at::kLong)};
}

}  // namespace

ClippedMesh clip_near(const Tensor& vertices, const Tensor& faces, double near, bool perspective) {
  TORCH_CHECK_VALUE(near > 0, kOp, ": near must be > 0, got ", near);
  const RasterMesh mesh(vertices.detach().to(at::kCPU), faces.to(at::kCPU), kOp);
  render::ClippedFaces clipped;
  with_type(mesh.vertices,
            [&]<class T>(T) { clipped = render::clip_faces(mesh.screen<T>(), near); });
  if (clipped.unchanged) return {vertices, faces, {}};
  const auto device = vertices.device();
  const Tensor from = stack_rows(clipped.images, &Image::from, 0);
  const Tensor to = stack_rows(clipped.images, &Image::to, 0);
  const Tensor cut =
      on_plane(pick(vertices, from.to(device)), pick(vertices, to.to(device)), near, perspective);
  const int64_t batch = vertices.size(0);
  const Tensor nowhere =
      at::full({batch, 1, 3}, std::numeric_limits<double>::quiet_NaN(), vertices.options());
  const int64_t last = vertices.size(1) + cut.size(1);
  const Tensor left = stack_rows(clipped.images, &Image::face, last);
  const Tensor source = stack_rows(clipped.images, &Image::source, 0);
  return {at::cat({vertices, cut, nowhere}, 1), left.view({batch, -1, 3}).to(device, at::kInt),
          source.to(device)};
}

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  library.def(
      "clip_near(Tensor vertices, Tensor faces, float near, bool perspective) -> (Tensor vertices, "
      "Tensor faces, Tensor source)");
}

TORCH_LIBRARY_IMPL(pliant, CompositeImplicitAutograd, library) {
  library.impl("clip_near", checked<&clip_op>);
}

}  // namespace pliant
