// pliant/circuit/exchange/byte_reader.h — what readers of binary files share: where they are, and
// how they refuse (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "pliant/base/errors.h"

namespace pliant::circuit {

/// Bytes of a file that are read from the first to the last. Errors say "name: offset N: reason".
class ByteReader {
 public:
  ByteReader(std::span<const std::uint8_t> bytes, std::string_view name)
      : bytes_(bytes), name_(name) {}

 protected:
  template <class... Parts>
  [[noreturn]] void fail_at(std::size_t offset, const Parts&... parts) const {
    base::fail(name_, ": offset ", offset, ": ", parts...);
  }
  /// fail_at where what was read last begins, unless `ok`.
  template <class... Parts>
  void require(bool ok, const Parts&... parts) const {
    if (!ok) fail_at(item_, parts...);
  }
  [[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }

  std::span<const std::uint8_t> bytes_;
  std::string_view name_;
  std::size_t at_ = 0;    ///< of the next byte
  std::size_t item_ = 0;  ///< where what was read last begins
};

}  // namespace pliant::circuit
