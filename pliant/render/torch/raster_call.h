// pliant/render/torch/raster_call.h — what all ops of the rasteriser check and turn into kernels'
// arguments; private to render/torch
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string_view>

#include "pliant/base/torch/working_type.h"
#include "pliant/render/raster.h"

namespace pliant {

/// A mesh on the screen as an op receives it, checked, with vertices in the kernels' type.
struct RasterMesh {
  at::Tensor vertices;  ///< (batch, vertices, 3), contiguous
  at::Tensor faces;     ///< (faces, 3) or (batch, faces, 3), int32, contiguous

  /// @throws TypeError / ValueError that names `op` and the argument
  RasterMesh(const at::Tensor& given_vertices, const at::Tensor& given_faces, const char* op);

  [[nodiscard]] int64_t batch() const { return vertices.size(0); }
  [[nodiscard]] int64_t face_count() const { return faces.size(-2); }

  template <class T>
  [[nodiscard]] render::ScreenMesh<T> screen() const {
    return {static_cast<std::size_t>(batch()),      static_cast<std::size_t>(vertices.size(1)),
            static_cast<std::size_t>(face_count()), vertices.const_data_ptr<T>(),
            faces.const_data_ptr<int32_t>(),        faces.dim() == 3};
  }
};

/// Shapes and dtypes alone, for Meta kernels too.
void check_mesh(const at::Tensor& vertices, const at::Tensor& faces, const char* op);

/// @throws as math::check and render::check
render::Coverage coverage_of(std::string_view distribution, const at::Tensor& parameters,
                             std::string_view t_norm, const at::Tensor& p, double dist_eps,
                             const char* op);

render::Size size_of(int64_t height, int64_t width, const char* op);

}  // namespace pliant
