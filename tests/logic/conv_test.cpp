// tests/logic/conv_test.cpp — convolutions of gates and learned wiring on plain arrays
#include "pliant/logic/conv.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "pliant/base/random.h"
#include "pliant/logic/conv_wiring.h"
#include "pliant/logic/dense.h"
#include "pliant/logic/select.h"

namespace pliant::logic {
namespace {

using Numbers = std::vector<double>;

Numbers uniform(std::size_t count, std::uint64_t seed) {
  base::Random random(seed, 0, 0);
  Numbers numbers(count);
  for (double& number : numbers) number = random.uniform();
  return numbers;
}

/// A convolution with everything that it reads, x by sample.
struct Problem {
  ConvShape shape;
  std::vector<std::int32_t> taps;
  Numbers x, coefficients, upstream;

  Problem(std::size_t batch, int depth, std::size_t pool) {
    shape = {.batch = batch,
             .channels = 3,
             .input = {6, 5},
             .kernels = 4,
             .depth = depth,
             .receptive = {3, 2},
             .stride = {1, 1},
             .padding = {1, 0},
             .pool = pool};
    taps = make_conv_taps(
        "random",
        {.channels = 3, .kernels = 4, .depth = depth, .receptive = shape.receptive, .seed = 9});
    x = uniform(batch * 3 * 6 * 5, 1);
    coefficients = uniform(4 * shape.gates(), 2);
    upstream = uniform(batch * 4 * outputs(), 3);
  }
  [[nodiscard]] std::size_t outputs() const { return shape.output().rows * shape.output().columns; }
  [[nodiscard]] ConvArgs<double> args() const {
    return {shape, {x.data(), 90, 30, 5, 1}, taps.data(), coefficients.data()};
  }
};

struct Result {
  Numbers y, grad_x, grad_coefficients;
  bool operator==(const Result&) const = default;
};

Result run(const Problem& problem, const base::Executor& executor) {
  const std::size_t row = padded(problem.shape.batch);
  const Extent out = problem.shape.output();
  Result result{Numbers(4 * problem.outputs() * row), Numbers(90 * row),
                Numbers(problem.coefficients.size())};
  std::vector<std::uint8_t> winner(problem.shape.pool > 1 ? result.y.size() : 0);
  conv2d(problem.args(), result.y.data(), winner.empty() ? nullptr : winner.data(), executor);
  const Images<double> upstream{problem.upstream.data(), 4 * problem.outputs(), problem.outputs(),
                                out.columns, 1};
  conv2d_backward(problem.args(), upstream, winner.data(), result.grad_x.data(),
                  result.grad_coefficients.data(), executor);
  return result;
}

/// A pixel of the padded picture.
double pixel(const Problem& p, std::size_t sample, std::size_t channel, std::size_t row,
             std::size_t column) {
  if (row < 1 || row > 6) return 0;
  return p.x[sample * 90 + channel * 30 + (row - 1) * 5 + column];
}

/// The tree of kernel k at a placement.
double tree(const Problem& p, std::size_t sample, std::size_t k, std::size_t row,
            std::size_t column) {
  const std::size_t leaves = p.shape.leaves();
  const std::size_t rest = 4 * leaves;
  const auto tap = [&](std::size_t which, std::size_t j) {
    return static_cast<std::size_t>(p.taps[which * rest + k * leaves + j]);
  };
  Numbers node;
  for (std::size_t j = 0; j < leaves; ++j)
    node.push_back(pixel(p, sample, tap(0, j), row + tap(1, j), column + tap(2, j)));
  for (std::size_t g = 0; g + 1 < leaves; ++g) {
    const double a = node[2 * g], b = node[2 * g + 1];
    const auto c = [&](std::size_t s) {
      return p.coefficients[s * p.shape.gates() + k * (leaves - 1) + g];
    };
    node.push_back(c(0) + c(1) * b + c(2) * a + c(3) * a * b);
  }
  return node.back();
}

Numbers expected(const Problem& p) {
  const Extent out = p.shape.output();
  Numbers y;
  for (std::size_t k = 0; k < 4; ++k) {
    for (std::size_t o = 0; o < p.outputs(); ++o) {
      for (std::size_t s = 0; s < p.shape.batch; ++s) {
        double best = -1e300;
        for (std::size_t q = 0; q < p.shape.pool * p.shape.pool; ++q)
          best = std::max(best, tree(p, s, k, o / out.columns * p.shape.pool + q / p.shape.pool,
                                     o % out.columns * p.shape.pool + q % p.shape.pool));
        y.push_back(best);
      }
    }
  }
  return y;
}

/// ⟨upstream, y⟩.
double loss(const Problem& p) {
  const Numbers y = expected(p);
  double sum = 0;
  for (std::size_t f = 0; f < 4 * p.outputs(); ++f) {
    for (std::size_t s = 0; s < p.shape.batch; ++s)
      sum += y[f * p.shape.batch + s] * p.upstream[s * 4 * p.outputs() + f];
  }
  return sum;
}

double slope(Problem& problem, double& number) {
  constexpr double kStep = 1e-6;
  const double at = number;
  number = at + kStep;
  const double above = loss(problem);
  number = at - kStep;
  const double below = loss(problem);
  number = at;
  return (above - below) / (2 * kStep);
}

TEST_CASE("kernels are trees of gates over their taps, pooled by the maximum") {
  for (const int depth : {1, 3, 4}) {
    for (const std::size_t pool : {1, 2}) {
      const Problem problem(17, depth, pool);
      const Result result = run(problem, base::serial_executor());
      const Numbers y = expected(problem);
      for (std::size_t f = 0; f < 4 * problem.outputs(); ++f) {
        for (std::size_t s = 0; s < 17; ++s)
          CHECK(result.y[f * 32 + s] == doctest::Approx(y[f * 17 + s]).epsilon(1e-12));
      }
    }
  }
}

TEST_CASE("gradients of a convolution are finite differences") {
  Problem problem(2, 2, 2);
  const Result result = run(problem, base::serial_executor());
  for (std::size_t i = 0; i < problem.coefficients.size(); i += 5)
    CHECK(result.grad_coefficients[i] ==
          doctest::Approx(slope(problem, problem.coefficients[i])).epsilon(1e-6));
  for (std::size_t i = 0; i < problem.x.size(); i += 7)
    CHECK(result.grad_x[i % 90 * 16 + i / 90] ==
          doctest::Approx(slope(problem, problem.x[i])).epsilon(1e-6));
}

TEST_CASE("a convolution gives the same bits on any number of threads") {
  const Problem problem(70, 3, 2);
  const Result one = run(problem, base::serial_executor());
  CHECK(run(problem, base::thread_executor(2)) == one);
  CHECK(run(problem, base::thread_executor(5)) == one);
}

TEST_CASE("a kernel without gates passes its tap") {
  Problem problem(3, 1, 2);
  problem.shape.depth = 0;
  problem.taps = {0, 2, 1, 1, 0, 1, 2, 0, 0, 1, 0, 1};
  problem.coefficients.clear();
  const Result result = run(problem, base::serial_executor());
  const Numbers y = expected(problem);
  for (std::size_t f = 0; f < 4 * problem.outputs(); ++f) {
    for (std::size_t s = 0; s < 3; ++s) CHECK(result.y[f * 16 + s] == y[f * 3 + s]);
  }
}

TEST_CASE("sizes of a convolution that do not fit are named") {
  ConvShape shape = Problem(1, 2, 2).shape;
  const auto text = [&] {
    try {
      check_conv(shape);
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(text().empty());
  shape.receptive = {9, 1};
  CHECK(text() == "logic_conv2d: kernel_size 9 × 1 does not fit into x, 8 × 5 with its padding");
  shape.receptive = {8, 5};
  CHECK(text() ==
        "logic_conv2d: pool 2 needs at least so many placements each way, there are 1 × 1");
  shape.depth = 9;
  CHECK(text() == "logic_conv2d: depth must be in 0 … 8, got 9");
}

TEST_CASE("a learned wiring adds its candidates, or takes the first of the largest weight") {
  const Numbers x = {1, 2, 4, 8, 16, 32};  // two samples of three features
  const std::vector<std::int32_t> features = {0, 2, 1, 1};
  const Numbers weights = {0.5, 0.25, 0.5, 0.75};
  SelectArgs<double> args{2, 3, 2, 2, {x.data(), 3, 1}, features.data(), weights.data(), false};
  Numbers y(32);
  select_features(args, y.data(), base::serial_executor());
  CHECK(Numbers{y[0], y[1], y[16], y[17]} == Numbers{1.5, 12, 2.5, 20});
  args.hard = true;
  select_features(args, y.data(), base::serial_executor());
  CHECK(Numbers{y[0], y[1], y[16], y[17]} == Numbers{1, 8, 2, 16});
  const Numbers upstream = {1, 10, 100, 1000};
  Numbers grad_x(48), grad_weights(4);
  select_features_backward(args, {upstream.data(), 2, 1}, grad_x.data(), grad_weights.data(),
                           base::serial_executor());
  CHECK(grad_weights == Numbers{801, 32040, 1602, 16020});
  CHECK(Numbers{grad_x[0], grad_x[16], grad_x[32]} == Numbers{0.5, 8, 2.5});
}

}  // namespace
}  // namespace pliant::logic
