// tests/sorting/metrics_test.cpp — EM, EW and EM5 against hand-counted groups
#include "pliant/sorting/metrics.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

using namespace pliant::sorting;

namespace {
template <class Score, class Label = std::int64_t>
RankingCounts of(const std::vector<Score>& scores, const std::vector<Label>& labels,
                 std::size_t n) {
  return ranking_metrics(scores.data(), labels.data(), scores.size() / n, n).counts;
}

RankingCounts of(const std::vector<float>& scores, const std::vector<std::int64_t>& labels,
                 std::size_t n) {
  return of<float, std::int64_t>(scores, labels, n);
}
}  // namespace

TEST_CASE("a perfect group and one with two items exchanged") {
  const RankingCounts m = of({1, 2, 3, 4, 2, 1, 3, 4}, {10, 20, 30, 40, 10, 20, 30, 40}, 4);
  CHECK(m.groups == 2);
  CHECK(m.items == 8);
  CHECK(m.exact == 1);
  CHECK(m.elementwise == 6);
  CHECK(m.exact_five == 1);
}

TEST_CASE("EM5 looks at the first five items of the set, not at the top five") {
  // The sixth item is at the wrong end: no rank is right, but among the first five all are.
  const RankingCounts m = of({1, 2, 3, 4, 5, 0}, {1, 2, 3, 4, 5, 6}, 6);
  CHECK(m.exact == 0);
  CHECK(m.elementwise == 0);
  CHECK(m.exact_five == 1);
}

TEST_CASE("equal labels: position decides, and beside it any order of equals is right") {
  const RankingCounts m = of({2, 1, 3}, {7, 7, 9}, 3);
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
  const RankingCounts m = of({1, NAN, 3, 1, 2, 3}, {1, 2, 3, 1, 2, 3}, 3);
  CHECK(m.not_finite == 1);
  CHECK(m.groups == 2);
  CHECK(m.exact == 1);
  CHECK(m.elementwise == 3);
}

TEST_CASE("EM5 has a tie-aware form, and is EM where there are no more than five items") {
  // Among the first five the 7s are exchanged; the sixth item is at the wrong end.
  const RankingCounts six = of({1, 3, 2, 4, 5, 0}, {1, 7, 7, 8, 9, 10}, 6);
  CHECK(six.exact_five == 0);
  CHECK(six.exact_five_tied == 1);
  CHECK(six.exact_tied == 0);
  const RankingCounts three = of({1, 2, 3, 3, 2, 1}, {1, 2, 3, 1, 1, 1}, 3);
  CHECK(three.exact_five == three.exact);
  CHECK(three.exact_five == 1);
  CHECK(three.exact_five_tied == 2);
}

TEST_CASE("double scores are compared as doubles, and labels may be floating point") {
  const std::vector<double> close = {1 + 1e-12, 1, 1 - 1e-12};  // one float
  CHECK(of<double>(close, {3, 2, 1}, 3).exact == 1);
  CHECK(of<double>(close, {1, 2, 3}, 3).exact == 0);
  const double inf = std::numeric_limits<double>::infinity();
  const RankingCounts m = of<float, double>({2, 1, 3, 4}, {-0., 0., 1e-300, inf}, 4);
  CHECK(m.elementwise == 2);
  CHECK(m.exact_tied == 1);
  CHECK(of<double, double>(close, {inf, 0.5, -inf}, 3).exact == 1);
  // 2⁵³ and 2⁵³ + 1 are one double, but two labels.
  const std::int64_t large = std::int64_t{1} << 53;
  CHECK(of<double>({1, 2}, {large + 1, large}, 2).exact_tied == 0);
}

TEST_CASE("only the items of the mask take part") {
  const std::vector<float> scores = {NAN, 3, 1, 2, 5, 4, 0, 9};
  const std::vector<double> labels = {NAN, 30, 10, 20, 1, 2, 3, 4};
  const bool mask[] = {false, true, true, true, false, false, true, true};
  const RankingCounts m = ranking_metrics(scores.data(), labels.data(), 2, 4, mask).counts;
  CHECK(m.groups == 2);
  CHECK(m.items == 5);
  CHECK(m.exact == 2);
  CHECK(m.not_finite == 0);
}

TEST_CASE("metrics of batches add up, and without groups there is no rate") {
  const std::vector<float> scores = {1, 2, 3, 2, 1, 3};
  const std::vector<std::int64_t> labels = {1, 2, 3, 1, 1, 2};
  RankingMetrics sum;
  CHECK(std::isnan(sum.exact()));
  CHECK(std::isnan(sum.elementwise()));
  sum += ranking_metrics(scores.data(), labels.data(), 1, 3);
  sum = sum + ranking_metrics(scores.data() + 3, labels.data() + 3, 1, 3);
  CHECK(sum.exact() == 0.5);
  CHECK(sum.elementwise() == doctest::Approx(4.0 / 6));
  CHECK(sum.exact_five() == 0.5);
  CHECK(sum.exact_tied() == 1);
  CHECK(sum.elementwise_tied() == 1);
  CHECK(sum.exact_five_tied() == 1);
  CHECK(sum.counts.not_finite == 0);
}

TEST_CASE("NaN labels and sets without items are refused") {
  CHECK_THROWS_WITH((of<float, double>({1, 2, 3, 4}, {1, 2, 3, NAN}, 2)),
                    "ranking_metrics: labels must not be NaN, got one in set 1");
  const float score = 1;
  const std::int64_t label = 1;
  const bool none = false;
  CHECK_THROWS_WITH(ranking_metrics(&score, &label, 1, 1, &none),
                    "ranking_metrics: mask must leave at least one item in every set, set 0 has "
                    "none");
  CHECK_THROWS_WITH(ranking_metrics(&score, &label, 1, 0),
                    "ranking_metrics: there must be at least one item in a set, got n = 0");
}
