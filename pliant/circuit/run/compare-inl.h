// pliant/circuit/run/compare-inl.h — 64 numbers compared with thresholds, as a word of bits (no
// torch)
//
// Re-read for every SIMD target, after pliant/base/simd.h.
#if defined(PLIANT_CIRCUIT_RUN_COMPARE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PLIANT_CIRCUIT_RUN_COMPARE_INL_H_
#undef PLIANT_CIRCUIT_RUN_COMPARE_INL_H_
#else
#define PLIANT_CIRCUIT_RUN_COMPARE_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "pliant/base/simd.h"
#include "pliant/circuit/run/pack.h"

HWY_BEFORE_NAMESPACE();
namespace pliant::circuit::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Bits of 64 comparisons, from the lowest lane.
template <class Compare>
HWY_INLINE std::uint64_t bits_of(const Compare& compare) {
  std::uint8_t bytes[kPackWidth / 8];
  compare(bytes);
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

/// The thresholds of a pass at hand: those of AVX-512 stay in a register while examples change.
template <class T>
class Thresholds;

template <>
class Thresholds<std::uint8_t> {
 public:
  HWY_INLINE explicit Thresholds(const PackPass& pass) : possible_(pass.possible) {
    for (std::size_t v = 0; v < kVectors; ++v)
      least_[v] = hn::Load(D(), pass.least.data() + v * kLanes);
  }
  /// Bit i is bytes[i] ≥ least[i].   @param bytes  64 of them
  HWY_INLINE std::uint64_t operator()(const std::uint8_t* bytes) const {
#if HWY_TARGET <= HWY_AVX3
    return _mm512_cmpge_epu8_mask(_mm512_loadu_si512(bytes), least_[0].raw) & possible_;
#else
    return any_lanes(bytes) & possible_;
#endif
  }

 private:
  using D = hn::CappedTag<std::uint8_t, kPackWidth>;
  static constexpr std::size_t kLanes = hn::MaxLanes(D());
  static constexpr std::size_t kVectors = kPackWidth / kLanes;

  HWY_INLINE std::uint64_t any_lanes(const std::uint8_t* bytes) const {
    std::uint64_t word = 0;
    if constexpr (kLanes < 8) {
      for (std::size_t i = 0; i < kPackWidth; ++i)
        word |= std::uint64_t{bytes[i] >= hn::GetLane(least_[i])} << i;
    } else {
      word = bits_of([&](std::uint8_t* stored) {
        for (std::size_t v = 0; v < kVectors; ++v) {
          const auto x = hn::LoadU(D(), bytes + v * kLanes);
          hn::StoreMaskBits(D(), hn::Eq(hn::Max(x, least_[v]), x), stored + v * kLanes / 8);
        }
      });
    }
    return word;
  }

  std::uint64_t possible_;
  hn::Vec<D> least_[kVectors];
};

template <>
class Thresholds<float> {
 public:
  HWY_INLINE explicit Thresholds(const PackPass& pass) : above_(pass.above.data()) {}
  /// Bit i is numbers[i] > above[i].   @param numbers  64 of them
  HWY_INLINE std::uint64_t operator()(const float* numbers) const {
    const hn::CappedTag<float, kPackWidth> d;
    constexpr std::size_t kLanes = hn::MaxLanes(d);
    std::uint64_t word = 0;
    if constexpr (kLanes < 8) {
      for (std::size_t i = 0; i < kPackWidth; ++i)
        word |= std::uint64_t{numbers[i] > above_[i]} << i;
    } else {
      word = bits_of([&](std::uint8_t* stored) {
        for (std::size_t i = 0; i < kPackWidth; i += kLanes)
          hn::StoreMaskBits(d, hn::Gt(hn::LoadU(d, numbers + i), hn::LoadU(d, above_ + i)),
                            stored + i / 8);
      });
    }
    return word;
  }

 private:
  const float* above_;
};

/// Which of 64 numbers are not 0.
template <class T>
class NonZero {
 public:
  HWY_INLINE std::uint64_t operator()(const T* numbers) const {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < kPackWidth; ++i) word |= std::uint64_t{numbers[i] != 0} << i;
    return word;
  }
};

template <>
class NonZero<std::uint8_t> : public Thresholds<std::uint8_t> {
 public:
  HWY_INLINE NonZero() : Thresholds<std::uint8_t>(ones()) {}

 private:
  static PackPass ones() {
    PackPass pass;
    pass.least.fill(1);
    pass.possible = ~std::uint64_t{0};
    return pass;
  }
};

}  // namespace pliant::circuit::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
