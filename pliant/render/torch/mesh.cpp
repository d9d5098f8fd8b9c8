// pliant/render/torch/mesh.cpp — triangle meshes on tensors: faces, normals, voxels, files
#include "pliant/render/torch/mesh.h"

#include <ATen/Functions.h>
#include <torch/library.h>

#include <optional>
#include <tuple>

#include "pliant/base/torch/find_op.h"
#include "pliant/base/torch/op.h"
#include "pliant/base/torch/transforms.h"
#include "pliant/render/torch/checks.h"

namespace pliant {
namespace {

using at::Tensor;

constexpr double kShortest = 1e-6;  ///< what normals are divided by at least

Tensor unit(const Tensor& a) {
  return a / at::linalg_vector_norm(a, 2, -1, /*keepdim=*/true).clamp_min(kShortest);
}

/// (v₁ − v₀) × (v₂ − v₀) of each face: (B, F, 3), twice as long as the face's area.
Tensor face_crosses(const Tensor& vertices, const Tensor& faces) {
  const Tensor corners = face_vertices(vertices, faces);
  const Tensor sides = corners.narrow(2, 1, 2) - corners.narrow(2, 0, 1);
  return at::linalg_cross(sides.select(2, 0), sides.select(2, 1), -1);
}

bool is_surface(std::string_view texture_type) {
  TORCH_CHECK_VALUE(texture_type == "surface" || texture_type == "vertex",
                    "Mesh: texture_type must be 'surface' or 'vertex', got '", texture_type, "'");
  return texture_type == "surface";
}

/// The smallest and largest index, checked by the values.
void check_face_range(const Tensor& faces, int64_t vertices) {
  const auto [low, high] = at::aminmax(faces);
  TORCH_CHECK_VALUE(low.item<int64_t>() >= 0 && high.item<int64_t>() < vertices,
                    "Mesh: faces must be in 0 … ", vertices - 1, " for ", vertices,
                    " vertices, got ", low.item<int64_t>(), " … ", high.item<int64_t>());
}

/// Vertices (B, V, 3) of (V, 3) or (B, V, 3).
Tensor batched_vertices(const Tensor& vertices) {
  check_real("Mesh", "vertices", vertices);
  TORCH_CHECK_VALUE((vertices.dim() == 2 || vertices.dim() == 3) && vertices.size(-1) == 3 &&
                        vertices.size(-2) > 0,
                    "Mesh: vertices must be (V, 3) or (B, V, 3), V > 0, got ", vertices.sizes());
  return vertices.dim() == 2 ? vertices.unsqueeze(0) : vertices;
}

/// Textures with their batch, checked, as Mesh holds them. An op, so that Python has the same.
Tensor mesh_textures(const Tensor& vertices, const Tensor& faces,
                     const std::optional<Tensor>& given, std::string_view texture_type) {
  const int64_t batch = vertices.size(0);
  const bool surface = is_surface(texture_type);
  if (!given) {
    return surface
               ? at::ones({1, 1, 1, 1}, vertices.options()).expand({batch, faces.size(-2), 1, 3})
               : at::ones({1, 1, 1}, vertices.options()).expand_as(vertices);
  }
  const int64_t dim = surface ? 4 : 3;
  const Tensor textures = given->dim() == dim - 1 ? given->unsqueeze(0) : *given;
  TORCH_CHECK_TYPE(at::isFloatingType(textures.scalar_type()),
                   "Mesh: textures must be floating-point, got ", textures.scalar_type());
  const int64_t count = surface ? faces.size(-2) : vertices.size(1);
  TORCH_CHECK_VALUE(textures.dim() == dim && (textures.size(0) == batch || textures.size(0) == 1) &&
                        textures.size(1) == count && textures.size(-1) == 3,
                    "Mesh: '", texture_type, "' textures must be (", count,
                    surface ? ", R², 3) or (" : ", 3) or (", batch, ", ", count,
                    surface ? ", R², 3)" : ", 3)", ", got ", given->sizes());
  if (surface) {
    int64_t side = 1;
    while (side * side < textures.size(2)) ++side;
    TORCH_CHECK_VALUE(side * side == textures.size(2),
                      "Mesh: a face must have R² texels, a square number, got ", textures.size(2));
  }
  if (textures.size(0) == batch) return textures;
  std::vector<int64_t> shape = textures.sizes().vec();
  shape[0] = batch;
  return textures.expand(shape);
}

/// Vertices with their batch, and faces as int64, both checked down to their values.
std::tuple<Tensor, Tensor> mesh_check(const Tensor& vertices, const Tensor& faces) {
  const Tensor points = batched_vertices(vertices);
  const Tensor list = checked_faces("Mesh", faces, points.size(0));
  TORCH_CHECK_VALUE(list.size(-2) > 0, "Mesh: there must be at least one face");
  if (points.numel() > 0) {
    TORCH_CHECK_VALUE(at::isfinite(points.detach()).all().item<bool>(),
                      "Mesh: vertices must be finite");
    check_face_range(list, points.size(1));
  }
  return {points, list};
}

std::optional<Tensor> given(const Tensor& tensor) {
  return tensor.defined() ? std::optional(tensor) : std::nullopt;
}

}  // namespace

Tensor surface_normals(const Tensor& vertices, const Tensor& faces) {
  return unit(face_crosses(vertices, faces));
}

Tensor vertex_normals(const Tensor& vertices, const Tensor& faces) {
  const Tensor crosses = face_crosses(vertices, faces).unsqueeze(2);
  const Tensor corners =
      crosses.expand_symint({crosses.sym_size(0), crosses.sym_size(1), 3, crosses.sym_size(3)});
  return unit(scatter_corners(corners, faces, vertices.size(1)));
}

Mesh::Mesh(const Tensor& vertices, const Tensor& faces, const Tensor& textures,
           std::string_view texture_type)
    : texture_type_(texture_type) {
  std::tie(vertices_, faces_) = mesh_check(vertices, faces);
  set_textures(textures);
}

void Mesh::set_textures(const Tensor& textures) {
  textures_ = mesh_textures(vertices_, faces_, given(textures), texture_type_);
}

Mesh Mesh::from_obj(std::string_view path, const LoadOptions& options) {
  using Loaded = std::tuple<Tensor, Tensor, std::optional<Tensor>>;
  static const auto load =
      op<Loaded(c10::string_view, bool, bool, int64_t, c10::string_view)>("pliant::load_obj");
  const auto [vertices, faces, textures] = load.call(
      path, options.normalization, options.load_texture, options.texture_res, options.texture_type);
  return {vertices, faces, textures.value_or(Tensor()), options.texture_type};
}

void Mesh::save_obj(std::string_view path, bool save_texture) const {
  TORCH_CHECK_VALUE(vertices_.size(0) == 1, "save_obj: a file holds one mesh, this is a batch of ",
                    vertices_.size(0));
  using Save = void(c10::string_view, const Tensor&, const Tensor&, const std::optional<Tensor>&,
                    c10::string_view);
  static const auto save = op<Save>("pliant::save_obj");
  save.call(path, vertices_[0], faces_.dim() == 2 ? faces_ : faces_[0],
            save_texture ? std::optional(textures_[0]) : std::nullopt, texture_type_);
}

Tensor Mesh::face_vertices() const { return pliant::face_vertices(vertices_, faces_); }

Tensor Mesh::face_textures() const {
  return texture_type_ == "surface" ? textures_ : pliant::face_vertices(textures_, faces_);
}

Tensor Mesh::surface_normals() const { return pliant::surface_normals(vertices_, faces_); }

Tensor Mesh::vertex_normals() const { return pliant::vertex_normals(vertices_, faces_); }

Tensor Mesh::voxelize(int64_t size) const {
  const double n = static_cast<double>(size);
  const Tensor corners = pliant::face_vertices(vertices_.detach(), faces_);
  return pliant::voxelize(corners * ((n - 1) / n) + 0.5, size);
}

Mesh Mesh::with_vertices(const Tensor& vertices) const {
  const Tensor points = batched_vertices(vertices);
  const int64_t batch = vertices_.size(0);
  TORCH_CHECK_VALUE(points.size(1) == vertices_.size(1) &&
                        (points.size(0) == batch || (batch == 1 && faces_.dim() == 2)),
                    "Mesh: vertices must be (", batch, ", ", vertices_.size(1), ", 3), got ",
                    vertices.sizes());
  Mesh mesh = *this;
  mesh.vertices_ = points;
  if (points.size(0) != batch) mesh.set_textures(textures_);
  return mesh;
}

Mesh Mesh::with_textures(const Tensor& textures) const {
  Mesh mesh = *this;
  mesh.set_textures(textures);
  return mesh;
}

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  define_composite(library, "surface_normals(Tensor vertices, Tensor faces) -> Tensor",
                   &surface_normals);
  define_composite(library, "vertex_normals(Tensor vertices, Tensor faces) -> Tensor",
                   &vertex_normals);
  library.def("mesh_check(Tensor vertices, Tensor faces) -> (Tensor, Tensor)", &mesh_check);
  define_composite(
      library,
      "mesh_textures(Tensor vertices, Tensor faces, Tensor? textures, str texture_type) -> Tensor",
      &mesh_textures);
}

}  // namespace pliant
