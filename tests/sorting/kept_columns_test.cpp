// tests/sorting/kept_columns_test.cpp — gradients of relaxations by the columns that their forward
// gave
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "pliant/base/random.h"
#include "pliant/sorting/relaxation.h"

using namespace pliant::sorting;
namespace base = pliant::base;

namespace {

template <class T>
std::vector<T> uniforms(std::size_t count, std::uint64_t seed) {
  base::Random random(seed, 0, 0);
  std::vector<T> out(count);
  for (T& x : out) x = static_cast<T>(4 * random.uniform() - 2);
  return out;
}

template <class T>
struct Gradient {
  std::vector<T> x;
  std::vector<double> steepness;
};

template <class T>
Gradient<T> gradient(const RelaxationArgs<T>& args, const T* columns, const std::vector<T>& g) {
  Gradient<T> out{std::vector<T>(args.batch * args.n), std::vector<double>(args.batch)};
  relaxed_permutation_backward<T>(args, columns, g.data(), out.x.data(), out.steepness.data(),
                                  base::serial_executor());
  return out;
}

}  // namespace

TEST_CASE_TEMPLATE("the gradient by the columns that were kept is that of P made anew, bit for bit",
                   T, float, double) {
  const std::size_t batch = 3, n = 11, first = 4, count = 5;
  std::vector<T> x = uniforms<T>(batch * n, 41);
  x[3] = x[7];
  x[2 * n] = std::numeric_limits<T>::infinity();
  const std::vector<T> g = uniforms<T>(batch * n * count, 42);
  for (const Relaxation& relaxation : relaxations()) {
    for (const double power : {1.0, 1.5}) {
      CAPTURE(relaxation.name);
      const RelaxationArgs<T> args{
          {.method = relaxation_index(relaxation.name), .steepness = 3, .power = power},
          batch,
          n,
          first,
          count,
          x.data()};
      std::vector<T> columns(g.size());
      relaxed_permutation(args, columns.data(), base::serial_executor());
      const Gradient<T> anew = gradient<T>(args, nullptr, g);
      const Gradient<T> kept = gradient<T>(args, columns.data(), g);
      for (std::size_t i = 0; i < 2 * n; ++i) CHECK(anew.x[i] == kept.x[i]);
      for (std::size_t i = 2 * n; i < 3 * n; ++i) CHECK(std::isnan(kept.x[i]));
      for (std::size_t b = 0; b < 2; ++b) CHECK(anew.steepness[b] == kept.steepness[b]);
      CHECK(std::isnan(kept.steepness[2]));
    }
  }
}

TEST_CASE("NeuralSort and SoftSort look at the columns that they are given") {
  const std::vector<double> x = uniforms<double>(6, 1), g = uniforms<double>(36, 2);
  const std::vector<double> nothing(36, 0.0);
  for (const auto* name : {"neuralsort", "softsort"}) {
    const RelaxationArgs<double> args{{.method = relaxation_index(name)}, 1, 6, 0, 6, x.data()};
    for (const double v : gradient<double>(args, nothing.data(), g).x) CHECK(v == 0);
  }
}
