// pliant/circuit/onnx.h — a circuit as an ONNX model of standard operators (no torch)
#pragma once

#include <cstdint>
#include <vector>

#include "pliant/circuit/circuit.h"

namespace pliant::circuit {

/// What an example is.
enum class OnnxInput : std::uint8_t {
  kAuto,     ///< bytes if the circuit has features, else bits
  kBytes,    ///< "features", uint8 (N, features)
  kNumbers,  ///< "features", float32 (N, features)
  kBits,     ///< "bits", bool (N, inputs)
};

/// How a bit of many examples is held.
enum class OnnxForm : std::uint8_t {
  kWords,  ///< 64 examples an int64: Bitwise operators and carry-save adders; for batches
  kBools,  ///< one example a bool: And, Or, Xor and a ReduceSum; fewest operators, for one example
};

struct OnnxOptions {
  OnnxInput input = OnnxInput::kAuto;
  OnnxForm form = OnnxForm::kWords;
};

/// The bytes of a model of opset 18 (IR version 8), whose operators are all of ONNX's own domain.
/// Its input is chosen by the options; N, the number of examples, is free, 0 too. It has the
/// outputs
///   "scores"  int32 (N, classes), and "label", int64 (N): the first class of the largest score
///   "outputs" bool (N, outputs), if the circuit has no classes
/// with the results of Program to the bit. A crop is not part of it: its features are those of the
/// cropped picture. NaN is above no threshold.
/// The gates are taken apart to two inputs; a level is, for each of AND, AND-NOT, XOR and OR, two
/// Gathers and the operator on all its nodes at once.   Cost: linear; about 12 bytes a node, and 4
/// for each level that a bit must be kept
/// @throws std::invalid_argument if check_circuit refuses the circuit, if features are asked of a
///         circuit that has none, or the model would reach 2 GB, more than the format holds
std::vector<std::uint8_t> onnx_bytes(const Circuit& circuit, const OnnxOptions& options = {});

}  // namespace pliant::circuit
