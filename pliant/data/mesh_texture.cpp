// pliant/data/mesh_texture.cpp — textures of R² texels a face, from pictures and back (no torch)
#include "pliant/data/mesh_texture.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "pliant/base/errors.h"

namespace pliant::data {
namespace {

constexpr int kFinest = 64;
constexpr int kCell = 4;  ///< pixels a side of a texel pair in a written picture
constexpr int kLargestSide = 1 << 14;

using Colour = std::array<float, 3>;

void check_resolution(int resolution) {
  base::require(1 <= resolution && resolution <= kFinest, "texture resolution must be in 1 … ",
                kFinest, ", got ", resolution);
}

/// Repeats a coordinate outside of [0, 1].
double wrapped(double t) { return 0 <= t && t <= 1 ? t : t - std::floor(t); }

/// A picture at (u, v), v upwards.
Colour bilinear(const Image& image, double u, double v) {
  const double x = wrapped(u) * (image.width - 1);
  const double y = (1 - wrapped(v)) * (image.height - 1);
  const int left = static_cast<int>(x);
  const int top = static_cast<int>(y);
  Colour colour{};
  for (const int dy : {0, 1}) {
    for (const int dx : {0, 1}) {
      const double weight =
          (dx == 1 ? x - left : 1 - (x - left)) * (dy == 1 ? y - top : 1 - (y - top));
      const int column = std::min(left + dx, image.width - 1);
      const int row = std::min(top + dy, image.height - 1);
      const std::size_t at =
          (static_cast<std::size_t>(row) * static_cast<std::size_t>(image.width) +
           static_cast<std::size_t>(column)) *
          static_cast<std::size_t>(image.channels);
      for (std::size_t k = 0; k < 3; ++k)
        colour[k] += static_cast<float>(weight / 255 * image.pixels[at + k]);
    }
  }
  return colour;
}

/// The barycentric coordinates w₀, w₁ where texel (i, j) is read.
std::array<double, 2> texel_point(int i, int j, int resolution) {
  const double r = resolution;
  if (i + j < resolution) return {(i + 1.0 / 3) / r, (j + 1.0 / 3) / r};
  return {(r - 1 - i + 2.0 / 3) / r, (r - 1 - j + 2.0 / 3) / r};
}

/// A face's picture, or null.
const Image* picture_of(const MeshFile& mesh, std::size_t face) {
  if (mesh.face_materials.empty() || mesh.face_materials[face] < 0) return nullptr;
  const Image& image = mesh.materials[static_cast<std::size_t>(mesh.face_materials[face])].image;
  if (image.pixels.empty() || mesh.face_coordinates.empty()) return nullptr;
  const auto corners = std::span(mesh.face_coordinates).subspan(3 * face, 3);
  return std::ranges::all_of(corners, [](std::int64_t c) { return c >= 0; }) ? &image : nullptr;
}

Colour plain_colour(const MeshFile& mesh, std::size_t face) {
  Colour colour = {1, 1, 1};
  if (mesh.face_materials.empty() || mesh.face_materials[face] < 0) return colour;
  const Material& material = mesh.materials[static_cast<std::size_t>(mesh.face_materials[face])];
  for (std::size_t k = 0; k < 3; ++k) colour[k] = static_cast<float>(material.colour[k]);
  return colour;
}

/// The texture coordinate of a face's point.
std::array<double, 2> coordinate_at(const MeshFile& mesh, std::size_t face,
                                    const std::array<double, 2>& w) {
  const std::array<double, 3> weights = {w[0], w[1], 1 - w[0] - w[1]};
  std::array<double, 2> uv{};
  for (std::size_t corner = 0; corner < 3; ++corner) {
    const auto from = static_cast<std::size_t>(mesh.face_coordinates[3 * face + corner]);
    for (std::size_t k = 0; k < 2; ++k) uv[k] += weights[corner] * mesh.coordinates[2 * from + k];
  }
  return uv;
}

/// The written picture: a square tile for each face, in rows. A tile has R × R cells of kCell²
/// pixels and a rim of one pixel; along x goes w₀, upwards w₁. A cell's pixels below its falling
/// diagonal are its lower texel, the others its upper one.
struct Atlas {
  int resolution, tile, columns, rows;

  Atlas(std::size_t faces, int r) : resolution(r), tile(kCell * r + 2) {
    const double side = std::ceil(std::sqrt(static_cast<double>(faces)));
    base::require(side * tile <= kLargestSide, "save: ", faces, " faces of ", r,
                  "² texels need a picture of ", side * tile, " pixels a side, more than ",
                  kLargestSide);
    columns = static_cast<int>(side);
    rows = (static_cast<int>(faces) + columns - 1) / columns;
  }

  [[nodiscard]] int width() const { return tile * columns; }
  [[nodiscard]] int height() const { return tile * rows; }
  [[nodiscard]] int left(int face) const { return face % columns * tile; }
  [[nodiscard]] int bottom(int face) const { return face / columns * tile; }

  /// The texel that pixel (x, y) of a tile shows, y upwards.
  [[nodiscard]] int texel(int x, int y) const {
    const int px = std::clamp(x - 1, 0, kCell * resolution - 1);
    const int py = std::clamp(y - 1, 0, kCell * resolution - 1);
    const int i = px / kCell;
    const int j = py / kCell;
    if (i + j > resolution - 1) return 0;  // Outside of the triangle: never read.
    const bool upper = px % kCell + py % kCell >= kCell && i + j < resolution - 1;
    return upper ? (resolution - 1 - j) * resolution + resolution - 1 - i : j * resolution + i;
  }

  /// Texture coordinates of the point w₀, w₁ of a face.
  [[nodiscard]] std::array<double, 2> coordinate(int face, double w0, double w1) const {
    // Pixel centres are whole numbers; the cells begin half a pixel before the first of them.
    return {(left(face) + 0.5 + w0 * kCell * resolution) / (width() - 1),
            (bottom(face) + 0.5 + w1 * kCell * resolution) / (height() - 1)};
  }
};

}  // namespace

std::vector<float> sample_textures(const MeshFile& mesh, int resolution) {
  check_resolution(resolution);
  const std::size_t faces = mesh.faces.size() / 3;
  std::vector<float> textures;
  textures.reserve(faces * static_cast<std::size_t>(resolution * resolution) * 3);
  for (std::size_t face = 0; face < faces; ++face) {
    const Image* picture = picture_of(mesh, face);
    const Colour plain = plain_colour(mesh, face);
    for (int j = 0; j < resolution; ++j) {
      for (int i = 0; i < resolution; ++i) {
        Colour colour = plain;
        if (picture != nullptr) {
          const auto uv = coordinate_at(mesh, face, texel_point(i, j, resolution));
          colour = bilinear(*picture, uv[0], uv[1]);
        }
        textures.insert(textures.end(), colour.begin(), colour.end());
      }
    }
  }
  return textures;
}

void set_textures(MeshFile& mesh, std::span<const float> textures, int resolution) {
  check_resolution(resolution);
  const std::size_t faces = mesh.faces.size() / 3;
  const auto side = static_cast<std::size_t>(resolution);
  const std::size_t texels = side * side;
  base::require(faces > 0 && textures.size() == faces * texels * 3, "save: ", faces, " faces of ",
                resolution, "² texels have ", faces * texels * 3, " colours, got ",
                textures.size());
  base::require(std::ranges::all_of(textures, [](float c) { return std::isfinite(c); }),
                "save: textures must be finite");
  const Atlas atlas(faces, resolution);
  Image image{atlas.width(), atlas.height(), 3, {}};
  image.pixels.resize(static_cast<std::size_t>(image.width) *
                      static_cast<std::size_t>(image.height) * 3);
  mesh.coordinates.clear();
  mesh.face_coordinates.clear();
  for (int face = 0; face < static_cast<int>(faces); ++face) {
    for (int y = 0; y < atlas.tile; ++y) {
      for (int x = 0; x < atlas.tile; ++x) {
        const auto row = static_cast<std::size_t>(atlas.height() - 1 - atlas.bottom(face) - y);
        const int column = atlas.left(face) + x;
        std::uint8_t* pixel =
            image.pixels.data() +
            (row * static_cast<std::size_t>(image.width) + static_cast<std::size_t>(column)) * 3;
        const float* texel = textures.data() + (static_cast<std::size_t>(face) * texels +
                                                static_cast<std::size_t>(atlas.texel(x, y))) *
                                                   3;
        for (std::size_t k = 0; k < 3; ++k)
          pixel[k] = static_cast<std::uint8_t>(std::lround(std::clamp(texel[k], 0.0F, 1.0F) * 255));
      }
    }
    for (const auto& [w0, w1] : {std::pair(1, 0), std::pair(0, 1), std::pair(0, 0)}) {
      mesh.face_coordinates.push_back(static_cast<std::int64_t>(mesh.coordinates.size() / 2));
      const auto uv = atlas.coordinate(face, w0, w1);
      mesh.coordinates.insert(mesh.coordinates.end(), uv.begin(), uv.end());
    }
  }
  mesh.face_materials.assign(faces, 0);
  mesh.materials.assign(
      1, {.name = "texture", .colour = {1, 1, 1}, .picture = {}, .image = std::move(image)});
}

}  // namespace pliant::data
