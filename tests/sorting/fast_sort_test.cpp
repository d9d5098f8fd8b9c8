// tests/sorting/fast_sort_test.cpp — isotonic regression and the projections against naive
// formulas, laws and finite differences
#include "pliant/sorting/fast_sort.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "pliant/base/random.h"

using namespace pliant;
using namespace pliant::sorting;

namespace {

using Numbers = std::vector<double>;

constexpr Regularization kBoth[] = {Regularization::kL2, Regularization::kKl};

Numbers uniforms(std::size_t count, std::uint64_t seed) {
  base::Random random(seed, 0, 0);
  Numbers out(count);
  for (double& x : out) x = 4 * random.uniform() - 2;
  return out;
}

Numbers descending(Numbers x) {
  std::sort(x.begin(), x.end(), std::greater<>());
  return x;
}

/// The value of a block: the difference of the sides' means or log sums of exponentials.
double block_value(Regularization kind, const Numbers& s, const Numbers& w, std::size_t begin,
                   std::size_t end) {
  double of_s = 0, of_w = 0;
  for (std::size_t i = begin; i < end; ++i) {
    of_s += kind == Regularization::kL2 ? s[i] : std::exp(s[i]);
    of_w += kind == Regularization::kL2 ? w[i] : std::exp(w[i]);
  }
  return kind == Regularization::kL2 ? (of_s - of_w) / static_cast<double>(end - begin)
                                     : std::log(of_s / of_w);
}

/// min over begins j <= i of the max over ends k > i of the value of [j, k).
Numbers naive_isotonic(Regularization kind, const Numbers& s, const Numbers& w) {
  Numbers v(s.size());
  for (std::size_t i = 0; i < s.size(); ++i) {
    v[i] = std::numeric_limits<double>::infinity();
    for (std::size_t j = 0; j <= i; ++j) {
      double most = -std::numeric_limits<double>::infinity();
      for (std::size_t k = i + 1; k <= s.size(); ++k)
        most = std::max(most, block_value(kind, s, w, j, k));
      v[i] = std::min(v[i], most);
    }
  }
  return v;
}

/// A batch with its order.
struct Problem {
  Numbers x;
  std::size_t batch;
  double steepness;
  Regularization regularization;
  base::Executor executor = base::serial_executor();
  std::vector<std::int32_t> order = {};

  [[nodiscard]] std::size_t n() const { return x.size() / batch; }

  FastArgs<double> args() {
    order.resize(x.size());
    ascending_order(x.data(), batch, n(), order.data(), executor);
    return {{batch, n(), x.data(), order.data()}, regularization, steepness};
  }
  Numbers sort() {
    Numbers out(x.size());
    fast_sort(args(), out.data(), executor);
    return out;
  }
  Numbers rank() {
    Numbers out(x.size());
    fast_rank(args(), out.data(), executor);
    return out;
  }
};

double dot(const Numbers& a, const Numbers& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

}  // namespace

TEST_CASE("isotonic regression is the min-max of the blocks") {
  for (const Regularization kind : kBoth) {
    for (const std::size_t n : {1, 2, 3, 7, 20}) {
      for (std::uint64_t seed = 0; seed < 5; ++seed) {
        const Numbers s = descending(uniforms(n, 2 * seed)),
                      w = descending(uniforms(n, 2 * seed + 1));
        const Numbers expected = naive_isotonic(kind, s, w);
        IsotonicRegression regression(kind);
        std::size_t begin = 0;
        for (const IsotonicBlock& block : regression.fit(s.data(), w.data(), n)) {
          for (std::size_t i = begin; i < block.end; ++i)
            CHECK(block.s - block.w == doctest::Approx(expected[i]).epsilon(1e-12));
          begin = block.end;
        }
        CHECK(begin == n);
      }
    }
  }
}

TEST_CASE("blocks descend strictly: equal values merge") {
  const Numbers s = {3, 2, 2, 0}, w = {0, 0, 0, 0};
  for (const Regularization kind : kBoth) {
    IsotonicRegression regression(kind);
    const auto blocks = regression.fit(s.data(), w.data(), 4);
    REQUIRE(blocks.size() == 3);
    CHECK(blocks[1].end == 3);
    CHECK(blocks[1].s - blocks[1].w == doctest::Approx(2));
  }
}

TEST_CASE("values and ranks computed by hand") {
  // s·ρ = (1, 2, 3) is projected onto the orders of (0, 10, 1): no merge is needed at s = 10.
  Problem hard{{0, 10, 1}, 1, 10, Regularization::kL2};
  CHECK(hard.sort() == Numbers{0, 1, 10});
  CHECK(hard.rank() == Numbers{1, 3, 2});
  // Two keys 0 and 1, s = ½: ranks ½·x + (3 − ½)/2, as their gap ½ is less than 1.
  Problem soft{{0, 1}, 1, 0.5, Regularization::kL2};
  CHECK(soft.rank() == Numbers{1.25, 1.75});
  // The values' gap 1 is more than the gap ½ of the ramp: mean ∓ ¼.
  CHECK(soft.sort() == Numbers{0.25, 0.75});
}

TEST_CASE("ranks sum to n(n + 1)/2, order as the keys do, and go from their mean to hard ones") {
  for (const Regularization kind : kBoth) {
    for (const double steepness : {1e-9, 0.1, 1.0, 10.0, 1e9, 1e15}) {
      Problem problem{uniforms(40, 3), 1, steepness, kind};
      const Numbers ranks = problem.rank();
      CHECK(std::accumulate(ranks.begin(), ranks.end(), 0.0) == doctest::Approx(820));
      for (std::size_t r = 0; r < 40; ++r) {
        const double rank = ranks[problem.order[r]];
        if (r > 0) CHECK(rank >= ranks[problem.order[r - 1]]);
        if (steepness >= 1e9)
          CHECK(rank == doctest::Approx(static_cast<double>(r + 1)).epsilon(1e-12));
        if (steepness <= 1e-9) CHECK(rank == doctest::Approx(20.5).epsilon(1e-6));
      }
    }
  }
}

TEST_CASE("values ascend, keep the sum (l2), and go to the sorted ones") {
  for (const Regularization kind : kBoth) {
    for (const double steepness : {0.01, 1.0, 1e6}) {
      Problem problem{uniforms(40, 4), 1, steepness, kind};
      const Numbers values = problem.sort();
      CHECK(std::is_sorted(values.begin(), values.end()));
      if (kind == Regularization::kL2)
        CHECK(std::accumulate(values.begin(), values.end(), 0.0) ==
              doctest::Approx(std::accumulate(problem.x.begin(), problem.x.end(), 0.0)));
      for (std::size_t r = 0; steepness == 1e6 && r < 40; ++r)
        CHECK(values[r] == doctest::Approx(problem.x[problem.order[r]]).epsilon(1e-12));
    }
  }
}

TEST_CASE("gradients are those of finite differences") {
  for (const Regularization kind : kBoth) {
    for (const double steepness : {0.2, 1.0, 3.0}) {
      const Numbers g = uniforms(3 * 7, 8);
      Problem problem{uniforms(3 * 7, 5), 3, steepness, kind};
      for (const bool ranks : {false, true}) {
        const auto loss = [&](Problem at) { return dot(ranks ? at.rank() : at.sort(), g); };
        Numbers gradient(g.size());
        double of_steepness = 0;
        const auto backward = ranks ? fast_rank_backward<double> : fast_sort_backward<double>;
        backward(problem.args(), g.data(), gradient.data(), &of_steepness, problem.executor);
        constexpr double kStep = 1e-6;
        for (std::size_t i = 0; i < g.size(); ++i) {
          Problem up = problem, down = problem;
          up.x[i] += kStep;
          down.x[i] -= kStep;
          CHECK(gradient[i] ==
                doctest::Approx((loss(up) - loss(down)) / (2 * kStep)).epsilon(1e-6));
        }
        Problem up = problem, down = problem;
        up.steepness += kStep;
        down.steepness -= kStep;
        CHECK(of_steepness == doctest::Approx((loss(up) - loss(down)) / (2 * kStep)).epsilon(1e-6));
      }
    }
  }
}

TEST_CASE("a row with a number that is none is NaN, and no other row") {
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
        -std::numeric_limits<double>::infinity()}) {
    Problem problem{{1, 2, 3, 4, bad, 6}, 2, 1, Regularization::kL2};
    const Numbers ranks = problem.rank(), values = problem.sort();
    Numbers gradient(6, 0.0);
    fast_rank_backward(problem.args(), ranks.data(), gradient.data(), nullptr, problem.executor);
    for (const Numbers& result : {ranks, values, gradient}) {
      for (std::size_t i = 0; i < 6; ++i) CHECK(std::isnan(result[i]) == (i >= 3));
    }
  }
}

TEST_CASE("float is double to its precision, and threads change nothing") {
  Problem problem{uniforms(100 * 50, 6), 100, 2, Regularization::kKl};
  const FastArgs<double> args = problem.args();
  const std::vector<float> x(problem.x.begin(), problem.x.end());
  std::vector<float> ranks(x.size()), threaded(x.size());
  const FastArgs<float> floats{
      {args.rows.batch, args.rows.n, x.data(), args.rows.order}, args.regularization, 2};
  fast_rank(floats, ranks.data(), base::serial_executor());
  fast_rank(floats, threaded.data(), base::thread_executor(3));
  CHECK(ranks == threaded);
  const Numbers expected = problem.rank();
  for (std::size_t i = 0; i < x.size(); ++i)
    CHECK(ranks[i] == doctest::Approx(expected[i]).epsilon(1e-5));
  double one = 0, many = 0;
  Numbers gradient(x.size());
  fast_rank_backward(args, problem.x.data(), gradient.data(), &one, base::serial_executor());
  fast_rank_backward(args, problem.x.data(), gradient.data(), &many, base::thread_executor(3));
  CHECK(one == many);
}

TEST_CASE("an unknown regularization is an error that lists what there is") {
  CHECK(regularization_of("kl", "caller") == Regularization::kKl);
  CHECK_THROWS_WITH_AS(regularization_of("l1", "caller"),
                       "caller: unknown regularization 'l1'; there are: l2, kl",
                       std::invalid_argument);
}
