// pliant/train/config_hash.cpp — whether two runs have the same options (no torch)
#include "pliant/train/config_hash.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace pliant::train {
namespace {

class Fnv1a {
 public:
  void add(std::string_view text) {
    for (unsigned char byte : text) add(byte);
    add(static_cast<unsigned char>(0));
  }
  [[nodiscard]] std::uint64_t value() const { return hash_; }

 private:
  void add(unsigned char byte) { hash_ = (hash_ ^ byte) * 0x100000001B3ULL; }

  std::uint64_t hash_ = 0xCBF29CE484222325ULL;
};

}  // namespace

std::string config_hash(const Config& config) {
  Fnv1a hash;
  for (const auto& [name, value] : config) {
    hash.add(name);
    hash.add(value);
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[(hash.value() >> shift) & 15];
  return text;
}

std::string number_text(double value) {
  std::array<char, 32> text{};
  const auto result = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), result.ptr};
}

}  // namespace pliant::train
