// pliant/data/seal.cpp — the checksum of what a safetensors file holds (no torch)
#include "pliant/data/seal.h"

#include <zlib.h>

#include <array>
#include <cstdint>
#include <cstdio>

namespace pliant::data {
namespace {

/// A CRC-32 of parts; each goes in behind its size, so that the borders between them count.
class Sum {
 public:
  void add(const void* data, std::size_t bytes) {
    const std::uint64_t size = bytes;
    take(&size, sizeof size);
    if (bytes > 0) take(data, bytes);
  }
  void add(std::string_view text) { add(text.data(), text.size()); }
  [[nodiscard]] uLong value() const { return value_; }

 private:
  void take(const void* data, std::size_t bytes) {
    value_ = crc32_z(value_, static_cast<const Bytef*>(data), bytes);
  }
  uLong value_ = 0;
};

}  // namespace

std::string seal_of(const TensorMap& tensors, const MetadataMap& metadata) {
  Sum sum;
  for (const auto& [name, view] : tensors) {
    sum.add(name);
    sum.add(view.dtype);
    sum.add(view.shape.data(), view.shape.size() * sizeof(std::int64_t));
    sum.add(view.data, view.bytes);
  }
  for (const auto& [name, text] : metadata) {
    if (name == kSealEntry) continue;
    sum.add(name);
    sum.add(text);
  }
  std::array<char, 9> digits{};
  std::snprintf(digits.data(), digits.size(), "%08lx", sum.value());
  return digits.data();
}

}  // namespace pliant::data
