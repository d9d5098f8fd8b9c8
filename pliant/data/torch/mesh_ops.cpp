// pliant/data/torch/mesh_ops.cpp — meshes of OBJ files as tensors
#include <ATen/Functions.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "pliant/base/errors.h"
#include "pliant/base/torch/op.h"
#include "pliant/data/mesh_file.h"
#include "pliant/data/mesh_texture.h"

namespace pliant {
namespace {

using at::Tensor;

bool is_surface(const char* function, std::string_view texture_type) {
  base::require(texture_type == "surface" || texture_type == "vertex", function,
                ": texture_type must be 'surface' or 'vertex', got '", texture_type, "'");
  return texture_type == "surface";
}

/// Numbers as float32 (rows, 3).
Tensor rows_of(const std::vector<double>& values) {
  const std::vector<float> narrow(values.begin(), values.end());
  Tensor tensor = at::empty({static_cast<int64_t>(narrow.size() / 3), 3}, at::kFloat);
  std::memcpy(tensor.mutable_data_ptr(), narrow.data(), narrow.size() * sizeof(float));
  return tensor;
}

Tensor textures_of(const data::MeshFile& mesh, std::string_view path, bool surface,
                   int64_t resolution) {
  if (!surface) {
    base::require(!mesh.vertex_colours.empty(), path,
                  ": there are no vertex colours: not every vertex has 6 numbers");
    return rows_of(mesh.vertex_colours);
  }
  base::require(!mesh.materials.empty(), path, ": there are no textures: no face has a material");
  base::require(resolution < 1024, "load_obj: texture_res must be in 1 … 64, got ", resolution);
  const std::vector<float> texels = data::sample_textures(mesh, static_cast<int>(resolution));
  const auto faces = static_cast<int64_t>(mesh.faces.size() / 3);
  Tensor tensor = at::empty({faces, resolution * resolution, 3}, at::kFloat);
  std::memcpy(tensor.mutable_data_ptr(), texels.data(), texels.size() * sizeof(float));
  return tensor;
}

/// Into a cube of side 2 around 0: minus the least of each axis, over the largest of all, times 2,
/// minus half of the largest of each axis.
void normalise(Tensor& vertices, std::string_view path) {
  vertices -= std::get<0>(vertices.min(0));
  const Tensor largest = vertices.max();
  base::require(largest.item<float>() > 0, path,
                ": cannot be normalised: all vertices are the same point");
  vertices *= 2 / largest;
  vertices -= std::get<0>(vertices.max(0)) / 2;
}

std::tuple<Tensor, Tensor, std::optional<Tensor>> load_obj(std::string_view path,
                                                           bool normalization, bool load_texture,
                                                           int64_t texture_res,
                                                           std::string_view texture_type) {
  const bool surface = is_surface("load_obj", texture_type);
  const data::MeshFile mesh = data::read_mesh(path, load_texture && surface);
  Tensor vertices = rows_of(mesh.vertices);
  if (normalization) normalise(vertices, path);
  Tensor faces = at::empty({static_cast<int64_t>(mesh.faces.size() / 3), 3}, at::kLong);
  std::memcpy(faces.mutable_data_ptr(), mesh.faces.data(), mesh.faces.size() * sizeof(int64_t));
  std::optional<Tensor> textures;
  if (load_texture) textures = textures_of(mesh, path, surface, texture_res);
  return {vertices, faces, textures};
}

/// A tensor's numbers, without gradient.
template <class T>
std::vector<T> values_of(const Tensor& tensor, at::ScalarType type) {
  const Tensor plain = tensor.detach().to(at::kCPU, type).contiguous();
  const T* data = plain.const_data_ptr<T>();
  return {data, data + plain.numel()};
}

void save_obj(std::string_view path, const Tensor& vertices, const Tensor& faces,
              const std::optional<Tensor>& textures, std::string_view texture_type) {
  const bool surface = is_surface("save_obj", texture_type);
  TORCH_CHECK_VALUE(vertices.dim() == 2 && vertices.size(1) == 3,
                    "save_obj: vertices must be (V, 3), got ", vertices.sizes());
  TORCH_CHECK_VALUE(faces.dim() == 2 && faces.size(1) == 3, "save_obj: faces must be (F, 3), got ",
                    faces.sizes());
  data::MeshFile mesh;
  mesh.vertices = values_of<double>(vertices, at::kDouble);
  mesh.faces = values_of<int64_t>(faces, at::kLong);
  if (textures && surface) {
    TORCH_CHECK_VALUE(
        textures->dim() == 3 && textures->size(0) == faces.size(0) && textures->size(2) == 3,
        "save_obj: textures must be (", faces.size(0), ", R², 3), got ", textures->sizes());
    int64_t resolution = 1;
    while (resolution * resolution < textures->size(1)) ++resolution;
    TORCH_CHECK_VALUE(resolution * resolution == textures->size(1),
                      "save_obj: the number of texels must be a square, got ", textures->size(1));
    data::set_textures(mesh, values_of<float>(*textures, at::kFloat), static_cast<int>(resolution));
  } else if (textures) {
    TORCH_CHECK_VALUE(textures->sizes() == vertices.sizes(), "save_obj: textures must be (",
                      vertices.size(0), ", 3), got ", textures->sizes());
    mesh.vertex_colours = values_of<double>(*textures, at::kDouble);
  }
  data::write_mesh(path, mesh);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  library.def(
      "load_obj(str path, bool normalization, bool load_texture, int texture_res, str texture_type)"
      " -> (Tensor vertices, Tensor faces, Tensor? textures)",
      checked<&load_obj>);
  library.def(
      "save_obj(str path, Tensor vertices, Tensor faces, Tensor? textures, str texture_type) -> ()",
      checked<&save_obj>);
}

}  // namespace pliant
