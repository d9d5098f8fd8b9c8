// tests/base/aligned_test.cpp — scratch blocks: alignment, reuse, sizes beyond what is kept,
// threads
#include "pliant/base/aligned.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

using pliant::base::AlignedArray;
using pliant::base::kAlignment;

TEST_CASE("arrays of every size are aligned, apart, and theirs to write") {
  std::vector<AlignedArray<std::uint8_t>> arrays;
  const std::vector<std::size_t> sizes = {0,    1,     63,     4095,   4096,   4097,
                                          8192, 65537, 262143, 262144, 262145, 1 << 20};
  for (int round = 0; round < 3; ++round) {
    for (std::size_t size : sizes) {
      for (int k = 0; k < 6; ++k) {
        arrays.emplace_back(size);
        CHECK(reinterpret_cast<std::uintptr_t>(arrays.back().data()) % kAlignment == 0);
        std::memset(arrays.back().data(), static_cast<int>(arrays.size() % 251), size);
      }
    }
    std::size_t index = 0;
    for (std::size_t size : sizes) {
      for (int k = 0; k < 6; ++k, ++index) {
        for (std::size_t at = 0; at < size; at += 61)
          REQUIRE(arrays[index][at] == static_cast<std::uint8_t>((index + 1) % 251));
      }
    }
    arrays.clear();
  }
}

#if !defined(__SANITIZE_ADDRESS__)
TEST_CASE("what a thread released it gets again") {
  std::set<const void*> first, second;
  for (auto* seen : {&first, &second}) {
    const AlignedArray<float> a(3000), b(3000), c(100);
    *seen = {a.data(), b.data(), c.data()};
  }
  CHECK(first == second);
}
#endif

TEST_CASE("moves leave nothing behind, and another thread may release") {
  AlignedArray<double> a(1000);
  const double* data = a.data();
  AlignedArray<double> b(std::move(a));
  CHECK(b.data() == data);
  CHECK(a.data() == nullptr);
  AlignedArray<double> c(10);
  c = std::move(b);
  CHECK(c.data() == data);
  std::thread([taken = std::move(c)]() mutable { taken[999] = 1; }).join();
}
