// pliant/circuit/optimise/relations.h — what an encoder's bits say about one another (no torch)
#pragma once

#include <cstdint>
#include <vector>

#include "pliant/base/random.h"
#include "pliant/circuit/encoder.h"

namespace pliant::circuit {

/// Thermometer bits of one feature imply one another; one-hot bits, which names such as "job=cook"
/// and "job=smith" tell, exclude one another (at most one of them is 1).
class InputRelations {
 public:
  explicit InputRelations(const Encoder& encoder);

  /// Whether bit a, if it is 1, makes bit b 1.
  [[nodiscard]] bool implies(std::uint32_t a, std::uint32_t b) const;
  /// Whether bits a and b are never 1 together.
  [[nodiscard]] bool excludes(std::uint32_t a, std::uint32_t b) const;
  /// Whether some two bits are related at all.
  [[nodiscard]] bool any() const { return any_; }

  /// Bits that an encoder could make, at random.   @param bits  (inputs), written with 0 and 1
  void draw(base::Random& random, std::vector<std::uint8_t>& bits) const;

  /// Stands for a bit that complete() chooses.
  static constexpr std::uint8_t kFree = 2;
  /// Chooses the free bits so that all together can be made, where the others can.
  void complete(std::vector<std::uint8_t>& bits) const;

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  std::vector<std::uint32_t> chain_;                   ///< of each bit: its feature, or itself
  std::vector<double> threshold_;                      ///< of each bit
  std::vector<std::vector<std::uint32_t>> chains_;     ///< bits of each feature, thresholds ascend
  std::vector<std::uint32_t> variable_;                ///< of each feature: among variables_
  std::vector<std::vector<std::uint32_t>> variables_;  ///< features that exclude each other
  bool any_ = false;
};

}  // namespace pliant::circuit
