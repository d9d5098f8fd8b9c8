// tests/sorting/order_test.cpp — the radix order against the standard library's stable sort
#include "pliant/sorting/order.h"

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

constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <class T>
std::vector<std::int32_t> order_of(const std::vector<T>& x, std::size_t batch,
                                   const base::Executor& executor = base::serial_executor()) {
  std::vector<std::int32_t> order(x.size(), -1);
  ascending_order(x.data(), batch, x.size() / batch, order.data(), executor);
  return order;
}

template <class T>
std::vector<std::int32_t> stable_order(const std::vector<T>& x) {
  std::vector<std::int32_t> order(x.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    return x[a] < x[b] || (!std::isnan(x[a]) && std::isnan(x[b]));
  });
  return order;
}

/// Numbers of all magnitudes and both signs, many of them equal, some of them none.
template <class T>
std::vector<T> hard_numbers(std::size_t n, std::uint64_t seed) {
  base::Random random(seed, 0, 0);
  const T special[] = {0,
                       -T{0},
                       std::numeric_limits<T>::denorm_min(),
                       T(kInfinity),
                       T(-kInfinity),
                       std::numeric_limits<T>::quiet_NaN(),
                       -std::numeric_limits<T>::quiet_NaN(),
                       std::numeric_limits<T>::max(),
                       1,
                       1,
                       -1};
  std::vector<T> x(n);
  for (T& number : x) {
    const std::uint32_t kind = random.below(30);
    const T sign = random.below(2) == 0 ? -1 : 1;
    number = kind < std::size(special)
                 ? special[kind]
                 : sign * static_cast<T>(std::exp(60 * (random.uniform() - 0.5)));
  }
  return x;
}

}  // namespace

TEST_CASE_TEMPLATE("rows are ordered as a stable sort orders them", T, float, double) {
  for (const std::size_t n : {1, 2, 5, 31, 32, 33, 64, 257, 1000, 5000}) {
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
      const std::vector<T> x = hard_numbers<T>(n, seed);
      CHECK(order_of(x, 1) == stable_order(x));
    }
  }
}

TEST_CASE_TEMPLATE("equal rows keep their order, descending rows are turned", T, float, double) {
  std::vector<T> x(300, T(2.5));
  CHECK(order_of(x, 1) == stable_order(x));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = -static_cast<T>(i);
  CHECK(order_of(x, 1).front() == 299);
  CHECK(order_of(x, 1).back() == 0);
}

TEST_CASE("any number of threads orders alike") {
  const std::vector<float> x = hard_numbers<float>(200 * 77, 9);
  CHECK(order_of(x, 200) == order_of(x, 200, base::thread_executor(4)));
}

TEST_CASE("an order that is none of the rows is an error") {
  const std::vector<float> x = {3, 1, 2, std::numeric_limits<float>::quiet_NaN()};
  const auto check = [&](const std::vector<std::int32_t>& order) {
    check_order(OrderedRows<float>{1, 4, x.data(), order.data()}, "caller",
                base::serial_executor());
  };
  CHECK_NOTHROW(check({1, 2, 0, 3}));
  CHECK_THROWS_WITH_AS(check({0, 1, 2, 3}),
                       "caller: order must be the ascending order of the rows of x, and is not",
                       std::invalid_argument);
  CHECK_THROWS_AS(check({1, 2, 0, 4}), std::invalid_argument);
  CHECK_THROWS_AS(check({-1, 1, 2, 3}), std::invalid_argument);
  CHECK_THROWS_AS(check({3, 1, 2, 0}), std::invalid_argument);
}
