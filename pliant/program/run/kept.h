// pliant/program/run/kept.h — what a run leaves for the way back; private to program/ (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "pliant/base/aligned.h"

namespace pliant::program {

/// Memory of a run's caller: for each tile, by which recording it went, and its numbers. Whoever
/// reads it checks that it is a run's of the same kind; what is not is run again.
class Kept {
 public:
  Kept() = default;
  /// As a run begins to write it.
  Kept(std::byte* memory, std::size_t tiles, std::size_t tile_bytes) : memory_(memory) {
    head()[0] = kMark;
    head()[1] = tiles;
    head()[2] = tile_bytes;
    for (std::size_t t = 0; t < tiles; ++t) set_way(t, 0);
  }
  /// As a run left it; empty if it did not.
  explicit Kept(std::span<const std::byte> memory, std::size_t tiles)
      : memory_(const_cast<std::byte*>(memory.data())) {
    const bool aligned = reinterpret_cast<std::uintptr_t>(memory_) % base::kAlignment == 0;
    const bool whole = aligned && memory.size() >= head_bytes(tiles) && head()[0] == kMark &&
                       head()[1] == tiles && memory.size() == bytes(tiles, tile_bytes());
    if (!whole) memory_ = nullptr;
  }

  /// What there must be for so many tiles.
  static std::size_t bytes(std::size_t tiles, std::size_t tile_bytes) {
    return head_bytes(tiles) + tiles * rounded(tile_bytes);
  }

  [[nodiscard]] bool empty() const { return memory_ == nullptr; }
  [[nodiscard]] std::size_t tile_bytes() const { return head()[2]; }
  /// Recorded::id of the recording by which a tile went; 0: nothing of it is here.
  [[nodiscard]] std::uint64_t way(std::size_t tile) const { return head()[3 + tile]; }
  void set_way(std::size_t tile, std::uint64_t id) const { head()[3 + tile] = id; }
  template <class T>
  [[nodiscard]] T* numbers(std::size_t tile) const {
    return reinterpret_cast<T*>(memory_ + head_bytes(head()[1]) + tile * rounded(tile_bytes()));
  }

 private:
  static constexpr std::uint64_t kMark = 0x706c69616e747031;

  static std::size_t rounded(std::size_t n) {
    return (n + base::kAlignment - 1) / base::kAlignment * base::kAlignment;
  }
  static std::size_t head_bytes(std::size_t tiles) {
    return rounded((3 + tiles) * sizeof(std::uint64_t));
  }
  [[nodiscard]] std::uint64_t* head() const { return reinterpret_cast<std::uint64_t*>(memory_); }

  std::byte* memory_ = nullptr;
};

}  // namespace pliant::program
