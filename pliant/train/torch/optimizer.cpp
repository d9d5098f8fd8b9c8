// pliant/train/torch/optimizer.cpp — the list of optimisers
#include "pliant/train/torch/optimizer.h"

#include <torch/torch.h>

#include <array>

#include "pliant/base/type_list.h"

namespace pliant {
namespace {

/// What one update works on: the parameters that have gradients, and the fields of their state.
struct Update {
  std::vector<at::Tensor> parameters;
  std::vector<at::Tensor> gradients;
  std::vector<std::vector<at::Tensor>> fields;
};

constexpr std::array<std::string_view, 3> kAdamFields = {"exp_avg", "exp_avg_sq", "step"};

/// Kingma and Ba, ICLR 2015.
struct Adam {
  static constexpr std::string_view name = "adam";
  static constexpr auto fields = kAdamFields;
  static void step(Update& u, double learning_rate, const AdamBetas& betas) {
    at::_foreach_add_(u.fields[2], 1);
    at::_fused_adam_(u.parameters, u.gradients, u.fields[0], u.fields[1], {}, u.fields[2],
                     learning_rate, betas.mean, betas.square, /*weight_decay=*/0,
                     /*eps=*/1e-8, /*amsgrad=*/false, /*maximize=*/false);
  }
};

/// Loshchilov and Hutter, ICLR 2019.
struct AdamW {
  static constexpr std::string_view name = "adamw";
  static constexpr auto fields = kAdamFields;
  static void step(Update& u, double learning_rate, const AdamBetas& betas) {
    at::_foreach_add_(u.fields[2], 1);
    at::_fused_adamw_(u.parameters, u.gradients, u.fields[0], u.fields[1], {}, u.fields[2],
                      learning_rate, betas.mean, betas.square, /*weight_decay=*/0.01,
                      /*eps=*/1e-8, /*amsgrad=*/false, /*maximize=*/false);
  }
};

/// Gradient descent; the momentum starts at zero.
struct Sgd {
  static constexpr std::string_view name = "sgd";
  static constexpr std::array<std::string_view, 1> fields = {"momentum"};
  static void step(Update& u, double learning_rate, const AdamBetas&) {
    at::_fused_sgd_(u.parameters, u.gradients, u.fields[0], /*weight_decay=*/0, /*momentum=*/0.9,
                    learning_rate, /*dampening=*/0, /*nesterov=*/false, /*maximize=*/false,
                    /*is_first_step=*/false);
  }
};

/// Gradient descent without momentum.
struct Descent {
  static constexpr std::string_view name = "descent";
  static constexpr std::array<std::string_view, 0> fields = {};
  static void step(Update& u, double learning_rate, const AdamBetas&) {
    at::_fused_sgd_(u.parameters, u.gradients, {}, /*weight_decay=*/0, /*momentum=*/0,
                    learning_rate, /*dampening=*/0, /*nesterov=*/false, /*maximize=*/false,
                    /*is_first_step=*/false);
  }
};

/// The same, on gradients that the task's own layers have conditioned (pliant/optim/).
struct Isaac : Descent {
  static constexpr std::string_view name = kIsaacOptimizer;
};

using Optimizers = base::TypeList<Adam, AdamW, Sgd, Descent, Isaac>;

/// Zeros for a field: one number for the count of steps, as many as the parameter's otherwise.
at::Tensor make_field(std::string_view field, const at::Tensor& parameter) {
  if (field == "step") return at::zeros({}, at::kFloat);
  return at::zeros_like(parameter, at::MemoryFormat::Preserve);
}

}  // namespace

Optimizer::Optimizer(std::string_view name, const NamedTensors& parameters, const AdamBetas& betas)
    : kind_(base::index_of(Optimizers{}, name, "optimizer")),
      betas_(betas),
      parameters_(parameters) {
  base::visit(Optimizers{}, kind_, [&](auto kind) {
    for (std::string_view field : kind.fields) {
      auto& tensors = fields_.emplace_back();
      for (const auto& [_, parameter] : parameters_) {
        tensors.push_back(make_field(field, parameter.detach()));
      }
    }
  });
}

void Optimizer::step(double learning_rate) {
  const torch::NoGradGuard no_grad;
  Update update;
  update.fields.resize(fields_.size());
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const at::Tensor& parameter = parameters_[i].second;
    if (!parameter.grad().defined()) continue;
    update.parameters.push_back(parameter);
    update.gradients.push_back(parameter.grad());
    for (std::size_t field = 0; field < fields_.size(); ++field) {
      update.fields[field].push_back(fields_[field][i]);
    }
  }
  base::visit(Optimizers{}, kind_, [&](auto kind) { kind.step(update, learning_rate, betas_); });
}

void Optimizer::zero_grad() {
  for (const auto& [_, parameter] : parameters_) parameter.mutable_grad().reset();
}

NamedTensors Optimizer::state() const {
  NamedTensors all;
  base::visit(Optimizers{}, kind_, [&](auto kind) {
    for (std::size_t field = 0; field < fields_.size(); ++field) {
      for (std::size_t i = 0; i < parameters_.size(); ++i) {
        all.emplace_back(parameters_[i].first + "/" + std::string(kind.fields[field]),
                         fields_[field][i]);
      }
    }
  });
  return all;
}

void require_optimizer(std::string_view name) { base::index_of(Optimizers{}, name, "optimizer"); }

std::vector<std::string_view> optimizer_names() {
  const auto all = base::names(Optimizers{});
  return {all.begin(), all.end()};
}

}  // namespace pliant
