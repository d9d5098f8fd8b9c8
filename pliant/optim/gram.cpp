// pliant/optim/gram.cpp — Gram matrices, SIMD along rows (no torch)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pliant/optim/gram.cpp"
#include "pliant/optim/gram.h"

#include <algorithm>
#include <cmath>

#include "pliant/base/aligned.h"
#include "pliant/base/simd.h"
#include "pliant/optim/gram_tasks.h"

HWY_BEFORE_NAMESPACE();
namespace pliant::optim::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Tag = hn::ScalableTag<T>;
template <class T>
constexpr std::size_t kLanes = hn::MaxLanes(Tag<T>());

// Sums fill the registers: 32 of AVX-512 and NEON, 16 of AVX2.
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_SCALAR
constexpr std::size_t kGramTile = 3;
#else
constexpr std::size_t kGramTile = 4;
#endif

/// Columns at a time: a tile's rows stay in the first-level cache.
constexpr std::size_t kGramColumns = 1024;

/// The last columns of each row, filled up with zeros to a vector.
template <class T>
struct Tail {
  base::AlignedArray<T> numbers;
  std::size_t begin;  ///< the first column that is in it

  explicit Tail(const GramArgs<T>& args) : begin(args.columns - args.columns % kLanes<T>) {
    const std::size_t count = args.columns - begin;
    if (count == 0) return;
    numbers = base::AlignedArray<T>(args.rows * kLanes<T>);
    std::fill_n(numbers.data(), args.rows * kLanes<T>, T(0));
    for (std::size_t r = 0; r < args.rows; ++r)
      std::copy_n(args.x + r * args.stride + begin, count, numbers.data() + r * kLanes<T>);
  }
};

/// Scalar products of the rows a[…] with the rows b[…] over columns [begin, end), and over the
/// tail.
template <class T>
struct GramTile {
  const T* a[kGramTile];
  const T* b[kGramTile];
  const T* tail_a[kGramTile];  ///< null: not now
  const T* tail_b[kGramTile];
  T sums[kGramTile][kGramTile];

  HWY_ATTR void add(std::size_t begin, std::size_t end) {
    const Tag<T> d;
    hn::Vec<Tag<T>> sum[kGramTile][kGramTile];
    for (auto& row : sum) {
      for (auto& v : row) v = hn::Zero(d);
    }
    for (std::size_t k = begin; k < end; k += kLanes<T>) step(a, b, k, sum);
    if (tail_a[0] != nullptr) step(tail_a, tail_b, 0, sum);
    for (std::size_t i = 0; i < kGramTile; ++i) {
      for (std::size_t j = 0; j < kGramTile; ++j)
        sums[i][j] += hn::GetLane(hn::SumOfLanes(d, sum[i][j]));
    }
  }

 private:
  HWY_ATTR static HWY_INLINE void step(const T* const (&left)[kGramTile],
                                       const T* const (&right)[kGramTile], std::size_t k,
                                       hn::Vec<Tag<T>> (&sum)[kGramTile][kGramTile]) {
    const Tag<T> d;
    hn::Vec<Tag<T>> r[kGramTile];
    for (std::size_t j = 0; j < kGramTile; ++j) r[j] = hn::LoadU(d, right[j] + k);
    for (std::size_t i = 0; i < kGramTile; ++i) {
      const auto l = hn::LoadU(d, left[i] + k);
      for (std::size_t j = 0; j < kGramTile; ++j) sum[i][j] = hn::MulAdd(l, r[j], sum[i][j]);
    }
  }
};

/// The tile of rows from i on by rows from j on; past the last row it repeats that one.
template <class T>
void GramTileAt(const GramArgs<T>& args, const Tail<T>& tail, std::size_t i, std::size_t j) {
  GramTile<T> tile{};
  const T* const tails = tail.numbers.data();
  for (std::size_t begin = 0; begin == 0 || begin < tail.begin; begin += kGramColumns) {
    const std::size_t end = std::min(begin + kGramColumns, tail.begin);
    const bool last = end == tail.begin && tails != nullptr;
    for (std::size_t t = 0; t < kGramTile; ++t) {
      const std::size_t row = std::min(i + t, args.rows - 1);
      const std::size_t column = std::min(j + t, args.rows - 1);
      tile.a[t] = args.x + row * args.stride;
      tile.b[t] = args.x + column * args.stride;
      tile.tail_a[t] = last ? tails + row * kLanes<T> : nullptr;
      tile.tail_b[t] = last ? tails + column * kLanes<T> : nullptr;
    }
    tile.add(begin, end);
  }
  for (std::size_t s = 0; s < kGramTile && i + s < args.rows; ++s) {
    for (std::size_t t = 0; t < kGramTile && j + t < args.rows; ++t) {
      T& entry = args.gram[(i + s) * args.pitch + j + t];
      const T before = args.add ? entry : T(i + s == j + t ? 1 : 0);
      entry = std::fma(args.scale, tile.sums[s][t], before);
    }
  }
}

template <class T>
void Gram(const GramArgs<T>& args, const base::Executor& executor) {
  const Tail<T> tail(args);
  for_upper_tiles(args.rows, args.columns, kGramTile, executor,
                  [&](std::size_t i, std::size_t j) { GramTileAt(args, tail, i, j); });
}

// One name each for the dispatch table.
void GramFloat(const GramArgs<float>& args, const base::Executor& run) { Gram(args, run); }
void GramDouble(const GramArgs<double>& args, const base::Executor& run) { Gram(args, run); }

}  // namespace
}  // namespace pliant::optim::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pliant::optim {

HWY_EXPORT(GramFloat);
HWY_EXPORT(GramDouble);

std::size_t matrix_pitch(std::size_t size) {
  constexpr std::size_t kWidest = 16;  // of the vectors: floats of AVX-512
  const std::size_t pitch = (size + kWidest - 1) / kWidest * kWidest;
  return pitch % (8 * kWidest) == 0 ? pitch + kWidest : pitch;
}

template <>
void gram_of_rows(const GramArgs<float>& args, const base::Executor& executor) {
  HWY_DYNAMIC_DISPATCH(GramFloat)(args, executor);
}
template <>
void gram_of_rows(const GramArgs<double>& args, const base::Executor& executor) {
  HWY_DYNAMIC_DISPATCH(GramDouble)(args, executor);
}

}  // namespace pliant::optim
#endif  // HWY_ONCE
