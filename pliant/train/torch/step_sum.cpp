// pliant/train/torch/step_sum.cpp — all that processes add up in a step, in one message
#include "pliant/train/torch/step_sum.h"

#include <torch/torch.h>

#include <chrono>

namespace pliant {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

StepSum::StepSum(const NamedTensors& parameters, const Communicator& processes)
    : parameters_(parameters), processes_(processes) {
  for (const auto& [_, parameter] : parameters_) {
    length_ += parameter.numel();
    if (parameter.scalar_type() == at::kDouble) type_ = at::kDouble;
  }
}

std::int64_t StepSum::bytes() const {
  return length_ * static_cast<std::int64_t>(at::elementSize(type_));
}

void StepSum::average_gradients(std::span<double> numbers) {
  if (processes_.size() == 1) return;
  const torch::NoGradGuard no_grad;
  note(numbers);
  const auto before = Clock::now();
  processes_.all_reduce_sum(message_);
  seconds_ += std::chrono::duration<double>(Clock::now() - before).count();
  take(numbers);
}

void StepSum::note(std::span<const double> numbers) {
  const auto parameters = static_cast<std::int64_t>(parameters_.size());
  const auto few = static_cast<std::int64_t>(numbers.size());
  message_ = at::zeros({length_ + parameters + few}, type_);
  std::int64_t begin = 0;
  for (std::int64_t i = 0; i < parameters; ++i) {
    const at::Tensor& parameter = parameters_[static_cast<std::size_t>(i)].second;
    if (parameter.grad().defined()) {
      message_.narrow(0, begin, parameter.numel()).view(parameter.sizes()).copy_(parameter.grad());
      message_[length_ + i] = 1;
    }
    begin += parameter.numel();
  }
  for (std::int64_t i = 0; i < few; ++i)
    message_[length_ + parameters + i] = numbers[static_cast<std::size_t>(i)];
}

void StepSum::take(std::span<double> numbers) const {
  const auto parameters = static_cast<std::int64_t>(parameters_.size());
  const at::Tensor tail = message_.narrow(0, length_, message_.numel() - length_).to(at::kDouble);
  const double* counts = tail.const_data_ptr<double>();
  std::int64_t begin = 0;
  for (std::int64_t i = 0; i < parameters; ++i) {
    const at::Tensor& parameter = parameters_[static_cast<std::size_t>(i)].second;
    if (counts[i] > 0) {
      if (!parameter.grad().defined()) parameter.mutable_grad() = at::zeros_like(parameter);
      parameter.grad()
          .copy_(message_.narrow(0, begin, parameter.numel()).view(parameter.sizes()))
          .div_(processes_.size());
    }
    begin += parameter.numel();
  }
  for (std::size_t i = 0; i < numbers.size(); ++i)
    numbers[i] = counts[static_cast<std::size_t>(parameters) + i];
}

}  // namespace pliant
