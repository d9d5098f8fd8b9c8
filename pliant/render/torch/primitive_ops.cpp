// pliant/render/torch/primitive_ops.cpp — topology of meshes and simple meshes as tensors
#include <ATen/Functions.h>

#include <cstring>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "pliant/base/errors.h"
#include "pliant/base/torch/op.h"
#include "pliant/render/objects.h"
#include "pliant/render/primitives.h"
#include "pliant/render/shapes.h"
#include "pliant/render/topology.h"
#include "pliant/render/torch/checks.h"
#include "pliant/render/torch/mesh.h"

namespace pliant {
namespace {

using at::Tensor;

template <class Row>
Tensor table_of(const std::vector<Row>& rows, at::IntArrayRef shape) {
  Tensor table = at::empty(shape, at::kLong);
  if (!rows.empty()) std::memcpy(table.mutable_data_ptr(), rows.data(), rows.size() * sizeof(Row));
  return table;
}

std::tuple<Tensor, Tensor, Tensor, Tensor> topology_op(const Tensor& faces, int64_t vertices) {
  TORCH_CHECK_VALUE(faces.dim() == 2, "mesh_topology: faces must be (F, 3), got ", faces.sizes());
  TORCH_CHECK_VALUE(vertices >= 0, "mesh_topology: vertices must be >= 0, got ", vertices);
  const Tensor list = checked_faces("mesh_topology", faces.cpu(), 0);
  const render::Topology topology = render::make_topology(
      {list.const_data_ptr<int64_t>(), static_cast<std::size_t>(list.numel())},
      static_cast<std::size_t>(vertices));
  const auto count = [](const auto& rows) { return static_cast<int64_t>(rows.size()); };
  return {table_of(topology.edges, {count(topology.edges), 2}),
          table_of(topology.offsets, {count(topology.offsets)}),
          table_of(topology.neighbours, {count(topology.neighbours)}),
          table_of(topology.interior, {count(topology.interior), 4})};
}

std::tuple<Tensor, Tensor> tensors_of(const render::TriangleMesh& mesh) {
  Tensor vertices = at::empty({static_cast<int64_t>(mesh.vertices.size() / 3), 3}, at::kDouble);
  std::memcpy(vertices.mutable_data_ptr(), mesh.vertices.data(),
              mesh.vertices.size() * sizeof(double));
  return {vertices.to(at::kFloat),
          table_of(mesh.faces, {static_cast<int64_t>(mesh.faces.size() / 3), 3})};
}

int part_count(const char* name, int64_t value) {
  base::require(-1 <= value && value <= (1 << 20), name, ": a count must be in 0 … 2^20, got ",
                value);
  return static_cast<int>(value);
}

using Pair = std::tuple<Tensor, Tensor>;

Pair icosphere_op(int64_t level, double radius) {
  return tensors_of(render::icosphere(part_count("icosphere", level), radius));
}
Pair uv_sphere_op(int64_t rings, int64_t segments, double radius) {
  return tensors_of(
      render::uv_sphere(part_count("uv_sphere", rings), part_count("uv_sphere", segments), radius));
}
Pair box_op(double x, double y, double z) { return tensors_of(render::box({x, y, z})); }
Pair torus_op(double radius, double tube, int64_t segments, int64_t sides) {
  return tensors_of(
      render::torus(radius, tube, part_count("torus", segments), part_count("torus", sides)));
}
Pair cylinder_op(double radius, double height, int64_t segments) {
  return tensors_of(render::cylinder(radius, height, part_count("cylinder", segments)));
}
Pair make_object_op(std::string_view family) { return tensors_of(render::make_object(family)); }
Pair draw_object_op(std::string_view family, int64_t seed, int64_t index) {
  return tensors_of(render::draw_object(family, static_cast<std::uint64_t>(seed),
                                        static_cast<std::uint64_t>(index)));
}
std::vector<std::string> object_families_op() {
  const auto names = render::object_families();
  return {names.begin(), names.end()};
}
Pair plane_op(double side, int64_t divisions) {
  return tensors_of(render::plane(side, part_count("plane", divisions)));
}

std::vector<std::string> shape_families_op() {
  const auto names = render::shape_families();
  return {names.begin(), names.end()};
}

render::Shape drawn(std::string_view family, int64_t seed, int64_t index) {
  base::require(seed >= 0, "shape: seed must be >= 0, got ", seed);
  base::require(index >= 0, "shape: index must be >= 0, got ", index);
  return render::Shape::draw(family, static_cast<std::uint64_t>(seed),
                             static_cast<std::uint64_t>(index));
}

Pair shape_op(std::string_view family, int64_t seed, int64_t index, int64_t level) {
  return tensors_of(drawn(family, seed, index).mesh(part_count("shape", level)));
}

Tensor shape_voxels_op(std::string_view family, int64_t seed, int64_t index, int64_t size) {
  base::require(2 <= size && size <= 512, "shape_voxels: size must be in 2 … 512, got ", size);
  Tensor voxels = at::empty({size, size, size}, at::kByte);
  drawn(family, seed, index)
      .voxels(static_cast<std::size_t>(size), voxels.mutable_data_ptr<uint8_t>());
  return voxels;
}

}  // namespace

MeshTopology mesh_topology(const Tensor& faces, int64_t vertices) {
  auto [edges, offsets, neighbours, interior] = topology_op(faces, vertices);
  return {edges, offsets, neighbours, interior};
}

Mesh::Mesh(const render::TriangleMesh& mesh) {
  auto [vertices, faces] = tensors_of(mesh);
  *this = Mesh(vertices, faces);
}

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  library.def(
      "mesh_topology(Tensor faces, int vertices)"
      " -> (Tensor edges, Tensor offsets, Tensor neighbours, Tensor interior)",
      checked<&topology_op>);
  library.def("icosphere(int level, float radius) -> (Tensor, Tensor)", checked<&icosphere_op>);
  library.def("uv_sphere(int rings, int segments, float radius) -> (Tensor, Tensor)",
              checked<&uv_sphere_op>);
  library.def("box(float x, float y, float z) -> (Tensor, Tensor)", checked<&box_op>);
  library.def("torus(float radius, float tube, int segments, int sides) -> (Tensor, Tensor)",
              checked<&torus_op>);
  library.def("cylinder(float radius, float height, int segments) -> (Tensor, Tensor)",
              checked<&cylinder_op>);
  library.def("shape_families() -> str[]", &shape_families_op);
  library.def("shape(str family, int seed, int index, int level) -> (Tensor, Tensor)",
              checked<&shape_op>);
  library.def("shape_voxels(str family, int seed, int index, int size) -> Tensor",
              checked<&shape_voxels_op>);
  library.def("make_object(str family) -> (Tensor, Tensor)", checked<&make_object_op>);
  library.def("draw_object(str family, int seed, int index) -> (Tensor, Tensor)",
              checked<&draw_object_op>);
  library.def("object_families() -> str[]", &object_families_op);
  library.def("plane(float side, int divisions) -> (Tensor, Tensor)", checked<&plane_op>);
}

}  // namespace pliant
