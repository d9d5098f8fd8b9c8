// pliant/data/seal.h — a checksum inside of a safetensors file, over all that it holds (no torch)
#pragma once

#include <string>
#include <string_view>

#include "pliant/data/safetensors.h"

namespace pliant::data {

/// The metadata entry that seals a file.
inline constexpr std::string_view kSealEntry = "pliant_crc32";

/// The CRC-32 of the names, types, shapes and bytes of the tensors and of the metadata but the seal
/// itself, as 8 hexadecimal digits. A file that is written with it as its entry `kSealEntry` is
/// refused by SafetensorsFile when any of these has changed: every change within 32 bits is seen,
/// and all but one of 2^32 others.
/// Cost: about a second a gigabyte
std::string seal_of(const TensorMap& tensors, const MetadataMap& metadata);

}  // namespace pliant::data
