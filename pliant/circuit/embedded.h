// pliant/circuit/embedded.h — a circuit as C99 for microcontrollers: no library, no allocation (no
// torch)
#pragma once

#include <cstddef>
#include <string>

#include "pliant/circuit/circuit.h"

namespace pliant::circuit {

struct EmbeddedOptions {
  std::string name = "circuit";  ///< as of CodeOptions
  /// Nodes of a function at most: a frame is up to 10 bytes for each.
  std::size_t nodes_per_function = 24;
};

/// Memory of the generated code, in bytes. Tables and RAM are exact; code and stack are bounds for
/// gcc -O1, -O2 and -Os on 32-bit ARM, which tests compare with what the compiler made.
struct EmbeddedSize {
  std::size_t tables = 0;  ///< constant data in flash
  std::size_t code = 0;    ///< instructions in flash, at most
  std::size_t ram = 0;     ///< NAME_space
  std::size_t stack = 0;   ///< of a call, at most
};

/// A file of freestanding C99 (stdint.h is all that it includes) for 32-bit processors, that calls
/// no function but its own, has no variable that is not constant, and divides nothing. It has
///
///   int NAME_classify(const unsigned char *x, int n, int32_t *labels, NAME_space *space);
///   int NAME_scores(const unsigned char *x, int n, int32_t *scores, NAME_space *space);
///     of 1 … 32 examples (n, NAME_WIDTH): features as bytes, or bits, 0 or not 0. 32 examples take
///     the time of one. classify only if there are classes
///   void NAME_bits(const uint32_t *in, uint32_t *out, uint32_t *work);
///
/// with the results of Program to the bit. They return 0; 1 if n is none of 1 … 32; 2 for a picture
/// that cannot be cropped. All memory that is written is the caller's: `space`, NAME_RAM bytes, may
/// be static or on the stack, and is free again afterwards. NAME_TABLES, NAME_CODE and NAME_STACK
/// are the other sizes. With NAME_DECLARATIONS defined the file is its own header.   Cost: linear
/// @throws std::invalid_argument as c_code, and if a score needs more than 31 bits above the least
///         bias, or RAM or tables 2^31 bytes or more
std::string embedded_code(const Circuit& circuit, const EmbeddedOptions& options = {});

/// Of the same code.   @throws as embedded_code
EmbeddedSize embedded_size(const Circuit& circuit, const EmbeddedOptions& options = {});

}  // namespace pliant::circuit
