// pliant/train/torch/tensors.cpp — tensors by name, to and from safetensors files
#include "pliant/train/torch/tensors.h"

#include <torch/torch.h>

#include <cstring>
#include <sstream>
#include <string_view>

#include "pliant/base/errors.h"
#include "pliant/data/seal.h"
#include "pliant/data/torch/tensor_view.h"

namespace pliant {
namespace {

std::string describe(std::string_view dtype, at::IntArrayRef shape) {
  std::ostringstream text;
  text << dtype << " " << shape;
  return text.str();
}

}  // namespace

void save_tensors(const std::filesystem::path& path, const NamedTensors& tensors,
                  const data::MetadataMap& metadata) {
  std::vector<at::Tensor> alive;
  data::TensorMap views;
  for (const auto& [name, tensor] : tensors) {
    alive.push_back(plain_tensor(tensor));
    views[name] = tensor_view(name, alive.back());
  }
  data::MetadataMap sealed = metadata;
  sealed[std::string(data::kSealEntry)] = data::seal_of(views, metadata);
  data::write_safetensors(path, views, sealed);
}

void load_tensors(const std::filesystem::path& path, const data::SafetensorsFile& file,
                  const std::string& prefix, const NamedTensors& tensors) {
  for (const auto& [name, tensor] : tensors) {
    const auto found = file.tensors().find(prefix + name);
    base::require(found != file.tensors().end(), path.string(),
                  ": this is of another model: there is no tensor '", prefix, name, "'");
    const std::string there = describe(found->second.dtype, found->second.shape);
    const std::string here = describe(dtype_name(name, tensor.scalar_type()), tensor.sizes());
    base::require(there == here, path.string(), ": this is of another model: '", prefix, name,
                  "' is ", there, ", expected ", here);
  }
  const torch::NoGradGuard no_grad;
  for (const auto& [name, tensor] : tensors) {
    const data::TensorView& view = file.tensor(prefix + name);
    at::Tensor copy = at::empty(tensor.sizes(), tensor.options().device(at::kCPU));
    if (view.bytes > 0) std::memcpy(copy.mutable_data_ptr(), view.data, view.bytes);
    tensor.copy_(copy);
  }
}

}  // namespace pliant
