// pliant/data/mesh_writer.cpp — Wavefront OBJ and MTL files written (no torch)
#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>

#include "pliant/base/errors.h"
#include "pliant/base/file.h"
#include "pliant/data/mesh_file.h"

namespace pliant::data {
namespace {

/// Appends a blank and the shortest decimal of a number, as float32 if it is one.
void append(std::string& text, double value) {
  std::array<char, 32> digits{};
  const auto narrow = static_cast<float>(value);
  const auto end = static_cast<double>(narrow) == value
                       ? std::to_chars(digits.begin(), digits.end(), narrow).ptr
                       : std::to_chars(digits.begin(), digits.end(), value).ptr;
  text.append(1, ' ').append(digits.data(), end);
}

void append_numbers(std::string& text, std::span<const double> values) {
  for (const double value : values) {
    base::require(std::abs(value) <= static_cast<double>(std::numeric_limits<float>::max()),
                  "write_mesh: coordinates and colours must be finite, got ", value);
    append(text, value);
  }
}

void check_range(const std::vector<std::int64_t>& indices, std::int64_t lowest, std::size_t count,
                 const char* name) {
  for (const std::int64_t index : indices) {
    base::require(lowest <= index && index < static_cast<std::int64_t>(count), "write_mesh: ", name,
                  " has the index ", index, "; there are ", count, ", counted from 0");
  }
}

void check(const MeshFile& mesh) {
  const std::size_t faces = mesh.faces.size() / 3;
  base::require(mesh.vertices.size() % 3 == 0 && mesh.faces.size() % 3 == 0 && faces > 0,
                "write_mesh: vertices must be (V, 3) and faces (F, 3), F > 0, got ",
                mesh.vertices.size(), " and ", mesh.faces.size(), " numbers");
  base::require(mesh.vertex_colours.empty() || mesh.vertex_colours.size() == mesh.vertices.size(),
                "write_mesh: vertex_colours must be as many as vertices");
  base::require(mesh.face_coordinates.empty() || mesh.face_coordinates.size() == mesh.faces.size(),
                "write_mesh: face_coordinates must be as many as faces");
  base::require(mesh.face_materials.empty() || mesh.face_materials.size() == faces,
                "write_mesh: face_materials must be as many as faces");
  check_range(mesh.faces, 0, mesh.vertices.size() / 3, "faces");
  check_range(mesh.face_coordinates, -1, mesh.coordinates.size() / 2, "face_coordinates");
  check_range(mesh.face_materials, -1, mesh.materials.size(), "face_materials");
}

void append_face(std::string& text, const MeshFile& mesh, std::size_t face) {
  text += "f";
  for (std::size_t corner = 3 * face; corner < 3 * face + 3; ++corner) {
    text += " " + std::to_string(mesh.faces[corner] + 1);
    if (!mesh.face_coordinates.empty() && mesh.face_coordinates[corner] >= 0)
      text += "/" + std::to_string(mesh.face_coordinates[corner] + 1);
  }
  text += "\n";
}

void write_text(const std::filesystem::path& path, const std::string& text) {
  const std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(text.data()),
                                            text.size());
  base::replace_file(path, std::array{bytes});
}

/// Writes the pictures of the materials and their .mtl file.
void write_library(const std::filesystem::path& path, const std::vector<Material>& materials) {
  std::string text;
  for (std::size_t i = 0; i < materials.size(); ++i) {
    const Material& material = materials[i];
    text += "newmtl " + material.name + "\nKd";
    append_numbers(text, material.colour);
    text += "\n";
    if (material.image.pixels.empty()) continue;
    const std::string picture = path.stem().string() + "_" + std::to_string(i) + ".png";
    write_png(path.parent_path() / picture, material.image);
    text += "map_Kd " + picture + "\n";
  }
  write_text(path, text);
}

}  // namespace

std::string obj_text(const MeshFile& mesh, std::string_view library) {
  check(mesh);
  std::string text;
  if (!library.empty()) text += "mtllib " + std::string(library) + "\n";
  for (std::size_t v = 0; v < mesh.vertices.size(); v += 3) {
    text += "v";
    append_numbers(text, std::span(mesh.vertices).subspan(v, 3));
    if (!mesh.vertex_colours.empty())
      append_numbers(text, std::span(mesh.vertex_colours).subspan(v, 3));
    text += "\n";
  }
  for (std::size_t i = 0; i < mesh.coordinates.size(); i += 2) {
    text += "vt";
    append_numbers(text, std::span(mesh.coordinates).subspan(i, 2));
    text += "\n";
  }
  std::int64_t material = -1;
  for (std::size_t f = 0; f < mesh.faces.size() / 3; ++f) {
    const std::int64_t own =
        library.empty() || mesh.face_materials.empty() ? -1 : mesh.face_materials[f];
    if (own >= 0 && own != material)
      text += "usemtl " + mesh.materials[static_cast<std::size_t>(own)].name + "\n";
    base::require(own >= 0 || material < 0,
                  "write_mesh: faces without a material must come before those with one");
    material = own;
    append_face(text, mesh, f);
  }
  return text;
}

void write_mesh(const std::filesystem::path& path, const MeshFile& mesh) {
  if (mesh.materials.empty()) {
    write_text(path, obj_text(mesh));
    return;
  }
  const std::filesystem::path library = std::filesystem::path(path).replace_extension(".mtl");
  const std::string text = obj_text(mesh, library.filename().string());
  write_library(library, mesh.materials);
  write_text(path, text);
}

}  // namespace pliant::data
