// pliant/render/torch/rasterise.cpp — the C++ functions over the rasteriser's ops
#include "pliant/render/torch/rasterise.h"

#include <ATen/Functions.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <string_view>
#include <tuple>
#include <vector>

#include "pliant/base/errors.h"
#include "pliant/base/torch/find_op.h"
#include "pliant/math/distribution.h"
#include "pliant/math/softness.h"
#include "pliant/math/t_norm.h"

namespace pliant {
namespace {

using at::Tensor;

/// A float64 CPU scalar that keeps the gradient of `learned`, or of the number.
Tensor number(const Tensor& learned, double given) {
  if (!learned.defined()) return at::full({}, given, at::kDouble);
  return learned.to(at::kCPU, at::kDouble).reshape({});
}

/// (scale, power, shift, shape), the parameters of the distribution.
Tensor distribution_parameters(const CoverageOptions& options, const Tensor& tau) {
  if (!tau.defined()) {
    TORCH_CHECK_VALUE(options.tau > 0, "render: tau must be > 0, got ", options.tau);
    return at::tensor({1 / options.tau, options.squared ? 2. : 1., options.shift, options.shape},
                      at::kDouble);
  }
  const Tensor rest =
      at::tensor({options.squared ? 2. : 1., options.shift, options.shape}, at::kDouble);
  return at::cat({number(tau, 0).reciprocal().view({1}), rest});
}

/// (p), the parameter of the T-norm.
Tensor t_norm_parameters(const CoverageOptions& options, const Tensor& p) {
  const auto family = static_cast<std::size_t>(math::t_norm_index(options.t_norm));
  return number(p, options.p.value_or(math::t_norms()[family].default_p)).view({1});
}

}  // namespace

double tau_of_edge(const CoverageOptions& options, double pixels, int64_t height, int64_t width) {
  base::require(height > 0 && width > 0, "softness: the picture must have pixels, got ", height,
                " × ", width);
  const math::Distribution step = {.family = math::family_index(options.distribution),
                                   .power = options.squared ? 2. : 1.,
                                   .shift = options.shift,
                                   .shape = options.shape};
  // The shorter side spans 2 units of the screen.
  const double pixel = 2 / static_cast<double>(std::min(height, width));
  return 1 / math::scale_of_width(step, pixels * pixel);
}

Tensor render_silhouette(const Tensor& vertices, const Tensor& faces, int64_t height, int64_t width,
                         const CoverageOptions& options, const LearnedCoverage& learned) {
  using Op =
      std::tuple<Tensor, Tensor>(const Tensor&, const Tensor&, std::string_view, const Tensor&,
                                 std::string_view, const Tensor&, double, int64_t, int64_t);
  static const auto render = op<Op>("pliant::render_silhouette");
  return std::get<0>(render.call(
      vertices, faces, options.distribution, distribution_parameters(options, learned.tau),
      options.t_norm, t_norm_parameters(options, learned.p), options.dist_eps, height, width));
}

RenderedImage render_image(const Tensor& vertices, const Tensor& faces, const Tensor& textures,
                           int64_t height, int64_t width, const CoverageOptions& options,
                           const ShadingOptions& shading, const LearnedCoverage& learned) {
  using Op = std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor>(
      const Tensor&, const Tensor&, const Tensor&, std::string_view, const Tensor&,
      std::string_view, const Tensor&, double, int64_t, int64_t, std::string_view, std::string_view,
      double, double, double, double, bool, bool, bool);
  static const auto render = op<Op>("pliant::render_image");
  const auto [color, alpha, background, folded, top, total] =
      render.call(vertices, faces, textures, options.distribution,
                  distribution_parameters(options, learned.tau), options.t_norm,
                  t_norm_parameters(options, learned.p), options.dist_eps, height, width,
                  shading.texture_type, shading.blend, shading.gamma, shading.epsilon, shading.near,
                  shading.far, shading.double_side, shading.perspective, shading.compat);
  return {color, alpha, background};
}

NearestFaces visible_faces(const Tensor& vertices, const Tensor& faces, int64_t height,
                           int64_t width, const ShadingOptions& shading) {
  using Op = std::tuple<Tensor, Tensor, Tensor>(const Tensor&, const Tensor&, int64_t, int64_t,
                                                double, double, bool, bool);
  static const auto find = op<Op>("pliant::visible_faces");
  const at::NoGradGuard no_gradient;
  const auto [face, depth, weights] =
      find.call(vertices, faces, height, width, shading.near, shading.far, shading.double_side,
                shading.perspective);
  return {face, depth, weights};
}

}  // namespace pliant
