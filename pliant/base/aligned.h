// pliant/base/aligned.h — uninitialised arrays for SIMD code (no torch)
#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace pliant::base {

/// The alignment of every scratch array: a cache line, and the widest vector.
inline constexpr std::size_t kAlignment = 64;

/// An owned, uninitialised array of numbers, aligned to kAlignment.
template <class T>
class AlignedArray {
 public:
  AlignedArray() = default;
  explicit AlignedArray(std::size_t size)
      : data_(static_cast<T*>(::operator new(size * sizeof(T), std::align_val_t{kAlignment}))) {}

  T* data() const { return data_.get(); }
  T& operator[](std::size_t i) const { return data_.get()[i]; }

 private:
  struct Free {
    void operator()(T* p) const { ::operator delete(p, std::align_val_t{kAlignment}); }
  };
  std::unique_ptr<T, Free> data_;
};

}  // namespace pliant::base
