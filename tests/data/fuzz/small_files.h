// tests/data/fuzz/small_files.h — small files of each format of data, for fuzzers to begin from
#pragma once

#include <cstdint>
#include <vector>

namespace pliant::data {

using SmallFiles = std::vector<std::vector<std::uint8_t>>;

// Each gives valid files, together all kinds of what its format may hold.
SmallFiles small_idx();
SmallFiles small_npy();
SmallFiles small_npz();
SmallFiles small_safetensors();
SmallFiles small_cifar();
SmallFiles small_tables();
SmallFiles small_features();
SmallFiles small_obj();

}  // namespace pliant::data
