// pliant/base/torch/foreign_device.cpp — tensors on a device without kernels of ours: copied to the
// CPU and back
#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "pliant/base/torch/kernels.h"

namespace pliant {
namespace {

/// PLIANT_FOREIGN_DEVICE is `copy` (default: copy and warn once) or `error`.
void announce(const std::string& op, c10::Device device) {
  const char* variable = std::getenv("PLIANT_FOREIGN_DEVICE");
  const std::string choice = variable == nullptr ? "copy" : variable;
  TORCH_CHECK_VALUE(choice == "copy" || choice == "error",
                    "PLIANT_FOREIGN_DEVICE must be 'copy' or 'error', got '", choice, "'");
  TORCH_CHECK_NOT_IMPLEMENTED(choice == "copy", op, ": there is no kernel for tensors on ", device,
                              ", and PLIANT_FOREIGN_DEVICE=error forbids copying them to the CPU");
  TORCH_WARN_ONCE(
      op, ": pliant has CPU kernels only. Tensors on ", device,
      " are copied to the CPU and results back (PLIANT_FOREIGN_DEVICE=error forbids this)");
}

}  // namespace

void foreign_device_kernel(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const c10::FunctionSchema& schema = op.schema();
  std::optional<c10::Device> foreign;
  std::vector<std::optional<c10::Device>> homes;
  const std::size_t first = stack->size() - schema.arguments().size();
  for (std::size_t i = first; i < stack->size(); ++i) {
    c10::IValue& argument = (*stack)[i];
    homes.emplace_back();
    if (!argument.isTensor() || !argument.toTensor().defined()) continue;
    const at::Tensor tensor = argument.toTensor();
    homes.back() = tensor.device();
    if (tensor.is_cpu()) continue;
    if (!foreign) foreign = tensor.device();
    argument = tensor.to(c10::kCPU);
  }
  TORCH_INTERNAL_ASSERT(foreign.has_value(), schema.name(), ": no tensor is on a foreign device");
  announce(schema.name(), *foreign);
  op.callBoxed(stack);
  // A gradient goes to where its argument is, any other result to the foreign device.
  const std::size_t results = schema.returns().size();
  for (std::size_t r = 0; r < results; ++r) {
    c10::IValue& result = (*stack)[stack->size() - results + r];
    if (!result.isTensor()) continue;
    c10::Device home = *foreign;
    for (std::size_t i = 0; i < homes.size(); ++i) {
      if (homes[i] && schema.returns()[r].name() == "grad_" + schema.arguments()[i].name())
        home = *homes[i];
    }
    result = result.toTensor().to(home);
  }
}

}  // namespace pliant
