// tests/data/shortest_path_test.cpp — shortest paths over grids, beside trying all paths
#include "pliant/data/shortest_path.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "pliant/base/random.h"

namespace pliant::data {
namespace {

/// The cheapest of all paths that go through no cell twice, and how many cost as much.
class AllPaths {
 public:
  AllPaths(std::vector<std::int32_t> cost, int rows, int columns)
      : cost_(std::move(cost)), rows_(rows), columns_(columns), on_(cost_.size()) {
    walk(0, 0, 0);
  }
  [[nodiscard]] std::int64_t best() const { return best_; }
  [[nodiscard]] int ways() const { return ways_; }

 private:
  void walk(int i, int j, std::int64_t so_far) {
    const auto cell = static_cast<std::size_t>(i * columns_ + j);
    so_far += cost_[cell];
    if (so_far > best_) return;
    if (cell + 1 == cost_.size()) {
      ways_ = so_far == best_ ? ways_ + 1 : 1;
      best_ = so_far;
      return;
    }
    on_[cell] = true;
    for (int a = std::max(i - 1, 0); a <= std::min(i + 1, rows_ - 1); ++a) {
      for (int b = std::max(j - 1, 0); b <= std::min(j + 1, columns_ - 1); ++b) {
        if (!on_[static_cast<std::size_t>(a * columns_ + b)]) walk(a, b, so_far);
      }
    }
    on_[cell] = false;
  }

  std::vector<std::int32_t> cost_;
  int rows_, columns_;
  std::vector<bool> on_;
  std::int64_t best_ = std::numeric_limits<std::int64_t>::max();
  int ways_ = 0;
};

std::string message(const auto& call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("the path is the cheapest of all, and it is known whether there is another") {
  int unique = 0;
  for (std::uint64_t sample = 0; sample < 200; ++sample) {
    base::Random random(1, 0, sample);
    const int rows = 1 + static_cast<int>(random.below(4)),
              columns = 1 + static_cast<int>(random.below(4));
    std::vector<std::int32_t> whole(static_cast<std::size_t>(rows * columns));
    for (auto& cost : whole) cost = 1 + static_cast<std::int32_t>(random.below(6));
    const AllPaths all(whole, rows, columns);
    const std::vector<double> cost(whole.begin(), whole.end());
    std::vector<double> path(cost.size());
    const auto r = static_cast<std::size_t>(rows), c = static_cast<std::size_t>(columns);
    CHECK(shortest_path(cost.data(), r, c, path.data()) == static_cast<double>(all.best()));
    const std::vector<float> floats(cost.begin(), cost.end()), cells(path.begin(), path.end());
    const PathCheck check = check_path(floats.data(), cells.data(), r, c);
    CHECK(check.connected);
    CHECK(check.cost == static_cast<double>(all.best()));
    CHECK(has_one_shortest_path(whole.data(), r, c) == (all.ways() == 1));
    unique += all.ways() == 1 ? 1 : 0;
  }
  CHECK(unique > 20);
  CHECK(unique < 180);
}

TEST_CASE("of equals, each cell is come to from the first of its nearest neighbours") {
  const std::vector<float> equal(9, 1);
  std::vector<float> path(9);
  CHECK(shortest_path(equal.data(), 3, 3, path.data()) == 3);
  CHECK(path == std::vector<float>{1, 0, 0, 0, 1, 0, 0, 0, 1});
  // Ways by the top and by the left cost the same: the last cell's first neighbour is on the top.
  const std::vector<float> round = {1, 1, 5, 1, 9, 1, 5, 1, 1};
  CHECK(shortest_path(round.data(), 3, 3, path.data()) == 4);
  CHECK(path == std::vector<float>{1, 1, 0, 0, 0, 1, 0, 0, 1});
}

TEST_CASE("cells that cost nothing are walked through once") {
  const std::vector<float> nothing(16, 0);
  std::vector<float> path(16);
  CHECK(shortest_path(nothing.data(), 4, 4, path.data()) == 0);
  CHECK(path.front() == 1);
  CHECK(path.back() == 1);
  CHECK(check_path(nothing.data(), path.data(), 4, 4).connected);
  CHECK(shortest_path(nothing.data(), 1, 1, path.data()) == 0);
  CHECK(path[0] == 1);
}

TEST_CASE("a set of cells is a path if the last can be reached from the first") {
  const std::vector<float> cost(6, 2);
  const auto check = [&](const std::vector<float>& cells) {
    return check_path(cost.data(), cells.data(), 2, 3);
  };
  CHECK(check({1, 0, 0, 0, 1, 1}).connected);
  CHECK(check({1, 0, 0, 0, 1, 1}).cost == 6);
  CHECK_FALSE(check({1, 0, 0, 0, 0, 1}).connected);
  CHECK_FALSE(check({0, 0, 0, 0, 1, 1}).connected);
  CHECK_FALSE(check({1, 0, 0, 0, 1, 0.5F}).connected);
  CHECK_FALSE(check({1, NAN, 0, 0, NAN, 1}).connected);
}

TEST_CASE("costs that are none are named") {
  const auto path_of = [](std::vector<double> cost) {
    return message([&] { shortest_path<double>(cost.data(), 1, cost.size(), nullptr, "solve"); });
  };
  CHECK(path_of({1, -2}) == "solve: costs must be finite and >= 0, got -2 in row 0, column 1");
  CHECK(path_of({NAN}) == "solve: costs must be finite and >= 0, got nan in row 0, column 0");
  CHECK(path_of({INFINITY}) == "solve: costs must be finite and >= 0, got inf in row 0, column 0");
  CHECK(path_of({}) == "solve: there must be at least one cell, got 1 × 0");
  CHECK(path_of({1e308, 1e308}) == "solve: the costs' sum leaves the range of numbers");
  const std::int32_t zero = 0;
  CHECK(message([&] { static_cast<void>(has_one_shortest_path(&zero, 1, 1)); }) ==
        "has_one_shortest_path: costs must be > 0, got 0 in row 0, column 0");
}

}  // namespace
}  // namespace pliant::data
