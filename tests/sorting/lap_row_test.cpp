// tests/sorting/lap_row_test.cpp — LapSum's columns of one row: masks, sums, finite differences
#include "pliant/sorting/lap_row.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "pliant/base/random.h"

using namespace pliant::sorting;
namespace base = pliant::base;

namespace {

using Numbers = std::vector<double>;

Numbers uniforms(std::size_t count, std::uint64_t seed) {
  base::Random random(seed, 0, 0);
  Numbers out(count);
  for (double& x : out) x = 4 * random.uniform() - 2;
  return out;
}

template <class T = double>
std::vector<T> columns(double steepness, const std::vector<T>& x, std::size_t first,
                       std::size_t count) {
  std::vector<T> out(x.size() * count);
  make_lap_row<T>(steepness, x.size(), first, count)->forward(x.data(), out.data());
  return out;
}

/// F(s·(x_i − b)), b by bisection such that they sum to k.
Numbers mask(double steepness, const Numbers& x, double k) {
  const auto at = [&](double b) {
    Numbers out;
    for (const double key : x) {
      const double u = steepness * (key - b);
      out.push_back(u < 0 ? 0.5 * std::exp(u) : 1 - 0.5 * std::exp(-u));
    }
    return out;
  };
  double low = -100, high = 100;
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2;
    double sum = 0;
    for (const double p : at(middle)) sum += p;
    (sum > k ? low : high) = middle;
  }
  return at(low);
}

double dot(const Numbers& a, const Numbers& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace

TEST_CASE(
    "a column of LapSum's row is the difference of the masks of the top n - r and n - r - 1") {
  const Numbers x = uniforms(7, 1);
  const Numbers found = columns(1.5, x, 4, 3);
  for (std::size_t c = 0; c < 3; ++c) {
    const Numbers more = mask(1.5, x, static_cast<double>(3 - c));
    const Numbers less = c == 2 ? Numbers(7, 0.0) : mask(1.5, x, static_cast<double>(2 - c));
    for (std::size_t i = 0; i < 7; ++i)
      CHECK(found[i * 3 + c] == doctest::Approx(more[i] - less[i]).epsilon(1e-10));
  }
}

TEST_CASE("all columns of LapSum's row are doubly stochastic, and hard in the limit") {
  const std::size_t n = 6;
  const Numbers x = uniforms(n, 2);
  const Numbers p = columns(3.0, x, 0, n);
  for (std::size_t i = 0; i < n; ++i) {
    double row = 0, column = 0;
    for (std::size_t k = 0; k < n; ++k) {
      row += p[i * n + k];
      column += p[k * n + i];
    }
    CHECK(row == doctest::Approx(1));
    CHECK(column == doctest::Approx(1));
  }
  const std::vector<float> hard = columns<float>(1e8, {0.5F, -1.0F, 2.0F}, 0, 3);
  CHECK(hard == std::vector<float>{0, 1, 0, 1, 0, 0, 0, 0, 1});
}

TEST_CASE("the gradient of LapSum's row matches finite differences in keys and steepness") {
  const std::size_t n = 6, first = 3, count = 3;
  const Numbers x = uniforms(n, 3), g = uniforms(n * count, 4);
  constexpr double kStep = 1e-6;
  const auto row = make_lap_row<double>(1.0, n, first, count);
  row->set_steepness(1.7);
  Numbers grad_x(n);
  double grad_steepness = 10;
  row->forward(x.data(), nullptr);
  row->backward(g.data(), grad_x.data(), &grad_steepness);
  const auto value = [&](const Numbers& keys, double steepness) {
    return dot(g, columns(steepness, keys, first, count));
  };
  for (std::size_t i = 0; i < n; ++i) {
    Numbers up = x, down = x;
    up[i] += kStep;
    down[i] -= kStep;
    const double expected = (value(up, 1.7) - value(down, 1.7)) / (2 * kStep);
    CHECK(grad_x[i] == doctest::Approx(expected).epsilon(1e-6));
  }
  const double expected = (value(x, 1.7 + kStep) - value(x, 1.7 - kStep)) / (2 * kStep);
  CHECK(grad_steepness - 10 == doctest::Approx(expected).epsilon(1e-6));
}

TEST_CASE("what is not finite makes all of LapSum's row NaN, and the next row is as ever") {
  const auto row = make_lap_row<double>(2.0, 3, 1, 2);
  const Numbers good = {1, 2, 4}, g(6, 1.0);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double bad : {kInfinity, -kInfinity, std::numeric_limits<double>::quiet_NaN()}) {
    Numbers out(6), grad_x(3);
    double grad_steepness = 0;
    const Numbers x = {1, bad, 4};
    row->forward(x.data(), out.data());
    row->backward(g.data(), grad_x.data(), &grad_steepness);
    for (const double v : out) CHECK(std::isnan(v));
    for (const double v : grad_x) CHECK(std::isnan(v));
    CHECK(std::isnan(grad_steepness));
    row->forward(good.data(), out.data());
    CHECK(out == columns(2.0, good, 1, 2));
  }
}
