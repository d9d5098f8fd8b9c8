// pliant/train/torch/step.cpp — one update of a task's parameters
#include "pliant/train/torch/step.h"

#include <torch/torch.h>

#include <array>
#include <cmath>
#include <csignal>

#include "pliant/base/errors.h"
#include "pliant/base/random.h"
#include "pliant/train/torch/batch_norm.h"

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

bool has_not_finite(const at::Tensor& outputs) {
  return !at::isfinite(outputs.detach()).all().item<bool>();
}

std::string_view what_is_not_finite(bool outputs, const StepResult& result) {
  if (outputs) return "an output of the network";
  if (!std::isfinite(result.loss)) return "the loss";
  if (!std::isfinite(result.gradient_norm)) return "the gradient";
  return {};
}

}  // namespace

Stepper::Stepper(Task& task, const train::Options& options, const Communicator& processes)
    : task_(task),
      options_(options),
      processes_(processes),
      parameters_(trained_parameters(task.module())),
      optimizer_(options.optimizer, parameters_, task.betas()),
      learning_rate_(train::learning_rate_schedule(options)),
      sum_(parameters_, processes) {
  base::require(*options.batch % processes.size() == 0, "batch must be a multiple of the ",
                processes.size(), " processes, got ", *options.batch);
  const WholeBatch checked(task.module(), processes);
}

StepResult Stepper::step(std::int64_t number, const StopWish& stop) {
  seed_torch(options_.seed, number);
  task_.module().train();
  optimizer_.zero_grad();
  const StepResult result = of_all(loss_with_gradient(number), stop);
  if (result.not_finite.empty()) optimizer_.step(learning_rate_.at(number));
  return result;
}

BatchLoss Stepper::loss_with_gradient(std::int64_t number) {
  const WholeBatch whole(task_.module(), processes_);
  const std::int64_t share = *options_.batch / processes_.size();
  BatchLoss batch = task_.loss({options_.seed, number, processes_.rank() * share, share});
  batch.loss.backward();
  return batch;
}

StepResult Stepper::of_all(const BatchLoss& batch, const StopWish& stop) {
  std::array<double, 5> all = {batch.loss.item<double>(), has_not_finite(batch.outputs) ? 1.0 : 0.0,
                               stop.minutes ? 1.0 : 0.0, stop.signal == SIGINT ? 1.0 : 0.0,
                               stop.signal == SIGTERM ? 1.0 : 0.0};
  sum_.average_gradients(all);
  StepResult result{all[0] / processes_.size(), gradient_norm(), {}, {all[2] > 0, 0}};
  if (all[3] > 0 || all[4] > 0) result.stop.signal = all[3] > 0 ? SIGINT : SIGTERM;
  result.not_finite = what_is_not_finite(all[1] > 0, result);
  return result;
}

std::int64_t Stepper::parameter_count() const {
  std::int64_t count = 0;
  for (const auto& [_, parameter] : parameters_) count += parameter.numel();
  return count;
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
