// tests/optim/rounded_gram_test.cpp — Gram matrices of rounded rows, and the bound of what that
// changes
#include "pliant/optim/rounded_gram.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "pliant/base/aligned.h"
#include "pliant/base/random.h"
#include "pliant/base/simd_target.h"
#include "pliant/optim/gram.h"

namespace {

using namespace pliant;

void in_one(std::size_t count, std::size_t /*grain*/, const base::RangeFunction& work) {
  work(0, count);
}

/// The nearest number with 8 bits, ties to even, by arithmetic.
float nearest(float x) {
  if (x == 0) return x;
  int exponent = 0;
  const double fraction = std::frexp(static_cast<double>(x), &exponent);
  return static_cast<float>(std::ldexp(std::nearbyint(std::ldexp(fraction, 8)), exponent - 8));
}

std::vector<float> numbers(std::size_t count, double scale = 1) {
  base::Random random(7, count, 0);
  std::vector<float> all(count);
  for (float& x : all) x = static_cast<float>(scale * (2 * random.uniform() - 1));
  return all;
}

/// Each entry of I + scale·X̃X̃ᵀ, and added again, against loops in double.
void check_gram(std::size_t rows, std::size_t columns) {
  const std::size_t stride = columns + 3;
  const std::vector<float> x = numbers(rows * stride);
  const optim::RoundedRows rounded(x.data(), stride, rows, columns, in_one);
  const std::size_t pitch = optim::matrix_pitch(rows);
  const base::AlignedArray<float> gram(rows * pitch);
  rounded.gram(0.5F, false, gram.data(), pitch, in_one);
  rounded.gram(0.25F, true, gram.data(), pitch, in_one);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = i; j < rows; ++j) {
      double sum = 0;
      for (std::size_t k = 0; k < columns; ++k)
        sum += double(nearest(x[i * stride + k])) * nearest(x[j * stride + k]);
      const double expected = 0.75 * sum + (i == j ? 1 : 0);
      CHECK(gram[i * pitch + j] ==
            doctest::Approx(expected).epsilon(1e-5 * (1 + std::sqrt(double(columns)))));
    }
  }
}

}  // namespace

TEST_CASE("the Gram matrix is that of the rounded rows, on every target") {
  const std::string best = base::simd_target();
  for (const std::string& target : base::simd_targets()) {
    CAPTURE(target);
    base::set_simd_target(target);
    for (const std::size_t rows : {1, 3, 4, 9, 33}) {
      for (const std::size_t columns : {1, 15, 32, 33, 100}) {
        CAPTURE(rows);
        CAPTURE(columns);
        check_gram(rows, columns);
      }
    }
  }
  base::set_simd_target(best);
}

TEST_CASE("what rounding changes is counted, and numbers of 8 bits are not changed") {
  const std::size_t rows = 5, columns = 37;
  const std::vector<float> x = numbers(rows * columns, 3);
  double squares = 0;
  double errors = 0;
  for (const float value : x) {
    squares += double(value) * value;
    errors += std::pow(double(value) - nearest(value), 2);
  }
  const optim::Rounding found = optim::rounding_of(x.data(), columns, rows, columns);
  CHECK(found.squares == doctest::Approx(squares).epsilon(1e-6));
  CHECK(found.errors == doctest::Approx(errors).epsilon(1e-5));
  CHECK(found.errors < std::pow(optim::kRoundingUnit, 2) * found.squares);
  const optim::RoundedRows all(x.data(), columns, rows, columns, in_one);
  CHECK(all.rounding().squares == found.squares);
  CHECK(all.rounding().errors == found.errors);

  const std::vector<float> exact = {1, -0.5F, 255, 0, 1.5F, 3 * 0x1p-20F};
  CHECK(optim::rounding_of(exact.data(), 6, 1, 6).errors == 0);
  CHECK(optim::rounding_bound(optim::Side::kInputs, {.squares = 4, .errors = 0}, 1e-30) == 0);
  // 1 + 2⁻⁸ lies between two numbers: the even one is 1.
  const float tie = 1 + 0x1p-8F;
  CHECK(optim::rounding_of(&tie, 1, 1, 1).errors == doctest::Approx(0x1p-16));
}

TEST_CASE("what is no number, or becomes none, is never safe") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), kInfinity, -kInfinity,
                          std::numeric_limits<float>::max()}) {
    std::vector<float> x = numbers(40);
    x[17] = bad;
    const optim::Rounding rounding = optim::rounding_of(x.data(), 10, 4, 10);
    for (const optim::Side side : {optim::Side::kRows, optim::Side::kInputs})
      CHECK_FALSE(optim::rounding_bound(side, rounding, 1) <= optim::kRoundingTolerance);
  }
}

TEST_CASE("the bounds are the formulas, and grow as the damping falls") {
  const optim::Rounding rounding{.squares = 16, .errors = 0.0004};  // ‖X‖ = 4, ‖E‖ = 0.02
  // β = 4: s = 2, e = 0.01.
  CHECK(optim::rounding_bound(optim::Side::kInputs, rounding, 4) ==
        doctest::Approx(0.01 * (2 + 0.5 + 0.02)));
  CHECK(optim::rounding_bound(optim::Side::kRows, rounding, 4) ==
        doctest::Approx(1.25 * 5 * 0.02 / 4));
  for (const optim::Side side : {optim::Side::kRows, optim::Side::kInputs}) {
    double before = 0;
    for (double beta = 1e4; beta > 1e-4; beta /= 10) {
      const double bound = optim::rounding_bound(side, rounding, beta);
      CHECK(bound > before);
      before = bound;
    }
  }
}
