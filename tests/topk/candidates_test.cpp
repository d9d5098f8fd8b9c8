// tests/topk/candidates_test.cpp — candidates against a full stable sort
#include "pliant/topk/candidates.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "pliant/base/random.h"
#include "pliant/base/simd_target.h"

using namespace pliant;
using namespace pliant::selection;

namespace {

using Indices = std::vector<std::int64_t>;

/// The targets that there are, then the others by score and class.
template <class T>
Indices by_sorting(const T* row, std::size_t classes, const Indices& targets, std::size_t count) {
  Indices order(classes);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [row](auto a, auto b) { return row[a] > row[b]; });
  Indices found;
  std::ranges::copy_if(targets, std::back_inserter(found), [](auto t) { return t >= 0; });
  const std::size_t given = found.size();
  for (const std::int64_t c : order) {
    if (found.size() == count) break;
    if (std::find(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(given), c) ==
        found.begin() + static_cast<std::ptrdiff_t>(given))
      found.push_back(c);
  }
  return found;
}

template <class T>
void check_against_sorting(std::size_t classes, std::size_t count, std::size_t targets, bool ties) {
  CAPTURE(classes);
  CAPTURE(count);
  CAPTURE(targets);
  constexpr std::size_t kBatch = 7;
  base::Random random(classes * 100 + count, 0, 0);
  std::vector<T> scores(kBatch * classes);
  for (T& score : scores)
    score = static_cast<T>(ties ? std::floor(4 * random.uniform()) : random.uniform() - 0.5);
  if (ties) scores[0] = -std::numeric_limits<T>::infinity();
  Indices labels(kBatch * targets);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    // Different ones in a sample; the last sample has none.
    labels[i] = i / targets == kBatch - 1
                    ? -1
                    : static_cast<std::int64_t>((i / targets * 5 + i % targets * 3) % classes);
  }
  for (const unsigned threads : {1U, 3U}) {
    Indices index(kBatch * count, -7);
    std::vector<T> x(kBatch * count);
    const auto nan =
        select_candidates<T>({kBatch, classes, targets, scores.data(), labels.data()}, count,
                             index.data(), x.data(), base::thread_executor(threads));
    CHECK(nan == kBatch);
    for (std::size_t b = 0; b < kBatch; ++b) {
      const T* row = scores.data() + b * classes;
      const Indices given(labels.begin() + b * targets, labels.begin() + (b + 1) * targets);
      const Indices found(index.begin() + b * count, index.begin() + (b + 1) * count);
      CHECK(found == by_sorting(row, classes, given, count));
      for (std::size_t k = 0; k < count; ++k)
        CHECK(x[b * count + k] == std::clamp(row[found[k]], -kLargestScore<T>, kLargestScore<T>));
    }
  }
}

}  // namespace

TEST_CASE("candidates are those of a stable sort, for every way of finding them") {
  const std::string best = base::simd_target();
  for (const std::string& target : base::simd_targets()) {
    CAPTURE(target);
    base::set_simd_target(target);
    for (const bool ties : {false, true}) {
      check_against_sorting<float>(1000, 16, 1, ties);
      check_against_sorting<float>(1003, 16, 3, ties);
      check_against_sorting<double>(333, 8, 1, ties);
      check_against_sorting<float>(100, 99, 1, ties);
      check_against_sorting<float>(17, 2, 1, ties);
      check_against_sorting<double>(7, 7, 2, ties);
      check_against_sorting<double>(7, 1, 1, ties);
    }
  }
  base::set_simd_target(best);
}

TEST_CASE("the first sample with a NaN is reported, wherever it stands") {
  for (const std::size_t at : {0, 99, 57, 1}) {
    std::vector<float> scores(5 * 100, 0.25F);
    scores[2 * 100 + at] = std::nanf("");
    scores[4 * 100 + at] = std::nanf("");
    const Indices labels(5, 3);
    Indices index(5 * 90);
    std::vector<float> x(5 * 100);
    const Scores<float> from{5, 100, 1, scores.data(), labels.data()};
    for (const std::size_t count : {4, 90})
      CHECK(select_candidates(from, count, index.data(), x.data(), base::thread_executor(2)) == 2);
    CHECK(all_as_candidates(from, x.data(), base::thread_executor(2)) == 2);
  }
}

TEST_CASE("scores are bounded where all are candidates") {
  const double inf = std::numeric_limits<double>::infinity();
  const std::vector<double> scores = {-inf, 1, inf};
  const Indices labels = {0};
  std::vector<double> x(3);
  CHECK(all_as_candidates<double>({1, 3, 1, scores.data(), labels.data()}, x.data(),
                                  base::serial_executor()) == 1);
  CHECK(x == std::vector<double>{-1e300, 1, 1e300});
}
