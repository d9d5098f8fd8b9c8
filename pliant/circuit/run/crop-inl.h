// pliant/circuit/run/crop-inl.h — where the crop of a picture begins (no torch)
//
// Re-read for every SIMD target, after pliant/base/simd.h.
#if defined(PLIANT_CIRCUIT_RUN_CROP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PLIANT_CIRCUIT_RUN_CROP_INL_H_
#undef PLIANT_CIRCUIT_RUN_CROP_INL_H_
#else
#define PLIANT_CIRCUIT_RUN_CROP_INL_H_
#endif

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "pliant/base/errors.h"
#include "pliant/circuit/run/compare-inl.h"
#include "pliant/circuit/run/pack.h"

HWY_BEFORE_NAMESPACE();
namespace pliant::circuit::HWY_NAMESPACE {

/// Finds the crops of pictures in two steps: words of the numbers that are not 0, then the rows and
/// columns that have such ones. Words are stored meanwhile: the first steps of a few pictures
/// precede the second ones.
template <class T>
class Crops {
 public:
  static constexpr std::size_t kMostWords = 64;

  HWY_INLINE explicit Crops(const PackPlan& plan)
      : plan_(plan),
        crop_(plan.crop),
        in_word_(crop_.width <= 32 ? 2 : 1),
        count_((crop_.height + in_word_ - 1) / in_word_),
        line_(crop_.width > 0 ? ~std::uint64_t{0} >> (64 - crop_.width) : 0) {}

  /// @param read     read(p): where the 64 numbers from p on can be read
  /// @param numbers  of the whole picture
  /// @param words    (kMostWords), written: a row of the picture each, or two of at most 32
  template <class Read>
  HWY_INLINE void find_words(const Read& read, const T* numbers, std::uint64_t* words) const {
    const std::size_t step = in_word_ * crop_.width;
    for (std::size_t w = 0; w < count_; ++w) words[w] = nonzero_(read(numbers + w * step));
    if (crop_.height % in_word_ != 0) words[count_ - 1] &= line_;
    for (std::size_t w = count_; w % kUnitWords != 0; ++w) words[w] = 0;
  }

  /// The place of the crop's first number in the picture.
  /// @throws std::invalid_argument if too few lines are empty
  HWY_INLINE std::size_t begin(const std::uint64_t* words, std::size_t example) const {
    const Lines lines = occupied(words);
    const int top = begin_of(plan_.rows, lines.rows);
    const int left = begin_of(plan_.columns, lines.columns);
    base::require(top >= 0 && left >= 0, "example ", example, ": the picture has fewer black ",
                  top < 0 ? "rows" : "columns", " at its borders than the ",
                  (top < 0 ? crop_.height : crop_.width) - crop_.side, " that are to be trimmed");
    return static_cast<std::size_t>(top) * crop_.width + static_cast<std::size_t>(left);
  }

 private:
  /// Which rows and which columns of a picture have a number that is not 0.
  struct Lines {
    std::uint64_t rows = 0;
    std::uint64_t columns = 0;
  };

  static HWY_INLINE int begin_of(const Trim& trim, std::uint64_t lines) {
    const int start = std::min(std::countr_zero(lines), trim.half);
    const int end = std::min(std::countl_zero(lines) - (64 - trim.size), trim.half);
    const auto row = static_cast<std::size_t>(start),
               rows = static_cast<std::size_t>(trim.half) + 1;
    return trim.begin[row * rows + static_cast<std::size_t>(end)];
  }

#if HWY_TARGET <= HWY_AVX3
  HWY_INLINE Lines occupied(const std::uint64_t* words) const {
    const __m512i line = _mm512_set1_epi64(static_cast<long long>(line_));
    const __m512i second_line = in_word_ == 2 ? line : _mm512_setzero_si512();
    const __m128i width = _mm_cvtsi32_si128(static_cast<int>(crop_.width));
    __m512i columns = _mm512_setzero_si512();
    std::uint64_t first_rows = 0;
    std::uint64_t second_rows = 0;
    for (std::size_t w = 0; w < count_; w += kUnitWords) {
      const __m512i all = _mm512_loadu_si512(words + w);
      const __m512i first = _mm512_and_si512(all, line);
      const __m512i second = _mm512_and_si512(_mm512_srl_epi64(all, width), second_line);
      columns = _mm512_ternarylogic_epi64(columns, first, second, 0xFE);
      first_rows |= std::uint64_t{_mm512_test_epi64_mask(first, first)} << w;
      second_rows |= std::uint64_t{_mm512_test_epi64_mask(second, second)} << w;
    }
    Lines lines;
    lines.columns = static_cast<std::uint64_t>(_mm512_reduce_or_epi64(columns));
    lines.rows = in_word_ == 2 ? _pdep_u64(first_rows, 0x5555555555555555) |
                                     _pdep_u64(second_rows, 0xAAAAAAAAAAAAAAAA)
                               : first_rows;
    return lines;
  }
#else
  HWY_INLINE Lines occupied(const std::uint64_t* words) const {
    Lines lines;
    for (std::size_t w = 0; w < count_; ++w) {
      const std::uint64_t first = words[w] & line_;
      const std::uint64_t second = in_word_ == 2 ? (words[w] >> crop_.width) & line_ : 0;
      lines.columns |= first | second;
      lines.rows |= (std::uint64_t{first != 0} | std::uint64_t{second != 0} << 1) << (w * in_word_);
    }
    return lines;
  }
#endif

  const PackPlan& plan_;
  const Crop& crop_;
  NonZero<T> nonzero_;
  std::size_t in_word_;  // rows
  std::size_t count_;    // of words
  std::uint64_t line_;   // a row's bits in a word
};

}  // namespace pliant::circuit::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
