// pliant/render/torch/mesh.h — triangle meshes on tensors: faces, normals, voxels, files
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pliant/render/primitives.h"

namespace pliant {

// In all of this header vertices are (B, V, 3), float32 or float64, and faces (F, 3), one list for
// all of the batch, or (B, F, 3), int32 or int64. A vertex that is not in 0 … V − 1 is an error
// that names it; c10::ValueError and c10::TypeError name the argument.

/// Values (B, V, C) of vertices at the corners of faces: (B, F, 3, C). Gradient: values, twice.
at::Tensor face_vertices(const at::Tensor& values, const at::Tensor& faces);

/// Sums of values (B, F, 3, C) at the corners of faces for each of V vertices: (B, V, C), the same
/// bits for any number of threads. Gradient: corners, twice.
at::Tensor scatter_corners(const at::Tensor& corners, const at::Tensor& faces, int64_t vertices);

/// Unit normals (B, F, 3) that point outwards where faces are counter-clockwise seen from outside:
/// (v₁ − v₀) × (v₂ − v₀) over max(its length, 1e-6), so that of a face without area is short or 0.
at::Tensor surface_normals(const at::Tensor& vertices, const at::Tensor& faces);

/// Unit normals (B, V, 3): sums of the cross products of the faces around, so weighted by area,
/// over max(length, 1e-6). 0 for a vertex of no face.
at::Tensor vertex_normals(const at::Tensor& vertices, const at::Tensor& faces);

/// Solid voxels uint8 (B, n, n, n) of faces (B, F, 3, 3) in the unit cube (pliant/render/voxels.h).
/// There is no gradient: asking for one is an error.
at::Tensor voxelize(const at::Tensor& face_vertices, int64_t size = 32);

/// What is next to what in a mesh (pliant/render/topology.h), int64: edges (E, 2), the rows of
/// neighbours by offsets (V + 1) and neighbours (2 E), interior edges with opposites (I, 4).
struct MeshTopology {
  at::Tensor edges, offsets, neighbours, interior;
};
/// @param faces  (F, 3)
MeshTopology mesh_topology(const at::Tensor& faces, int64_t vertices);

/// How meshes are read.
struct LoadOptions {
  bool normalization = false;  ///< into a cube of side 2 around 0
  bool load_texture = false;
  int64_t texture_res = 1;               ///< R: R² texels a face
  std::string texture_type = "surface";  ///< or "vertex": the vertices' own colours
};

/// A batch of meshes with the same number of vertices and faces.
class Mesh {
 public:
  /// Checks everything, coordinates to be finite and faces to be in range included.
  /// @param vertices  (V, 3) or (B, V, 3)   @param faces  (F, 3) or (B, F, 3), F > 0
  /// @param textures  in [0, 1]: for "surface" (F, R², 3) or (B, F, R², 3), for "vertex" (V, 3) or
  ///                  (B, V, 3); undefined: white
  Mesh(const at::Tensor& vertices, const at::Tensor& faces, const at::Tensor& textures = {},
       std::string_view texture_type = "surface");
  /// A mesh of pliant/render/primitives.h, float32.
  explicit Mesh(const render::TriangleMesh& mesh);
  /// Reads an OBJ file (pliant/data/mesh_file.h).
  static Mesh from_obj(std::string_view path, const LoadOptions& options = {});
  /// Writes an OBJ file of a batch of one, with its textures or without.
  void save_obj(std::string_view path, bool save_texture = false) const;

  [[nodiscard]] const at::Tensor& vertices() const { return vertices_; }  ///< (B, V, 3)
  [[nodiscard]] const at::Tensor& faces() const { return faces_; }  ///< int64 (F, 3) or (B, F, 3)
  [[nodiscard]] const at::Tensor& textures() const { return textures_; }
  [[nodiscard]] const std::string& texture_type() const { return texture_type_; }

  [[nodiscard]] at::Tensor face_vertices() const;  ///< (B, F, 3, 3)
  [[nodiscard]] at::Tensor face_textures() const;  ///< (B, F, R², 3), or (B, F, 3, 3) of vertices
  [[nodiscard]] at::Tensor surface_normals() const;  ///< (B, F, 3)
  [[nodiscard]] at::Tensor vertex_normals() const;   ///< (B, V, 3)
  /// Of coordinates · (n − 1)/n + ½: objects of [−½, ½] fill the grid.
  [[nodiscard]] at::Tensor voxelize(int64_t size = 32) const;

  /// The same mesh with other vertices or textures, of which only the shape is checked: what a step
  /// of an optimisation calls.   @param vertices  (V, 3) or (B, V, 3), B as now or now 1
  [[nodiscard]] Mesh with_vertices(const at::Tensor& vertices) const;
  [[nodiscard]] Mesh with_textures(const at::Tensor& textures) const;

 private:
  Mesh() = default;
  void set_textures(const at::Tensor& textures);

  at::Tensor vertices_, faces_, textures_;
  std::string texture_type_ = "surface";
};

}  // namespace pliant
