// pliant/render/torch/modules.h — cameras, light and mesh losses as modules
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <array>
#include <optional>
#include <vector>

#include "pliant/render/torch/camera.h"
#include "pliant/render/torch/light.h"
#include "pliant/render/torch/losses.h"
#include "pliant/render/torch/mesh.h"

namespace pliant {

/// Options that LookAt and Look share.
struct CameraOptions {
  bool perspective = true;    ///< else orthographic
  double viewing_angle = 30;  ///< half of the field of view in degrees, in (0, 90)
  double viewing_scale = 1;   ///< of the orthographic picture
  torch::Tensor eye;          ///< (3) or (B, 3); undefined: (0, 0, −(1/tan angle + 1))
};

/// World → screen for cameras at `eyes` that look at the origin, y up. forward(vertices (V, 3) or
/// (B, V, 3)) → (B, V, 3), or a Mesh → the mesh on the screen.
class LookAtImpl : public torch::nn::Module {
 public:
  /// @throws c10::ValueError that names the option
  explicit LookAtImpl(const CameraOptions& options = {});
  torch::Tensor forward(const torch::Tensor& vertices) const;
  Mesh forward(const Mesh& mesh) const;
  /// @param eyes  (3) or (B, 3)
  void set_eyes(const torch::Tensor& eyes);
  void set_eyes_from_angles(const torch::Tensor& distance, const torch::Tensor& elevation,
                            const torch::Tensor& azimuth);

  CameraOptions options;
  torch::Tensor eyes;  ///< (3) or (B, 3): where the cameras are, no part of the module's state
};
TORCH_MODULE(LookAt);

/// World → screen for cameras at `eyes` that all look along one direction, y up.
class LookImpl : public torch::nn::Module {
 public:
  explicit LookImpl(const std::array<double, 3>& direction = {0, 0, 1},
                    const CameraOptions& options = {});
  torch::Tensor forward(const torch::Tensor& vertices) const;
  Mesh forward(const Mesh& mesh) const;
  void set_eyes(const torch::Tensor& eyes);

  CameraOptions options;
  torch::Tensor eyes;       ///< as LookAt's
  torch::Tensor direction;  ///< (3)
};
TORCH_MODULE(Look);

/// World → screen by projection matrices (pliant::project).
class ProjectionImpl : public torch::nn::Module {
 public:
  /// @param P  (3, 4) or (B, 3, 4)   @param distortion  (5) or (B, 5); undefined: none
  explicit ProjectionImpl(const torch::Tensor& P, const torch::Tensor& distortion = {},
                          double orig_size = 512);
  torch::Tensor forward(const torch::Tensor& vertices) const;
  Mesh forward(const Mesh& mesh) const;

  torch::Tensor P;           ///< a buffer
  torch::Tensor distortion;  ///< a buffer, undefined without distortion
  double orig_size;
};
TORCH_MODULE(Projection);

/// A light from far away.
struct DirectionalLight {
  double intensity = 0.5;
  std::array<double, 3> colour = {1, 1, 1};
  std::array<double, 3> direction = {0, 1, 0};  ///< towards the light, not 0
};

struct LightingOptions {
  double intensity_ambient = 0.5;
  std::array<double, 3> colour_ambient = {1, 1, 1};
  std::vector<DirectionalLight> directionals = {{}};
};

/// pliant::lit as a module: forward(Mesh) → Mesh. The lights are buffers.
class LightingImpl : public torch::nn::Module {
 public:
  /// @throws c10::ValueError that names the option
  explicit LightingImpl(const LightingOptions& options = {});
  Mesh forward(const Mesh& mesh) const;

  torch::Tensor ambient;     ///< (3): intensity times colour
  torch::Tensor colours;     ///< (L, 3): intensity times colour
  torch::Tensor directions;  ///< (L, 3)
};
TORCH_MODULE(Lighting);

/// pliant::laplacian_loss of meshes with these faces: forward(vertices (B, V, 3)) → (B), or with
/// `average` their mean.
class LaplacianLossImpl : public torch::nn::Module {
 public:
  /// @param vertices  V
  LaplacianLossImpl(int64_t vertices, const torch::Tensor& faces, bool average = false);
  torch::Tensor forward(const torch::Tensor& vertices) const;

  MeshTopology topology;  ///< offsets and neighbours are buffers
  bool average;
};
TORCH_MODULE(LaplacianLoss);

/// pliant::flatten_loss likewise.
class FlattenLossImpl : public torch::nn::Module {
 public:
  explicit FlattenLossImpl(const torch::Tensor& faces, bool average = false);
  torch::Tensor forward(const torch::Tensor& vertices) const;

  MeshTopology topology;  ///< interior is a buffer
  bool average;
};
TORCH_MODULE(FlattenLoss);

}  // namespace pliant
