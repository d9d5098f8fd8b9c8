// pliant/sorting/metrics.cpp — exact match and element-wise match, plain and tie-aware (no torch)
#include "pliant/sorting/metrics.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <functional>
#include <numeric>
#include <type_traits>
#include <vector>

#include "pliant/base/errors.h"

namespace pliant::sorting {
namespace {

/// Adds up groups of items, one at a time.
template <class Score, class Label>
class Count {
 public:
  [[nodiscard]] const RankingCounts& counts() const { return counts_; }

  void add_group(std::size_t group, const Score* scores, const Label* labels, std::size_t n,
                 const bool* mask) {
    scores_.clear();
    labels_.clear();
    for (std::size_t i = 0; i < n; ++i) {
      if (mask != nullptr && !mask[i]) continue;
      scores_.push_back(scores[i]);
      labels_.push_back(labels[i]);
    }
    base::require(!labels_.empty(), "ranking_metrics: mask must leave at least one item in every ",
                  "set, set ", group, " has none");
    if constexpr (std::is_floating_point_v<Label>) {
      const bool ordered = std::none_of(labels_.begin(), labels_.end(),
                                        [](Label label) { return std::isnan(label); });
      base::require(ordered, "ranking_metrics: labels must not be NaN, got one in set ", group);
    }
    count();
  }

 private:
  /// How many items have their right rank.
  struct Right {
    std::size_t plain = 0;
    std::size_t tied = 0;
  };

  void count() {
    const std::size_t n = scores_.size();
    ++counts_.groups;
    counts_.items += static_cast<std::int64_t>(n);
    if (!std::all_of(scores_.begin(), scores_.end(), [](Score s) { return std::isfinite(s); })) {
      ++counts_.not_finite;
      return;
    }
    const Right all = right_among_first(n);
    counts_.elementwise += static_cast<std::int64_t>(all.plain);
    counts_.elementwise_tied += static_cast<std::int64_t>(all.tied);
    counts_.exact += all.plain == n ? 1 : 0;
    counts_.exact_tied += all.tied == n ? 1 : 0;
    const std::size_t five = std::min<std::size_t>(n, 5);
    const Right first = n <= 5 ? all : right_among_first(five);
    counts_.exact_five += first.plain == five ? 1 : 0;
    counts_.exact_five_tied += first.tied == five ? 1 : 0;
  }

  /// Of the first `n` items of the group, ranked among themselves.
  Right right_among_first(std::size_t n) {
    argsort(scores_, n, by_score_);
    argsort(labels_, n, by_label_);
    Right right;
    for (std::size_t rank = 0; rank < n; ++rank) {
      const std::size_t found = by_score_[rank], expected = by_label_[rank];
      right.plain += found == expected ? 1 : 0;
      right.tied += labels_[found] == labels_[expected] ? 1 : 0;  // one of the equals due here
    }
    return right;
  }

  /// Of the first `n` values; equals in the order of their positions.
  template <class T>
  static void argsort(const std::vector<T>& values, std::size_t n,
                      std::vector<std::size_t>& order) {
    order.resize(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](auto a, auto b) { return values[a] < values[b]; });
  }

  RankingCounts counts_;
  // Of the items of the group that take part.
  std::vector<Score> scores_;
  std::vector<Label> labels_;
  std::vector<std::size_t> by_score_, by_label_;
};

}  // namespace

RankingCounts& RankingCounts::operator+=(const RankingCounts& other) {
  using Numbers = std::array<std::int64_t, sizeof(RankingCounts) / sizeof(std::int64_t)>;
  auto sums = std::bit_cast<Numbers>(*this);
  const auto more = std::bit_cast<Numbers>(other);
  std::transform(sums.begin(), sums.end(), more.begin(), sums.begin(), std::plus<>());
  return *this = std::bit_cast<RankingCounts>(sums);
}

template <class Score, class Label>
RankingMetrics ranking_metrics(const Score* scores, const Label* labels, std::size_t groups,
                               std::size_t n, const bool* mask) {
  base::require(n > 0, "ranking_metrics: there must be at least one item in a set, got n = 0");
  Count<Score, Label> count;
  for (std::size_t g = 0; g < groups; ++g) {
    count.add_group(g, scores + g * n, labels + g * n, n, mask == nullptr ? mask : mask + g * n);
  }
  return {count.counts()};
}

template RankingMetrics ranking_metrics(const float*, const std::int64_t*, std::size_t, std::size_t,
                                        const bool*);
template RankingMetrics ranking_metrics(const float*, const double*, std::size_t, std::size_t,
                                        const bool*);
template RankingMetrics ranking_metrics(const double*, const std::int64_t*, std::size_t,
                                        std::size_t, const bool*);
template RankingMetrics ranking_metrics(const double*, const double*, std::size_t, std::size_t,
                                        const bool*);

}  // namespace pliant::sorting
