// pliant/circuit/run/pack.cpp — comparisons of 64 numbers, and transposes of 64 × 64 bits (no
// torch)
#include "pliant/circuit/run/pack.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "pliant/base/errors.h"
#include "pliant/base/trim.h"
#include "pliant/circuit/run/execute.h"

#ifndef PLIANT_CIRCUIT_RUN_PACK_ROOM_
#define PLIANT_CIRCUIT_RUN_PACK_ROOM_
namespace pliant::circuit {

/// Numbers that a copy of `count` takes: 64 can be read wherever a pass begins.
constexpr std::size_t room(std::size_t count) {
  return (count + 2 * kPackWidth - 1) / kPackWidth * kPackWidth;
}

}  // namespace pliant::circuit
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pliant/circuit/run/pack.cpp"
#include "pliant/base/simd.h"
// After simd.h, which re-reads this file for every target.
#include "pliant/circuit/run/compare-inl.h"
#include "pliant/circuit/run/table_vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace pliant::circuit::HWY_NAMESPACE {
namespace {

static_assert(std::endian::native == std::endian::little,
              "comparisons become words by their bytes, the lowest first");

/// Which rows and which columns of a picture have a number that is not 0.
struct Occupied {
  std::uint64_t rows = 0;
  std::uint64_t columns = 0;
};

/// @param numbers  64 of them can be read wherever a row begins
template <class T>
HWY_INLINE Occupied occupied(const Crop& crop, const NonZero<T>& nonzero, const T* numbers) {
  const unsigned width = crop.width;
  const unsigned height = crop.height;
  const std::uint64_t line = ~std::uint64_t{0} >> (64 - width);
  Occupied all;
  unsigned y = 0;
  // Two rows at a time where a word holds them.
  for (; width <= 32 && y + 2 <= height; y += 2) {
    const std::uint64_t word = nonzero(numbers + y * width);
    const std::uint64_t first = word & line;
    const std::uint64_t second = (word >> width) & line;
    all.columns |= first | second;
    all.rows |= (std::uint64_t{first != 0} | std::uint64_t{second != 0} << 1) << y;
  }
  for (; y < height; ++y) {
    const std::uint64_t word = nonzero(numbers + y * width) & line;
    all.columns |= word;
    all.rows |= std::uint64_t{word != 0} << y;
  }
  return all;
}

/// Where the crop of a picture begins.
/// @throws std::invalid_argument if it has too few black lines
template <class T>
HWY_INLINE std::size_t crop_begin(const Crop& crop, const NonZero<T>& nonzero, const T* numbers,
                                  std::size_t example) {
  const auto start = [&](std::uint64_t lines, std::uint32_t size) {
    const auto count = static_cast<int>(size);
    return base::trim_at_start(count, static_cast<int>(crop.side), std::countr_zero(lines),
                               std::countl_zero(lines) - (64 - count));
  };
  const Occupied lines = occupied(crop, nonzero, numbers);
  const int top = start(lines.rows, crop.height);
  const int left = start(lines.columns, crop.width);
  base::require(top >= 0 && left >= 0, "example ", example, ": the picture has fewer black ",
                top < 0 ? "rows" : "columns", " at its borders than the ",
                (top < 0 ? crop.height : crop.width) - crop.side, " that are to be trimmed");
  return static_cast<std::size_t>(top) * crop.width + static_cast<std::size_t>(left);
}

/// The numbers of examples after cropping.
template <class T>
class Ready {
 public:
  Ready(const PackPlan& plan, const Batch& batch, std::byte* copies)
      : plan_(plan),
        numbers_(batch.data<T>()),
        end_(numbers_ + batch.count() * plan.width),
        whole_(reinterpret_cast<T*>(copies)),
        crops_(whole_ + kPackedTogether * room(plan.width)) {}

  /// @param turn  < kPackedTogether: whose copy may be overwritten
  /// @throws std::invalid_argument that names the example if it cannot be cropped
  const T* at(std::size_t example, std::size_t turn) {
    const T* numbers = numbers_ + example * plan_.width;
    if (plan_.crop.height == 0) return numbers;
    if (!can_read(numbers + plan_.width)) {
      T* copy = whole_ + turn * room(plan_.width);
      std::copy_n(numbers, plan_.width, copy);
      numbers = copy;
    }
    T* copy = crops_ + turn * room(plan_.features);
    crop(numbers + crop_begin(plan_.crop, nonzero_, numbers, example), copy);
    return copy;
  }

  /// Whether 64 numbers can be read wherever a pass begins in this example or one before.
  [[nodiscard]] bool inside(std::size_t example) const {
    return plan_.crop.height > 0 || can_read(numbers_ + (example + 1) * plan_.width);
  }
  /// 64 numbers from there; those at the end of the batch are copied, with anything after them.
  const T* padded(const T* from) {
    if (can_read(from)) return from;
    std::copy(from, end_, last_);
    return last_;
  }

 private:
  void crop(const T* row, T* to) const {
    const std::size_t bytes = plan_.crop.side * sizeof(T);
    // Short rows as whole vectors: what is too much is overwritten by the next.
    if (bytes <= 32) {
      copy_rows<32>(row, to);
    } else if (bytes <= 64) {
      copy_rows<64>(row, to);
    } else {
      for (std::size_t y = 0; y < plan_.crop.side; ++y)
        std::memcpy(to + y * plan_.crop.side, row + y * plan_.crop.width, bytes);
    }
  }

  /// Whether 64 numbers can be read from there.
  [[nodiscard]] bool can_read(const T* from) const {
    return static_cast<std::size_t>(end_ - from) >= kPackWidth;
  }

  template <std::size_t bytes>
  void copy_rows(const T* row, T* to) const {
    const std::size_t side = plan_.crop.side;
    const std::size_t width = plan_.crop.width;
    for (std::size_t y = 0; y < side; ++y, row += width, to += side) std::memcpy(to, row, bytes);
  }

  const PackPlan& plan_;
  NonZero<T> nonzero_;
  const T* numbers_;
  const T* end_;  // of the batch: nothing is read there or beyond
  T* whole_;      // pictures at the end of the batch, (kPackedTogether, room)
  T* crops_;      // (kPackedTogether, room)
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
                  std::uint64_t* masks, std::byte* copies) {
  Ready<T> ready(plan, batch, copies);
  const T* numbers[kPackedTogether];
  for (std::size_t s = 0; s < count; s += kPackedTogether) {
    const std::size_t together = std::min(kPackedTogether, count - s);
    for (std::size_t k = 0; k < together; ++k) numbers[k] = ready.at(first + s + k, k);
    for (std::size_t k = together; k < kPackedTogether; ++k)
      numbers[k] = numbers[0];  // nobody's bits
    const bool inside = ready.inside(first + s + together - 1);
    std::uint64_t* mask = masks + s % 64 * kUnitWords + s / 64;
    for (const PackPass& pass : plan.passes) {
      const Thresholds<T> compare(pass);
      for (std::size_t k = 0; k < kPackedTogether; ++k) {
        const T* from = numbers[k] + pass.feature;
        mask[k * kUnitWords] = compare(inside ? from : ready.padded(from));
      }
      mask += 64 * kUnitWords;
    }
  }
}

void pack_unit_here(const PackPlan& plan, const Batch& batch, std::size_t first, std::size_t count,
                    std::uint64_t* masks, std::byte* copies, std::size_t row, std::uint64_t* rows) {
  const Words d;
  if (batch.kind() == Batch::Kind::kNumbers) {
    compare_unit<float>(plan, batch, first, count, masks, copies);
  } else {
    compare_unit<std::uint8_t>(plan, batch, first, count, masks, copies);
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
                     std::byte* copies, std::uint64_t* words) {
  Ready<T> ready(plan, batch, copies);
  const T* numbers = ready.at(number, 0);
  const bool inside = ready.inside(number);
  for (const PackPass& pass : plan.passes) {
    const T* from = numbers + pass.feature;
    *words++ = Thresholds<T>(pass)(inside ? from : ready.padded(from));
  }
}

void pack_example_here(const PackPlan& plan, const Batch& batch, std::size_t example,
                       std::byte* copies, std::uint64_t* words) {
  if (batch.kind() == Batch::Kind::kNumbers) {
    compare_example<float>(plan, batch, example, copies, words);
  } else {
    compare_example<std::uint8_t>(plan, batch, example, copies, words);
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

/// Passes over blocks of 64 neighbouring features; a feature with T bits is in T of them.
/// @param feature  of each bit   @param set  set(pass, i, bit): the thresholds of number i
/// Cost: n log n in the bits, however many features there are
template <class Set>
std::vector<PackPass> make_passes(const std::vector<std::uint32_t>& feature,
                                  const std::vector<std::uint32_t>& slots, const Set& set) {
  std::vector<std::uint32_t> bits;  // that something reads, by feature
  for (std::uint32_t b = 0; b < feature.size(); ++b) {
    if (slots[b] != Plan::kDead) bits.push_back(b);
  }
  std::ranges::stable_sort(bits, {}, [&](std::uint32_t b) { return feature[b]; });
  std::vector<PackPass> passes;
  std::size_t block = 0;  // the first pass of the present 64 features
  std::size_t turn = 0;   // bits of the same feature before this one
  for (std::size_t i = 0; i < bits.size(); ++i) {
    const std::uint32_t f = feature[bits[i]];
    const std::uint32_t first = f / kPackWidth * kPackWidth;
    if (block < passes.size() && passes[block].feature != first) block = passes.size();
    turn = i > 0 && feature[bits[i - 1]] == f ? turn + 1 : 0;
    if (block + turn == passes.size()) passes.emplace_back().feature = first;
    PackPass& pass = passes[block + turn];
    pass.slots[f - first] = slots[bits[i]];
    pass.wanted |= std::uint64_t{1} << (f - first);
    set(pass, f - first, bits[i]);
  }
  return passes;
}

}  // namespace

std::size_t PackPlan::mask_words() const { return passes.size() * 64 * kUnitWords; }

std::size_t PackPlan::copy_bytes() const {
  if (crop.height == 0) return 0;
  return kPackedTogether * (room(width) + room(features)) * sizeof(float);  // the widest numbers
}

PackPlan plan_of_features(const Encoder& encoder, const std::vector<std::uint32_t>& input_slots) {
  PackPlan plan;
  plan.width = encoder.width();
  plan.features = encoder.features;
  plan.crop = encoder.crop;
  plan.passes = make_passes(encoder.feature, input_slots,
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
  plan.width = plan.features = input_slots.size();
  std::vector<std::uint32_t> itself(input_slots.size());
  std::iota(itself.begin(), itself.end(), 0U);
  plan.passes = make_passes(itself, input_slots, [](PackPass& pass, std::size_t i, std::uint32_t) {
    pass.least[i] = 1;
    pass.possible |= std::uint64_t{1} << i;
  });
  return plan;
}

void pack_unit(const PackPlan& plan, const Batch& batch, std::size_t first, std::size_t count,
               std::uint64_t* masks, std::byte* copies, std::size_t row, std::uint64_t* rows) {
  HWY_DYNAMIC_DISPATCH(pack_unit_here)(plan, batch, first, count, masks, copies, row, rows);
}

void pack_example(const PackPlan& plan, const Batch& batch, std::size_t example, std::byte* copies,
                  std::uint64_t* words) {
  HWY_DYNAMIC_DISPATCH(pack_example_here)(plan, batch, example, copies, words);
}

}  // namespace pliant::circuit
#endif
