// pliant/optim/torch/joint_layer.cpp — a conditioned layer of several processes
#include "pliant/optim/torch/joint_layer.h"

#include <ATen/Functions.h>
#include <torch/csrc/autograd/custom_function.h>

#include <tuple>
#include <utility>

namespace pliant {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// What the backward pass needs beside tensors.
struct Joint : torch::CustomClassHolder {
  IsaacSettings settings;
  std::shared_ptr<const Communicator> processes;  ///< keeps settings.processes alive
  std::optional<ConvShape> shape;
};

Tensor gradient_of_input(const Tensor& grad, const Tensor& x, const Tensor& weight,
                         const std::optional<ConvShape>& shape) {
  if (!shape) return at::mm(grad.reshape({-1, grad.size(-1)}), weight).reshape(x.sizes());
  return std::get<0>(at::convolution_backward(
      grad, x, weight, std::nullopt, shape->stride, shape->padding, shape->dilation,
      /*transposed=*/false, {0, 0}, shape->groups, {true, false, false}));
}

struct JointLayer : torch::autograd::Function<JointLayer> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight,
                        const Tensor& bias, const c10::intrusive_ptr<Joint>& joint) {
    context->save_for_backward({x, weight});
    context->saved_data["joint"] = c10::IValue::make_capsule(joint);
    const auto& shape = joint->shape;
    if (!shape) return at::linear(x, weight, bias);
    return at::conv2d(x, weight, bias, shape->stride, shape->padding, shape->dilation,
                      shape->groups);
  }

  static variable_list backward(AutogradContext* context, const variable_list& upstream) {
    TORCH_CHECK_NOT_IMPLEMENTED(!at::GradMode::is_enabled(),
                                "isaac: conditioned gradients have no derivative");
    const variable_list saved = context->get_saved_variables();
    const Tensor& x = saved[0];
    const Tensor& weight = saved[1];
    const Tensor& grad = upstream[0];
    const auto capsule = context->saved_data["joint"].toCapsule();
    const auto& joint = static_cast<const Joint&>(*capsule);
    Tensor of_input;
    if (context->needs_input_grad(0)) of_input = gradient_of_input(grad, x, weight, joint.shape);
    const bool with_bias = context->needs_input_grad(2);
    const LayerGradient gradient =
        joint.shape
            ? isaac_conv2d_gradient(x, grad, weight, with_bias, *joint.shape, joint.settings)
            : isaac_linear_gradient(x, grad, with_bias, joint.settings);
    return {of_input, gradient.weight, gradient.bias, Tensor()};
  }
};

}  // namespace

Tensor joint_layer(const Tensor& x, const Tensor& weight, const Tensor& bias,
                   const IsaacSettings& settings, std::shared_ptr<const Communicator> processes,
                   const std::optional<ConvShape>& shape) {
  auto joint = c10::make_intrusive<Joint>();
  joint->settings = settings;
  joint->processes = std::move(processes);
  joint->shape = shape;
  return JointLayer::apply(x, weight, bias, joint);
}

}  // namespace pliant
