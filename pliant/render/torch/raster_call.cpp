// pliant/render/torch/raster_call.cpp — checks of meshes, coverages and sizes
#include "pliant/render/torch/raster_call.h"

#include "pliant/math/torch/parameters.h"

namespace pliant {

using at::Tensor;

void check_mesh(const Tensor& vertices, const Tensor& faces, const char* op) {
  TORCH_CHECK_TYPE(vertices.is_floating_point(), op, ": vertices must be floating point, got ",
                   vertices.scalar_type());
  TORCH_CHECK_VALUE(vertices.dim() == 3 && vertices.size(2) == 3, op,
                    ": vertices must have shape (batch, vertices, 3), got ", vertices.sizes());
  TORCH_CHECK_TYPE(faces.scalar_type() == at::kInt || faces.scalar_type() == at::kLong, op,
                   ": faces must be int32 or int64, got ", faces.scalar_type());
  TORCH_CHECK_VALUE((faces.dim() == 2 || faces.dim() == 3) && faces.size(-1) == 3, op,
                    ": faces must have shape (faces, 3) or (batch, faces, 3), got ", faces.sizes());
  TORCH_CHECK_VALUE(faces.dim() == 2 || faces.size(0) == vertices.size(0), op,
                    ": faces must have the batch of vertices, ", vertices.size(0), ", got ",
                    faces.size(0));
}

RasterMesh::RasterMesh(const Tensor& given_vertices, const Tensor& given_faces, const char* op)
    : vertices((check_mesh(given_vertices, given_faces, op), working(given_vertices))) {
  // Checked before they are narrowed: 2³² is no vertex.
  const Tensor wide = given_faces.contiguous();
  const int64_t count = vertices.size(1);
  const auto check_range = [&](const auto* index) {
    for (int64_t i = 0; i < wide.numel(); ++i) {
      TORCH_CHECK_VALUE(index[i] >= 0 && index[i] < count, op, ": faces must be in 0 … ", count - 1,
                        ", the vertices, got ", index[i], " in face ", i / 3 % wide.size(-2));
    }
  };
  if (wide.scalar_type() == at::kInt) {
    check_range(wide.const_data_ptr<int32_t>());
  } else {
    check_range(wide.const_data_ptr<int64_t>());
  }
  faces = wide.to(at::kInt);
}

render::Coverage coverage_of(std::string_view distribution, const Tensor& parameters,
                             std::string_view t_norm, const Tensor& p, double dist_eps,
                             const char* op) {
  const render::Coverage coverage = {distribution_of(distribution, parameters, op, "1/tau"),
                                     t_norm_of(t_norm, p, op), dist_eps};
  render::check(coverage, op);
  return coverage;
}

render::Size size_of(int64_t height, int64_t width, const char* op) {
  const render::Size size = {static_cast<std::size_t>(height), static_cast<std::size_t>(width)};
  render::check(size, op);
  return size;
}

}  // namespace pliant
