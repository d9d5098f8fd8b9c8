// pliant/program/circuit.h — programs on whole numbers, compiled to Boolean circuits (no torch)
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pliant/circuit/circuit.h"
#include "pliant/program/program.h"

namespace pliant::program {

/// What an input of a program holds.
struct InputNumbers {
  std::vector<std::size_t> shape;  ///< as its declaration has dimensions; none: one number
  int bits = 8;                    ///< of a number, 1 … 32
  bool is_signed = false;          ///< two's complement
};

struct CompileOptions {
  /// Names of outputs, in their order; none: all of the program's.
  std::vector<std::string> outputs;
  /// Passes of a while loop that are unrolled at most; 1 … 2^20.
  std::size_t max_passes = 1024;
  /// Whether a loop that may go on after these ends there, as Options::truncate has it.
  bool truncate = false;
  /// Nodes that the circuit may have.
  std::size_t most_nodes = std::size_t{1} << 24;
};

/// Where an array lies among the bits of a circuit: its elements one after the other, the last
/// dimension fastest, each by its bits from the least significant.
struct Layout {
  std::string name;
  std::vector<std::size_t> shape;
  int bits = 0;            ///< of an element; 0 where it is always 0
  bool is_signed = false;  ///< two's complement
  int fraction = 0;        ///< the number is that of the bits · 2^−fraction
};

struct CompiledProgram {
  circuit::Circuit circuit;  ///< flat, without classes: an input bit and an output bit for each bit
  std::vector<Layout> inputs;
  std::vector<Layout> outputs;
};

/// The circuit that computes what the program does as it stands (Mode::kHard), for all whole inputs
/// of these bits. Numbers are whole multiples of a power of two and as wide as bounds ask that are
/// computed statement by statement, so nothing wraps around. A condition becomes multiplexers,
/// `for` is unrolled, `while` with a bit for each pass that says whether the pass takes place: it
/// ends where bounds or a SAT solver say that no input goes on. Compiled are + − ·, comparisons,
/// and, or, not, sum, product, min, max, argmin, argmax, dot, same, abs, truth, where, stack,
/// onehot, places, near and precedes; reading and writing at whole numbers, ranges and weights.
/// Division, exp, log, sqrt, logsumexp and cosine leave the whole numbers.
/// @param inputs  one for each input of the program
/// @throws std::invalid_argument with line and column: what is not compiled, shapes and indices as
/// run(), a number that may leave ±2^40, a loop without a bound, more nodes than may be
CompiledProgram circuit_of(const Program& program, const std::vector<InputNumbers>& inputs,
                           const CompileOptions& options = {});

}  // namespace pliant::program
