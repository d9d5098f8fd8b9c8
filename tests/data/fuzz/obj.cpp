// tests/data/fuzz/obj.cpp — any bytes as an OBJ file
#include "tests/data/fuzz/obj.h"

#include <cmath>
#include <stdexcept>

#include "pliant/data/mesh_file.h"

namespace pliant::data {
namespace {

void require(bool ok, const char* what) {
  if (!ok) throw std::domain_error(what);
}

void check_indices(const std::vector<std::int64_t>& indices, std::int64_t lowest, std::size_t end) {
  for (const std::int64_t index : indices)
    require(lowest <= index && index < static_cast<std::int64_t>(end), "an index is out of range");
}

void check_numbers(const std::vector<double>& numbers) {
  for (const double number : numbers)
    require(std::isfinite(static_cast<float>(number)), "a number is not finite");
}

void check(const MeshFile& mesh) {
  const std::size_t faces = mesh.faces.size() / 3;
  require(faces > 0 && mesh.faces.size() == 3 * faces, "faces are not (F, 3)");
  require(mesh.vertices.size() % 3 == 0, "vertices are not (V, 3)");
  require(mesh.vertex_colours.empty() || mesh.vertex_colours.size() == mesh.vertices.size(),
          "vertex colours are not (V, 3)");
  require(mesh.coordinates.size() % 2 == 0, "texture coordinates are not (T, 2)");
  require(mesh.face_coordinates.size() == mesh.faces.size() && mesh.face_materials.size() == faces,
          "not every face has coordinates and a material");
  check_indices(mesh.faces, 0, mesh.vertices.size() / 3);
  check_indices(mesh.face_coordinates, -1, mesh.coordinates.size() / 2);
  check_indices(mesh.face_materials, -1, mesh.materials.size());
  check_numbers(mesh.vertices);
  check_numbers(mesh.vertex_colours);
  check_numbers(mesh.coordinates);
}

std::vector<float> narrow(const std::vector<double>& numbers) {
  return {numbers.begin(), numbers.end()};
}

std::string material_name(const MeshFile& mesh, std::size_t face) {
  const std::int64_t material = mesh.face_materials[face];
  return material < 0 ? "" : mesh.materials[static_cast<std::size_t>(material)].name;
}

void check_same(const MeshFile& mesh, const MeshFile& again) {
  require(narrow(again.vertices) == narrow(mesh.vertices) && again.faces == mesh.faces,
          "the mesh that was written is another");
  require(narrow(again.vertex_colours) == narrow(mesh.vertex_colours),
          "the colours that were written are others");
  require(narrow(again.coordinates) == narrow(mesh.coordinates) &&
              again.face_coordinates == mesh.face_coordinates,
          "the texture coordinates that were written are others");
  for (std::size_t f = 0; f < mesh.face_materials.size(); ++f)
    require(material_name(mesh, f) == material_name(again, f), "a face has another material");
}

}  // namespace

void fuzz_obj(std::span<const std::uint8_t> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  try {
    parse_mtl(text, "f");
  } catch (const std::invalid_argument&) {
  }
  MeshFile mesh;
  try {
    mesh = parse_obj(text, "f");
  } catch (const std::invalid_argument&) {
    return;
  }
  try {
    check(mesh);
    const std::string written = obj_text(mesh, "f.mtl");
    const MeshFile again = parse_obj(written, "again");
    check_same(mesh, again);
    require(obj_text(again, "f.mtl") == written, "written again, the text is another");
  } catch (const std::invalid_argument& error) {
    throw std::domain_error(error.what());
  }
}

std::vector<std::string> small_meshes() {
  return {"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n",
          "mtllib a.mtl\nv 0 0 0 1\nv 1 0 0\nv 1.5e-1 1 0\nv +0 1 -.5\nvt 0 1\nvt 1\nvt 0 .5 0\n"
          "vn 0 0 1\no part\ng all\ns off\nf 1 2 3\nusemtl red\nf 1/1 2/2 3/3 4/1\n"
          "usemtl a \\\nb\nf -4//1 -3//1 -2//1 # a comment\nusemtl red\nf 1/-3/1 2/-2/1 3/-1/1\n",
          "v 0 0 0 1 0 0\nv 1 0 0 .5 0 0\r\nv 0 1 0 0 0 1\n\tf 1 2 3\nl 1 2\n",
          "# colours\nnewmtl red\nKd 1 0 0\nillum 1\nnewmtl a b\nKd 0.5\nmap_Kd a b.png\n"};
}

}  // namespace pliant::data
