// pliant/sorting/metrics.h — how well scores order a set, counted exactly (no torch)
#pragma once

#include <cstddef>
#include <cstdint>

namespace pliant::sorting {

/// Sums over groups (sets). A group with a NaN or infinite score is right in nothing.
struct RankingCounts {
  std::int64_t groups = 0;
  std::int64_t items = 0;
  std::int64_t exact = 0;        ///< groups in perfect order
  std::int64_t elementwise = 0;  ///< items at their right rank
  std::int64_t exact_five = 0;   ///< groups whose first five items (of the group, not the top five)
                                 ///< are in perfect order; of fewer than five, all
  // The same where any order of equal labels is right, so an item may take any rank of its equals:
  std::int64_t exact_tied = 0;
  std::int64_t elementwise_tied = 0;
  std::int64_t exact_five_tied = 0;
  std::int64_t not_finite = 0;  ///< groups with a NaN or infinite score; `groups` has them too

  RankingCounts& operator+=(const RankingCounts& other);
};

/// The rates that papers print, in [0, 1]; NaN where there are no groups. Those of several batches
/// are those of the sum of their counts.
struct RankingMetrics {
  RankingCounts counts;

  [[nodiscard]] double exact() const { return per_group(counts.exact); }             ///< EM
  [[nodiscard]] double elementwise() const { return per_item(counts.elementwise); }  ///< EW
  [[nodiscard]] double exact_five() const { return per_group(counts.exact_five); }   ///< EM5
  [[nodiscard]] double exact_tied() const { return per_group(counts.exact_tied); }
  [[nodiscard]] double elementwise_tied() const { return per_item(counts.elementwise_tied); }
  [[nodiscard]] double exact_five_tied() const { return per_group(counts.exact_five_tied); }

  RankingMetrics& operator+=(const RankingMetrics& other) {
    counts += other.counts;
    return *this;
  }
  friend RankingMetrics operator+(RankingMetrics a, const RankingMetrics& b) { return a += b; }

 private:
  [[nodiscard]] double per_group(std::int64_t right) const {
    return static_cast<double>(right) / static_cast<double>(counts.groups);
  }
  [[nodiscard]] double per_item(std::int64_t right) const {
    return static_cast<double>(right) / static_cast<double>(counts.items);
  }
};

/// Compares stable argsorts of the labels and of the scores, ascending: equals keep the order of
/// their positions (Petersen et al., ICML 2021 and ICLR 2022).   Cost: O(groups · n log n)
/// @param scores  (groups, n), row-major; float or double
/// @param labels  (groups, n); std::int64_t or double; only their order counts
/// @param mask    (groups, n): which items take part, the others may hold anything; null = all
/// @throws std::invalid_argument if a label is NaN, or no item of a group takes part
template <class Score, class Label>
RankingMetrics ranking_metrics(const Score* scores, const Label* labels, std::size_t groups,
                               std::size_t n, const bool* mask = nullptr);

}  // namespace pliant::sorting
