// pliant/circuit/run/scratch.cpp — memory that calls borrow and give back (no torch)
#include "pliant/circuit/run/scratch.h"

#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace pliant::circuit {
namespace {

constexpr std::size_t kHugePage = std::size_t{1} << 21;

}  // namespace

// A block that fills a small part of a huge page is not worth one.
ScratchPool::ScratchPool(std::size_t bytes)
    : alignment_(bytes >= kHugePage / 8 ? kHugePage : 64),
      bytes_((bytes + alignment_ - 1) / alignment_ * alignment_) {}

ScratchPool::~ScratchPool() {
  for (std::byte* block : all_) ::operator delete(block, std::align_val_t{alignment_});
}

std::byte* ScratchPool::allocate() const {
  void* block = ::operator new(bytes_, std::align_val_t{alignment_});
#if defined(__linux__)
  // A wish: without it rows are only slower.
  if (alignment_ == kHugePage) ::madvise(block, bytes_, MADV_HUGEPAGE);
#endif
  return static_cast<std::byte*>(block);
}

ScratchPool::Loan ScratchPool::borrow() {
  const std::lock_guard lock(mutex_);
  if (free_.empty()) {
    all_.reserve(all_.size() + 1);
    free_.reserve(all_.size() + 1);  // giving back never fails
    all_.push_back(allocate());
    free_.push_back(all_.back());
  }
  std::byte* block = free_.back();
  free_.pop_back();
  return {*this, block};
}

ScratchPool::Loan::~Loan() {
  const std::lock_guard lock(pool_.mutex_);
  pool_.free_.push_back(block_);
}

}  // namespace pliant::circuit
