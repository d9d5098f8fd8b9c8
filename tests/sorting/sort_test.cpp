// tests/sorting/sort_test.cpp — the kernels against hand values, a naive network, laws and finite
// differences
#include "pliant/sorting/sort.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "pliant/base/random.h"
#include "pliant/base/simd_target.h"

using namespace pliant;
using namespace pliant::sorting;

namespace {

using Numbers = std::vector<double>;

math::Distribution family(const char* name, double scale) {
  math::Distribution d;
  d.family = math::family_index(name);
  d.scale = scale;
  return d;
}

Numbers normals(std::size_t count, std::uint64_t seed) {
  base::Random random(seed, 0, 0);
  Numbers out(count);
  for (double& x : out)
    x = std::sqrt(-2 * std::log(1 - random.uniform())) * std::cos(6.283185307 * random.uniform());
  return out;
}

/// A batch through one network, with everything a test may ask for.
struct Problem {
  Network network;
  math::Distribution distribution;
  std::size_t batch;
  Numbers x;
  base::Executor executor = base::serial_executor();

  Problem(const char* kind, int n, std::size_t samples, math::Distribution d,
          std::uint64_t seed = 1)
      : network(make_network(kind, n)),
        distribution(d),
        batch(samples),
        x(normals(samples * n, seed)) {}

  [[nodiscard]] std::size_t n() const { return static_cast<std::size_t>(network.size); }

  [[nodiscard]] SortArgs<double> args() const {
    return {network.comparators, distribution, batch, n(), x.data()};
  }

  [[nodiscard]] std::pair<Numbers, Numbers> sort() const {
    Numbers values(batch * n());
    Numbers permutation(batch * n() * n());
    sorting::sort(args(), values.data(), permutation.data(), executor);
    return {values, permutation};
  }
};

/// The definition, comparator by comparator: F and 1 − F of the low wire, one value at a time.
template <class Weight>
std::pair<Numbers, Numbers> naive_sort(const Problem& problem, const Weight& weight) {
  const std::size_t n = problem.n();
  Numbers values = problem.x;
  Numbers permutation(problem.batch * n * n, 0.0);
  for (std::size_t b = 0; b < problem.batch; ++b) {
    double* y = values.data() + b * n;
    double* p = permutation.data() + b * n * n;
    for (std::size_t i = 0; i < n; ++i) p[i * n + i] = 1;
    for (const Comparator& c : problem.network.comparators) {
      const double alpha = weight(y[c.high] - y[c.low]);
      const auto blend = [&](double& low, double& high) {
        const double kept = alpha * low + (1 - alpha) * high;
        high = (1 - alpha) * low + alpha * high;
        low = kept;
      };
      blend(y[c.low], y[c.high]);
      for (std::size_t i = 0; i < n; ++i) blend(p[i * n + c.low], p[i * n + c.high]);
    }
  }
  return {values, permutation};
}

/// With the CDF of one family written out here.
std::pair<Numbers, Numbers> naive_cauchy(const Problem& problem) {
  return naive_sort(problem, [&](double difference) {
    return std::atan(problem.distribution.scale * difference) / M_PI + 0.5;
  });
}

double largest_difference(const Numbers& a, const Numbers& b) {
  REQUIRE(a.size() == b.size());
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
  return worst;
}

double dot(const Numbers& a, const Numbers& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// Central differences of `loss` in some keys and in the scale, against the gradients given.
template <class Loss>
void check_gradient(Problem problem, const Loss& loss, const Numbers& grad_x,
                    const double* grad_parameters) {
  constexpr double kStep = 1e-6;
  for (std::size_t i = 0; i < problem.x.size(); i += 1 + problem.x.size() / 12) {
    CAPTURE(i);
    const double kept = problem.x[i];
    problem.x[i] = kept + kStep;
    const double up = loss(problem);
    problem.x[i] = kept - kStep;
    const double down = loss(problem);
    problem.x[i] = kept;
    CHECK(grad_x[i] == doctest::Approx((up - down) / (2 * kStep)).epsilon(1e-5));
  }
  for (const auto& [field, k] :
       {std::pair(&math::Distribution::scale, 0), std::pair(&math::Distribution::power, 1),
        std::pair(&math::Distribution::shift, 2)}) {
    CAPTURE(k);
    const double kept = problem.distribution.*field;
    problem.distribution.*field = kept + kStep;
    const double up = loss(problem);
    problem.distribution.*field = kept - kStep;
    const double down = loss(problem);
    problem.distribution.*field = kept;
    CHECK(grad_parameters[k] == doctest::Approx((up - down) / (2 * kStep)).epsilon(1e-5));
  }
}

/// Sizes on both sides of every choice of layout: samples or columns in lanes, part-filled lanes
/// and tiles.
struct Size {
  int n;
  std::size_t batch;
};
const Size kSizes[] = {{1, 3}, {2, 1}, {5, 70}, {16, 9}, {33, 3}, {40, 19}, {130, 2}, {260, 1}};

math::Distribution warped() {
  math::Distribution d = family("logistic", 3);
  d.power = 1.5;  // smooth at 0, unlike the ART of the papers: central differences need that
  d.shift = 0.2;
  return d;
}

/// A family with F(−u) ≠ 1 − F(u), if the list has one.
math::Distribution asymmetric() {
  for (const math::Family& f : math::families()) {
    if (!f.symmetric && f.support_low == -INFINITY) return family(std::string(f.name).c_str(), 2);
  }
  return family("gaussian", 2);
}

}  // namespace

TEST_CASE("values and permutation equal the definition, in every layout") {
  for (const auto& [n, batch] : kSizes) {
    CAPTURE(n);
    for (const char* kind : {"odd_even", "bitonic", "batcher"}) {
      const Problem problem(kind, n, batch, family("cauchy", 5));
      const auto [values, permutation] = problem.sort();
      const auto [naive_values, naive_permutation] = naive_cauchy(problem);
      CHECK(largest_difference(values, naive_values) < 1e-13 * n);
      CHECK(largest_difference(permutation, naive_permutation) < 1e-13 * n);
      Numbers alone(values.size());
      sort_values(problem.args(), alone.data(), problem.executor);
      CHECK(alone == values);
    }
  }
}

TEST_CASE("straight-through swaps sort exactly, and have the relaxed slope at the hard values") {
  for (const auto& [n, batch] : kSizes) {
    CAPTURE(n);
    math::Distribution hard = family("cauchy", 0.5);
    hard.straight_through = true;
    const Problem problem("bitonic", n, batch, hard);
    const auto [values, permutation] = problem.sort();
    for (std::size_t b = 0; b < batch; ++b) {
      const auto size = static_cast<std::size_t>(n);
      Numbers sorted(problem.x.begin() + b * size, problem.x.begin() + (b + 1) * size);
      std::sort(sorted.begin(), sorted.end());
      CHECK(std::equal(sorted.begin(), sorted.end(), values.begin() + b * size));
      for (std::size_t i = 0; i < size; ++i) {
        for (std::size_t r = 0; r < size; ++r) {
          CHECK(permutation[(b * size + i) * size + r] == (problem.x[b * size + i] == sorted[r]));
        }
      }
    }
  }
}

TEST_CASE("straight-through: one swap by hand, and ties are shared evenly") {
  math::Distribution hard = family("cauchy", 1);
  hard.straight_through = true;
  Problem problem("odd_even", 2, 2, hard);
  problem.x = {1, 0, 3, 3};
  const auto [values, permutation] = problem.sort();
  CHECK(values == Numbers{0, 1, 3, 3});
  CHECK(permutation == Numbers{0, 1, 1, 0, 0.5, 0.5, 0.5, 0.5});
  // With D = −1: F = 1/4, f = 1/(2π). Value 0 grows with x_0 by p + D·… = F − f·1, P[0, 0] by −f.
  const double f = 1 / (2 * M_PI);
  Numbers grad_x(4), parameters(4);
  const Numbers g_values = {1, 0, 0, 0};
  sort_values_backward(problem.args(), g_values.data(), grad_x.data(), parameters.data(),
                       problem.executor);
  CHECK(largest_difference(grad_x, {0.25 - f, 0.75 + f, 0, 0}) < 1e-15);
  const Numbers g_permutation = {1, 0, 0, 0, 0, 0, 0, 0};
  sort_backward<double>(problem.args(), nullptr, g_permutation.data(), grad_x.data(),
                        parameters.data(), problem.executor);
  CHECK(largest_difference(grad_x, {-f, f, 0, 0}) < 1e-15);
  CHECK(parameters[0] == doctest::Approx(-f).epsilon(1e-14));  // dF/ds = f·D
}

TEST_CASE("the permutation is doubly stochastic, values are x·P, and their sum is kept") {
  for (const auto& [n, batch] : kSizes) {
    const Problem problem("bitonic", n, batch, warped());
    const auto [values, permutation] = problem.sort();
    const auto size = static_cast<std::size_t>(n);
    for (std::size_t b = 0; b < batch; ++b) {
      double sum = 0;
      for (std::size_t r = 0; r < size; ++r) {
        double column = 0;
        double row = 0;
        double value = 0;
        for (std::size_t i = 0; i < size; ++i) {
          column += permutation[(b * size + i) * size + r];
          row += permutation[(b * size + r) * size + i];
          value += problem.x[b * size + i] * permutation[(b * size + i) * size + r];
        }
        CHECK(column == doctest::Approx(1).epsilon(1e-12));
        CHECK(row == doctest::Approx(1).epsilon(1e-12));
        CHECK(value == doctest::Approx(values[b * size + r]).epsilon(1e-10));
        sum += values[b * size + r] - problem.x[b * size + r];
      }
      CHECK(std::abs(sum) < 1e-11);
    }
  }
}

TEST_CASE("a hard distribution sorts exactly") {
  const Problem problem("bitonic", 37, 5, family("hard", 1));
  const auto [values, permutation] = problem.sort();
  for (std::size_t b = 0; b < 5; ++b) {
    Numbers sorted(problem.x.begin() + 37 * b, problem.x.begin() + 37 * (b + 1));
    std::sort(sorted.begin(), sorted.end());
    CHECK(std::equal(sorted.begin(), sorted.end(), values.begin() + 37 * b));
  }
  CHECK(std::all_of(permutation.begin(), permutation.end(),
                    [](double p) { return p == 0 || p == 1; }));
}

TEST_CASE("every family, symmetric or not, swaps as the definition says") {
  for (const math::Family& f : math::families()) {
    CAPTURE(f.name);
    for (const char* kind : {"odd_even", "bitonic"}) {
      for (const int n : {5, 20, 40}) {
        const Problem problem(kind, n, 3, family(std::string(f.name).c_str(), 2));
        const auto [values, permutation] = problem.sort();
        const auto [naive_values, naive_permutation] = naive_sort(problem, [&](double difference) {
          double p = 0;
          math::decide<double>(problem.distribution, &difference, 1, {.p = &p});
          return p;
        });
        CHECK(largest_difference(values, naive_values) < 1e-12 * n);
        CHECK(largest_difference(permutation, naive_permutation) < 1e-12 * n);
      }
    }
  }
}

TEST_CASE("sort's gradients equal central differences") {
  for (const auto& [n, batch] : kSizes) {
    CAPTURE(n);
    for (const auto& distribution : {family("cauchy", 3), warped(), asymmetric()}) {
      const Problem problem("bitonic", n, batch, distribution);
      const Numbers g_values = normals(batch * n, 2);
      const Numbers g_permutation = normals(batch * n * n, 3);
      Numbers grad_x(batch * n);
      double parameters[4];
      sort_backward(problem.args(), g_values.data(), g_permutation.data(), grad_x.data(),
                    parameters, problem.executor);
      const auto loss = [&](const Problem& at) {
        const auto [values, permutation] = at.sort();
        return dot(values, g_values) + dot(permutation, g_permutation);
      };
      check_gradient(problem, loss, grad_x, parameters);
      // Of the values alone: the short way and the way through P agree.
      Numbers short_way(batch * n);
      double short_parameters[4];
      sort_values_backward(problem.args(), g_values.data(), short_way.data(), short_parameters,
                           problem.executor);
      sort_backward<double>(problem.args(), g_values.data(), nullptr, grad_x.data(), parameters,
                            problem.executor);
      CHECK(short_way == grad_x);
    }
  }
}

TEST_CASE("payloads follow P both ways, with gradients") {
  for (const auto& [n, batch] : kSizes) {
    CAPTURE(n);
    for (const std::size_t columns : {std::size_t{1}, std::size_t{3}, std::size_t{20}}) {
      for (const Direction direction : {Direction::kToRanks, Direction::kToItems}) {
        const Problem problem("bitonic", n, batch, warped());
        const auto size = static_cast<std::size_t>(n);
        const Numbers payload = normals(batch * size * columns, 4);
        const auto apply = [&](const Problem& at, const Numbers& from) {
          Numbers out(from.size());
          sort_apply(at.args(), direction, columns, from.data(), out.data(), at.executor);
          return out;
        };
        const Numbers out = apply(problem, payload);
        const Numbers permutation = problem.sort().second;
        Numbers expected(out.size(), 0.0);
        for (std::size_t b = 0; b < batch; ++b) {
          for (std::size_t i = 0; i < size; ++i) {
            for (std::size_t r = 0; r < size; ++r) {
              const double p = permutation[(b * size + i) * size + r];
              const auto [to, from] =
                  direction == Direction::kToRanks ? std::pair(r, i) : std::pair(i, r);
              for (std::size_t q = 0; q < columns; ++q) {
                expected[(b * size + to) * columns + q] +=
                    p * payload[(b * size + from) * columns + q];
              }
            }
          }
        }
        CHECK(largest_difference(out, expected) < 1e-12 * n);
        const Numbers g = normals(out.size(), 5);
        Numbers grad_x(batch * size);
        Numbers grad_payload(out.size());
        double parameters[4];
        sort_apply_backward(problem.args(), direction, columns, payload.data(), g.data(),
                            grad_x.data(), grad_payload.data(), parameters, problem.executor);
        check_gradient(
            problem, [&](const Problem& at) { return dot(apply(at, payload), g); }, grad_x,
            parameters);
        // Linear in the payload: ⟨grad_payload, v⟩ = ⟨g, apply(v)⟩.
        const Numbers v = normals(out.size(), 6);
        CHECK(dot(grad_payload, v) == doctest::Approx(dot(g, apply(problem, v))).epsilon(1e-9));
      }
    }
  }
}

TEST_CASE("the fused losses equal their formulas on P, with gradients") {
  for (const auto& [n, batch] : kSizes) {
    CAPTURE(n);
    for (const Loss kind : {Loss::kBinaryCrossEntropy, Loss::kCrossEntropy}) {
      // No entry of P may come near the clamps of the logarithm and of its gradient: soft, and a
      // network that carries every item to every rank in few layers.
      const Problem problem(n <= 16 ? "odd_even" : "bitonic", n, batch, family("cauchy", 0.1));
      const auto size = static_cast<std::size_t>(n);
      std::vector<std::int64_t> first(batch * size);
      std::vector<std::int64_t> last(batch * size);
      for (std::size_t k = 0; k < first.size(); ++k) {
        first[k] = static_cast<std::int64_t>(size - 1 - k % size);
        last[k] = first[k];
      }
      if (n > 2) {  // the first two items share the two highest ranks
        first[0] = first[1];
        last[1] = last[0];
      }
      const LossTarget target{first.data(), last.data()};
      Numbers loss(batch);
      sort_loss(problem.args(), kind, target, loss.data(), problem.executor);
      const Numbers permutation = problem.sort().second;
      for (std::size_t b = 0; b < batch; ++b) {
        double sum = 0;
        for (std::size_t i = 0; i < size; ++i) {
          for (std::size_t r = 0; r < size; ++r) {
            const auto rank = static_cast<std::int64_t>(r);
            const std::size_t item = b * size + i;
            const double q = first[item] <= rank && rank <= last[item]
                                 ? 1.0 / static_cast<double>(last[item] - first[item] + 1)
                                 : 0.0;
            const double p = permutation[item * size + r];
            sum -= q * std::max(std::log(p), -100.0);
            if (kind == Loss::kBinaryCrossEntropy)
              sum -= (1 - q) * std::max(std::log1p(-p), -100.0);
          }
        }
        const double entries =
            static_cast<double>(kind == Loss::kCrossEntropy ? size : size * size);
        CHECK(loss[b] == doctest::Approx(sum / entries).epsilon(1e-9));
      }
      const Numbers g = normals(batch, 7);
      Numbers grad_x(batch * size);
      double parameters[4];
      sort_loss_backward(problem.args(), kind, target, g.data(), grad_x.data(), parameters,
                         problem.executor);
      if (n == 1) continue;  // P = 1: nothing to learn, and ln 0 is clamped
      check_gradient(
          problem,
          [&](const Problem& at) {
            Numbers each(batch);
            sort_loss(at.args(), kind, target, each.data(), at.executor);
            return dot(each, g);
          },
          grad_x, parameters);
    }
  }
}

TEST_CASE("the bits do not depend on the threads") {
  for (const auto& [n, batch] : kSizes) {
    CAPTURE(n);
    Problem problem("bitonic", n, batch, warped());
    const Numbers g_values = normals(batch * n, 2);
    const Numbers g_permutation = normals(batch * n * n, 3);
    const auto run = [&](const base::Executor& executor) {
      problem.executor = executor;
      Numbers all(batch * n + 4);
      sort_backward(problem.args(), g_values.data(), g_permutation.data(), all.data(),
                    all.data() + batch * n, executor);
      const auto [values, permutation] = problem.sort();
      all.insert(all.end(), values.begin(), values.end());
      all.insert(all.end(), permutation.begin(), permutation.end());
      return all;
    };
    const Numbers one = run(base::serial_executor());
    for (const unsigned threads : {2U, 3U, 8U}) CHECK(run(base::thread_executor(threads)) == one);
  }
}

TEST_CASE("every SIMD target gives the same result up to rounding") {
  const std::string best = base::simd_target();
  const Problem problem("bitonic", 40, 19, warped());
  const Numbers reference = problem.sort().second;
  for (const std::string& target : base::simd_targets()) {
    CAPTURE(target);
    base::set_simd_target(target);
    CHECK(largest_difference(problem.sort().second, reference) < 1e-12);
  }
  base::set_simd_target(best);
}

TEST_CASE("NaN and infinity spread and do no harm") {
  for (const double bad : {static_cast<double>(NAN), static_cast<double>(INFINITY)}) {
    Problem problem("odd_even", 5, 2, family("cauchy", 10));
    problem.x[1] = bad;
    const auto [values, permutation] = problem.sort();
    CHECK(std::any_of(values.begin(), values.begin() + 5, [](double v) { return std::isnan(v); }));
    // The other sample knows nothing of it.
    CHECK(std::all_of(values.begin() + 5, values.end(), [](double v) { return std::isfinite(v); }));
    CHECK(std::all_of(permutation.begin() + 25, permutation.end(),
                      [](double p) { return std::isfinite(p); }));
  }
}

TEST_CASE("ties, denormals and huge keys are numbers like any other") {
  Problem problem("bitonic", 4, 1, family("cauchy", 10));
  problem.x = {1e-310, 1e30, 1e30, -1e-310};
  const auto [values, permutation] = problem.sort();
  CHECK(std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); }));
  const Numbers g = {1, -1, 0.5, 2};
  Numbers grad(4);
  sort_values_backward<double>(problem.args(), g.data(), grad.data(), nullptr, problem.executor);
  CHECK(std::all_of(grad.begin(), grad.end(), [](double v) { return std::isfinite(v); }));
}

TEST_CASE("a monotonic family has no wrong-sign derivative, the logistic one has") {
  const auto jacobian_entry = [](const char* name) {
    Problem problem("odd_even", 2, 1, family(name, 1));
    problem.x = {0, 3};
    const Numbers g = {1, 0};
    Numbers grad(2);
    sort_values_backward<double>(problem.args(), g.data(), grad.data(), nullptr, problem.executor);
    return std::min(grad[0], grad[1]);
  };
  CHECK(jacobian_entry("logistic") < -0.01);
  for (const char* name : {"cauchy", "reciprocal", "optimal"}) CHECK(jacobian_entry(name) > -1e-15);
}

TEST_CASE("an empty batch and a single value are nothing special") {
  const Problem empty("bitonic", 5, 0, family("cauchy", 1));
  CHECK(empty.sort().first.empty());
  double parameters[4] = {1, 1, 1, 1};
  sort_backward<double>(empty.args(), nullptr, nullptr, nullptr, parameters, empty.executor);
  CHECK(std::all_of(parameters, parameters + 4, [](double p) { return p == 0; }));
  const Problem single("odd_even", 1, 2, family("cauchy", 1));
  CHECK(single.sort().first == single.x);
  CHECK(single.sort().second == Numbers{1, 1});
}
