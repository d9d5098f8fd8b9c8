// tests/sorting/relaxation_test.cpp — relaxations without a network: golden values, the definition,
// laws, finite differences
#include "pliant/sorting/relaxation.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "pliant/base/random.h"
#include "pliant/base/simd_target.h"

using namespace pliant;
using namespace pliant::sorting;

namespace {

using Numbers = std::vector<double>;

Numbers uniforms(std::size_t count, std::uint64_t seed) {
  base::Random random(seed, 0, 0);
  Numbers out(count);
  for (double& x : out) x = 4 * random.uniform() - 2;
  return out;
}

RelaxationOptions options_of(std::string_view name, double steepness) {
  RelaxationOptions options;
  options.tolerance = 1e-13;  // finite differences see whatever sinkhorn leaves undone
  options.method = relaxation_index(name);
  options.steepness = steepness;
  return options;
}

/// P of a batch of rows, or some of its columns.
template <class T = double>
std::vector<T> permutation(const RelaxationOptions& options, const std::vector<T>& x, std::size_t n,
                           std::size_t first, std::size_t count) {
  std::vector<T> columns(x.size() * count);
  relaxed_permutation<T>({options, x.size() / n, n, first, count, x.data()}, columns.data(),
                         base::serial_executor());
  return columns;
}
template <class T = double>
std::vector<T> permutation(const RelaxationOptions& options, const std::vector<T>& x) {
  return permutation<T>(options, x, x.size(), 0, x.size());
}

struct Gradient {
  Numbers x;
  Numbers steepness;
};

Gradient gradient(const RelaxationOptions& options, const Numbers& x, std::size_t n,
                  std::size_t first, std::size_t count, const Numbers& g) {
  Gradient out{Numbers(x.size()), Numbers(x.size() / n)};
  relaxed_permutation_backward<double>({options, x.size() / n, n, first, count, x.data()}, nullptr,
                                       g.data(), out.x.data(), out.steepness.data(),
                                       base::serial_executor());
  return out;
}

double dot(const Numbers& a, const Numbers& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

double largest_difference(const Numbers& a, const Numbers& b) {
  REQUIRE(a.size() == b.size());
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
  return worst;
}

/// Column r of P as the papers write it, in long double.
std::vector<long double> naive_column(std::string_view name, const Numbers& x, std::size_t r,
                                      double steepness, double power) {
  const std::size_t n = x.size();
  Numbers sorted = x;
  std::sort(sorted.begin(), sorted.end());
  std::vector<long double> logit(n);
  for (std::size_t i = 0; i < n; ++i) {
    if (name == "neuralsort") {
      long double far = 0;
      for (const double other : x) far += std::abs(static_cast<long double>(x[i]) - other);
      const auto factor = 2 * static_cast<long double>(r) + 1 - static_cast<long double>(n);
      logit[i] = steepness * (factor * x[i] - far);
    } else {
      logit[i] = -steepness * std::pow(std::abs(static_cast<long double>(x[i]) - sorted[r]),
                                       static_cast<long double>(power));
    }
  }
  const long double largest = *std::max_element(logit.begin(), logit.end());
  long double sum = 0;
  for (long double& v : logit) sum += v = std::exp(v - largest);
  for (long double& v : logit) v /= sum;
  return logit;
}

}  // namespace

TEST_CASE("golden values: the weights of the first of six scores for the ranks 3, 2 and 1") {
  const Numbers x = {1.0, 2.5, 2.2, 1.4, 0.7, 0.1};
  const Numbers neural = permutation(options_of("neuralsort", 0.5), x, 6, 3, 3);
  const Numbers soft = permutation(options_of("softsort", 0.5), x, 6, 3, 3);
  CHECK(largest_difference({neural[0], neural[1], neural[2]}, {0.230304, 0.118902, 0.042369}) <
        6e-7);
  CHECK(largest_difference({soft[0], soft[1], soft[2]}, {0.190725, 0.140644, 0.130568}) < 6e-7);
}

TEST_CASE("two keys by hand") {
  // NeuralSort's logits differ by s·(x_1 − x_0) in either column, SoftSort's by as much.
  const double far = 1 / (1 + std::exp(-1.5));
  for (const char* name : {"neuralsort", "softsort"}) {
    const Numbers p = permutation(options_of(name, 3), {1.0, 0.5});
    CHECK(largest_difference(p, {1 - far, far, far, 1 - far}) < 1e-15);
  }
}

TEST_CASE("columns equal the papers' formulas in long double") {
  for (const std::size_t n : {1, 2, 7, 16, 40}) {
    CAPTURE(n);
    const Numbers x = uniforms(n, n);
    for (const std::string name : {"neuralsort", "softsort"}) {
      for (const double power : {1.0, 2.0, 0.5}) {
        RelaxationOptions options = options_of(name, 1.7);
        options.power = power;
        const Numbers p = permutation(options, x);
        const std::vector<float> few =
            permutation<float>(options, std::vector<float>(x.begin(), x.end()));
        for (std::size_t r = 0; r < n; ++r) {
          const auto want = naive_column(name, x, r, 1.7, power);
          for (std::size_t i = 0; i < n; ++i) {
            CHECK(std::abs(p[i * n + r] - static_cast<double>(want[i])) < 1e-13);
            CHECK(std::abs(few[i * n + r] - static_cast<double>(want[i])) < 1e-4);
          }
        }
      }
    }
  }
}

TEST_CASE("every relaxation: columns sum to 1, and rows where it says so") {
  for (const Relaxation& relaxation : relaxations()) {
    CAPTURE(relaxation.name);
    for (const std::size_t n : {1, 2, 5, 33}) {
      const Numbers p = permutation(options_of(relaxation.name, 4), uniforms(n, 3));
      double worst = 0;
      for (std::size_t r = 0; r < n; ++r) {
        double column = 0, row = 0;
        for (std::size_t i = 0; i < n; ++i) {
          column += p[i * n + r];
          row += p[r * n + i];
        }
        CHECK(column == doctest::Approx(1).epsilon(1e-12));
        worst = std::max(worst, std::abs(row - 1));
      }
      if (relaxation.doubly_stochastic) CHECK(worst < 1e-5);
      if (!relaxation.doubly_stochastic && n > 2) CHECK(worst > 1e-3);
    }
  }
}

TEST_CASE("every relaxation: chosen columns are those of the whole, to the last bit") {
  const Numbers x = uniforms(2 * 9, 5);
  for (const Relaxation& relaxation : relaxations()) {
    const RelaxationOptions options = options_of(relaxation.name, 2);
    const Numbers whole = permutation(options, x, 9, 0, 9);
    const Numbers part = permutation(options, x, 9, 4, 3);
    for (std::size_t i = 0; i < 18; ++i) {
      for (std::size_t c = 0; c < 3; ++c) CHECK(part[i * 3 + c] == whole[i * 9 + 4 + c]);
    }
    CHECK(permutation(options, x, 9, 9, 0).empty());
  }
}

TEST_CASE("every relaxation: permuted keys give the same rows in another order") {
  const Numbers x = uniforms(6, 11);
  const std::size_t moved[6] = {3, 0, 5, 1, 4, 2};
  for (const Relaxation& relaxation : relaxations()) {
    const RelaxationOptions options = options_of(relaxation.name, 3);
    const Numbers p = permutation(options, x);
    Numbers y(6);
    for (std::size_t i = 0; i < 6; ++i) y[i] = x[moved[i]];
    const Numbers q = permutation(options, y);
    for (std::size_t i = 0; i < 6; ++i) {
      for (std::size_t r = 0; r < 6; ++r) {
        CHECK(q[i * 6 + r] == doctest::Approx(p[moved[i] * 6 + r]).epsilon(1e-9));
      }
    }
  }
}

TEST_CASE("a common offset changes nothing, however large") {
  for (const char* name : {"neuralsort", "softsort"}) {
    const std::vector<float> x = {0.25F, -1.5F, 2, 0.5F, -0.75F};
    std::vector<float> far = x;
    for (float& v : far) v += 4096;  // exact
    CHECK(permutation<float>(options_of(name, 3), far) ==
          permutation<float>(options_of(name, 3), x));
  }
}

TEST_CASE("gradients of keys and steepness match central differences, whole or some columns") {
  for (const Relaxation& relaxation : relaxations()) {
    CAPTURE(relaxation.name);
    for (const double power : {1.0, 2.0, 1.5}) {
      const std::size_t n = 6, first = 2, count = 3;
      RelaxationOptions options = options_of(relaxation.name, 1.3);
      options.power = power;
      Numbers x = uniforms(2 * n, 17);
      const Numbers g = uniforms(2 * n * count, 18);
      const Gradient found = gradient(options, x, n, first, count, g);
      const auto loss = [&] { return dot(g, permutation(options, x, n, first, count)); };
      for (double& v : x) {
        const double kept = v;
        v = kept + 1e-6;
        const double up = loss();
        v = kept - 1e-6;
        const double down = loss();
        v = kept;
        CHECK(std::abs(found.x[static_cast<std::size_t>(&v - x.data())] - (up - down) / 2e-6) <
              1e-7);
      }
      options.steepness += 1e-6;
      const double up = loss();
      options.steepness -= 2e-6;
      const double down = loss();
      CHECK(std::abs(found.steepness[0] + found.steepness[1] - (up - down) / 2e-6) < 1e-7);
    }
  }
}

TEST_CASE("equal keys get equal rows and equal gradients") {
  const Numbers x = {1, 0, 1, 2, 1};
  Numbers g = uniforms(25, 21);
  for (std::size_t r = 0; r < 5; ++r) g[10 + r] = g[20 + r] = g[r];  // upstream alike too
  for (const Relaxation& relaxation : relaxations()) {
    CAPTURE(relaxation.name);
    const RelaxationOptions options = options_of(relaxation.name, 2);
    const Numbers p = permutation(options, x);
    const Gradient found = gradient(options, x, 5, 0, 5, g);
    for (const std::size_t i : {2, 4}) {
      for (std::size_t r = 0; r < 5; ++r) CHECK(p[i * 5 + r] == p[r]);
      CHECK(found.x[i] == doctest::Approx(found.x[0]).epsilon(1e-12));
    }
    const Numbers level = permutation(options, Numbers(4, 3.5));
    for (const double v : level) CHECK(v == doctest::Approx(0.25).epsilon(1e-15));
    for (const double v : gradient(options, Numbers(4, 3.5), 4, 0, 4, uniforms(16, 1)).x) {
      CHECK(std::isfinite(v));
    }
  }
}

TEST_CASE("a steep relaxation is the hard sort, a flat one knows nothing, and both stay finite") {
  const std::vector<float> x = {0.3F, -1.2F, 0.8F, 0.1F, 1e30F, -1e30F};
  const std::size_t rank[6] = {3, 1, 4, 2, 5, 0};
  for (const Relaxation& relaxation : relaxations()) {
    CAPTURE(relaxation.name);
    if (relaxation.doubly_stochastic) continue;  // its squashed keys lie where 1e30 leaves them
    for (const double steepness : {1e3, 1e30, 1e300}) {
      const auto p = permutation<float>(options_of(relaxation.name, steepness), x);
      for (std::size_t i = 0; i < 6; ++i) {
        for (std::size_t r = 0; r < 6; ++r) CHECK(p[i * 6 + r] == (rank[i] == r ? 1 : 0));
      }
    }
    const auto flat =
        permutation<float>(options_of(relaxation.name, 1e-300), std::vector<float>{1, 2, 3, 4});
    for (const float v : flat) CHECK(v == 0.25F);
    for (const double steepness : {1e-300, 1e-30, 1e30, 1e300}) {
      const Gradient found = gradient(options_of(relaxation.name, steepness),
                                      Numbers(x.begin(), x.end()), 6, 0, 6, uniforms(36, 2));
      for (const double v : found.x) CHECK(std::isfinite(v));
      CHECK(std::isfinite(found.steepness[0]));
    }
  }
}

TEST_CASE("what is not finite makes its own row NaN and no other") {
  for (const Relaxation& relaxation : relaxations()) {
    for (const double bad : {NAN, INFINITY, -INFINITY}) {
      Numbers x = uniforms(12, 4);
      x[5] = bad;
      const RelaxationOptions options = options_of(relaxation.name, 2);
      const Numbers p = permutation(options, x, 4, 0, 4);
      const Gradient found = gradient(options, x, 4, 0, 4, uniforms(48, 5));
      for (std::size_t k = 0; k < 48; ++k) CHECK(std::isnan(p[k]) == (k / 16 == 1));
      for (std::size_t k = 0; k < 12; ++k) CHECK(std::isnan(found.x[k]) == (k / 4 == 1));
      for (std::size_t k = 0; k < 3; ++k) CHECK(std::isnan(found.steepness[k]) == (k == 1));
    }
  }
}

TEST_CASE("the bits are the same on any number of threads, and a row may have its own steepness") {
  const std::size_t batch = 600, n = 7;
  const Numbers x = uniforms(batch * n, 31), g = uniforms(batch * n * n, 32);
  Numbers steepness(batch);
  for (std::size_t b = 0; b < batch; ++b) steepness[b] = 1 + 0.01 * static_cast<double>(b);
  for (const Relaxation& relaxation : relaxations()) {
    const RelaxationArgs<double> args{
        options_of(relaxation.name, 1), batch, n, 0, n, x.data(), steepness.data()};
    Numbers p[2], grad_x[2], grad_steepness[2];
    const base::Executor executors[2] = {base::serial_executor(), base::thread_executor(3)};
    for (std::size_t k = 0; k < 2; ++k) {
      p[k].resize(batch * n * n);
      grad_x[k].resize(batch * n);
      grad_steepness[k].resize(batch);
      relaxed_permutation(args, p[k].data(), executors[k]);
      relaxed_permutation_backward<double>(args, nullptr, g.data(), grad_x[k].data(),
                                           grad_steepness[k].data(), executors[k]);
    }
    CHECK(p[0] == p[1]);
    CHECK(grad_x[0] == grad_x[1]);
    CHECK(grad_steepness[0] == grad_steepness[1]);
    const Numbers row(x.begin() + 100 * n, x.begin() + 101 * n);
    const Numbers alone = permutation(options_of(relaxation.name, steepness[100]), row);
    CHECK(std::equal(alone.begin(), alone.end(), p[0].begin() + 100 * n * n));
  }
}

TEST_CASE("every SIMD target gives the same, to the rounding of products that only some fuse") {
  for (const std::size_t n : {1, 2, 3, 5, 16, 37}) {
    const Numbers x = uniforms(3 * n, n), g = uniforms(3 * n * n, n + 1);
    const std::vector<float> few(x.begin(), x.end());
    for (const Relaxation& relaxation : relaxations()) {
      CAPTURE(relaxation.name);
      CAPTURE(n);
      const RelaxationOptions options = options_of(relaxation.name, 3);
      std::vector<Numbers> found, gradients;
      std::vector<std::vector<float>> narrow;
      for (const std::string& target : base::simd_targets()) {
        base::set_simd_target(target);
        found.push_back(permutation(options, x, n, 0, n));
        narrow.push_back(permutation<float>(options, few, n, 0, n));
        gradients.push_back(gradient(options, x, n, 0, n, g).x);
      }
      base::set_simd_target(base::simd_targets().front());
      for (std::size_t k = 1; k < found.size(); ++k) {
        CHECK(largest_difference(found[k], found[0]) < 1e-14);
        CHECK(largest_difference(gradients[k], gradients[0]) < 1e-11);
        CHECK(largest_difference({narrow[k].begin(), narrow[k].end()},
                                 {narrow[0].begin(), narrow[0].end()}) < 1e-6);
      }
    }
  }
}

TEST_CASE("sinkhorn: two keys by hand") {
  // z = ±1, and the plan (p, 1 − p; 1 − p, p) has p/(1 − p) = exp(s·(cost across − cost along)).
  const double y = 1 / (1 + std::exp(-std::acos(-1.0) / std::sqrt(3.0)));
  const double p = 1 / (1 + std::exp(-3 * (y * y - (1 - y) * (1 - y))));
  CHECK(largest_difference(permutation(options_of("sinkhorn", 3), {0.5, 7.5}),
                           {p, 1 - p, 1 - p, p}) < 1e-13);
}

TEST_CASE("sinkhorn: both gradients are the same where the iterations have converged") {
  for (const double steepness : {2.0, 20.0, 50.0}) {
    CAPTURE(steepness);
    RelaxationOptions options = options_of("sinkhorn", steepness);
    options.iterations = 20000;
    const Numbers x = uniforms(3 * 7, 8), g = uniforms(3 * 7 * 2, 9);
    const Gradient implicit = gradient(options, x, 7, 4, 2, g);
    options.implicit = false;
    const Gradient unrolled = gradient(options, x, 7, 4, 2, g);
    CHECK(largest_difference(implicit.x, unrolled.x) < 1e-9);
    CHECK(largest_difference(implicit.steepness, unrolled.steepness) < 1e-9);
  }
}

TEST_CASE("sinkhorn: so many iterations are those of the definition in logarithms, flat or steep") {
  using Long = std::vector<long double>;
  const std::size_t n = 6;
  const Numbers x = uniforms(n, 41);
  const long double squash = std::acos(-1.0L) / std::sqrt(3.0L);
  long double mean = 0, squares = 0;
  for (const double key : x) mean += key / static_cast<long double>(n);
  for (const double key : x) squares += (key - mean) * (key - mean) / static_cast<long double>(n);
  // From 1e4 on, scales leave the range of those that are trusted.
  for (const double steepness : {0.5, 30.0, 1e3, 1e4, 1e5}) {
    CAPTURE(steepness);
    const auto cost = [&](std::size_t i, std::size_t r) {
      const long double y = 1 / (1 + std::exp(-squash * (x[i] - mean) / std::sqrt(squares)));
      const long double distance = y - static_cast<long double>(r) / (n - 1);
      return steepness * distance * distance;
    };
    const auto minus_log_sum = [](const Long& logit) {
      const long double largest = *std::max_element(logit.begin(), logit.end());
      long double sum = 0;
      for (const long double v : logit) sum += std::exp(v - largest);
      return -largest - std::log(sum);
    };
    RelaxationOptions options = options_of("sinkhorn", steepness);
    options.tolerance = 1e-300;
    Long f(n, 0), g(n, 0), line(n);
    for (options.iterations = 1; options.iterations < 12; ++options.iterations) {
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t r = 0; r < n; ++r) line[r] = g[r] - cost(i, r);
        f[i] = minus_log_sum(line);
      }
      for (std::size_t r = 0; r < n; ++r) {
        for (std::size_t i = 0; i < n; ++i) line[i] = f[i] - cost(i, r);
        g[r] = minus_log_sum(line);
      }
      const Numbers p = permutation(options, x);
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t r = 0; r < n; ++r) {
          CHECK(std::abs(p[i * n + r] - static_cast<double>(std::exp(f[i] + g[r] - cost(i, r)))) <
                1e-11);
        }
      }
    }
  }
}

TEST_CASE("sinkhorn: the unrolled gradient is right for any number of iterations") {
  // At 10000 the first iteration is one in logarithms.
  for (const auto& [iterations, steepness] :
       {std::pair{1, 15}, {2, 15}, {5, 15}, {1, 10000}, {4, 10000}}) {
    CAPTURE(iterations);
    CAPTURE(steepness);
    RelaxationOptions options = options_of("sinkhorn", steepness);
    options.iterations = iterations;
    options.implicit = false;
    Numbers x = uniforms(5, 6);
    const Numbers g = uniforms(25, 7);
    const Gradient found = gradient(options, x, 5, 0, 5, g);
    for (std::size_t i = 0; i < 5; ++i) {
      const double kept = x[i];
      x[i] = kept + 1e-6;
      const double up = dot(g, permutation(options, x));
      x[i] = kept - 1e-6;
      const double down = dot(g, permutation(options, x));
      x[i] = kept;
      CHECK(std::abs(found.x[i] - (up - down) / 2e-6) < (steepness > 15 ? 1e-4 : 1e-7));
    }
  }
}

TEST_CASE("sinkhorn: it stops at the tolerance, or at the limit") {
  const Numbers x = uniforms(6, 3);
  const auto off = [&](double tolerance, int iterations) {
    RelaxationOptions options = options_of("sinkhorn", 30);
    options.tolerance = tolerance;
    options.iterations = iterations;
    const Numbers p = permutation(options, x);
    double worst = 0;
    for (std::size_t i = 0; i < 6; ++i) {
      worst = std::max(worst, std::abs(std::accumulate(&p[i * 6], &p[i * 6] + 6, 0.0) - 1));
    }
    return worst;
  };
  CHECK(off(1e-3, 1000) <= 1e-3);
  CHECK(off(1e-3, 1000) > 1e-5);
  CHECK(off(1e-12, 1000) <= 1e-12);
  CHECK(off(1e-12, 1) > 1e-3);
}

TEST_CASE("sinkhorn: scale and offset of the keys change nothing, and steepness makes it hard") {
  const Numbers x = uniforms(5, 12);
  Numbers moved = x;
  for (double& v : moved) v = 1e3 * v - 50;
  CHECK(largest_difference(permutation(options_of("sinkhorn", 20), x),
                           permutation(options_of("sinkhorn", 20), moved)) < 1e-9);
  const Numbers p = permutation(options_of("sinkhorn", 1e4), {0.3, -1.2, 0.8, 0.1, -0.5});
  const std::size_t rank[5] = {3, 0, 4, 2, 1};
  for (std::size_t i = 0; i < 5; ++i) CHECK(p[i * 5 + rank[i]] == doctest::Approx(1).epsilon(1e-3));
  for (const double steepness : {1e-300, 1e30, 1e300}) {
    const Numbers extreme = {1e300, -1e300, 3, 1e-300};
    RelaxationOptions options = options_of("sinkhorn", steepness);
    options.iterations = 50;
    for (const double v : permutation(options, extreme)) CHECK(std::isfinite(v));
    for (const double v : gradient(options, extreme, 4, 0, 4, uniforms(16, 1)).x) {
      CHECK(std::isfinite(v));
    }
  }
}

TEST_CASE("wrong options are refused by name") {
  CHECK_THROWS_WITH(relaxation_index("softsrt"),
                    doctest::Contains("unknown relaxation 'softsrt'; there are: neuralsort, soft"));
  RelaxationOptions options = options_of("softsort", -1);
  CHECK_THROWS_WITH(check(options, "sort"), "sort: steepness must be > 0 and finite, got -1");
  options = options_of("softsort", 1);
  options.power = 0;
  CHECK_THROWS_WITH(check(options, "sort"), "sort: power must be > 0 and finite, got 0");
  options.power = 1;
  options.tolerance = 0;
  CHECK_THROWS_WITH(check(options, "sort"), "sort: tolerance must be > 0, got 0");
  options.tolerance = 1;
  options.iterations = 0;
  CHECK_THROWS_WITH(check(options, "sort"), "sort: iterations must be > 0, got 0");
  options.method = 99;
  CHECK_THROWS_WITH(check(options, "sort"), "sort: there is no relaxation number 99");
}
