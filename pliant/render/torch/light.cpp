// pliant/render/torch/light.cpp — ambient and directional light on meshes
#include "pliant/render/torch/light.h"

#include <ATen/Functions.h>
#include <torch/library.h>

#include "pliant/base/torch/transforms.h"
#include "pliant/render/torch/checks.h"

namespace pliant {
namespace {

using at::Tensor;

/// Vectors of the normals' type.
Tensor vectors(const char* name, const Tensor& value, int64_t dim, const Tensor& normals) {
  TORCH_CHECK_VALUE(value.dim() == dim && value.sym_size(-1) == 3, "lighting: ", name, " must be ",
                    dim == 1 ? "(3)" : "(L, 3)", ", got ", value.sym_sizes());
  return value.to(normals.options());
}

}  // namespace

Tensor lighting(const Tensor& normals, const Tensor& ambient, const Tensor& colours,
                const Tensor& directions) {
  check_real("lighting", "normals", normals);
  TORCH_CHECK_VALUE(normals.dim() >= 1 && normals.sym_size(-1) == 3,
                    "lighting: normals must be (…, 3), got ", normals.sym_sizes());
  TORCH_CHECK_VALUE(colours.sym_size(0) == directions.sym_size(0), "lighting: there are ",
                    colours.sym_size(0), " colours, but ", directions.sym_size(0), " directions");
  const Tensor falling =
      at::matmul(normals, vectors("directions", directions, 2, normals).t()).clamp_min(0);
  return at::matmul(falling, vectors("colours", colours, 2, normals)) +
         vectors("ambient", ambient, 1, normals);
}

Mesh lit(const Mesh& mesh, const Tensor& ambient, const Tensor& colours, const Tensor& directions) {
  const bool surface = mesh.texture_type() == "surface";
  const Tensor light = lighting(surface ? mesh.surface_normals() : mesh.vertex_normals(), ambient,
                                colours, directions);
  return mesh.with_textures(mesh.textures() * (surface ? light.unsqueeze(2) : light));
}

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  define_composite(
      library,
      "lighting(Tensor normals, Tensor ambient, Tensor colours, Tensor directions) -> Tensor",
      &lighting);
}

}  // namespace pliant
