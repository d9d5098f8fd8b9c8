// pliant/base/torch/op.cpp — registration of an op on every dispatch key that is not its own kernel
#include "pliant/base/torch/op.h"

#include <ATen/functorch/TensorWrapper.h>

#include <string>
#include <utility>

#include "pliant/base/torch/kernels.h"
#include "pliant/base/torch/transforms.h"

namespace pliant {
namespace {

void add(torch::Library& library, const char* schema, c10::DispatchKey key,
         torch::CppFunction&& kernel) {
  const std::string text = schema;
  library.impl(text.substr(0, text.find('(')).c_str(), torch::dispatch(key, std::move(kernel)));
}

}  // namespace

namespace detail {

void add_vmap(torch::Library& library, const char* schema) {
  add(library, schema, c10::DispatchKey::FuncTorchBatched,
      torch::CppFunction::makeFromBoxedFunction<&vmap_kernel>());
}

void add_autocast(torch::Library& library, const char* schema) {
  for (const auto key : {c10::DispatchKey::AutocastCPU, c10::DispatchKey::AutocastCUDA})
    add(library, schema, key, torch::CppFunction::makeFromBoxedFunction<&autocast_kernel>());
}

}  // namespace detail

void define_op(torch::Library& library, const char* schema) {
  define_op(library, schema, OpTraits{});
}

void define_op(torch::Library& library, const char* schema, const OpTraits& traits) {
  library.def(schema);
  add(library, schema, c10::DispatchKey::Autograd,
      torch::CppFunction::makeFromBoxedFunction<&autograd_kernel>());
  for (const auto key : {c10::DispatchKey::CUDA, c10::DispatchKey::MPS, c10::DispatchKey::XPU,
                         c10::DispatchKey::PrivateUse1}) {
    add(library, schema, key, torch::CppFunction::makeFromBoxedFunction<&foreign_device_kernel>());
  }
  detail::add_vmap(library, schema);
  if (!traits.own_autocast) detail::add_autocast(library, schema);
  if (traits.rows.arguments.empty()) return;
  const std::string text = schema;
  set_rows("pliant::" + text.substr(0, text.find('(')), traits.rows);
}

at::Tensor plain_numbers(const at::Tensor& tensor, const char* op) {
  at::Tensor plain = tensor.detach().resolve_neg().contiguous();
  while (auto* wrapper = at::functorch::maybeGetTensorWrapper(plain)) plain = wrapper->value();
  TORCH_CHECK_NOT_IMPLEMENTED(
      plain.has_storage() && !plain.is_meta() && !plain.key_set().has(c10::DispatchKey::Python), op,
      " looks at the numbers of its arguments, so it cannot be part of a "
      "compiled or exported graph, nor of torch.func.grad inside vmap");
  return plain;
}

}  // namespace pliant
