// pliant/base/aligned.cpp — aligned blocks, kept by each thread for its next call (no torch)
#include "pliant/base/aligned.h"

#include <algorithm>
#include <array>
#include <bit>
#include <new>

namespace pliant::base {
namespace {

constexpr std::size_t kSmallest = 1 << 12;
constexpr std::size_t kLargest = 1 << 21;
constexpr std::size_t kSizes = std::bit_width(kLargest / kSmallest);

/// How many blocks of a size are kept.
constexpr std::size_t most_kept(std::size_t size) { return kSmallest << size <= 1 << 18 ? 4 : 1; }
constexpr std::size_t kMost = most_kept(0);

void* allocate(std::size_t bytes) { return ::operator new(bytes, std::align_val_t{kAlignment}); }
void free_block(void* block) noexcept { ::operator delete(block, std::align_val_t{kAlignment}); }

/// Which power of two a block of so many bytes is.
std::size_t size_index(std::size_t bytes) {
  return std::bit_width((std::max(bytes, kSmallest) - 1) / kSmallest);
}

/// What a thread has released, by size.
struct Kept {
  std::array<std::array<void*, kMost>, kSizes> blocks{};
  std::array<std::size_t, kSizes> count{};

  ~Kept() {
    for (std::size_t size = 0; size < kSizes; ++size) {
      std::for_each_n(blocks[size].begin(), count[size], free_block);
      count[size] = most_kept(size);  // full: what is released after this is freed
    }
  }
};
thread_local Kept kept;

// With a sanitizer every block is a new one, so that it sees the use of one that was released.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kReuse = false;
#else
constexpr bool kReuse = true;
#endif

}  // namespace

void* acquire_block(std::size_t bytes) {
  if (!kReuse || bytes > kLargest) return allocate(bytes);
  const std::size_t size = size_index(bytes);
  std::size_t& count = kept.count[size];
  return count > 0 ? kept.blocks[size][--count] : allocate(kSmallest << size);
}

void release_block(void* block, std::size_t bytes) noexcept {
  if (!kReuse || bytes > kLargest) return free_block(block);
  const std::size_t size = size_index(bytes);
  std::size_t& count = kept.count[size];
  if (count == most_kept(size)) return free_block(block);
  kept.blocks[size][count++] = block;
}

}  // namespace pliant::base
