// pliant/sorting/metrics.h — how well scores order a set, counted exactly (no torch)
#pragma once

#include <cstddef>
#include <cstdint>

namespace pliant::sorting {

/// Sums over groups; divide by the counts for the rates that papers print.
struct RankingMetrics {
  std::int64_t groups = 0;
  std::int64_t items = 0;
  std::int64_t exact = 0;        ///< groups in perfect order: EM = exact / groups
  std::int64_t elementwise = 0;  ///< items at their right rank: EW = elementwise / items
  std::int64_t exact_five = 0;   ///< groups whose first five items (of the set, not the top five)
                                 ///< are in perfect order: EM5
  std::int64_t exact_tied = 0;   ///< as exact, where any order of equal labels is right
  std::int64_t elementwise_tied =
      0;  ///< as elementwise, where an item may take any rank of its equals
  std::int64_t not_finite =
      0;  ///< groups with a NaN or infinite score: counted in groups, right in nothing

  RankingMetrics& operator+=(const RankingMetrics& other);
};

/// Compares stable argsorts of the labels and of the scores (Petersen et al., ICML 2021 and ICLR
/// 2022).
/// @param scores, labels  (groups, n), row-major
RankingMetrics ranking_metrics(const float* scores, const std::int64_t* labels, std::size_t groups,
                               std::size_t n);

}  // namespace pliant::sorting
