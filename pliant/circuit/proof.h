// pliant/circuit/proof.h — whether two circuits are the same function, and how that is known (no
// torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pliant/circuit/circuit.h"

namespace pliant::circuit {

struct ProofOptions {
  std::size_t words = 1024;  ///< of 64 random examples each, beside the corners
  double seconds = 60;       ///< for each run of another program; > 0, at most 10^7
  std::uint64_t seed = 0;    ///< of the random examples
  bool adders = true;        ///< prove the exported adders of the second circuit's classes too
};

enum class Verdict : std::uint8_t { kEqual, kDifferent, kUndecided };
std::string_view verdict_name(Verdict verdict);  ///< "equal", "different", "not decided"

/// What one part of a proof came to.
struct ProofStep {
  enum class State : std::uint8_t {
    kProved,     ///< for all inputs
    kAgreed,     ///< on the examples that were simulated
    kRefuted,    ///< there is a counterexample
    kUndecided,  ///< neither, within the limits
    kNotRun,     ///< a program is missing
  };
  std::string part;  ///< "simulation", "class bits", "adders"
  State state = State::kUndecided;
  std::string text;  ///< what exactly, and by what
  double seconds = 0;
};
std::string_view state_name(ProofStep::State state);

/// An example on which the circuits differ.
struct Counterexample {
  std::vector<std::uint8_t> bits;           ///< (input bits), 0 or 1
  std::vector<std::int32_t> first, second;  ///< scores, or the bits of circuits without classes
};

struct Proof {
  Verdict verdict = Verdict::kUndecided;
  std::string text;  ///< one sentence: what is known
  std::vector<ProofStep> steps;
  std::optional<Counterexample> counterexample;
};

/// Compares the scores of two circuits for all bits that the encoder can make: where bits are
/// thresholds of one number, a higher one implies the lower ones.
///  1. simulation: corners (all 0, all 1, one 1, one 0) and random examples. With few inputs all
///     there are, which is a proof.
///  2. class bits: bits that behaved alike are matched within their class, complements and
///     constants folded into the biases, and berkeley-abc (cec) proves each match.
///  3. adders: the modules NAME_sum_n of verilog() count bits, by yosys (sat). This is about the
///     export; the verdict of the circuits does not wait for it, but a refuted adder is kDifferent.
/// A circuit without classes (one read from BLIF, AIGER or Verilog) may be compared with one that
/// has them: then last-layer bits are compared, in order.
/// @throws std::invalid_argument if check_circuit refuses one, or they differ in input bits,
/// features, thresholds, or the number of scores, or options.seconds are out of range;
/// std::system_error if no process or file can be
/// made
Proof prove(const Circuit& first, const Circuit& second, const ProofOptions& options = {});

/// Another program that proofs, or tests of what is exported, are made with.
struct ProofProgram {
  std::string name;
  std::string purpose;
  std::filesystem::path path;  ///< empty: it is not installed
};
std::vector<ProofProgram> proof_programs();

/// A counterexample where the inputs are pixels.
struct Picture {
  std::size_t height = 0, width = 0;
  std::vector<std::uint8_t> pixels;

  [[nodiscard]] std::string text() const;  ///< a character a pixel, lines of text
  [[nodiscard]] std::string pgm() const;   ///< the bytes of a PGM file
};

/// A picture that has these bits; channels stand side by side. Nothing if the inputs are none.
std::optional<Picture> counterexample_picture(const Encoder& encoder,
                                              const std::vector<std::uint8_t>& bits);

/// The bits that Verilog of verilog() computes, by yosys: module NAME_bits as a flat circuit
/// without classes, to be compared with others. Combinational only.
/// @throws std::invalid_argument if yosys is not installed, or says that it cannot be done
Circuit circuit_of_verilog(const std::string& text, double seconds);

}  // namespace pliant::circuit
