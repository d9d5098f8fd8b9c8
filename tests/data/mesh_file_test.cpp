// tests/data/mesh_file_test.cpp — OBJ and MTL files: read, written, wrong, damaged
#include "pliant/data/mesh_file.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "pliant/base/random.h"
#include "tests/data/fuzz/obj.h"
#include "tests/data/scratch_folder.h"

namespace pliant::data {
namespace {

using Indices = std::vector<std::int64_t>;

const std::string kPoints = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\n";

void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path) << text;
}

TEST_CASE("polygons become fans, indices may count back") {
  CHECK(parse_obj(kPoints + "f 1 2 3 4\n", "x").faces == Indices{0, 1, 2, 0, 2, 3});
  CHECK(parse_obj(kPoints + "f -4 -3 -2\nv 5 5 5\nf -1 1 2\n", "x").faces ==
        Indices{0, 1, 2, 4, 0, 1});
  CHECK(parse_obj("f 1 2 3\n" + kPoints, "x").faces == Indices{0, 1, 2});
}

TEST_CASE("corners have texture coordinates or not, normals are skipped") {
  const MeshFile mesh =
      parse_obj(kPoints + "vt 0 0\nvt 1 0\nvt 1 1\nvn 0 0 1\nf 1/1 2/2/1 3//1\nf 1 3/-1 4\n", "x");
  CHECK(mesh.coordinates == std::vector<double>{0, 0, 1, 0, 1, 1});
  CHECK(mesh.face_coordinates == Indices{0, 1, -1, -1, 2, -1});
}

TEST_CASE("numbers are read to the last bit") {
  const MeshFile mesh = parse_obj("v 0.1 -1e-3 +2.5\nv 1e-400 .5 5.\nv 0 0 0\nf 1 2 3", "x");
  CHECK(mesh.vertices == std::vector<double>{0.1, -1e-3, 2.5, 0, 0.5, 5, 0, 0, 0});
}

TEST_CASE("vertices have colours if all of them have") {
  const std::string colours = "v 0 0 0 1 0 0\nv 1 0 0 0 1 0\n";
  CHECK(parse_obj(colours + "v 0 1 0 0 0 1\nf 1 2 3\n", "x").vertex_colours ==
        std::vector<double>{1, 0, 0, 0, 1, 0, 0, 0, 1});
  CHECK(parse_obj(colours + "v 0 1 0\nf 1 2 3\n", "x").vertex_colours.empty());
}

TEST_CASE("materials are those of usemtl, from the .mtl file beside") {
  const tests::ScratchFolder folder;
  std::filesystem::create_directory(folder / "textures");
  write_png(folder / "textures/a b.png", {2, 1, 3, {255, 0, 0, 0, 0, 255}});
  write(folder / "m.mtl",
        "newmtl red\nKd 1 0 0.25\nnewmtl picture\nmap_Kd textures\\a b.png\nnewmtl unused\n");
  write(folder / "m.obj", "mtllib m.mtl\n" + kPoints +
                              "f 1 2 3\nusemtl picture\nf 1 2 3\nusemtl red\nf 1 2 3\n"
                              "usemtl picture\nf 1 2 3\n");
  const MeshFile mesh = read_mesh(folder / "m.obj");
  CHECK(mesh.face_materials == Indices{-1, 0, 1, 0});
  REQUIRE(mesh.materials.size() == 2);
  CHECK(mesh.materials[0].image.pixels == std::vector<std::uint8_t>{255, 0, 0, 0, 0, 255});
  CHECK(mesh.materials[1].colour == std::array{1.0, 0.0, 0.25});
  CHECK(read_mesh(folder / "m.obj", false).materials[0].image.pixels.empty());
}

TEST_CASE("a line may name several .mtl files, or one with a blank in its name") {
  const tests::ScratchFolder folder;
  write(folder / "a.mtl", "newmtl a\nKd 0.5 0 0\n");
  write(folder / "b.mtl", "newmtl b\nKd 0 0.5 0\n");
  const std::string faces = kPoints + "usemtl a\nf 1 2 3\nusemtl b\nf 1 2 3\n";
  write(folder / "m.obj", "mtllib a.mtl b.mtl\n" + faces);
  CHECK(read_mesh(folder / "m.obj").materials[1].colour[1] == 0.5);
  write(folder / "a b.mtl", "newmtl a\nKd 0.25 0 0\nnewmtl b\n");
  write(folder / "m.obj", "mtllib a b.mtl\n" + faces);
  CHECK(read_mesh(folder / "m.obj").materials[0].colour[0] == 0.25);
}

TEST_CASE("what is missing is named") {
  const tests::ScratchFolder folder;
  const std::string file = (folder / "m.obj").string();
  const auto refused = [&](const std::string& text) {
    write(file, text + kPoints + "usemtl red\nf 1 2 3\n");
    read_mesh(file);
  };
  CHECK_THROWS_WITH_AS(refused("mtllib m.mtl\n"),
                       (file + ": line 1: there is no file " + (folder / "m.mtl").string()).c_str(),
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(refused(""),
                       (file + ": line 5: no .mtl file has the material 'red'").c_str(),
                       std::invalid_argument);
  write(folder / "m.mtl", "newmtl red\nmap_Kd red.png\n");
  CHECK_THROWS_WITH_AS(
      refused("mtllib m.mtl\n"),
      ((folder / "m.mtl").string() + ": the texture of 'red' is missing: there is no file " +
       (folder / "red.png").string())
          .c_str(),
      std::invalid_argument);
  write(folder / "red.png", "no picture");
  CHECK_THROWS_WITH_AS(refused("mtllib m.mtl\n"),
                       doctest::Contains("red.png: not a PNG or JPEG picture"),
                       std::invalid_argument);
  CHECK_NOTHROW(read_mesh(file, false));
  CHECK_THROWS_AS(read_mesh(folder / "other.obj"), std::system_error);
}

TEST_CASE("a malformed line is named with its file") {
  const auto refused = [](const std::string& lines, const std::string& error) {
    const std::string text = kPoints + lines;
    CHECK_THROWS_WITH_AS(parse_obj(text, "x.obj"), ("x.obj: " + error).c_str(),
                         std::invalid_argument);
  };
  refused("v 0 0 nan\n", "line 5: expected a finite number, got 'nan'");
  refused("v 0 0 -inf\n", "line 5: expected a finite number, got '-inf'");
  refused("v 0 0 1e39\n", "line 5: expected a finite number, got '1e39'");
  refused("v 0 0 1e999\n", "line 5: expected a finite number, got '1e999'");
  refused("v 0 0 1x\n", "line 5: expected a finite number, got '1x'");
  refused("v 0 0\n", "line 5: a vertex has 3 numbers, 4 with a weight or 6 with a colour, got 2");
  refused("vt\n", "line 5: a texture coordinate has 1 to 3 numbers, got 0");
  refused("f 1 2\n", "line 5: a face has at least 3 vertices, got 2");
  refused("f 1 2 0\n", "line 5: '0' is no corner of a face: indices are whole numbers but 0");
  refused("f 1 2 3.5\n", "line 5: '3.5' is no corner of a face: indices are whole numbers but 0");
  refused("f 1 2 3/\n", "line 5: '3/' is no corner of a face: indices are whole numbers but 0");
  refused("f 1 2 3/1/1/1\n", "line 5: '3/1/1/1' is no corner of a face: it has more than 3 parts");
  refused("f 1 2 99999999999999999999\n",
          "line 5: '99999999999999999999' is no corner of a face: indices are whole numbers but 0");
  refused("f 1 2 3\nf 1 2 5\n", "line 6: there is no vertex 5: the file has 4");
  refused("f 1 2 -5\n", "line 5: there is no vertex -5: only 4 come before");
  refused("f 1/1 2 3\n", "line 5: there is no texture coordinate 1: the file has 0");
  refused("usemtl\n", "line 5: usemtl names no material");
  refused("mtllib\n", "line 5: mtllib names no file");
  refused("w 1 2\n", "line 5: 'w' is no keyword of OBJ files");
  refused("\\\nf 1 2\n", "line 5: a face has at least 3 vertices, got 2");
  refused("", "the mesh is empty: the file has no faces");
  CHECK_THROWS_WITH(parse_obj("# nothing\n", "x"),
                    "x: the mesh is empty: the file has no vertices");
  const auto mtl = [](const std::string& text) { return parse_mtl(text, "x.mtl"); };
  CHECK_THROWS_WITH(mtl("Kd 1 1 1\n"), "x.mtl: line 1: Kd before the first newmtl");
  CHECK_THROWS_WITH(mtl("newmtl a\nKd 1 1\n"), "x.mtl: line 2: Kd has 3 numbers, got 2");
  CHECK_THROWS_WITH(mtl("newmtl a\nmap_Kd -s 2 a.png\n"),
                    "x.mtl: line 2: map_Kd must be followed by the name of a picture, without "
                    "options");
}

TEST_CASE("a written mesh is read back") {
  const tests::ScratchFolder folder;
  MeshFile mesh = parse_obj(kPoints + "vt 0 0.1\nvt 1 0\nf 1/1 2/2 3\nf 1 2 4\n", "x");
  mesh.vertices[0] = 0.1F;
  write_mesh(folder / "plain.obj", mesh);
  MeshFile again = read_mesh(folder / "plain.obj");
  CHECK(static_cast<float>(again.vertices[0]) == 0.1F);
  CHECK(again.faces == mesh.faces);
  CHECK(again.face_coordinates == mesh.face_coordinates);
  mesh.face_materials = {-1, 0};
  mesh.materials.resize(1);
  mesh.materials[0] = {"grey", {0.5, 0.5, 0.5}, {}, {1, 1, 3, {1, 2, 3}}};
  write_mesh(folder / "grey.obj", mesh);
  again = read_mesh(folder / "grey.obj");
  CHECK(again.face_materials == mesh.face_materials);
  CHECK(again.materials[0].colour == mesh.materials[0].colour);
  CHECK(again.materials[0].image.pixels == mesh.materials[0].image.pixels);
}

TEST_CASE("what cannot be written is refused") {
  MeshFile mesh = parse_obj(kPoints + "f 1 2 3\n", "x");
  mesh.faces[0] = 4;
  CHECK_THROWS_WITH(obj_text(mesh),
                    "write_mesh: faces has the index 4; there are 4, counted from 0");
  mesh.faces[0] = 0;
  mesh.vertices[0] = std::nan("");
  CHECK_THROWS_WITH(obj_text(mesh), "write_mesh: coordinates and colours must be finite, got nan");
}

TEST_CASE("the published meshes have their sizes") {
  const char* root = std::getenv("PLIANT_DATA");
  if (root == nullptr) {
    MESSAGE("skipped: PLIANT_DATA is not set");
    return;
  }
  const std::vector<std::tuple<const char*, std::size_t, std::size_t>> meshes = {
      {"sphere_642", 642, 1280}, {"sphere_1352", 1352, 2700}, {"airplane", 1352, 2700},
      {"chair_1", 642, 1280},    {"chair_2", 642, 1280},      {"teapot", 1292, 2464},
      {"cow", 2930, 5856}};
  for (const auto& [name, vertices, faces] : meshes) {
    const MeshFile mesh =
        read_mesh(std::filesystem::path(root) / "meshes" / (std::string(name) + ".obj"), false);
    CHECK(mesh.vertices.size() == 3 * vertices);
    CHECK(mesh.faces.size() == 3 * faces);
  }
}

TEST_CASE("a damaged OBJ file is refused or a mesh") {
  base::Random random(1, 0, 0);
  const std::vector<std::string> files = small_meshes();
  const auto entry = [](const std::string& text) {
    fuzz_obj({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  };
  for (const std::string& file : files) {
    for (std::size_t size = 0; size <= file.size(); ++size) entry(file.substr(0, size));
    for (std::size_t at = 0; at < file.size(); ++at) {
      std::string spoilt = file;
      for (int flip = 1; flip < 256; flip += 7) {
        spoilt[at] = static_cast<char>(file[at] ^ flip);
        entry(spoilt);
      }
    }
  }
  for (int round = 0; round < 5000; ++round) {
    const auto part = [&] {
      const std::string& file = files[random.below(static_cast<std::uint32_t>(files.size()))];
      return file.substr(random.below(static_cast<std::uint32_t>(file.size())));
    };
    entry(files[0] + part() + part());
  }
}

}  // namespace
}  // namespace pliant::data
