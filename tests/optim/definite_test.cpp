// tests/optim/definite_test.cpp — Gram matrices, Cholesky factors and solves against plain loops
#include "pliant/optim/definite.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "pliant/base/aligned.h"
#include "pliant/base/random.h"
#include "pliant/base/simd_target.h"
#include "pliant/optim/gram.h"

namespace {

using namespace pliant;

std::vector<double> numbers(std::size_t count, std::uint64_t seed) {
  base::Random random(seed, 0, 0);
  std::vector<double> all(count);
  for (double& x : all) x = 2 * random.uniform() - 1;
  return all;
}

/// A system I + α·x·xᵀ made by the library, and by loops in double.
template <class T>
struct System {
  std::size_t size;
  std::size_t columns;
  std::size_t stride;
  T scale;
  std::vector<T> x;
  std::size_t pitch;
  base::AlignedArray<T> matrix;
  std::vector<double> expected;

  System(std::size_t n, std::size_t k, double alpha, const base::Executor& executor)
      : size(n),
        columns(k),
        stride(k + 3),
        scale(static_cast<T>(alpha)),
        x(n * (k + 3)),
        pitch(optim::matrix_pitch(n)),
        matrix(n * pitch),
        expected(n * n) {
    const auto random = numbers(x.size(), n * 1000 + k);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(random[i]);
    add(false, executor);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        double sum = 0;
        for (std::size_t c = 0; c < k; ++c) sum += double(x[i * stride + c]) * x[j * stride + c];
        expected[i * n + j] = alpha * sum + (i == j ? 1 : 0);
      }
    }
  }

  void add(bool onto, const base::Executor& executor) {
    optim::gram_of_rows<T>({x.data(), stride, size, columns, scale, onto, matrix.data(), pitch},
                           executor);
  }
};

/// |S·y − b| over all entries.
template <class T>
double residual(const System<T>& system, const std::vector<T>& y, const std::vector<T>& b,
                std::size_t columns) {
  double worst = 0;
  for (std::size_t i = 0; i < system.size; ++i) {
    for (std::size_t c = 0; c < columns; ++c) {
      double sum = 0;
      for (std::size_t k = 0; k < system.size; ++k)
        sum += system.expected[i * system.size + k] * y[k * columns + c];
      worst = std::max(worst, std::abs(sum - b[i * columns + c]));
    }
  }
  return worst;
}

template <class T>
void check_all(double tolerance) {
  const auto executor = base::serial_executor();
  for (const std::size_t n : {1, 2, 5, 6, 7, 15, 16, 17, 31, 33, 60, 65, 100, 129}) {
    for (const std::size_t k : {1, 3, 16, 63, 64, 1025, 2100}) {
      CAPTURE(n);
      CAPTURE(k);
      System<T> system(n, k, 0.5, executor);
      double worst = 0;
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = i; j < n; ++j)
          worst = std::max(
              worst, std::abs(system.matrix[i * system.pitch + j] - system.expected[i * n + j]));
      }
      CHECK(worst < tolerance * static_cast<double>(k));
      REQUIRE(optim::factorise(system.matrix.data(), n, system.pitch));
      for (const std::size_t columns : {std::size_t{1}, std::size_t{17}, std::size_t{130}}) {
        std::vector<T> b(n * columns);
        const auto random = numbers(b.size(), 7);
        for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<T>(random[i]);
        std::vector<T> y(b);
        // In place.
        optim::solve<T>(
            {system.matrix.data(), system.pitch, n, y.data(), columns, y.data(), columns, columns},
            executor);
        CHECK(residual(system, y, b, columns) < tolerance * static_cast<double>(k + n));
      }
    }
  }
}

TEST_CASE("Gram, factor and solve agree with plain loops on every SIMD target") {
  const std::string before = base::simd_target();
  for (const std::string& target : base::simd_targets()) {
    CAPTURE(target);
    base::set_simd_target(target);
    check_all<float>(1e-6);
    check_all<double>(2e-15);
  }
  base::set_simd_target(before);
}

TEST_CASE("adding onto a Gram matrix adds, without another identity") {
  const auto executor = base::serial_executor();
  System<double> system(9, 20, 0.25, executor);
  system.add(true, executor);
  for (std::size_t i = 0; i < 9; ++i) {
    for (std::size_t j = i; j < 9; ++j) {
      const double one = i == j ? 1 : 0;
      CHECK(system.matrix[i * system.pitch + j] ==
            doctest::Approx(2 * (system.expected[i * 9 + j] - one) + one));
    }
  }
}

TEST_CASE("the bits do not depend on the threads") {
  const auto serial = base::serial_executor();
  const auto threads = base::thread_executor(3);
  System<float> one(130, 3000, 0.1, serial);
  System<float> many(130, 3000, 0.1, threads);
  for (std::size_t i = 0; i < 130; ++i) {
    for (std::size_t j = i; j < 130; ++j)
      REQUIRE(one.matrix[i * one.pitch + j] == many.matrix[i * many.pitch + j]);
  }
  REQUIRE(optim::factorise(one.matrix.data(), 130, one.pitch));
  const auto random = numbers(130 * 1000, 3);
  const std::vector<float> b(random.begin(), random.end());
  std::vector<float> y(b.size());
  std::vector<float> z(b.size());
  optim::solve<float>({one.matrix.data(), one.pitch, 130, b.data(), 1000, y.data(), 1000, 1000},
                      serial);
  optim::solve<float>({one.matrix.data(), one.pitch, 130, b.data(), 1000, z.data(), 1000, 1000},
                      threads);
  CHECK(y == z);
}

TEST_CASE("a matrix that is NaN, infinite or not definite has no factor") {
  const auto executor = base::serial_executor();
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const float bad : {kNan, kInfinity, 1e30F}) {
    for (const std::size_t at : {0, 50, 99}) {
      System<float> system(10, 10, 1, executor);
      system.x[at / 10 * system.stride + at % 10] = bad;
      system.add(false, executor);
      CHECK_FALSE(optim::factorise(system.matrix.data(), 10, system.pitch));
    }
  }
  System<double> system(7, 3, 1, executor);
  system.matrix[6 * system.pitch + 6] = -1;
  CHECK_FALSE(optim::factorise(system.matrix.data(), 7, system.pitch));
}

TEST_CASE("nothing is done for no rows or no columns") {
  const auto executor = base::serial_executor();
  System<float> none(3, 0, 1, executor);
  CHECK(none.matrix[0] == 1);
  CHECK(none.matrix[1] == 0);
  REQUIRE(optim::factorise(none.matrix.data(), 3, none.pitch));
  optim::solve<float>({none.matrix.data(), none.pitch, 3, nullptr, 0, nullptr, 0, 0}, executor);
  CHECK(optim::factorise<float>(nullptr, 0, 0));
}

TEST_CASE("a row's length is a multiple of a vector and of no large power of two") {
  for (std::size_t size = 1; size < 3000; ++size) {
    const std::size_t pitch = optim::matrix_pitch(size);
    CHECK(pitch >= size);
    CHECK(pitch % 16 == 0);
    CHECK(pitch % 128 != 0);
  }
}

}  // namespace
