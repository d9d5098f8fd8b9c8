// pliant/base/random.h — random numbers by counter: the same key gives the same numbers anywhere
// (no torch)
#pragma once

#include <array>
#include <cstdint>

namespace pliant::base {

/// Philox4x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011): a block
/// of four 32-bit numbers as a pure function of a 128-bit counter and a 64-bit key.
constexpr std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                              std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53U} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57U} * counter[2];
    counter = {
        static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
        static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
    key[0] += 0x9E3779B9U;
    key[1] += 0xBB67AE85U;
  }
  return counter;
}

/// A stream of random numbers keyed by (seed, step, index): what a sample draws depends on nothing
/// but its place in the run, so the number of processes, workers and threads changes nothing. 2^32
/// numbers a stream.
class Random {
 public:
  /// @param step   the training step, or any number that names the use   @param index  the global
  /// sample index
  constexpr Random(std::uint64_t seed, std::uint64_t step, std::uint64_t index)
      : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
        // The counter is (block, index, step); 32 bits of step and 64 of index.
        counter_{0, static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32),
                 static_cast<std::uint32_t>(step)} {
    key_[1] ^= static_cast<std::uint32_t>(step >> 32);
  }

  constexpr std::uint32_t next() {
    if (used_ == 4) {
      block_ = philox(counter_, key_);
      ++counter_[0];
      used_ = 0;
    }
    return block_[used_++];
  }

  /// Two numbers as one of 64 bits, the first the higher half. (Both in one expression would come
  /// in the order that the compiler likes.)
  constexpr std::uint64_t word() {
    const std::uint64_t high = next();
    return (high << 32) | next();
  }

  /// Uniform on {0, …, bound − 1}, without bias (Lemire's multiply and reject).   @param bound  > 0
  constexpr std::uint32_t below(std::uint32_t bound) {
    for (;;) {
      const std::uint64_t product = std::uint64_t{next()} * bound;
      if (static_cast<std::uint32_t>(product) >= (0U - bound) % bound) {
        return static_cast<std::uint32_t>(product >> 32);
      }
    }
  }

  /// Uniform on [0, 1), a multiple of 2⁻⁵³.
  constexpr double uniform() { return static_cast<double>(word() >> 11) * 0x1p-53; }

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_{};
  unsigned used_ = 4;
};

}  // namespace pliant::base
