// pliant/logic/network_tensors.h — the tensors of a described network as numbers and tables;
// private to logic/ (no torch)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pliant/circuit/truth_table.h"
#include "pliant/data/safetensors.h"
#include "pliant/logic/description.h"

namespace pliant::logic {

/// The table of a gate whose entries are the bits of `entries`, where entry `address` is bit
/// `address` and the first input is the address's most significant bit, as in gate.h.
circuit::TruthTable table_from_entries(std::uint64_t entries, int inputs);

/// A row-major tensor of numbers.
template <class T>
struct Numbers {
  std::vector<std::int64_t> shape;
  std::vector<T> values;
};

/// The tensors of a file. Every function throws std::invalid_argument that names the tensor, if it
/// is not there or of another type or shape.
class NetworkTensors {
 public:
  explicit NetworkTensors(const data::TensorMap& tensors) : tensors_(tensors) {}

  /// Integers or booleans, each in 0 … 2^31 − 1.   @param rank  dimensions
  [[nodiscard]] Numbers<std::uint32_t> integers(const std::string& name, std::size_t rank) const;
  /// float32 or float64, all finite.
  [[nodiscard]] Numbers<double> numbers(const std::string& name) const;
  /// The gates as they are in eval mode.   @param gates  how many there must be
  [[nodiscard]] std::vector<circuit::TruthTable> tables(const GatesDescription& description,
                                                        std::size_t gates) const;

 private:
  [[nodiscard]] const data::TensorView& find(const std::string& name) const;
  [[nodiscard]] std::vector<circuit::TruthTable> hardened(const GatesDescription& description,
                                                          std::size_t gates) const;
  [[nodiscard]] std::vector<circuit::TruthTable> given(const GatesDescription& description,
                                                       std::size_t gates) const;

  const data::TensorMap& tensors_;
};

/// "(2, 16)", for texts of errors.
std::string shape_text(const std::vector<std::int64_t>& shape);

}  // namespace pliant::logic
