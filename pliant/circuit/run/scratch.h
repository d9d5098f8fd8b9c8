// pliant/circuit/run/scratch.h — memory that calls borrow and give back (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace pliant::circuit {

/// Blocks of one size for whoever runs a program: as many as ever ran at once. Large ones lie on
/// pages of 2 MiB where the system has them: rows are read in any order, and the pages of 4 KiB
/// that hold them are more than the first-level translation cache knows.
class ScratchPool {
 public:
  explicit ScratchPool(std::size_t bytes);
  ScratchPool(const ScratchPool&) = delete;
  ScratchPool& operator=(const ScratchPool&) = delete;
  ~ScratchPool();

  /// A block at 64 bytes, given back at the end of its life. What it holds is not defined.
  class Loan {
   public:
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan();
    [[nodiscard]] std::byte* data() const { return block_; }

   private:
    friend class ScratchPool;
    Loan(ScratchPool& pool, std::byte* block) : pool_(pool), block_(block) {}
    ScratchPool& pool_;
    std::byte* block_;
  };

  /// @throws std::bad_alloc
  Loan borrow();

 private:
  [[nodiscard]] std::byte* allocate() const;

  std::size_t alignment_;
  std::size_t bytes_;  ///< a multiple of the alignment
  std::mutex mutex_;
  std::vector<std::byte*> all_;
  std::vector<std::byte*> free_;
};

/// Places arrays one after the other in a block, each at 64 bytes.
class Layout {
 public:
  template <class T>
  std::size_t add(std::size_t count) {
    const std::size_t at = bytes_;
    bytes_ += (count * sizeof(T) + 63) / 64 * 64;
    return at;
  }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  std::size_t bytes_ = 0;
};

}  // namespace pliant::circuit
