// pliant/logic/torch/integer_buffers.cpp — integers are put back after torch has cast them
#include "pliant/logic/torch/integer_buffers.h"

#include <torch/types.h>

#include <utility>
#include <vector>

namespace pliant {
namespace {

/// The module's own buffers of integers, each with what it held before `convert`, put back where
/// the buffer is after it.
template <class Convert>
void keep_integers(const torch::nn::Module& module, const Convert& convert) {
  std::vector<std::pair<torch::Tensor, torch::Tensor>> kept;
  for (const auto& buffer : module.named_buffers(/*recurse=*/false)) {
    if (c10::isIntegralType(buffer.value().scalar_type(), /*includeBool=*/true))
      kept.emplace_back(buffer.value(), buffer.value().detach());
  }
  convert();
  for (auto& [buffer, before] : kept) buffer.set_data(before.to(buffer.device()));
}

}  // namespace

void IntegerBuffersModule::to(torch::Device device, torch::Dtype dtype, bool non_blocking) {
  keep_integers(*this, [&] { Module::to(device, dtype, non_blocking); });
}

void IntegerBuffersModule::to(torch::Dtype dtype, bool non_blocking) {
  keep_integers(*this, [&] { Module::to(dtype, non_blocking); });
}

}  // namespace pliant
