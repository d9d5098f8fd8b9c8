// pliant/circuit/code/verilog_stream.h — how examples come as words of a stream (no torch)
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pliant/circuit/circuit.h"
#include "pliant/circuit/verilog.h"

namespace pliant::circuit {

/// Where the bits of an example stand in what NAME_stream keeps of its words.
class StreamCode {
 public:
  /// @throws std::invalid_argument if words cannot have so many bits
  StreamCode(const Circuit& circuit, std::size_t bits);

  std::size_t bits = 0;   ///< of a word
  std::size_t words = 0;  ///< of an example
  std::size_t kept = 0;   ///< bits that are kept of a word
  /// Thresholds that a byte of each lane is compared with, ascending; none: words are kept whole.
  std::vector<std::vector<int>> thresholds;

  /// Whether thresholds are compared as words come.
  [[nodiscard]] bool coded() const { return !thresholds.empty(); }
  /// An input bit of the circuit as an expression over `store`, the kept bits of all words.
  [[nodiscard]] std::string bit(const Circuit& circuit, std::size_t b) const;
};

/// Results that wait or are on their way at most, a power of two: enough for one word a clock.
std::size_t stream_queue(const Circuit& circuit, const VerilogOptions& options, std::size_t words);

}  // namespace pliant::circuit
