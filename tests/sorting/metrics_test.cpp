// tests/sorting/metrics_test.cpp — EM, EW and EM5 against hand-counted groups
#include "pliant/sorting/metrics.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace pliant::sorting;

namespace {
RankingMetrics of(std::vector<float> scores, std::vector<std::int64_t> labels, std::size_t n) {
  return ranking_metrics(scores.data(), labels.data(), scores.size() / n, n);
}
}  // namespace

TEST_CASE("a perfect group and one with two items exchanged") {
  const RankingMetrics m = of({1, 2, 3, 4, 2, 1, 3, 4}, {10, 20, 30, 40, 10, 20, 30, 40}, 4);
  CHECK(m.groups == 2);
  CHECK(m.items == 8);
  CHECK(m.exact == 1);
  CHECK(m.elementwise == 6);
  CHECK(m.exact_five == 1);
}

TEST_CASE("EM5 looks at the first five items of the set, not at the top five") {
  // The sixth item is at the wrong end: no rank is right, but among the first five all are.
  const RankingMetrics m = of({1, 2, 3, 4, 5, 0}, {1, 2, 3, 4, 5, 6}, 6);
  CHECK(m.exact == 0);
  CHECK(m.elementwise == 0);
  CHECK(m.exact_five == 1);
}

TEST_CASE("equal labels: position decides, and beside it any order of equals is right") {
  const RankingMetrics m = of({2, 1, 3}, {7, 7, 9}, 3);
  CHECK(m.exact == 0);
  CHECK(m.elementwise == 1);
  CHECK(m.exact_tied == 1);
  CHECK(m.elementwise_tied == 3);
}

TEST_CASE("equal scores keep their positions") {
  CHECK(of({0, 0, 0}, {1, 2, 3}, 3).exact == 1);
  CHECK(of({0, 0, 0}, {3, 2, 1}, 3).elementwise == 1);
}

TEST_CASE("a group with a NaN is right in nothing and counted") {
  const RankingMetrics m = of({1, NAN, 3, 1, 2, 3}, {1, 2, 3, 1, 2, 3}, 3);
  CHECK(m.not_finite == 1);
  CHECK(m.groups == 2);
  CHECK(m.exact == 1);
  CHECK(m.elementwise == 3);
}
