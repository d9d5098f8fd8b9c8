// pliant/circuit/run/pack.cpp — comparisons of 64 numbers, and transposes of 64 × 64 bits (no
// torch)
#include "pliant/circuit/run/pack.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "pliant/base/trim.h"
#include "pliant/circuit/run/execute.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pliant/circuit/run/pack.cpp"
#include "pliant/base/simd.h"
// After simd.h, which re-reads this file for every target.
#include "pliant/circuit/run/compare-inl.h"
#include "pliant/circuit/run/crop-inl.h"
#include "pliant/circuit/run/table_vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace pliant::circuit::HWY_NAMESPACE {
namespace {

static_assert(std::endian::native == std::endian::little,
              "comparisons become words by their bytes, the lowest first");

/// The numbers of examples, where the first that is compared stands.
template <class T>
class Ready {
 public:
  Ready(const PackPlan& plan, const Batch& batch)
      : plan_(plan),
        numbers_(batch.data<T>()),
        end_(numbers_ + batch.count() * plan.width),
        crops_(plan) {}

  /// @param count  of examples, at most kPackedTogether   @param at  (count), written
  /// @throws std::invalid_argument that names the example if one cannot be cropped
  HWY_INLINE void find(std::size_t first, std::size_t count, const T** at) {
    for (std::size_t k = 0; k < count; ++k) at[k] = numbers_ + (first + k) * plan_.width;
    if (plan_.crop.height == 0) return;
    fetch(first + count, count);
    std::uint64_t words[kPackedTogether][Crops<T>::kMostWords];
    for (std::size_t k = 0; k < count; ++k) {
      if (inside(first + k)) {
        crops_.find_words([](const T* from) { return from; }, at[k], words[k]);
      } else {
        crops_.find_words([this](const T* from) { return padded(from); }, at[k], words[k]);
      }
    }
    for (std::size_t k = 0; k < count; ++k) at[k] += crops_.begin(words[k], first + k);
  }

  /// Whether 64 numbers can be read from each of this example, and of those before.
  [[nodiscard]] bool inside(std::size_t example) const {
    return can_read(numbers_ + (example + 1) * plan_.width);
  }
  /// 64 numbers from there; those at the end of the batch are copied, with anything after them.
  const T* padded(const T* from) {
    if (can_read(from)) return from;
    std::copy(from, end_, last_);
    return last_;
  }

 private:
  /// Brings the examples that come next into the cache. The processor sees by itself what comes
  /// next only while it reads row by row, not where it goes back to compare.
  HWY_INLINE void fetch(std::size_t first, std::size_t count) const {
    const T* const from = numbers_ + first * plan_.width;
    const std::size_t numbers =
        std::min(count * plan_.width, static_cast<std::size_t>(end_ - from));
    for (std::size_t i = 0; i < numbers; i += 64 / sizeof(T)) __builtin_prefetch(from + i);
  }

  /// Whether 64 numbers can be read from there.
  [[nodiscard]] bool can_read(const T* from) const {
    return end_ - from >= static_cast<std::ptrdiff_t>(kPackWidth);
  }

  const PackPlan& plan_;
  const T* numbers_;
  const T* end_;  // of the batch: nothing is read there or beyond
  Crops<T> crops_;
  T last_[kPackWidth] = {};
};

/// Exchanges blocks of `shift` bits between rows that are `apart` of eight apart.
template <int shift>
HWY_INLINE void exchange(Word* x, std::size_t apart) {
  const Words d;
  constexpr std::uint64_t kEvery[] = {0x5555555555555555, 0x3333333333333333, 0x0F0F0F0F0F0F0F0F,
                                      0x00FF00FF00FF00FF, 0x0000FFFF0000FFFF, 0x00000000FFFFFFFF};
  const Word low = hn::Set(d, kEvery[std::countr_zero(static_cast<unsigned>(shift))]);
  for (std::size_t i = 0; i < 8; ++i) {
    if ((i & apart) != 0) continue;
    const Word up = hn::ShiftRight<shift>(x[i]);
    const Word change = at_words<3, 0x60>(d, up, x[i + apart], low);
    x[i] = hn::Xor(x[i], hn::ShiftLeft<shift>(change));
    x[i + apart] = hn::Xor(x[i + apart], change);
  }
}

/// Three stages of a transpose, on eight rows that are `step` words apart.
template <int shift>
HWY_INLINE void exchange_three(std::uint64_t* rows, std::size_t step) {
  const Words d;
  for (std::size_t m = 0; m < kUnitWords; m += hn::MaxLanes(d)) {
    Word x[8];
    for (std::size_t i = 0; i < 8; ++i) x[i] = hn::Load(d, rows + i * step + m);
    exchange<shift>(x, 4);
    exchange<shift / 2>(x, 2);
    exchange<shift / 4>(x, 1);
    for (std::size_t i = 0; i < 8; ++i) hn::Store(x[i], d, rows + i * step + m);
  }
}

/// Rows and columns exchanged of 8 matrices of 64 × 64 bits: bit c of word [r][m] becomes bit r of
/// word [c][m]. (Warren, Hacker's Delight, 7–3, over vectors of matrices.)
void transpose(std::uint64_t* matrix) {
  for (std::size_t i = 0; i < 8; ++i) exchange_three<32>(matrix + i * kUnitWords, 8 * kUnitWords);
  for (std::size_t i = 0; i < 8; ++i) exchange_three<4>(matrix + i * 8 * kUnitWords, kUnitWords);
}

template <class T>
void compare_unit(const PackPlan& plan, const Batch& batch, std::size_t first, std::size_t count,
                  std::uint64_t* masks) {
  Ready<T> ready(plan, batch);
  const T* numbers[kPackedTogether];
  for (std::size_t s = 0; s < count; s += kPackedTogether) {
    const std::size_t together = std::min(kPackedTogether, count - s);
    ready.find(first + s, together, numbers);
    for (std::size_t k = together; k < kPackedTogether; ++k)
      numbers[k] = numbers[0];  // nobody's bits
    const bool inside = ready.inside(first + s + together - 1);
    std::uint64_t* mask = masks + s % 64 * kUnitWords + s / 64;
    for (const PackPass& pass : plan.passes) {
      const Thresholds<T> compare(pass);
      for (std::size_t k = 0; k < kPackedTogether; ++k) {
        const T* from = numbers[k] + pass.first;
        mask[k * kUnitWords] = compare(inside ? from : ready.padded(from));
      }
      mask += 64 * kUnitWords;
    }
  }
}

void pack_unit_here(const PackPlan& plan, const Batch& batch, std::size_t first, std::size_t count,
                    std::uint64_t* masks, std::size_t row, std::uint64_t* rows) {
  const Words d;
  if (batch.kind() == Batch::Kind::kNumbers) {
    compare_unit<float>(plan, batch, first, count, masks);
  } else {
    compare_unit<std::uint8_t>(plan, batch, first, count, masks);
  }
  for (const PackPass& pass : plan.passes) {
    transpose(masks);
    for (std::uint64_t wanted = pass.wanted; wanted != 0; wanted &= wanted - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(wanted));
      std::uint64_t* to = rows + pass.slots[i] * row;
      for (std::size_t w = 0; w < kUnitWords; w += hn::MaxLanes(d))
        hn::Store(hn::Load(d, masks + i * kUnitWords + w), d, to + w);
    }
    masks += 64 * kUnitWords;
  }
}

template <class T>
void compare_example(const PackPlan& plan, const Batch& batch, std::size_t number,
                     std::uint64_t* words) {
  Ready<T> ready(plan, batch);
  const T* numbers = nullptr;
  ready.find(number, 1, &numbers);
  const bool inside = ready.inside(number);
  for (const PackPass& pass : plan.passes) {
    const T* from = numbers + pass.first;
    *words++ = Thresholds<T>(pass)(inside ? from : ready.padded(from));
  }
}

void pack_example_here(const PackPlan& plan, const Batch& batch, std::size_t example,
                       std::uint64_t* words) {
  if (batch.kind() == Batch::Kind::kNumbers) {
    compare_example<float>(plan, batch, example, words);
  } else {
    compare_example<std::uint8_t>(plan, batch, example, words);
  }
}

}  // namespace
}  // namespace pliant::circuit::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pliant::circuit {
namespace {

HWY_EXPORT(pack_unit_here);
HWY_EXPORT(pack_example_here);

/// The largest float32 that is not above a threshold: a float32 is above both or neither.
float float_below(double threshold) {
  const auto nearest = static_cast<float>(threshold);
  return static_cast<double>(nearest) > threshold
             ? std::nextafter(nearest, -std::numeric_limits<float>::infinity())
             : nearest;
}

/// Passes over 64 neighbouring numbers, as few as hold all that something reads; a number with T
/// bits is in T of them.
/// @param place  of each bit's number   @param set  set(pass, i, bit): the thresholds of number i
/// Cost: n log n in the bits, however many features there are
template <class Set>
std::vector<PackPass> make_passes(const std::vector<std::uint32_t>& place,
                                  const std::vector<std::uint32_t>& slots, const Set& set) {
  std::vector<std::uint32_t> bits;  // that something reads, by place
  for (std::uint32_t b = 0; b < place.size(); ++b) {
    if (slots[b] != Plan::kDead) bits.push_back(b);
  }
  std::ranges::stable_sort(bits, {}, [&](std::uint32_t b) { return place[b]; });
  std::vector<PackPass> passes;
  std::size_t block = 0;  // the first pass of the present 64 numbers
  std::size_t turn = 0;   // bits of the same number before this one
  for (std::size_t i = 0; i < bits.size(); ++i) {
    const std::uint32_t at = place[bits[i]];
    if (block < passes.size() && at - passes[block].first >= kPackWidth) block = passes.size();
    turn = i > 0 && place[bits[i - 1]] == at ? turn + 1 : 0;
    const std::uint32_t first = block < passes.size() ? passes[block].first : at;
    if (block + turn == passes.size()) passes.emplace_back().first = first;
    PackPass& pass = passes[block + turn];
    pass.slots[at - first] = slots[bits[i]];
    pass.wanted |= std::uint64_t{1} << (at - first);
    set(pass, at - first, bits[i]);
  }
  return passes;
}

Trim trim_of(std::uint32_t size, std::uint32_t side) {
  Trim trim;
  trim.size = static_cast<int>(size);
  trim.half = trim.size / 2;
  for (int start = 0; start <= trim.half; ++start) {
    for (int end = 0; end <= trim.half; ++end)
      trim.begin.push_back(static_cast<std::int8_t>(
          base::trim_at_start(trim.size, static_cast<int>(side), start, end)));
  }
  return trim;
}

/// Where the number of each bit stands from the first one on: in the whole picture.
std::vector<std::uint32_t> places_of(const Encoder& encoder) {
  std::vector<std::uint32_t> places = encoder.feature;
  const Crop& crop = encoder.crop;
  if (crop.height == 0) return places;
  for (std::uint32_t& place : places) place = place / crop.side * crop.width + place % crop.side;
  return places;
}

}  // namespace

std::size_t PackPlan::mask_words() const { return passes.size() * 64 * kUnitWords; }

PackPlan plan_of_features(const Encoder& encoder, const std::vector<std::uint32_t>& input_slots) {
  PackPlan plan;
  plan.width = encoder.width();
  plan.crop = encoder.crop;
  plan.rows = trim_of(plan.crop.height, plan.crop.side);
  plan.columns = trim_of(plan.crop.width, plan.crop.side);
  plan.passes = make_passes(places_of(encoder), input_slots,
                            [&](PackPass& pass, std::size_t i, std::uint32_t bit) {
                              const int below = byte_threshold(encoder, bit);
                              pass.least[i] = static_cast<std::uint8_t>(std::min(below + 1, 255));
                              pass.possible |= std::uint64_t{below < 255} << i;
                              pass.above[i] = float_below(encoder.threshold[bit]);
                            });
  return plan;
}

PackPlan plan_of_bits(const std::vector<std::uint32_t>& input_slots) {
  PackPlan plan;
  plan.width = input_slots.size();
  std::vector<std::uint32_t> itself(input_slots.size());
  std::iota(itself.begin(), itself.end(), 0U);
  plan.passes = make_passes(itself, input_slots, [](PackPass& pass, std::size_t i, std::uint32_t) {
    pass.least[i] = 1;
    pass.possible |= std::uint64_t{1} << i;
  });
  return plan;
}

void pack_unit(const PackPlan& plan, const Batch& batch, std::size_t first, std::size_t count,
               std::uint64_t* masks, std::size_t row, std::uint64_t* rows) {
  HWY_DYNAMIC_DISPATCH(pack_unit_here)(plan, batch, first, count, masks, row, rows);
}

void pack_example(const PackPlan& plan, const Batch& batch, std::size_t example,
                  std::uint64_t* words) {
  HWY_DYNAMIC_DISPATCH(pack_example_here)(plan, batch, example, words);
}

}  // namespace pliant::circuit
#endif
