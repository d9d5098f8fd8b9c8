// pliant/render/torch/renderer.cpp — the Renderer module
#include "pliant/render/torch/renderer.h"

#include <torch/torch.h>

#include <cmath>
#include <map>
#include <utility>

#include "pliant/render/torch/clip.h"

namespace pliant {
namespace {

using torch::Tensor;

/// SoftRas and PyTorch3D end a coverage where it is below 1e-4.
const double kVisibleLogistic = std::log(1e4 - 1);

const std::map<std::string_view, RendererOptions>& presets() {
  static const std::map<std::string_view, RendererOptions> known = [] {
    std::map<std::string_view, RendererOptions> all;
    all["softras"].coverage = {.tau = 1e-5, .dist_eps = kVisibleLogistic};
    all["softras"].shading = {
        .gamma = 1e-4, .epsilon = 1e-3, .near = 1, .far = 100, .compat = true};
    all["dibr"].coverage = {.distribution = "exponential_rev", .tau = 1. / 7000};
    all["dibr"].shading.blend = "hard";
    all["pytorch3d"].coverage = {.tau = 1e-4, .dist_eps = kVisibleLogistic};
    all["pytorch3d"].shading = {.gamma = 1e-4, .epsilon = 1e-10};
    all["nmr_forward"].coverage = {
        .distribution = "hard", .tau = 1, .squared = false, .t_norm = "max"};
    all["nmr_forward"].shading.blend = "hard";
    all["pix2vex"].coverage = {.tau = 1e-2, .squared = false};
    return all;
  }();
  return known;
}

/// A mesh's tensors with one texture an image.
struct Drawable {
  Tensor vertices, faces, textures;

  Drawable(const Mesh& mesh, const RendererOptions& options, bool textured)
      : vertices(mesh.vertices()), faces(mesh.faces()), textures(mesh.textures()) {
    const bool surface = mesh.texture_type() == "surface";
    const int64_t batch = vertices.size(0);
    textures = surface ? textures.expand({batch, -1, -1, -1}) : textures.expand({batch, -1, -1});
    if (!options.near_clip || options.shading.compat) return;
    const Tensor colors = textured && !surface ? textures : Tensor();
    const ClippedMesh clipped =
        clip_near(vertices, faces, colors, options.shading.near, options.shading.perspective);
    vertices = clipped.vertices;
    faces = clipped.faces;
    if (colors.defined()) {
      textures = clipped.colors;
    } else if (textured && clipped.source.dim() == 2) {
      const Tensor index = clipped.source.unsqueeze(-1).unsqueeze(-1);
      textures = textures.gather(1, index.expand({-1, -1, textures.size(2), textures.size(3)}));
    }
  }
};

}  // namespace

RendererOptions renderer_preset(std::string_view name) {
  const auto found = presets().find(name);
  if (found != presets().end()) return found->second;
  std::string known;
  for (const auto& [each, options] : presets())
    known += (known.empty() ? "" : ", ") + std::string(each);
  TORCH_CHECK_VALUE(false, "Renderer: unknown preset '", name, "'; there are: ", known);
}

std::vector<std::string_view> renderer_presets() {
  std::vector<std::string_view> names;
  for (const auto& [name, options] : presets()) names.push_back(name);
  return names;
}

RendererImpl::RendererImpl(const RendererOptions& given) : options(given) {
  const auto learnable = [&](const char* name, double value) {
    return register_parameter(name, torch::tensor(value, torch::kFloat64));
  };
  if (options.learn_tau) tau = learnable("tau", options.coverage.tau);
  TORCH_CHECK_VALUE(!options.learn_p || options.coverage.p.has_value(),
                    "Renderer: learn_p needs a p to start from");
  if (options.learn_p) p = learnable("p", *options.coverage.p);
  // Checks the rest, on no image.
  static_cast<void>(render_image(torch::zeros({0, 1, 3}), torch::zeros({1, 3}, torch::kInt32),
                                 torch::zeros({0, 1, 1, 3}), options.height * factor(),
                                 options.width * factor(), options.coverage, options.shading));
}

Tensor RendererImpl::forward(const Mesh& mesh) const {
  const Drawable drawn(mesh, options, true);
  ShadingOptions shading = options.shading;
  shading.texture_type = mesh.texture_type();
  RenderedImage picture =
      render_image(drawn.vertices, drawn.faces, drawn.textures, options.height * factor(),
                   options.width * factor(), options.coverage, shading, {tau, p});
  Tensor color = picture.color;
  if (options.background.defined()) {
    Tensor behind = options.background;
    if (behind.dim() <= 2) behind = behind.unsqueeze(-1).unsqueeze(-1);
    color = color + picture.background.unsqueeze(1) * behind;
  }
  return shrink(torch::cat({color, picture.alpha.unsqueeze(1)}, 1));
}

Tensor RendererImpl::silhouette(const Mesh& mesh) const {
  const Drawable drawn(mesh, options, false);
  const Tensor alpha = render_silhouette(drawn.vertices, drawn.faces, options.height * factor(),
                                         options.width * factor(), options.coverage, {tau, p});
  return shrink(alpha.unsqueeze(1)).squeeze(1);
}

NearestFaces RendererImpl::visible_faces(const Mesh& mesh) const {
  return pliant::visible_faces(mesh.vertices(), mesh.faces(), options.height, options.width,
                               options.shading);
}

Tensor RendererImpl::shrink(const Tensor& picture) const {
  return options.anti_aliasing ? torch::avg_pool2d(picture, 2) : picture;
}

}  // namespace pliant
