// tasks/shape_model.h — a template mesh whose vertices are learned
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <string_view>
#include <vector>

#include "pliant/render/torch/mesh.h"

namespace pliant::tasks {

/// "logit", "offset".
std::vector<std::string_view> shape_parametrizations();

/// A template b with a displacement Δ for each vertex, and a centre c for all.
///
/// logit (SoftRas and GenDR, their released code): u = sigmoid(logit |b| + Δ) · sign b, of which
/// the positive coordinates are scaled by 1 − tanh c and the negative by 1 + tanh c, plus tanh c.
/// All stays within (−1, 1). A template's coordinate that is exactly 0 has the logit −∞ and moves
/// with the centre alone, and no vertex crosses a plane of coordinates through the centre.
/// offset: b + Δ + c.
class ShapeModelImpl : public torch::nn::Module {
 public:
  /// @param base  vertices (1, V, 3), for logit within (−1, 1)
  /// @throws std::invalid_argument if they are not, or the name is unknown
  ShapeModelImpl(const torch::Tensor& base, std::string_view parametrization);

  /// (1, V, 3).
  torch::Tensor forward() const;

  torch::Tensor displacement;  ///< (1, V, 3), at first 0
  torch::Tensor centre;        ///< (1, 1, 3), at first 0

 private:
  bool logit_;
  torch::Tensor base_;  ///< logit |b|, or b
  torch::Tensor sign_;
};
TORCH_MODULE(ShapeModel);

/// logit's vertices from logit |b| and sign b, (V, 3), and any displacements and centres (B, …).
torch::Tensor displaced(const torch::Tensor& base_logit, const torch::Tensor& sign,
                        const torch::Tensor& displacement, const torch::Tensor& centre);

}  // namespace pliant::tasks
