// tasks/shape_model.cpp — a template mesh whose vertices are learned
#include "tasks/shape_model.h"

#include <torch/torch.h>

#include "pliant/base/errors.h"

namespace pliant::tasks {

using torch::Tensor;

std::vector<std::string_view> shape_parametrizations() { return {"logit", "offset"}; }

Tensor displaced(const Tensor& base_logit, const Tensor& sign, const Tensor& displacement,
                 const Tensor& centre) {
  const Tensor c = centre.tanh();
  const Tensor u = torch::sigmoid(base_logit + displacement) * sign;
  return u - u.abs() * c + c;
}

ShapeModelImpl::ShapeModelImpl(const Tensor& base, std::string_view parametrization)
    : logit_(parametrization == "logit") {
  base::require(logit_ || parametrization == "offset", "unknown parametrization '", parametrization,
                "'; there are: logit, offset");
  const double largest = base.abs().max().item<double>();
  base::require(!logit_ || largest < 1,
                "template: the parametrization logit needs coordinates in (−1, 1), got ", largest,
                "; make template-size smaller");
  base_ = register_buffer("base", logit_ ? torch::logit(base.abs()) : base.clone());
  sign_ = register_buffer("sign", base.sign());
  displacement = register_parameter("displacement", torch::zeros_like(base));
  centre = register_parameter("centre", torch::zeros({1, 1, 3}, base.options()));
}

Tensor ShapeModelImpl::forward() const {
  return logit_ ? displaced(base_, sign_, displacement, centre) : base_ + displacement + centre;
}

}  // namespace pliant::tasks
