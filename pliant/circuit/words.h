// pliant/circuit/words.h — whole numbers as bits of a circuit in the making; for rooms that build
// circuits (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "pliant/circuit/circuit.h"
#include "pliant/circuit/optimise/builder.h"

namespace pliant::circuit {

/// Numbers of a circuit stay within ± this.
inline constexpr std::int64_t kLargestWord = std::int64_t{1} << 40;

/// A number of a circuit in the making: low ≤ number ≤ high whatever the inputs are.
struct Word {
  std::int64_t low = 0;
  std::int64_t high = 0;
  /// width_of(low, high) bits, the least significant first; two's complement if low < 0.
  std::vector<Literal> bits;

  [[nodiscard]] bool constant() const { return low == high; }
  [[nodiscard]] bool is_signed() const { return low < 0; }
  friend bool operator==(const Word&, const Word&) = default;
};

/// The bits that numbers from low to high take.
int width_of(std::int64_t low, std::int64_t high);

/// Gates over words. Every result is as wide as its bounds ask for, so nothing wraps around; what
/// is known without any input becomes no gate.
/// Where a result may leave ±kLargestWord std::invalid_argument is thrown.
class WordBuilder {
 public:
  explicit WordBuilder(std::uint32_t inputs) : builder_(inputs) {}

  static constexpr Literal kFalse = Builder::kZero;
  static constexpr Literal kTrue = !Builder::kZero;

  // === Bits ===
  Literal both(Literal a, Literal b) { return add(0x8, {a, b}); }
  Literal either(Literal a, Literal b) { return add(0xE, {a, b}); }
  Literal select(Literal condition, Literal yes, Literal no) {
    return add(0xD8, {condition, yes, no});
  }
  /// a < b, unsigned, over the bits from the least significant; one node a bit.
  /// @pre as many bits of each
  Literal less(std::span<const Literal> a, std::span<const Literal> b);

  // === Words ===
  static Word constant(std::int64_t value);
  static Word truth(Literal literal);  ///< 0 or 1
  /// Bits first … first + bits − 1 of the circuit's inputs.
  static Word input(Signal first, int bits, bool is_signed);
  Word sum(const Word& a, const Word& b) { return added(a, b, false); }
  Word difference(const Word& a, const Word& b) { return added(a, b, true); }
  Word product(const Word& a, const Word& b);
  Word magnitude(const Word& a);
  Word select(Literal condition, const Word& yes, const Word& no);
  Word smaller(const Word& a, const Word& b);
  Word larger(const Word& a, const Word& b);
  Literal less(const Word& a, const Word& b);
  Literal equal(const Word& a, const Word& b);
  /// a·2^places.
  static Word shifted(const Word& a, int places);

  [[nodiscard]] const Builder& builder() const { return builder_; }
  [[nodiscard]] std::size_t nodes() const { return builder_.cell().nodes.size(); }
  /// The circuit without classes that has these outputs. @param names  of its input bits
  Circuit take(std::vector<Literal> outputs, std::vector<std::string> names);

 private:
  Literal add(TruthTable table, std::initializer_list<Literal> inputs) {
    return builder_.add(table, static_cast<int>(inputs.size()), inputs.begin());
  }
  Word added(const Word& a, const Word& b, bool subtract);

  Builder builder_;
};

}  // namespace pliant::circuit
