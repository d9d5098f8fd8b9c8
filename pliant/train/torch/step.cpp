// pliant/train/torch/step.cpp — one update of a task's parameters
#include "pliant/train/torch/step.h"

#include <torch/torch.h>

#include <cmath>

#include "pliant/base/errors.h"
#include "pliant/base/random.h"

namespace pliant {
namespace {

NamedTensors trained_parameters(const torch::nn::Module& module) {
  NamedTensors all;
  for (const auto& item : module.named_parameters()) {
    if (item.value().requires_grad()) all.emplace_back(item.key(), item.value());
  }
  return all;
}

/// What a task draws from torch's own generator in a step depends on the seed and the step alone.
void seed_torch(std::uint64_t seed, std::int64_t step) {
  base::Random random(seed, static_cast<std::uint64_t>(step), 0);
  torch::manual_seed(random.word());
}

std::string_view what_is_not_finite(const at::Tensor& outputs, const StepResult& result) {
  if (!at::isfinite(outputs.detach()).all().item<bool>()) return "an output of the network";
  if (!std::isfinite(result.loss)) return "the loss";
  if (!std::isfinite(result.gradient_norm)) return "the gradient";
  return {};
}

}  // namespace

Stepper::Stepper(Task& task, const train::Options& options, const Processes& processes)
    : task_(task),
      options_(options),
      processes_(processes),
      parameters_(trained_parameters(task.module())),
      optimizer_(options.optimizer, parameters_, task.betas()),
      learning_rate_(train::learning_rate_schedule(options)) {
  base::require(*options.batch % processes.world() == 0, "batch must be a multiple of the ",
                processes.world(), " processes, got ", *options.batch);
}

StepResult Stepper::step(std::int64_t number) {
  const std::int64_t share = *options_.batch / processes_.world();
  seed_torch(options_.seed, number);
  task_.module().train();
  optimizer_.zero_grad();
  const BatchLoss batch = task_.loss({options_.seed, number, processes_.rank() * share, share});
  batch.loss.backward();
  for (const auto& [_, parameter] : parameters_) {
    if (parameter.grad().defined()) average(parameter.grad());
  }
  const at::Tensor loss = batch.loss.detach();
  average(loss);
  StepResult result{loss.item<double>(), gradient_norm(), {}};
  result.not_finite = what_is_not_finite(batch.outputs, result);
  if (result.not_finite.empty()) optimizer_.step(learning_rate_.at(number));
  return result;
}

std::int64_t Stepper::parameter_count() const {
  std::int64_t count = 0;
  for (const auto& [_, parameter] : parameters_) count += parameter.numel();
  return count;
}

void Stepper::average(const at::Tensor& tensor) const {
  if (processes_.world() == 1) return;
  const torch::NoGradGuard no_grad;
  processes_.all_reduce(tensor);
  tensor.div_(processes_.world());
}

double Stepper::gradient_norm() const {
  double sum = 0;
  for (const auto& [_, parameter] : parameters_) {
    if (!parameter.grad().defined()) continue;
    const double norm = parameter.grad().norm().item<double>();
    sum += norm * norm;
  }
  return std::sqrt(sum);
}

}  // namespace pliant
