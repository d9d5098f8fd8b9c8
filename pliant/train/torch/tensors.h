// pliant/train/torch/tensors.h — tensors by name, to and from safetensors files
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "pliant/data/safetensors.h"

namespace pliant {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

/// Writes the tensors atomically (data::write_safetensors) and sealed (data/seal.h), each as a
/// contiguous copy on the CPU where it is not one.
/// @throws std::invalid_argument if a dtype is not one of the format's; std::system_error if the
/// file cannot be written
void save_tensors(const std::filesystem::path& path, const NamedTensors& tensors,
                  const data::MetadataMap& metadata);

/// Copies each named tensor of the file into ours, in place.
/// @param prefix  stands before each name in the file
/// @throws std::invalid_argument that names the file, the tensor, and its dtype and shape there and
/// here, if one is missing or different; nothing has been copied then
void load_tensors(const std::filesystem::path& path, const data::SafetensorsFile& file,
                  const std::string& prefix, const NamedTensors& tensors);

}  // namespace pliant
