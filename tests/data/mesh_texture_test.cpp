// tests/data/mesh_texture_test.cpp — texels of faces from pictures, and pictures of texels
#include "pliant/data/mesh_texture.h"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include "pliant/base/random.h"

namespace pliant::data {
namespace {

/// One face over the whole picture: w₀ goes right, w₁ up.
MeshFile face(const Image& image, double left = 0, double bottom = 0) {
  MeshFile mesh = parse_obj("v 1 0 0\nv 0 1 0\nv 0 0 0\nusemtl a\nf 1 2 3\n", "x");
  mesh.coordinates = {left + 1, bottom, left, bottom + 1, left, bottom};
  mesh.face_coordinates = {0, 1, 2};
  mesh.materials[0].image = image;
  return mesh;
}

TEST_CASE("a texel is the picture at its middle, bilinear, v upwards") {
  // Red grows to the right and green upwards, so that colours are coordinates.
  const Image image{2, 2, 3, {0, 255, 0, 255, 255, 0, 0, 0, 0, 255, 0, 0}};
  for (const int r : {1, 2, 3, 5}) {
    const std::vector<float> texels = sample_textures(face(image), r);
    for (int j = 0; j < r; ++j) {
      for (int i = 0; i < r; ++i) {
        const bool lower = i + j < r;
        const double w0 = (lower ? i + 1.0 / 3 : r - 1 - i + 2.0 / 3) / r;
        const double w1 = (lower ? j + 1.0 / 3 : r - 1 - j + 2.0 / 3) / r;
        const auto at = static_cast<std::size_t>(3 * (j * r + i));
        CHECK(texels[at] == doctest::Approx(w0));
        CHECK(texels[at + 1] == doctest::Approx(w1));
        CHECK(texels[at + 2] == 0);
      }
    }
  }
}

TEST_CASE("texture coordinates outside of the picture repeat it") {
  const Image image{3, 2, 3, {9, 1, 7, 40, 5, 2, 80, 6, 3, 1, 30, 0, 2, 200, 5, 4, 60, 8}};
  const std::vector<float> once = sample_textures(face(image), 3);
  const std::vector<float> moved = sample_textures(face(image, -2, 7), 3);
  for (std::size_t i = 0; i < once.size(); ++i) CHECK(moved[i] == doctest::Approx(once[i]));
}

TEST_CASE("without a picture the material's colour, without a material white") {
  MeshFile mesh = face({});
  mesh.materials[0].colour = {0.25, 0.5, 1};
  CHECK(sample_textures(mesh, 1) == std::vector<float>{0.25F, 0.5F, 1});
  mesh.face_materials = {-1};
  CHECK(sample_textures(mesh, 1) == std::vector<float>{1, 1, 1});
}

TEST_CASE("texels come back from the picture that is made of them") {
  base::Random random(3, 0, 0);
  MeshFile mesh = parse_obj("v 1 0 0\nv 0 1 0\nv 0 0 0\nf 1 2 3 1 2 3 1\n", "x");
  for (const int r : {1, 2, 3, 7}) {
    std::vector<float> texels(5 * static_cast<std::size_t>(r * r) * 3);
    for (float& texel : texels) texel = static_cast<float>(random.below(1000)) / 999;
    set_textures(mesh, texels, r);
    const std::vector<float> again = sample_textures(mesh, r);
    for (std::size_t i = 0; i < texels.size(); ++i)
      CHECK(std::abs(again[i] - texels[i]) <= 1 / 510.0 + 1e-6);
  }
}

TEST_CASE("what cannot be a texture is refused") {
  MeshFile mesh = face({});
  CHECK_THROWS_WITH(sample_textures(mesh, 0), "texture resolution must be in 1 … 64, got 0");
  CHECK_THROWS_WITH(set_textures(mesh, std::vector<float>(4), 1),
                    "save: 1 faces of 1² texels have 3 colours, got 4");
  CHECK_THROWS_WITH(set_textures(mesh, std::vector<float>(3, std::nanf("")), 1),
                    "save: textures must be finite");
  mesh.faces.assign(3 * 50'000, 0);
  CHECK_THROWS_WITH_AS(set_textures(mesh, std::vector<float>(std::size_t{3} * 50'000 * 900), 30),
                       doctest::Contains("more than 16384"), std::invalid_argument);
}

}  // namespace
}  // namespace pliant::data
