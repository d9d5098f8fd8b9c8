// pliant/circuit/exchange/signal_names.h — names of bits that other programs can read (no torch)
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "pliant/circuit/circuit.h"

namespace pliant::circuit {

/// Gives names once each, as words: white space, control characters, # and \ become _.
class NameSet {
 public:
  /// The name, followed by ~`number` where it is taken or empty.
  std::string unique(std::string_view name, std::size_t number);

 private:
  std::unordered_set<std::string> taken_;
};

/// The names of the input bits and outputs of a flat circuit, no two alike: bit_name for inputs,
/// "c3[17]" for bit 17 of class 3, "y17" for output 17 without classes.
struct SignalNames {
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
};
SignalNames signal_names(const Circuit& circuit, NameSet& names);

}  // namespace pliant::circuit
