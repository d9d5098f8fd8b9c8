// pliant/render/torch/renderer.h — the rasteriser as a module, with known renderers as presets
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "pliant/render/torch/mesh.h"
#include "pliant/render/torch/rasterise.h"

namespace pliant {

/// Options of Renderer, as those of pliant.render.Renderer.
struct RendererOptions {
  int64_t height = 256;
  int64_t width = 256;
  CoverageOptions coverage;
  ShadingOptions shading;
  torch::Tensor background;  ///< undefined: black; (channels), (B, channels) or broadcast to pixels
  bool anti_aliasing = false;  ///< draws at twice the size and takes means of 2 × 2 pixels
  bool near_clip = true;       ///< cuts faces off at the near plane, unless compat
  bool learn_tau = false;      ///< makes tau a parameter, a float64 scalar
  bool learn_p = false;        ///< makes p one; coverage.p must be given
};

/// A known renderer by the settings that make this one theirs: softras, dibr, pytorch3d,
/// nmr_forward, pix2vex (python/pliant/render/renderer.py says what each is and lacks).
/// @throws c10::ValueError if there is no such preset
RendererOptions renderer_preset(std::string_view name);
std::vector<std::string_view> renderer_presets();

/// Pictures (B, channels + 1, height, width) of meshes on a screen: colours, then coverage.
class RendererImpl : public torch::nn::Module {
 public:
  /// @throws c10::ValueError that names the option
  explicit RendererImpl(const RendererOptions& options = {});

  torch::Tensor forward(const Mesh& mesh) const;
  /// Coverage (B, height, width) without any work for colours.
  [[nodiscard]] torch::Tensor silhouette(const Mesh& mesh) const;
  [[nodiscard]] NearestFaces visible_faces(const Mesh& mesh) const;

  RendererOptions options;
  torch::Tensor tau;  ///< a parameter if learn_tau, else undefined
  torch::Tensor p;    ///< a parameter if learn_p, else undefined

 private:
  [[nodiscard]] torch::Tensor shrink(const torch::Tensor& picture) const;
  [[nodiscard]] int64_t factor() const { return options.anti_aliasing ? 2 : 1; }
};
TORCH_MODULE(Renderer);

}  // namespace pliant
