// pliant/sorting/metrics.cpp — exact match and element-wise match, plain and tie-aware (no torch)
#include "pliant/sorting/metrics.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <vector>

namespace pliant::sorting {
namespace {

template <class T>
std::vector<std::size_t> stable_argsort(std::span<const T> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return values[a] < values[b]; });
  return order;
}

bool same_order(std::span<const float> scores, std::span<const std::int64_t> labels) {
  return stable_argsort(scores) == stable_argsort(labels);
}

void add_group(std::span<const float> scores, std::span<const std::int64_t> labels,
               RankingMetrics& sum) {
  const std::size_t n = scores.size();
  ++sum.groups;
  sum.items += static_cast<std::int64_t>(n);
  if (!std::all_of(scores.begin(), scores.end(), [](float s) { return std::isfinite(s); })) {
    ++sum.not_finite;
    return;
  }
  const auto by_label = stable_argsort(labels);
  const auto by_score = stable_argsort(scores);
  std::int64_t right = 0;
  std::int64_t right_tied = 0;
  for (std::size_t rank = 0; rank < n; ++rank) {
    right += by_label[rank] == by_score[rank] ? 1 : 0;
    // The item at this rank is one of the equals that belong here.
    right_tied += labels[by_label[rank]] == labels[by_score[rank]] ? 1 : 0;
  }
  const auto all = static_cast<std::int64_t>(n);
  sum.elementwise += right;
  sum.elementwise_tied += right_tied;
  sum.exact += right == all ? 1 : 0;
  sum.exact_tied += right_tied == all ? 1 : 0;
  const std::size_t five = std::min<std::size_t>(n, 5);
  sum.exact_five += same_order(scores.first(five), labels.first(five)) ? 1 : 0;
}

}  // namespace

RankingMetrics& RankingMetrics::operator+=(const RankingMetrics& other) {
  groups += other.groups;
  items += other.items;
  exact += other.exact;
  elementwise += other.elementwise;
  exact_five += other.exact_five;
  exact_tied += other.exact_tied;
  elementwise_tied += other.elementwise_tied;
  not_finite += other.not_finite;
  return *this;
}

RankingMetrics ranking_metrics(const float* scores, const std::int64_t* labels, std::size_t groups,
                               std::size_t n) {
  RankingMetrics sum;
  for (std::size_t g = 0; g < groups; ++g) {
    add_group(std::span(scores + g * n, n), std::span(labels + g * n, n), sum);
  }
  return sum;
}

}  // namespace pliant::sorting
