// pliant/render/torch/raster_ops.cpp — silhouettes, pictures and nearest faces as ops: schemas, CPU
// and Meta kernels
#include <ATen/Functions.h>

#include <string_view>
#include <tuple>

#include "pliant/base/torch/executor.h"
#include "pliant/base/torch/op.h"
#include "pliant/base/torch/working_type.h"
#include "pliant/math/torch/parameters.h"
#include "pliant/render/image.h"
#include "pliant/render/silhouette.h"
#include "pliant/render/torch/raster_call.h"
#include "pliant/render/visible.h"

namespace pliant {
namespace {

using at::Tensor;

constexpr const char* kSilhouette = "render_silhouette";
constexpr const char* kImage = "render_image";
constexpr const char* kVisible = "visible_faces";

/// An upstream gradient in the kernels' type.
Tensor upstream(const Tensor& gradient, const Tensor& vertices, at::IntArrayRef shape,
                const char* op) {
  TORCH_CHECK_VALUE(gradient.sizes() == shape, op, ": the gradient must have shape ", shape,
                    ", got ", gradient.sizes());
  return gradient.to(vertices.scalar_type()).contiguous();
}

// === render_silhouette ===

std::tuple<Tensor, Tensor> silhouette_cpu(const Tensor& vertices, const Tensor& faces,
                                          std::string_view distribution, const Tensor& parameters,
                                          std::string_view t_norm, const Tensor& p, double dist_eps,
                                          int64_t height, int64_t width) {
  const auto coverage = coverage_of(distribution, parameters, t_norm, p, dist_eps, kSilhouette);
  const render::Size size = size_of(height, width, kSilhouette);
  const RasterMesh mesh(vertices, faces, kSilhouette);
  const Tensor alpha = at::empty({mesh.batch(), height, width}, mesh.vertices.options());
  const Tensor folded = at::empty_like(alpha);
  with_type(alpha, [&]<class T>(T) {
    render::silhouette<T>({mesh.screen<T>(), coverage, size}, alpha.mutable_data_ptr<T>(),
                          folded.mutable_data_ptr<T>(), torch_executor());
  });
  return {alpha.to(vertices.scalar_type()), folded};
}

std::tuple<Tensor, Tensor, Tensor> silhouette_backward_cpu(
    const Tensor& grad_alpha, const Tensor& vertices, const Tensor& faces,
    std::string_view distribution, const Tensor& parameters, std::string_view t_norm,
    const Tensor& p, double dist_eps, int64_t height, int64_t width, const Tensor& folded,
    c10::List<bool> needed) {
  const auto coverage = coverage_of(distribution, parameters, t_norm, p, dist_eps, kSilhouette);
  const render::Size size = size_of(height, width, kSilhouette);
  const RasterMesh mesh(vertices, faces, kSilhouette);
  const Tensor gradient =
      upstream(grad_alpha, mesh.vertices, {mesh.batch(), height, width}, kSilhouette);
  const Tensor kept = folded.contiguous();
  const Tensor grad_vertices = at::empty_like(mesh.vertices);
  const Tensor grad_parameters = at::zeros_like(parameters), grad_p = at::zeros_like(p);
  with_type(gradient, [&]<class T>(T) {
    render::silhouette_backward<T>(
        {mesh.screen<T>(), coverage, size}, kept.const_data_ptr<T>(), gradient.const_data_ptr<T>(),
        {.vertex = grad_vertices.mutable_data_ptr<T>(),
         .distribution = needed.get(1) ? grad_parameters.mutable_data_ptr<double>() : nullptr,
         .t_norm = needed.get(2) ? grad_p.mutable_data_ptr<double>() : nullptr},
        torch_executor());
  });
  return {grad_vertices.to(vertices.scalar_type()), grad_parameters, grad_p};
}

/// What is kept for the way back is in the kernels' type.
at::TensorOptions kept_options(const Tensor& vertices) {
  return vertices.options().dtype(vertices.scalar_type() == at::kDouble ? at::kDouble : at::kFloat);
}

std::tuple<Tensor, Tensor> silhouette_meta(const Tensor& vertices, const Tensor& faces,
                                           std::string_view, const Tensor&, std::string_view,
                                           const Tensor&, double, int64_t height, int64_t width) {
  check_mesh(vertices, faces, kSilhouette);
  const c10::SymDimVector shape = {vertices.sym_size(0), height, width};
  return {at::empty_symint(shape, vertices.options()),
          at::empty_symint(shape, kept_options(vertices))};
}

std::tuple<Tensor, Tensor, Tensor> silhouette_backward_meta(const Tensor&, const Tensor& vertices,
                                                            const Tensor&, std::string_view,
                                                            const Tensor& parameters,
                                                            std::string_view, const Tensor& p,
                                                            double, int64_t, int64_t, const Tensor&,
                                                            c10::List<bool>) {
  return {at::empty_like(vertices, at::MemoryFormat::Contiguous), at::empty_like(parameters),
          at::empty_like(p)};
}

// === render_image ===

/// The arguments of the op about colours, in the order of its schema.
struct ShadingArguments {
  std::string_view texture;
  std::string_view blend;
  double gamma;
  double epsilon;
  double near;
  double far;
  bool double_side;
  bool perspective;
  bool compat;
};

render::Shading shading_of(const ShadingArguments& given) {
  TORCH_CHECK_VALUE(given.texture == "surface" || given.texture == "vertex", kImage,
                    ": unknown texture_type '", given.texture, "'; there are: surface, vertex");
  TORCH_CHECK_VALUE(given.blend == "softmax" || given.blend == "hard", kImage, ": unknown blend '",
                    given.blend, "'; there are: hard, softmax");
  const render::Shading shading = {
      .texture =
          given.texture == "surface" ? render::TextureKind::kSurface : render::TextureKind::kVertex,
      .blend = given.blend == "hard" ? render::Blend::kHard : render::Blend::kSoftmax,
      .gamma = given.gamma,
      .epsilon = given.epsilon,
      .near = given.near,
      .far = given.far,
      .double_side = given.double_side,
      .perspective = given.perspective,
      .compat = given.compat};
  render::check(shading, kImage);
  return shading;
}

void check_textures(const Tensor& textures, const Tensor& vertices, const Tensor& faces,
                    bool surface) {
  TORCH_CHECK_TYPE(textures.is_floating_point(), kImage, ": textures must be floating point, got ",
                   textures.scalar_type());
  if (!surface) {
    TORCH_CHECK_VALUE(textures.dim() == 3 && textures.size(0) == vertices.size(0) &&
                          textures.size(1) == vertices.size(1) && textures.size(2) >= 1,
                      kImage, ": textures of type vertex must have shape (", vertices.size(0), ", ",
                      vertices.size(1), ", channels), got ", textures.sizes());
    return;
  }
  TORCH_CHECK_VALUE(textures.dim() == 4 && textures.size(0) == vertices.size(0) &&
                        textures.size(1) == faces.size(-2) && textures.size(3) >= 1,
                    kImage, ": textures of type surface must have shape (", vertices.size(0), ", ",
                    faces.size(-2), ", R * R, channels), got ", textures.sizes());
  int64_t side = 1;
  while (side * side < textures.size(2)) ++side;
  TORCH_CHECK_VALUE(side * side == textures.size(2), kImage,
                    ": textures of type surface must have a square number of texels a face, got ",
                    textures.size(2));
}

/// A call of the op, checked.
class ImageCall {
 public:
  ImageCall(const Tensor& vertices, const Tensor& faces, const Tensor& textures,
            const render::Coverage& coverage, const render::Size& size,
            const render::Shading& shading)
      : mesh_(vertices, faces, kImage), coverage_(coverage), size_(size), shading_(shading) {
    check_textures(textures, vertices, faces, surface());
    textures_ = textures.to(mesh_.vertices.scalar_type()).contiguous();
  }

  [[nodiscard]] const RasterMesh& mesh() const { return mesh_; }
  [[nodiscard]] const Tensor& textures() const { return textures_; }
  [[nodiscard]] bool surface() const { return shading_.texture == render::TextureKind::kSurface; }
  [[nodiscard]] int64_t channels() const { return textures_.size(-1); }

  template <class T>
  [[nodiscard]] render::ImageArgs<T> args() const {
    int64_t side = 1;
    while (surface() && side * side < textures_.size(2)) ++side;
    return {.mesh = mesh_.screen<T>(),
            .coverage = coverage_,
            .size = size_,
            .shading = shading_,
            .texture = textures_.const_data_ptr<T>(),
            .channels = static_cast<std::size_t>(channels()),
            .resolution = static_cast<std::size_t>(side)};
  }

 private:
  RasterMesh mesh_;
  Tensor textures_;
  render::Coverage coverage_;
  render::Size size_;
  render::Shading shading_;
};

/// color, alpha, background, folded, top, total: render::ImageResults.
using ImageTensors = std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor>;

template <class T>
render::ImageResults<T> results_of(const ImageTensors& tensors) {
  const auto& [color, alpha, background, folded, top, total] = tensors;
  return {color.mutable_data_ptr<T>(),      alpha.mutable_data_ptr<T>(),
          background.mutable_data_ptr<T>(), folded.mutable_data_ptr<T>(),
          top.mutable_data_ptr<T>(),        total.mutable_data_ptr<T>()};
}

ImageTensors image_cpu(const Tensor& vertices, const Tensor& faces, const Tensor& textures,
                       std::string_view distribution, const Tensor& parameters,
                       std::string_view t_norm, const Tensor& p, double dist_eps, int64_t height,
                       int64_t width, std::string_view texture_type, std::string_view blend,
                       double gamma, double epsilon, double near, double far, bool double_side,
                       bool perspective, bool compat) {
  const auto coverage = coverage_of(distribution, parameters, t_norm, p, dist_eps, kImage);
  const ImageCall call(vertices, faces, textures, coverage, size_of(height, width, kImage),
                       shading_of({texture_type, blend, gamma, epsilon, near, far, double_side,
                                   perspective, compat}));
  const int64_t batch = call.mesh().batch();
  const auto plane = [&] {
    return at::empty({batch, height, width}, call.mesh().vertices.options());
  };
  const ImageTensors out = {
      at::empty({batch, call.channels(), height, width}, call.mesh().vertices.options()),
      plane(),
      plane(),
      plane(),
      plane(),
      plane()};
  with_type(call.textures(), [&]<class T>(T) {
    render::image<T>(call.args<T>(), results_of<T>(out), torch_executor());
  });
  const auto& [color, alpha, background, folded, top, total] = out;
  const auto type = vertices.scalar_type();
  return {color.to(type), alpha.to(type), background.to(type), folded, top, total};
}

std::tuple<Tensor, Tensor, Tensor, Tensor> image_backward_cpu(
    const Tensor& grad_color, const Tensor& grad_alpha, const Tensor& grad_background,
    const Tensor& vertices, const Tensor& faces, const Tensor& textures,
    std::string_view distribution, const Tensor& parameters, std::string_view t_norm,
    const Tensor& p, double dist_eps, int64_t height, int64_t width, std::string_view texture_type,
    std::string_view blend, double gamma, double epsilon, double near, double far, bool double_side,
    bool perspective, bool compat, const Tensor& result_color, const Tensor& result_background,
    const Tensor& folded, const Tensor& top, const Tensor& total, c10::List<bool> needed) {
  const auto coverage = coverage_of(distribution, parameters, t_norm, p, dist_eps, kImage);
  const ImageCall call(vertices, faces, textures, coverage, size_of(height, width, kImage),
                       shading_of({texture_type, blend, gamma, epsilon, near, far, double_side,
                                   perspective, compat}));
  const int64_t batch = call.mesh().batch();
  const Tensor& like = call.mesh().vertices;
  const Tensor color = upstream(grad_color, like, {batch, call.channels(), height, width}, kImage);
  const Tensor alpha = upstream(grad_alpha, like, {batch, height, width}, kImage);
  const Tensor background = upstream(grad_background, like, {batch, height, width}, kImage);
  const auto kept = [&](const Tensor& result) {
    return result.to(like.scalar_type()).contiguous();
  };
  const Tensor kept_color = kept(result_color), kept_background = kept(result_background);
  const Tensor kept_folded = kept(folded), kept_top = kept(top), kept_total = kept(total);
  const Tensor grad_vertices = at::empty_like(like),
               grad_textures = at::empty_like(call.textures());
  const Tensor grad_parameters = at::zeros_like(parameters), grad_p = at::zeros_like(p);
  with_type(like, [&]<class T>(T) {
    render::image_backward<T>(
        call.args<T>(),
        {kept_color.const_data_ptr<T>(), kept_background.const_data_ptr<T>(),
         kept_folded.const_data_ptr<T>(), kept_top.const_data_ptr<T>(),
         kept_total.const_data_ptr<T>()},

        {color.const_data_ptr<T>(), alpha.const_data_ptr<T>(), background.const_data_ptr<T>()},
        {.coverage = {.vertex = grad_vertices.mutable_data_ptr<T>(),
                      .distribution =
                          needed.get(2) ? grad_parameters.mutable_data_ptr<double>() : nullptr,
                      .t_norm = needed.get(3) ? grad_p.mutable_data_ptr<double>() : nullptr},
         .texture = grad_textures.mutable_data_ptr<T>()},
        torch_executor());
  });
  return {grad_vertices.to(vertices.scalar_type()), grad_textures.to(textures.scalar_type()),
          grad_parameters, grad_p};
}

ImageTensors image_meta(const Tensor& vertices, const Tensor& faces, const Tensor& textures,
                        std::string_view, const Tensor&, std::string_view, const Tensor&, double,
                        int64_t height, int64_t width, std::string_view texture_type,
                        std::string_view, double, double, double, double, bool, bool, bool) {
  check_mesh(vertices, faces, kImage);
  check_textures(textures, vertices, faces, texture_type == "surface");
  const c10::SymDimVector shape = {vertices.sym_size(0), height, width};
  const c10::SymDimVector colors = {vertices.sym_size(0), textures.sym_size(-1), height, width};
  const auto plane = [&](const at::TensorOptions& options) {
    return at::empty_symint(shape, options);
  };
  const auto kept = kept_options(vertices);
  return {at::empty_symint(colors, vertices.options()),
          plane(vertices.options()),
          plane(vertices.options()),
          plane(kept),
          plane(kept),
          plane(kept)};
}

std::tuple<Tensor, Tensor, Tensor, Tensor> image_backward_meta(
    const Tensor&, const Tensor&, const Tensor&, const Tensor& vertices, const Tensor&,
    const Tensor& textures, std::string_view, const Tensor& parameters, std::string_view,
    const Tensor& p, double, int64_t, int64_t, std::string_view, std::string_view, double, double,
    double, double, bool, bool, bool, const Tensor&, const Tensor&, const Tensor&, const Tensor&,
    const Tensor&, c10::List<bool>) {
  const auto like = [](const Tensor& tensor) {
    return at::empty_like(tensor, at::MemoryFormat::Contiguous);
  };
  return {like(vertices), like(textures), like(parameters), like(p)};
}

// === visible_faces ===

std::tuple<Tensor, Tensor, Tensor> visible_cpu(const Tensor& vertices, const Tensor& faces,
                                               int64_t height, int64_t width, double near,
                                               double far, bool double_side, bool perspective) {
  const render::Size size = size_of(height, width, kVisible);
  const RasterMesh mesh(vertices, faces, kVisible);
  const auto options = mesh.vertices.options();
  const Tensor face = at::empty({mesh.batch(), height, width}, options.dtype(at::kInt));
  const Tensor depth = at::empty({mesh.batch(), height, width}, options);
  const Tensor weight = at::empty({mesh.batch(), 3, height, width}, options);
  with_type(depth, [&]<class T>(T) {
    render::visible<T>({mesh.screen<T>(), size, near, far, double_side, perspective},
                       {face.mutable_data_ptr<int32_t>(), depth.mutable_data_ptr<T>(),
                        weight.mutable_data_ptr<T>()},
                       torch_executor());
  });
  return {face, depth.to(vertices.scalar_type()), weight.to(vertices.scalar_type())};
}

std::tuple<Tensor, Tensor, Tensor> visible_meta(const Tensor& vertices, const Tensor& faces,
                                                int64_t height, int64_t width, double, double, bool,
                                                bool) {
  check_mesh(vertices, faces, kVisible);
  const c10::SymDimVector shape = {vertices.sym_size(0), height, width};
  return {at::empty_symint(shape, vertices.options().dtype(at::kInt)),
          at::empty_symint(shape, vertices.options()),
          at::empty_symint({vertices.sym_size(0), 3, height, width}, vertices.options())};
}

// === coverage_radius ===

double coverage_radius_op(std::string_view distribution, const Tensor& parameters,
                          double dist_eps) {
  constexpr const char* kOp = "coverage_radius";
  const render::Coverage coverage = {distribution_of(distribution, parameters, kOp, "1/tau"),
                                     {.family = math::t_norm_index("probabilistic")},
                                     dist_eps};
  render::check(coverage, kOp);
  return render::outer_radius(coverage);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  library.def("coverage_radius(str distribution, Tensor parameters, float dist_eps) -> float",
              checked<&coverage_radius_op>);
  define_op(library,
            "render_silhouette(Tensor vertices, Tensor faces, str distribution, Tensor parameters, "
            "str t_norm, Tensor p, float dist_eps, int height, int width) -> (Tensor alpha, Tensor "
            "folded)");
  define_op(library,
            "render_silhouette_backward(Tensor grad_alpha, Tensor vertices, Tensor faces, str "
            "distribution, Tensor parameters, str t_norm, Tensor p, float dist_eps, int height, "
            "int width, Tensor folded, bool[] needed) -> (Tensor grad_vertices, Tensor "
            "grad_parameters, Tensor grad_p)");
  define_op(library,
            "render_image(Tensor vertices, Tensor faces, Tensor textures, str distribution, Tensor "
            "parameters, str t_norm, Tensor p, float dist_eps, int height, int width, str "
            "texture_type, str blend, float gamma, float epsilon, float near, float far, bool "
            "double_side, bool perspective, bool compat) -> (Tensor color, Tensor alpha, Tensor "
            "background, Tensor folded, Tensor top, Tensor total)");
  define_op(library,
            "render_image_backward(Tensor grad_color, Tensor grad_alpha, Tensor grad_background, "
            "Tensor vertices, Tensor faces, Tensor textures, str distribution, Tensor parameters, "
            "str t_norm, Tensor p, float dist_eps, int height, int width, str texture_type, str "
            "blend, float gamma, float epsilon, float near, float far, bool double_side, bool "
            "perspective, bool compat, Tensor result_color, Tensor result_background, Tensor "
            "folded, Tensor top, Tensor total, bool[] needed) -> (Tensor grad_vertices, Tensor "
            "grad_textures, Tensor grad_parameters, Tensor grad_p)");
  define_op(library,
            "visible_faces(Tensor vertices, Tensor faces, int height, int width, float near, float "
            "far, bool double_side, bool perspective) -> (Tensor face, Tensor depth, Tensor "
            "weight)");
}

TORCH_LIBRARY_IMPL(pliant, CPU, library) {
  library.impl("render_silhouette", checked<&silhouette_cpu>);
  library.impl("render_silhouette_backward", checked<&silhouette_backward_cpu>);
  library.impl("render_image", checked<&image_cpu>);
  library.impl("render_image_backward", checked<&image_backward_cpu>);
  library.impl("visible_faces", checked<&visible_cpu>);
}

TORCH_LIBRARY_IMPL(pliant, Meta, library) {
  library.impl("render_silhouette", checked<&silhouette_meta>);
  library.impl("render_silhouette_backward", checked<&silhouette_backward_meta>);
  library.impl("render_image", checked<&image_meta>);
  library.impl("render_image_backward", checked<&image_backward_meta>);
  library.impl("visible_faces", checked<&visible_meta>);
}

}  // namespace pliant
