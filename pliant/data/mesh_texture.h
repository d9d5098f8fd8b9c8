// pliant/data/mesh_texture.h — textures of R² texels a face, from pictures and back (no torch)
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pliant/data/mesh_file.h"

namespace pliant::data {

/// The colour of every texel of every face. Texel (i, j) of a face lies around the point with
/// barycentric coordinates w₀ = (i + ⅓)/R, w₁ = (j + ⅓)/R where i + j < R, else
/// w₀ = (R − 1 − i + ⅔)/R, w₁ = (R − 1 − j + ⅔)/R, which mirrors the texel into the triangle. There
/// the picture is read bilinearly, with (0, 0) in the middle of its bottom left pixel and (1, 1) in
/// that of its top right one; coordinates outside of [0, 1] repeat. The material's colour stands
/// where there is no picture or no coordinates, and white where there is no material.
/// @param resolution  R, 1 … 64
/// @return (F, R², 3) in [0, 1], texel j R + i
/// @throws std::invalid_argument if R is out of its range
std::vector<float> sample_textures(const MeshFile& mesh, int resolution);

/// Gives the mesh one picture from which sample_textures reads these texels back to within 1/510.
/// @param textures    (F, R², 3); values are cut to [0, 1]
/// @throws std::invalid_argument if the number of texels is wrong or the picture would be too large
void set_textures(MeshFile& mesh, std::span<const float> textures, int resolution);

}  // namespace pliant::data
