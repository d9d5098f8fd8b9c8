// pliant/render/torch/light.h — ambient and directional light on meshes
#pragma once

#include <ATen/core/Tensor.h>

#include <string_view>

#include "pliant/render/torch/mesh.h"

namespace pliant {

/// The light that falls on surfaces with unit normals n: ambient + Σ_l colour_l · max(0, n ·
/// direction_l), as GenDR has it: directions are not normalised, and nothing throws a shadow.
/// @param normals     (…, 3)
/// @param ambient     (3) red, green, blue
/// @param colours     (L, 3) of the directional lights, intensity included; L may be 0
/// @param directions  (L, 3), towards the light
/// @return (…, 3).   Gradient: all, of any order
/// @throws c10::ValueError, c10::TypeError that name the argument
at::Tensor lighting(const at::Tensor& normals, const at::Tensor& ambient, const at::Tensor& colours,
                    const at::Tensor& directions);

/// The mesh with its textures times the light on its faces, or on its vertices where textures are
/// of the vertices. Light is applied in the world, before the camera.
Mesh lit(const Mesh& mesh, const at::Tensor& ambient, const at::Tensor& colours,
         const at::Tensor& directions);

}  // namespace pliant
