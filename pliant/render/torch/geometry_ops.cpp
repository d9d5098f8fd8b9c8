// pliant/render/torch/geometry_ops.cpp — the ops of meshes: schemas, checks, CPU and Meta kernels
#include <ATen/Functions.h>

#include "pliant/base/torch/executor.h"
#include "pliant/base/torch/find_op.h"
#include "pliant/base/torch/op.h"
#include "pliant/base/torch/transforms.h"
#include "pliant/base/torch/working_type.h"
#include "pliant/render/gather.h"
#include "pliant/render/torch/checks.h"
#include "pliant/render/torch/mesh.h"
#include "pliant/render/voxels.h"

namespace pliant {
namespace {

using at::Tensor;

// === Corners of faces

constexpr const char* kGather = "face_vertices";
constexpr const char* kScatter = "scatter_corners";

void check_values(const Tensor& values) {
  check_real(kGather, "vertices", values);
  TORCH_CHECK_VALUE(values.dim() == 3, kGather, ": vertices must be (B, V, C), got ",
                    values.sizes());
}

void check_corners(const Tensor& corners, int64_t vertices) {
  check_real(kScatter, "corners", corners);
  TORCH_CHECK_VALUE(corners.dim() == 4 && corners.size(2) == 3, kScatter,
                    ": corners must be (B, F, 3, C), got ", corners.sizes());
  TORCH_CHECK_VALUE(vertices >= 0, kScatter, ": vertices must be >= 0, got ", vertices);
}

render::CornerShape shape_of(int64_t batch, int64_t vertices, const Tensor& faces,
                             int64_t channels) {
  return {static_cast<std::size_t>(batch), static_cast<std::size_t>(vertices),
          static_cast<std::size_t>(faces.size(-2)), static_cast<std::size_t>(channels),
          faces.dim() == 2};
}

Tensor gather(const char* function, const Tensor& values, const Tensor& faces) {
  const Tensor list = checked_faces(function, faces, values.size(0));
  const Tensor from = values.contiguous();
  Tensor corners = at::empty({values.size(0), list.size(-2), 3, values.size(2)}, values.options());
  with_type(values, [&](auto zero) {
    using T = decltype(zero);
    render::gather_corners<T>(function,
                              shape_of(values.size(0), values.size(1), list, values.size(2)),
                              from.const_data_ptr<T>(), list.const_data_ptr<int64_t>(),
                              corners.mutable_data_ptr<T>(), torch_executor());
  });
  return corners;
}

Tensor scatter(const char* function, const Tensor& corners, const Tensor& faces, int64_t vertices) {
  const Tensor list = checked_faces(function, faces, corners.size(0));
  TORCH_CHECK_VALUE(list.size(-2) == corners.size(1), function, ": corners are of ",
                    corners.size(1), " faces, but there are ", list.size(-2));
  const Tensor from = corners.contiguous();
  Tensor values = at::empty({corners.size(0), vertices, corners.size(3)}, corners.options());
  with_type(corners, [&](auto zero) {
    using T = decltype(zero);
    render::scatter_corners<T>(function, shape_of(corners.size(0), vertices, list, corners.size(3)),
                               from.const_data_ptr<T>(), list.const_data_ptr<int64_t>(),
                               values.mutable_data_ptr<T>(), torch_executor());
  });
  return values;
}

Tensor face_vertices_cpu(const Tensor& vertices, const Tensor& faces) {
  check_values(vertices);
  return gather(kGather, vertices, faces);
}
Tensor face_vertices_meta(const Tensor& vertices, const Tensor& faces) {
  return at::empty_symint({vertices.sym_size(0), faces.sym_size(-2), 3, vertices.sym_size(2)},
                          vertices.options());
}
Tensor face_vertices_backward_cpu(const Tensor& grad, const Tensor& vertices, const Tensor& faces) {
  return scatter(kGather, grad, faces, vertices.size(1));
}
Tensor face_vertices_backward_meta(const Tensor&, const Tensor& vertices, const Tensor&) {
  return at::empty_symint(vertices.sym_sizes(), vertices.options());
}
Tensor face_vertices_twice_cpu(const Tensor& grad, const Tensor&, const Tensor&,
                               const Tensor& faces) {
  return gather(kGather, grad, faces);
}
Tensor face_vertices_twice_meta(const Tensor&, const Tensor& grad_corners, const Tensor&,
                                const Tensor&) {
  return at::empty_symint(grad_corners.sym_sizes(), grad_corners.options());
}

Tensor scatter_corners_cpu(const Tensor& corners, const Tensor& faces, int64_t vertices) {
  check_corners(corners, vertices);
  return scatter(kScatter, corners, faces, vertices);
}
Tensor scatter_corners_meta(const Tensor& corners, const Tensor&, int64_t vertices) {
  return at::empty_symint({corners.sym_size(0), vertices, corners.sym_size(3)}, corners.options());
}
Tensor scatter_corners_backward_cpu(const Tensor& grad, const Tensor&, const Tensor& faces,
                                    int64_t) {
  return gather(kScatter, grad, faces);
}
Tensor scatter_corners_backward_meta(const Tensor&, const Tensor& corners, const Tensor&, int64_t) {
  return at::empty_symint(corners.sym_sizes(), corners.options());
}
Tensor scatter_corners_twice_cpu(const Tensor& grad, const Tensor& grad_sums, const Tensor&,
                                 const Tensor& faces, int64_t) {
  return scatter(kScatter, grad, faces, grad_sums.size(1));
}
Tensor scatter_corners_twice_meta(const Tensor&, const Tensor& grad_sums, const Tensor&,
                                  const Tensor&, int64_t) {
  return at::empty_symint(grad_sums.sym_sizes(), grad_sums.options());
}

// === Voxels

Tensor voxelize_cpu(const Tensor& faces, int64_t size) {
  check_real("voxelize", "faces", faces);
  TORCH_CHECK_VALUE(faces.dim() == 4 && faces.size(2) == 3 && faces.size(3) == 3,
                    "voxelize: faces must be (B, F, 3, 3), got ", faces.sizes());
  TORCH_CHECK_VALUE(1 <= size && size <= 512, "voxelize: size must be in 1 … 512, got ", size);
  const Tensor from = faces.contiguous();
  Tensor voxels = at::empty({faces.size(0), size, size, size}, faces.options().dtype(at::kByte));
  with_type(faces, [&](auto zero) {
    using T = decltype(zero);
    render::voxelize<T>({static_cast<std::size_t>(faces.size(0)),
                         static_cast<std::size_t>(faces.size(1)), static_cast<std::size_t>(size)},
                        from.const_data_ptr<T>(), voxels.mutable_data_ptr<uint8_t>(),
                        torch_executor());
  });
  return voxels;
}

Tensor voxelize_meta(const Tensor& faces, int64_t size) {
  return at::empty_symint({faces.sym_size(0), size, size, size}, faces.options().dtype(at::kByte));
}

}  // namespace

Tensor face_vertices(const Tensor& values, const Tensor& faces) {
  static const auto call = op<Tensor(const Tensor&, const Tensor&)>("pliant::face_vertices");
  return call.call(values, faces);
}

Tensor scatter_corners(const Tensor& corners, const Tensor& faces, int64_t vertices) {
  static const auto call =
      op<Tensor(const Tensor&, const Tensor&, int64_t)>("pliant::scatter_corners");
  return call.call(corners, faces, vertices);
}

Tensor voxelize(const Tensor& face_vertices, int64_t size) {
  TORCH_CHECK_NOT_IMPLEMENTED(
      !(at::GradMode::is_enabled() && face_vertices.requires_grad()),
      "voxelize has no derivative: voxels are 0 or 1. Detach the faces, or use no_grad");
  static const auto call = op<Tensor(const Tensor&, int64_t)>("pliant::voxels");
  return call.call(face_vertices, size);
}

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  define_op(library, "face_vertices(Tensor vertices, Tensor faces) -> Tensor corners");
  define_op(library,
            "face_vertices_backward(Tensor grad_corners, Tensor vertices, Tensor faces)"
            " -> Tensor grad_vertices");
  define_op(library,
            "face_vertices_backward_backward(Tensor grad_grad_vertices, Tensor grad_corners,"
            " Tensor vertices, Tensor faces) -> Tensor grad_grad_corners");
  define_op(library, "scatter_corners(Tensor corners, Tensor faces, int vertices) -> Tensor sums");
  define_op(library,
            "scatter_corners_backward(Tensor grad_sums, Tensor corners, Tensor faces,"
            " int vertices) -> Tensor grad_corners");
  define_op(library,
            "scatter_corners_backward_backward(Tensor grad_grad_corners, Tensor grad_sums,"
            " Tensor corners, Tensor faces, int vertices) -> Tensor grad_grad_sums");
  define_op(library, "voxels(Tensor faces, int size) -> Tensor voxels", {.rows = {{"faces"}}});
  define_composite(library, "voxelize(Tensor faces, int size) -> Tensor", &voxelize);
}

TORCH_LIBRARY_IMPL(pliant, CPU, library) {
  library.impl("face_vertices", checked<&face_vertices_cpu>);
  library.impl("face_vertices_backward", checked<&face_vertices_backward_cpu>);
  library.impl("face_vertices_backward_backward", checked<&face_vertices_twice_cpu>);
  library.impl("scatter_corners", checked<&scatter_corners_cpu>);
  library.impl("scatter_corners_backward", checked<&scatter_corners_backward_cpu>);
  library.impl("scatter_corners_backward_backward", checked<&scatter_corners_twice_cpu>);
  library.impl("voxels", checked<&voxelize_cpu>);
}

TORCH_LIBRARY_IMPL(pliant, Meta, library) {
  library.impl("face_vertices", &face_vertices_meta);
  library.impl("face_vertices_backward", &face_vertices_backward_meta);
  library.impl("face_vertices_backward_backward", &face_vertices_twice_meta);
  library.impl("scatter_corners", &scatter_corners_meta);
  library.impl("scatter_corners_backward", &scatter_corners_backward_meta);
  library.impl("scatter_corners_backward_backward", &scatter_corners_twice_meta);
  library.impl("voxels", &voxelize_meta);
}

}  // namespace pliant
