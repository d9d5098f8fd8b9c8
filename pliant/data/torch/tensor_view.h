// pliant/data/torch/tensor_view.h — torch's tensors as those of safetensors files
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "pliant/data/safetensors.h"

namespace pliant {

/// "F32", …: a type's name in the file format.
/// @param name  of the tensor, in the text of an error
/// @throws std::invalid_argument if the format has no such type
std::string dtype_name(const std::string& name, at::ScalarType type);

/// The same values, contiguous and on the CPU, without gradient.
at::Tensor plain_tensor(const at::Tensor& tensor);

/// A view that lives as long as the tensor does.
/// @param plain  contiguous and on the CPU   @throws as dtype_name
data::TensorView tensor_view(const std::string& name, const at::Tensor& plain);

}  // namespace pliant
