// pliant/sorting/sum_lines.cpp — weighted sums of lines, SIMD along them (no torch)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pliant/sorting/sum_lines.cpp"
#include "pliant/sorting/sum_lines.h"

#include "pliant/base/simd.h"

HWY_BEFORE_NAMESPACE();
namespace pliant::sorting::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<double, 4>;
constexpr std::size_t kStep = hn::MaxLanes(Tag());

/// `vectors` vectors of the sum, from number i on.
template <std::size_t vectors>
HWY_INLINE void sum_at(const double* HWY_RESTRICT lines, const double* HWY_RESTRICT weights,
                       std::size_t count, std::size_t n, std::size_t i, double* HWY_RESTRICT out) {
  const Tag d;
  hn::Vec<Tag> sum[vectors];
  for (auto& v : sum) v = hn::Zero(d);
  for (std::size_t r = 0; r < count; ++r) {
    const auto weight = hn::Set(d, weights[r]);
    const double* at = lines + r * n + i;
    for (std::size_t v = 0; v < vectors; ++v) {
      sum[v] = hn::MulAdd(weight, hn::LoadU(d, at + v * kStep), sum[v]);
    }
  }
  for (std::size_t v = 0; v < vectors; ++v) hn::StoreU(sum[v], d, out + i + v * kStep);
}

void SumLines(const double* lines, const double* weights, std::size_t count, std::size_t n,
              double* out) {
  constexpr std::size_t kMany = 4;
  std::size_t i = 0;
  for (; i + kMany * kStep <= n; i += kMany * kStep) {
    sum_at<kMany>(lines, weights, count, n, i, out);
  }
  for (; i + kStep <= n; i += kStep) sum_at<1>(lines, weights, count, n, i, out);
  if (i == n) return;
  // The last vector overlaps the one before, which writes the same numbers again.
  if (n >= kStep) return sum_at<1>(lines, weights, count, n, n - kStep, out);
  for (; i < n; ++i) {
    out[i] = 0;
    for (std::size_t r = 0; r < count; ++r) out[i] += weights[r] * lines[r * n + i];
  }
}

}  // namespace
}  // namespace pliant::sorting::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pliant::sorting {

HWY_EXPORT(SumLines);

void sum_lines(const double* lines, const double* weights, std::size_t count, std::size_t n,
               double* out) {
  HWY_DYNAMIC_DISPATCH(SumLines)(lines, weights, count, n, out);
}

}  // namespace pliant::sorting
#endif  // HWY_ONCE
