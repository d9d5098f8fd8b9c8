// pliant/base/aligned.h — uninitialised arrays for SIMD code (no torch)
#pragma once

#include <cstddef>
#include <utility>

namespace pliant::base {

/// The alignment of every scratch array: a cache line, and the widest vector.
inline constexpr std::size_t kAlignment = 64;

/// Uninitialised memory at kAlignment. Blocks of up to 2 MiB come from those that the calling
/// thread released before, of which it keeps at most 5.5 MiB: malloc took a tenth of a short call,
/// and the system's fresh pages most of one with half a megabyte.
/// @throws std::bad_alloc
void* acquire_block(std::size_t bytes);

/// @param bytes  as acquired; any thread may release a block
void release_block(void* block, std::size_t bytes) noexcept;

/// An owned, uninitialised array of numbers, aligned to kAlignment.
template <class T>
class AlignedArray {
 public:
  AlignedArray() = default;
  explicit AlignedArray(std::size_t size)
      : data_(static_cast<T*>(acquire_block(size * sizeof(T)))), size_(size) {}
  AlignedArray(AlignedArray&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  AlignedArray& operator=(AlignedArray&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  AlignedArray(const AlignedArray&) = delete;
  AlignedArray& operator=(const AlignedArray&) = delete;
  ~AlignedArray() {
    if (data_ != nullptr) release_block(data_, size_ * sizeof(T));
  }

  T* data() const { return data_; }
  T& operator[](std::size_t i) const { return data_[i]; }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace pliant::base
