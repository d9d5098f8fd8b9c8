// pliant/circuit/exchange/cover.h — tables without what they do not need, and as sums of products
// (no torch)
#pragma once

#include <cstdint>
#include <vector>

#include "pliant/circuit/circuit.h"

namespace pliant::circuit {

/// The same function of the inputs on which it depends, each once, in their order.
Node reduced(Node node);

/// A product of inputs and complements: those of `care`, which are 1 where `value` is.
struct Cube {
  std::uint8_t care = 0;   ///< bit i: the product reads input i
  std::uint8_t value = 0;  ///< bit i: and is 0 unless it has this value; 0 beyond care

  friend bool operator==(const Cube&, const Cube&) = default;
};

/// Products whose sum is the function, none of which can be left out: Minato and Morreale's
/// irredundant sum of products. No products: constant 0; one that reads nothing: constant 1.
/// @param inputs  of the table   Cost: at most 2^inputs products
std::vector<Cube> cover_of(TruthTable table, int inputs);

}  // namespace pliant::circuit
