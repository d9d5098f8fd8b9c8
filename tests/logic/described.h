// tests/logic/described.h — described networks with their tensors, for the tests of this room
#pragma once

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "pliant/base/random.h"
#include "pliant/logic/network_file.h"

namespace pliant::logic {

using Bits = std::vector<std::uint8_t>;

/// Tensors that own their numbers.
class Store {
 public:
  template <class T>
  std::string add(const std::string& name, const std::vector<std::int64_t>& shape,
                  const std::vector<T>& values) {
    bytes_.emplace_back(values.size() * sizeof(T));
    if (!values.empty()) std::memcpy(bytes_.back().data(), values.data(), bytes_.back().size());
    map_[name] = {dtype<T>(), shape, bytes_.back().data(), bytes_.back().size()};
    return name;
  }
  [[nodiscard]] const data::TensorMap& map() const { return map_; }

 private:
  template <class T>
  static const char* dtype() {
    if constexpr (std::is_same_v<T, double>) return "F64";
    if constexpr (std::is_same_v<T, float>) return "F32";
    if constexpr (std::is_same_v<T, std::int64_t>) return "I64";
    if constexpr (std::is_same_v<T, std::int32_t>) return "I32";
    return "U8";
  }
  std::vector<std::vector<std::uint8_t>> bytes_;
  data::TensorMap map_;
};

inline Description row_of(std::int64_t features, std::vector<Layer> layers) {
  Description description;
  description.input.shape = {features};
  description.layers = std::move(layers);
  return description;
}

/// The error text of a network.
inline std::string refused(const Description& description, const Store& store) {
  try {
    circuit_of(description, store.map(), "net");
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

inline Bits random_bits(std::size_t count, std::uint64_t seed) {
  base::Random random(seed, 5, 0);
  Bits bits(count);
  for (auto& bit : bits) bit = static_cast<std::uint8_t>(random.below(2));
  return bits;
}

inline std::vector<float> normal(std::size_t count, std::uint64_t seed) {
  base::Random random(seed, 6, 0);
  std::vector<float> numbers(count);
  // The sum of a few uniforms: which law it is does not matter.
  for (float& number : numbers)
    number = static_cast<float>(random.uniform() + random.uniform() + random.uniform() - 1.5) * 4;
  return numbers;
}

/// The last stage's bits, (samples, bits), of circuit inputs (samples, inputs).
inline Bits outputs_of(const circuit::Circuit& circuit, const Bits& x) {
  const circuit::Circuit flat = flattened(circuit);
  const std::size_t inputs = flat.input_bits();
  const std::size_t samples = x.size() / inputs;
  const std::size_t words = (samples + 63) / 64;
  std::vector<std::uint64_t> rows(inputs * words);
  for (std::size_t s = 0; s < samples; ++s) {
    for (std::size_t i = 0; i < inputs; ++i)
      rows[i * words + s / 64] |= std::uint64_t{x[s * inputs + i]} << (s % 64);
  }
  const std::vector<std::uint64_t> y = evaluate(flat.cell(), rows.data(), words);
  Bits bits;
  for (std::size_t s = 0; s < samples; ++s) {
    for (std::size_t o = 0; o < flat.output_bits(); ++o)
      bits.push_back((y[o * words + s / 64] >> (s % 64)) & 1);
  }
  return bits;
}

/// Fails with the whole text unless it has the part.
#define CHECK_HAS(text, part) CHECK_MESSAGE((text).find(part) != std::string::npos, (text))

}  // namespace pliant::logic
