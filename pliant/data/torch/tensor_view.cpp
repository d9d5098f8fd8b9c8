// pliant/data/torch/tensor_view.cpp — torch's tensors as those of safetensors files
#include "pliant/data/torch/tensor_view.h"

#include <array>
#include <string_view>

#include "pliant/base/errors.h"

namespace pliant {
namespace {

struct DTypeName {
  at::ScalarType type;
  std::string_view name;
};
constexpr std::array<DTypeName, 8> kDTypes = {{{at::kDouble, "F64"},
                                               {at::kLong, "I64"},
                                               {at::kFloat, "F32"},
                                               {at::kInt, "I32"},
                                               {at::kHalf, "F16"},
                                               {at::kBFloat16, "BF16"},
                                               {at::kByte, "U8"},
                                               {at::kBool, "BOOL"}}};

}  // namespace

std::string dtype_name(const std::string& name, at::ScalarType type) {
  for (const DTypeName& known : kDTypes) {
    if (known.type == type) return std::string(known.name);
  }
  base::fail("the tensor '", name, "' cannot be saved: its type is ", at::toString(type));
}

at::Tensor plain_tensor(const at::Tensor& tensor) { return tensor.detach().cpu().contiguous(); }

data::TensorView tensor_view(const std::string& name, const at::Tensor& plain) {
  return {dtype_name(name, plain.scalar_type()), plain.sizes().vec(), plain.const_data_ptr(),
          plain.nbytes()};
}

}  // namespace pliant
