// pliant/base/torch/autocast.cpp — every op under torch.autocast: halves become float32
//
// As torch does it for losses, norms and softmax: kernels work in float32 anyway, and mixed types
// meet where one argument comes from a layer that autocast has run in halves.
#include <ATen/autocast_mode.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include "pliant/base/torch/kernels.h"

namespace pliant {
namespace {

at::Tensor wide(const at::Tensor& tensor) {
  const bool half = tensor.defined() &&
                    (tensor.scalar_type() == at::kHalf || tensor.scalar_type() == at::kBFloat16);
  return half ? tensor.to(at::kFloat) : tensor;
}

}  // namespace

void autocast_kernel(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const c10::impl::ExcludeDispatchKeyGuard below(c10::autocast_dispatch_keyset);
  const std::size_t first = stack->size() - op.schema().arguments().size();
  for (std::size_t i = first; i < stack->size(); ++i) {
    c10::IValue& argument = (*stack)[i];
    if (argument.isTensor()) {
      argument = wide(argument.toTensor());
    } else if (argument.isTensorList()) {
      c10::List<at::Tensor> list;
      for (const at::Tensor& tensor : argument.toTensorVector()) list.push_back(wide(tensor));
      argument = std::move(list);
    }
  }
  op.callBoxed(stack);
}

}  // namespace pliant
