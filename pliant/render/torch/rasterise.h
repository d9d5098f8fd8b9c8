// pliant/render/torch/rasterise.h — silhouettes, pictures and nearest faces of meshes on a screen,
// as pliant.render's Python functions
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>

namespace pliant {

/// How faces cover pixels (pliant/render/raster.h).
struct CoverageOptions {
  std::string distribution = "logistic";
  double tau = 1e-4;    ///< τ > 0, in units of the screen, or of their squares if `squared`
  bool squared = true;  ///< whether the distribution takes the squared distance
  double shape = 1;     ///< of gamma and gamma_rev
  double shift = 0;     ///< added to the distribution's argument
  std::string t_norm = "probabilistic";
  std::optional<double> p = std::nullopt;  ///< none: the family's default
  double dist_eps = 1e4;  ///< pixels farther outside than √(dist_eps·τ) do not see a face
};

/// The τ at which a straight edge goes from 10 % to 90 % of coverage within so many pixels,
/// whatever the distribution; options.tau is not looked at.
/// @param pixels  > 0 and finite   @param height, width  of the picture
/// @throws std::invalid_argument that names the argument, or says that the distribution has no
/// width
double tau_of_edge(const CoverageOptions& options, double pixels, int64_t height, int64_t width);

/// What is learned of a coverage: tensors of one element instead of the options' numbers, which get
/// gradients.
struct LearnedCoverage {
  at::Tensor tau;
  at::Tensor p;
};

/// Coverage (batch, height, width) of every pixel, row 0 at the top.
/// @param vertices  (batch, vertices, 3) on the screen: x right, y up, the shorter side spans [−1,
/// 1]
/// @param faces     (faces, 3) or (batch, faces, 3) int32 or int64
/// Gradient: x and y of vertices, what is learned.
/// @throws c10::ValueError, c10::TypeError that name the argument
at::Tensor render_silhouette(const at::Tensor& vertices, const at::Tensor& faces, int64_t height,
                             int64_t width, const CoverageOptions& options = {},
                             const LearnedCoverage& learned = {});

/// How faces have colours (pliant/render/image.h).
struct ShadingOptions {
  std::string texture_type = "surface";  ///< or "vertex"
  std::string blend = "softmax";         ///< or "hard"
  double gamma = 1e-3;
  double epsilon = 1e-3;
  double near = 0.1;
  double far = 100;
  bool double_side = true;
  bool perspective = true;
  bool compat = false;
};

/// A picture.
struct RenderedImage {
  at::Tensor color;       ///< (batch, channels, height, width), without what is behind
  at::Tensor alpha;       ///< (batch, height, width)
  at::Tensor background;  ///< (batch, height, width): the weight of what is behind
};

/// @param textures  "surface": (batch, faces, R·R, channels); "vertex": (batch, vertices, channels)
/// Gradient: vertices, textures, what is learned.
RenderedImage render_image(const at::Tensor& vertices, const at::Tensor& faces,
                           const at::Tensor& textures, int64_t height, int64_t width,
                           const CoverageOptions& options = {}, const ShadingOptions& shading = {},
                           const LearnedCoverage& learned = {});

/// The nearest face of each pixel (pliant/render/visible.h).
struct NearestFaces {
  at::Tensor face;     ///< (batch, height, width) int32, −1 where there is none
  at::Tensor depth;    ///< (batch, height, width), +inf where there is none
  at::Tensor weights;  ///< (batch, 3, height, width)
};

/// No gradient.
NearestFaces visible_faces(const at::Tensor& vertices, const at::Tensor& faces, int64_t height,
                           int64_t width, const ShadingOptions& shading = {});

}  // namespace pliant
