// cli/byte_input.h — a file or standard input, read as it comes
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace pliant::cli {

/// Bytes in their order, of which some are held in memory.
class ByteInput {
 public:
  /// @param path  of a file, or "-" for standard input
  /// @throws std::system_error with the path if it cannot be opened
  explicit ByteInput(const std::string& path);
  ByteInput(const ByteInput&) = delete;
  ByteInput& operator=(const ByteInput&) = delete;
  ~ByteInput();

  /// "standard input" or the path.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// What was read and not dropped.
  [[nodiscard]] std::span<const std::uint8_t> held() const {
    return {buffer_.data() + begin_, end_ - begin_};
  }
  /// Drops the first bytes of what is held.
  void drop(std::size_t count) { begin_ += count; }

  /// Waits until so many bytes are held, or no more come.
  /// @return whether they are   @throws std::system_error if it cannot be read
  bool wait_for(std::size_t count);
  /// The same without waiting for whoever writes: as many as are there now.
  bool take_ready(std::size_t count);

 private:
  bool fill(std::size_t count, bool wait);

  std::string name_;
  int file_ = -1;
  bool ended_ = false;
  std::vector<std::uint8_t> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace pliant::cli
