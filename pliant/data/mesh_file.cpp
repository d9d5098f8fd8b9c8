// pliant/data/mesh_file.cpp — Wavefront OBJ and MTL files read (no torch)
#include "pliant/data/mesh_file.h"

#include <algorithm>
#include <map>
#include <span>
#include <system_error>

#include "pliant/base/errors.h"
#include "pliant/base/file.h"
#include "pliant/data/words.h"

namespace pliant::data {
namespace {

/// Keywords of OBJ files that say nothing about triangles.
constexpr std::array<std::string_view, 34> kSkipped = {
    "vn",         "vp",        "g",        "o",        "s",    "l",      "p",
    "cstype",     "deg",       "bmat",     "step",     "curv", "curv2",  "surf",
    "parm",       "trim",      "hole",     "scrv",     "sp",   "end",    "con",
    "mg",         "bevel",     "c_interp", "d_interp", "lod",  "usemap", "maplib",
    "shadow_obj", "trace_obj", "ctech",    "stech",    "call", "csh"};

/// Reads one OBJ text.
class ObjReader {
 public:
  ObjReader(std::string_view text, std::string_view name) : lines_(text, name), name_(name) {}

  MeshFile read() {
    while (lines_.next()) read_line();
    base::require(!mesh_.vertices.empty(), name_, ": the mesh is empty: the file has no vertices");
    base::require(!mesh_.faces.empty(), name_, ": the mesh is empty: the file has no faces");
    check_indices(mesh_.faces, mesh_.vertices.size() / 3, 0, "vertex");
    check_indices(mesh_.face_coordinates, mesh_.coordinates.size() / 2, -1, "texture coordinate");
    if (mesh_.vertex_colours.size() != mesh_.vertices.size()) mesh_.vertex_colours.clear();
    return std::move(mesh_);
  }

  /// The .mtl files that the text names, each with its line.
  [[nodiscard]] const std::vector<std::pair<std::string, std::size_t>>& libraries() const {
    return libraries_;
  }
  /// The line that first uses a material.
  [[nodiscard]] std::size_t first_use(std::size_t material) const { return first_use_[material]; }

 private:
  void read_line() {
    const std::string_view keyword = lines_.keyword();
    if (keyword == "v") {
      read_vertex();
    } else if (keyword == "vt") {
      lines_.require(1 <= lines_.size() && lines_.size() <= 3,
                     "a texture coordinate has 1 to 3 numbers, got ", lines_.size());
      mesh_.coordinates.push_back(lines_.real(0));
      mesh_.coordinates.push_back(lines_.size() > 1 ? lines_.real(1) : 0);
    } else if (keyword == "f") {
      read_face();
    } else if (keyword == "usemtl") {
      lines_.require(lines_.size() > 0, "usemtl names no material");
      use(lines_.tail());
    } else if (keyword == "mtllib") {
      lines_.require(lines_.size() > 0, "mtllib names no file");
      libraries_.emplace_back(lines_.tail(), lines_.number());
    } else {
      lines_.require(std::ranges::find(kSkipped, keyword) != kSkipped.end(), "'", keyword,
                     "' is no keyword of OBJ files");
    }
  }

  void read_vertex() {
    const std::size_t count = lines_.size();
    lines_.require(count == 3 || count == 4 || count == 6,
                   "a vertex has 3 numbers, 4 with a weight or 6 with a colour, got ", count);
    for (std::size_t i = 0; i < 3; ++i) mesh_.vertices.push_back(lines_.real(i));
    for (std::size_t i = 3; i < count; ++i) {
      const double value = lines_.real(i);
      if (count == 6) mesh_.vertex_colours.push_back(value);
    }
  }

  void read_face() {
    const std::size_t count = lines_.size();
    lines_.require(count >= 3, "a face has at least 3 vertices, got ", count);
    std::vector<std::array<std::int64_t, 2>> corners;
    for (std::size_t i = 0; i < count; ++i) corners.push_back(read_corner(lines_[i]));
    for (std::size_t i = 1; i + 1 < count; ++i) {
      for (const auto& [vertex, coordinate] : {corners[0], corners[i], corners[i + 1]}) {
        mesh_.faces.push_back(vertex);
        mesh_.face_coordinates.push_back(coordinate);
      }
      mesh_.face_materials.push_back(material_);
      face_lines_.push_back(lines_.number());
    }
  }

  /// vertex, vertex/coordinate, vertex//normal or vertex/coordinate/normal.
  std::array<std::int64_t, 2> read_corner(std::string_view word) {
    const std::string_view whole = word;
    std::array<std::int64_t, 2> corner = {0, -1};
    for (std::size_t part = 0; part < 3; ++part) {
      const std::size_t end = std::min(word.find('/'), word.size());
      const std::string_view digits = word.substr(0, end);
      if (part == 1 && digits.empty() && end < word.size()) {  // vertex//normal
        word.remove_prefix(end + 1);
        continue;
      }
      std::int64_t index = 0;
      const auto [last, error] =
          std::from_chars(digits.data(), digits.data() + digits.size(), index);
      lines_.require(error == std::errc{} && last == digits.data() + digits.size() && index != 0,
                     "'", whole, "' is no corner of a face: indices are whole numbers but 0");
      if (part < 2) corner[part] = absolute(index, part);
      if (end == word.size()) return corner;
      word.remove_prefix(end + 1);
    }
    lines_.require(false, "'", whole, "' is no corner of a face: it has more than 3 parts");
    return corner;
  }

  /// An index of the file, from 1 or back from the end, as one from 0.
  [[nodiscard]] std::int64_t absolute(std::int64_t index, std::size_t part) const {
    if (index > 0) return index - 1;
    const auto have = static_cast<std::int64_t>(part == 0 ? mesh_.vertices.size() / 3
                                                          : mesh_.coordinates.size() / 2);
    lines_.require(-index <= have, "there is no ", part == 0 ? "vertex " : "texture coordinate ",
                   index, ": only ", have, " come before");
    return have + index;
  }

  void check_indices(const std::vector<std::int64_t>& indices, std::size_t count,
                     std::int64_t lowest, const char* what) const {
    for (std::size_t i = 0; i < indices.size(); ++i) {
      base::require(lowest <= indices[i] && indices[i] < static_cast<std::int64_t>(count), name_,
                    ": line ", face_lines_[i / 3], ": there is no ", what, " ", indices[i] + 1,
                    ": the file has ", count);
    }
  }

  void use(const std::string& material) {
    const auto [at, fresh] =
        numbers_.try_emplace(material, static_cast<std::int64_t>(mesh_.materials.size()));
    if (fresh) {
      mesh_.materials.emplace_back().name = material;
      first_use_.push_back(lines_.number());
    }
    material_ = at->second;
  }

  WordLines lines_;
  std::string_view name_;
  MeshFile mesh_;
  std::vector<std::size_t> face_lines_;
  std::int64_t material_ = -1;
  std::map<std::string, std::int64_t> numbers_;
  std::vector<std::size_t> first_use_;
  std::vector<std::pair<std::string, std::size_t>> libraries_;
};

std::string text_of(const std::filesystem::path& path) {
  const std::vector<std::uint8_t> bytes = base::read_file(path);
  return {bytes.begin(), bytes.end()};
}

/// Files come from systems where folders are separated by a backslash.
std::filesystem::path beside(const std::filesystem::path& file, std::string name) {
  std::ranges::replace(name, '\\', '/');
  return file.parent_path() / name;
}

/// The materials of the .mtl files that one line names: one name with blanks, or several.
std::vector<Material> read_library(const std::filesystem::path& obj, const std::string& names,
                                   std::size_t line) {
  std::vector<std::filesystem::path> files = {beside(obj, names)};
  if (!std::filesystem::exists(files[0])) {
    files.clear();
    const std::string text = "mtllib " + names;
    WordLines words(text, names);
    words.next();
    for (std::size_t i = 0; i < words.size(); ++i)
      files.push_back(beside(obj, std::string(words[i])));
  }
  std::vector<Material> materials;
  for (const std::filesystem::path& file : files) {
    base::require(std::filesystem::exists(file), obj.string(), ": line ", line,
                  ": there is no file ", file.string());
    for (Material& material : parse_mtl(text_of(file), file.string())) {
      if (!material.picture.empty()) {
        const std::filesystem::path picture = beside(file, material.picture);
        base::require(std::filesystem::exists(picture), file.string(), ": the texture of '",
                      material.name, "' is missing: there is no file ", picture.string());
        material.image = read_image(picture);
      }
      materials.push_back(std::move(material));
    }
  }
  return materials;
}

}  // namespace

MeshFile parse_obj(std::string_view text, std::string_view name) {
  return ObjReader(text, name).read();
}

MeshFile read_mesh(const std::filesystem::path& path, bool materials) {
  const std::string text = text_of(path);
  const std::string name = path.string();
  ObjReader reader(text, name);
  MeshFile mesh = reader.read();
  if (!materials) return mesh;
  std::map<std::string, Material> known;
  for (const auto& [names, line] : reader.libraries()) {
    for (Material& material : read_library(path, names, line))
      known.insert_or_assign(material.name, std::move(material));
  }
  for (std::size_t i = 0; i < mesh.materials.size(); ++i) {
    const auto found = known.find(mesh.materials[i].name);
    base::require(found != known.end(), name, ": line ", reader.first_use(i),
                  ": no .mtl file has the material '", mesh.materials[i].name, "'");
    mesh.materials[i] = found->second;
  }
  return mesh;
}

std::vector<Material> parse_mtl(std::string_view text, std::string_view name) {
  std::vector<Material> materials;
  WordLines lines(text, name);
  while (lines.next()) {
    const std::string_view keyword = lines.keyword();
    if (keyword == "newmtl") {
      lines.require(lines.size() > 0, "newmtl names no material");
      materials.emplace_back().name = lines.tail();
    } else if (keyword == "Kd" || keyword == "map_Kd") {
      lines.require(!materials.empty(), keyword, " before the first newmtl");
      if (keyword == "map_Kd") {
        lines.require(lines.size() > 0 && !lines[0].starts_with('-'),
                      "map_Kd must be followed by the name of a picture, without options");
        materials.back().picture = lines.tail();
      } else {
        lines.require(lines.size() == 1 || lines.size() == 3, "Kd has 3 numbers, got ",
                      lines.size());
        for (std::size_t k = 0; k < 3; ++k)
          materials.back().colour[k] = lines.real(lines.size() == 1 ? 0 : k);
      }
    }
  }
  return materials;
}

}  // namespace pliant::data
