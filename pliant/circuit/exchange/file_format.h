// pliant/circuit/exchange/file_format.h — what the writer and the reader of .plc share (no torch)
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pliant/circuit/circuit.h"

namespace pliant::circuit::plc {

// A byte beyond ASCII and both ends of a line: what a transfer as text would damage.
inline constexpr std::array<std::uint8_t, 8> kMagic = {0x89, 'P', 'L', 'C', '\r', '\n', 0x1A, '\n'};
inline constexpr std::uint32_t kVersion = 1;
inline constexpr std::size_t kHeader = 24;   // magic, version, checksum, size of what follows
inline constexpr std::size_t kChecked = 16;  // where what the checksum covers begins
inline constexpr std::uint64_t kMost32 = 0xFFFFFFFFU;
// Nodes of up to two inputs are one number: kCodes[fan_in] + table. Those of more have their table
// after it, byte by byte.
inline constexpr std::array<std::uint64_t, kMaxFanIn + 1> kCodes = {0, 2, 6, 22, 23, 24, 25};

/// CRC-32, as zlib and gzip have it.
std::uint32_t checksum(std::span<const std::uint8_t> bytes);

/// The signals that the circuit would have flat, against the bytes of its file: a small file must
/// not take the machine's memory, or minutes, once its circuit is flattened.
class FlatSize {
 public:
  explicit FlatSize(std::size_t bytes)
      : most_(std::clamp<std::uint64_t>(4096 * std::uint64_t{bytes}, 1 << 20, 1 << 28)) {}
  /// @return whether it is still within bounds   @param count  × `each` < 2^63
  bool add(std::uint64_t count, std::uint64_t each = 1) {
    const std::uint64_t more = count * each;
    total_ = more > most_ ? most_ + 1 : total_ + more;
    return total_ <= most_;
  }
  /// A cell at so many places; an empty one counts as one each.
  bool add_places(std::uint64_t places, std::uint64_t nodes, std::uint64_t outputs) {
    return add(places, std::max<std::uint64_t>(nodes + outputs, 1));
  }
  [[nodiscard]] std::uint64_t most() const { return most_; }

 private:
  std::uint64_t most_;
  std::uint64_t total_ = 0;
};

/// 0, −1, 1, −2 … as 0, 1, 2, 3 …
constexpr std::uint64_t zigzag(std::int64_t number) {
  return (static_cast<std::uint64_t>(number) << 1) ^ static_cast<std::uint64_t>(number >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t code) {
  return static_cast<std::int64_t>((code >> 1) ^ (0 - (code & 1)));
}

/// The wire from which the difference of wire w is taken, and to which 1 is added: that of the
/// place before, since neighbours read neighbours; in the first place the wire to its left.
inline std::int64_t wire_before(const std::vector<std::uint32_t>& wires, std::size_t w,
                                std::size_t inputs) {
  if (w == 0) return -1;
  const std::uint32_t wire = wires[w >= inputs ? w - inputs : w - 1];
  return wire == Stage::kZero ? -1 : std::int64_t{wire};
}

}  // namespace pliant::circuit::plc
