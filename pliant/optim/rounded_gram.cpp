// pliant/optim/rounded_gram.cpp — rounding to bfloat16, SIMD along rows; products by AVX512-BF16
// (no torch)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pliant/optim/rounded_gram.cpp"
#include "pliant/optim/rounded_gram.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "pliant/base/simd.h"
#include "pliant/base/simd_target.h"
#include "pliant/optim/gram.h"
#include "pliant/optim/gram_tasks.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

HWY_BEFORE_NAMESPACE();
namespace pliant::optim::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// The bits of the nearest bfloat16, ties to even, in the upper half.
template <class D, class V = hn::Vec<D>>
HWY_ATTR HWY_INLINE V Rounded(D d, V bits) {
  const V odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(d, 1U));
  const V up = hn::Add(bits, hn::Add(odd, hn::Set(d, 0x7FFFU)));
  return hn::And(up, hn::Set(d, 0xFFFF0000U));
}

/// One row: its rounded numbers, in whichever form is wanted, and Σx² and Σ(x − x̃)².
HWY_ATTR Rounding RoundRow(const float* x, std::size_t columns, std::uint16_t* halves,
                           float* floats) {
  const hn::ScalableTag<float> df;
  const hn::RebindToUnsigned<decltype(df)> du;
  const hn::Rebind<std::uint16_t, decltype(df)> dh;
  constexpr std::size_t kLanes = hn::MaxLanes(df);
  auto squares = hn::Zero(df);
  auto errors = hn::Zero(df);
  const auto step = [&](const float* from, std::size_t at) HWY_ATTR {
    const auto v = hn::LoadU(df, from);
    const auto bits = Rounded(du, hn::BitCast(du, v));
    const auto near = hn::BitCast(df, bits);
    const auto error = hn::Sub(v, near);
    squares = hn::MulAdd(v, v, squares);
    errors = hn::MulAdd(error, error, errors);
    if (floats != nullptr) hn::StoreU(near, df, floats + at);
    if (halves != nullptr)
      hn::StoreU(hn::TruncateTo(dh, hn::ShiftRight<16>(bits)), dh, halves + at);
  };
  std::size_t i = 0;
  for (; i + kLanes <= columns; i += kLanes) step(x + i, i);
  if (i < columns) {
    HWY_ALIGN float rest[kLanes] = {};
    std::memcpy(rest, x + i, (columns - i) * sizeof(float));
    step(rest, i);  // rounded rows have room for whole vectors
  }
  return {static_cast<double>(hn::GetLane(hn::SumOfLanes(df, squares))),
          static_cast<double>(hn::GetLane(hn::SumOfLanes(df, errors)))};
}

/// Whether products of bfloat16 numbers are the CPU's own here.
bool HasProducts() {
#if defined(__x86_64__) && HWY_TARGET == HWY_AVX3
  return base::has_bfloat16();
#else
  return false;
#endif
}

}  // namespace
}  // namespace pliant::optim::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pliant::optim {

HWY_EXPORT(RoundRow);
HWY_EXPORT(HasProducts);

namespace {

constexpr std::size_t kWidth = 32;  // numbers of the widest vector of bfloat16

Rounding rounding_of_row(const float* x, std::size_t columns, std::uint16_t* halves,
                         float* floats) {
  return HWY_DYNAMIC_DISPATCH(RoundRow)(x, columns, halves, floats);
}

/// The sum over rows. Squares below float's range count as its least number each.
Rounding total(const std::vector<Rounding>& of_rows, std::size_t columns) {
  Rounding sum;
  for (const Rounding& row : of_rows) {
    sum.squares += row.squares;
    sum.errors += row.errors;
  }
  if (sum.squares > 0 && sum.errors > 0) {
    sum.errors += static_cast<double>(of_rows.size() * columns) *
                  static_cast<double>(std::numeric_limits<float>::min());
  }
  return sum;
}

#if defined(__x86_64__)

constexpr std::size_t kTile = 4;

struct RoundedArgs {
  const std::uint16_t* x;
  std::size_t x_pitch;
  std::size_t rows;
  float scale;
  bool add;
  float* gram;
  std::size_t pitch;
};

/// Rows [i, i + 4) by rows [j, j + 4); past the last row it repeats that one.
__attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16"))) void rounded_tile(
    const RoundedArgs& args, std::size_t i, std::size_t j) {
  const std::uint16_t* a[kTile];
  const std::uint16_t* b[kTile];
  for (std::size_t t = 0; t < kTile; ++t) {
    a[t] = args.x + std::min(i + t, args.rows - 1) * args.x_pitch;
    b[t] = args.x + std::min(j + t, args.rows - 1) * args.x_pitch;
  }
  __m512 sum[kTile][kTile];
  for (auto& row : sum) {
    for (auto& v : row) v = _mm512_setzero_ps();
  }
  const auto load = [](const std::uint16_t* from)
      __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16"), always_inline)) {
    return reinterpret_cast<__m512bh>(_mm512_load_si512(from));
  };
  for (std::size_t k = 0; k < args.x_pitch; k += kWidth) {
    __m512bh right[kTile];
    for (std::size_t t = 0; t < kTile; ++t) right[t] = load(b[t] + k);
    for (std::size_t s = 0; s < kTile; ++s) {
      const __m512bh left = load(a[s] + k);
      for (std::size_t t = 0; t < kTile; ++t)
        sum[s][t] = _mm512_dpbf16_ps(sum[s][t], left, right[t]);
    }
  }
  for (std::size_t s = 0; s < kTile && i + s < args.rows; ++s) {
    for (std::size_t t = 0; t < kTile && j + t < args.rows; ++t) {
      float& entry = args.gram[(i + s) * args.pitch + j + t];
      const float before = args.add ? entry : (i + s == j + t ? 1.0F : 0.0F);
      entry = std::fma(args.scale, _mm512_reduce_add_ps(sum[s][t]), before);
    }
  }
}

#endif

}  // namespace

Rounding rounding_of(const float* x, std::size_t stride, std::size_t rows, std::size_t columns) {
  std::vector<Rounding> of_rows(rows);
  for (std::size_t r = 0; r < rows; ++r)
    of_rows[r] = rounding_of_row(x + r * stride, columns, nullptr, nullptr);
  return total(of_rows, columns);
}

double rounding_bound(Side side, const Rounding& rounding, double beta) {
  if (rounding.errors == 0) return 0;
  const double s = std::sqrt(rounding.squares / beta);
  const double e = std::sqrt(rounding.errors / beta);
  if (side == Side::kInputs) return e * (s + 0.5 + 2 * e);
  return 1.25 * (1 + s * s) * std::sqrt(rounding.errors / rounding.squares);
}

RoundedRows::RoundedRows(const float* x, std::size_t stride, std::size_t rows, std::size_t columns,
                         const base::Executor& executor)
    : rows_(rows), columns_(columns), pitch_((columns + kWidth - 1) / kWidth * kWidth) {
  const bool native = HWY_DYNAMIC_DISPATCH(HasProducts)();
  if (native)
    halves_ = base::AlignedArray<std::uint16_t>(rows * pitch_);
  else
    floats_ = base::AlignedArray<float>(rows * pitch_);
  std::vector<Rounding> of_rows(rows);
  constexpr std::size_t kWorthAThread = 1U << 18;
  executor(rows, 1 + kWorthAThread / std::max<std::size_t>(columns, 1),
           [&](std::size_t begin, std::size_t end) {
             for (std::size_t r = begin; r < end; ++r) {
               std::uint16_t* const halves = native ? halves_.data() + r * pitch_ : nullptr;
               float* const floats = native ? nullptr : floats_.data() + r * pitch_;
               of_rows[r] = rounding_of_row(x + r * stride, columns, halves, floats);
               if (native) std::fill(halves + columns, halves + pitch_, std::uint16_t{0});
             }
           });
  rounding_ = total(of_rows, columns);
}

void RoundedRows::gram(float scale, bool add, float* gram, std::size_t pitch,
                       const base::Executor& executor) const {
#if defined(__x86_64__)
  if (halves_.data() != nullptr) {
    const RoundedArgs args{halves_.data(), pitch_, rows_, scale, add, gram, pitch};
    for_upper_tiles(rows_, columns_, kTile, executor,
                    [&](std::size_t i, std::size_t j) { rounded_tile(args, i, j); });
    return;
  }
#endif
  gram_of_rows<float>({floats_.data(), pitch_, rows_, columns_, scale, add, gram, pitch}, executor);
}

}  // namespace pliant::optim
#endif  // HWY_ONCE
