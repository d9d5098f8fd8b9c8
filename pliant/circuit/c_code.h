// pliant/circuit/c_code.h — a circuit as one self-contained file of C99 or C++17 (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "pliant/circuit/circuit.h"

namespace pliant::circuit {

enum class CodeLanguage : std::uint8_t {
  kC,    ///< C99 that is C++17 too; names begin with NAME_
  kCpp,  ///< C++17: the same in the namespace NAME
};

struct CodeOptions {
  std::string name = "circuit";  ///< an identifier: letters, digits and _, a letter first
  CodeLanguage language = CodeLanguage::kC;
  /// Examples of a word, unless NAME_LANES is defined when the file is compiled: 64 is standard C;
  /// 128, 256, 512 … are vectors of gcc and clang.
  std::uint32_t lanes = 64;
  /// Nodes of a function at most: the compiler's time stays linear in the circuit's size.
  std::size_t nodes_per_function = 200;
};

/// The text of a file that runs the circuit and needs nothing but the C library. It has
///
///   void NAME_bits(const NAME_word *in, NAME_word *out, NAME_word *work);
///     NAME_LANES examples at once: bit s of in[i] is input i of example s; work has NAME_WORK
///     words
///   int NAME_scores(const unsigned char *bits, int *scores, size_t n);
///     of (n, NAME_INPUTS) bits
///   int NAME_classify(const unsigned char *bits, int *labels, size_t n);
///     likewise, if the circuit has classes
///   NAME_scores_bytes, NAME_classify_bytes(const unsigned char *features, …)
///     of (n, NAME_WIDTH) features, if the circuit has features
///   NAME_scores_numbers, NAME_classify_numbers(const float *features, …)
///
/// with the results of Program to the bit. They return 0; 1 if there is no memory; 2 if a picture
/// has too few empty rows or columns to be cropped. There is no state, so any number of threads may
/// call them; scratch memory is on the stack up to 64 kB, above it is allocated at each call.
/// With NAME_DECLARATIONS defined the file is its own header. Convolutions stay loops over their
/// placements.   Cost: linear
/// @throws std::invalid_argument if check_circuit refuses the circuit, the name is no identifier or
/// a word of the language, or the lanes are no power of two from 64 to 4096
std::string c_code(const Circuit& circuit, const CodeOptions& options = {});

}  // namespace pliant::circuit
