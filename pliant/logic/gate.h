// pliant/logic/gate.h — gates as truth tables, from which everything else is computed (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pliant::logic {

/// Gates have 1 … 6 inputs: a hardware table has six.
inline constexpr int kMaxInputs = 6;

/// Entries of the truth table of a gate.
constexpr std::size_t table_size(int inputs) { return std::size_t{1} << inputs; }

/// The truth table of a gate: entry `address` is its output where the bits of `address`, the most
/// significant one first, are its inputs. Two inputs a, b: addresses 0 … 3 are (a, b) = 00, 01, 10,
/// 11.
struct Gate {
  int inputs = 2;
  std::uint64_t id = 0;  ///< the entries as bits, entry 0 the most significant: AND is 0001, id 1

  /// Whether the output at `address` is 1.
  [[nodiscard]] constexpr bool operator[](std::size_t address) const {
    return ((id >> (table_size(inputs) - 1 - address)) & 1) != 0;
  }
};

/// How many gates of two inputs there are.
inline constexpr int kGates = 16;

/// The name of the gate `id` of two inputs, 0 … 15, e.g. "and", "a and not b", "true".
std::string_view gate_name(int id);

/// The 2^inputs coefficients of the multilinear form of a gate: its output is the sum over `subset`
/// of coefficient [subset] times the product of the inputs in the subset, whose bits, the most
/// significant one first, stand for the inputs. Two inputs a, b: 1, b, a, a·b. It is the
/// expectation of the gate under independent Bernoulli inputs. Defined beside the formula, in
/// parametrization.cpp.
std::vector<double> coefficients(const Gate& gate);

}  // namespace pliant::logic
