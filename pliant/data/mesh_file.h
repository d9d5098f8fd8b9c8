// pliant/data/mesh_file.h — triangle meshes as Wavefront OBJ files, with materials (no torch)
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "pliant/data/image_file.h"

namespace pliant::data {

/// A material of a mesh: a colour, and a picture that takes its place.
struct Material {
  std::string name;
  std::array<double, 3> colour = {1, 1, 1};  ///< Kd: red, green, blue
  std::string picture;                       ///< map_Kd, relative to the .mtl file; empty: none
  Image image;                               ///< the picture, empty unless read
};

/// A mesh of triangles, as a file holds it.
struct MeshFile {
  std::vector<double> vertices;        ///< (V, 3)
  std::vector<double> vertex_colours;  ///< (V, 3), or empty unless every vertex has one
  std::vector<std::int64_t> faces;     ///< (F, 3) in 0 … V − 1
  std::vector<double> coordinates;     ///< (T, 2): texture coordinates; (0, 0) is bottom left
  std::vector<std::int64_t> face_coordinates;  ///< (F, 3) in 0 … T − 1, or −1: none
  std::vector<std::int64_t> face_materials;    ///< (F), an entry of materials, or −1: none
  std::vector<Material> materials;
};

/// Reads an OBJ file and its .mtl files and pictures. Polygons become fans of triangles; indices
/// may be negative, as counted back from the line; normals, groups, lines, points and curves are
/// skipped.
/// @param materials  whether to read the .mtl files and pictures that it names
/// @throws std::invalid_argument that names the file and the line: a keyword or number that is
/// none,
///         a coordinate that float32 cannot hold, a face of fewer than 3 vertices or with an index
///         that is not there, a material that no .mtl file has, a damaged picture; or the file, if
///         it has no faces, or a .mtl file or picture that it names is not there
/// @throws std::system_error if it cannot be read
MeshFile read_mesh(const std::filesystem::path& path, bool materials = true);

/// The same from memory, without materials: face_materials number the names of `usemtl` in the
/// order they come, which stand in materials.
/// @param name  what error texts call it
MeshFile parse_obj(std::string_view text, std::string_view name);

/// The materials of a .mtl file, pictures not read. All keywords but newmtl, Kd and map_Kd are
/// skipped; map_Kd takes no options.
/// @throws std::invalid_argument that names the file and the line
std::vector<Material> parse_mtl(std::string_view text, std::string_view name);

/// The text of an OBJ file. Numbers are the shortest that are read back as the same
/// float32, or float64 where they are no float32.
/// @param library  the .mtl file it names; empty: none, and no materials
/// @throws std::invalid_argument if the parts of the mesh do not fit together
std::string obj_text(const MeshFile& mesh, std::string_view library = {});

/// Writes mesh.obj, and if it has materials mesh.mtl and a PNG file for each picture, by replacing
/// each file as a whole.
/// @param path  of the .obj file; the others lie beside it
/// @throws std::invalid_argument as obj_text   @throws std::system_error if it cannot be written
void write_mesh(const std::filesystem::path& path, const MeshFile& mesh);

}  // namespace pliant::data
