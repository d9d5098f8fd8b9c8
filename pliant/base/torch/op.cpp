// pliant/base/torch/op.cpp — registration of an op on every dispatch key that is not its own kernel
#include "pliant/base/torch/op.h"

#include <string>

#include "pliant/base/torch/kernels.h"

namespace pliant {

void define_op(torch::Library& library, const char* schema) {
  library.def(schema);
  const std::string text = schema;
  const std::string name = text.substr(0, text.find('('));
  const auto add = [&](c10::DispatchKey key, torch::CppFunction&& kernel) {
    library.impl(name.c_str(), torch::dispatch(key, std::move(kernel)));
  };
  add(c10::DispatchKey::Autograd, torch::CppFunction::makeFromBoxedFunction<&autograd_kernel>());
  for (const auto key : {c10::DispatchKey::CUDA, c10::DispatchKey::MPS, c10::DispatchKey::XPU,
                         c10::DispatchKey::PrivateUse1}) {
    add(key, torch::CppFunction::makeFromBoxedFunction<&foreign_device_kernel>());
  }
}

}  // namespace pliant
