// pliant/render/torch/checks.h — checks that the ops of meshes share; private to render/torch
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

namespace pliant {

inline void check_real(const char* function, const char* name, const at::Tensor& values) {
  TORCH_CHECK_TYPE(values.scalar_type() == at::kFloat || values.scalar_type() == at::kDouble,
                   function, ": ", name, " must be float32 or float64, got ", values.scalar_type());
}

/// Faces (F, 3) or (B, F, 3) of a batch, as int64.
inline at::Tensor checked_faces(const char* function, const at::Tensor& faces, int64_t batch) {
  TORCH_CHECK_TYPE(faces.scalar_type() == at::kLong || faces.scalar_type() == at::kInt, function,
                   ": faces must be int32 or int64, got ", faces.scalar_type());
  TORCH_CHECK_VALUE(
      (faces.dim() == 2 || (faces.dim() == 3 && faces.size(0) == batch)) && faces.size(-1) == 3,
      function, ": faces must be (F, 3) or (", batch, ", F, 3), got ", faces.sizes());
  return faces.to(at::kLong).contiguous();
}

}  // namespace pliant
