// tests/logic/parametrization_test.cpp — parameters to coefficients: by hand, by differences, on
// every SIMD target
#include "pliant/logic/parametrization.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "pliant/base/random.h"
#include "pliant/base/simd_target.h"
#include "pliant/logic/gate.h"

namespace pliant::logic {
namespace {

using doctest::Approx;
using doctest::Contains;
template <class T>
using Numbers = std::vector<T>;

const base::Executor kSerial = base::serial_executor();

template <class T>
Numbers<T> soft(int kind, int inputs, const Numbers<T>& w, double temperature) {
  const std::size_t gates = w.size() / parameters_of(kind, inputs);
  Numbers<T> c(table_size(inputs) * gates);
  soft_coefficients<T>({kind, inputs, temperature, gates, w.data()}, c.data(), kSerial);
  return c;
}

template <class T>
Numbers<T> hard(int kind, int inputs, const Numbers<T>& w, double temperature, Hardening how) {
  const std::size_t gates = w.size() / parameters_of(kind, inputs);
  Numbers<T> c(table_size(inputs) * gates);
  hard_coefficients<T>({kind, inputs, temperature, gates, w.data()}, how, c.data(), kSerial);
  return c;
}

Numbers<double> normal(std::size_t count, std::uint64_t seed) {
  base::Random random(seed, 0, 0);
  Numbers<double> values(count);
  for (double& value : values) {
    value = -6;
    for (int i = 0; i < 12; ++i) value += random.below(1U << 24) / double(1U << 24);
  }
  return values;
}

/// Runs `check` for every parametrisation and every number of inputs it has.
template <class Check>
void for_each_kind(Check check) {
  for (std::size_t kind = 0; kind < parametrizations().size(); ++kind) {
    for (const int inputs : parametrizations()[kind].inputs) {
      CAPTURE(parametrizations()[kind].name);
      CAPTURE(inputs);
      check(static_cast<int>(kind), inputs);
    }
  }
}

TEST_CASE("parameters of a known gate give its coefficients") {
  Numbers<double> logits(16, 0);
  logits[7] = 1000;  // or: b + a − ab
  CHECK(soft(parametrization_index("softmax"), 2, logits, 1) == Numbers<double>{0, 1, 1, -1});
  const Numbers<double> xnor = {40, -40, -40, 40};
  const Numbers<double> c = soft(parametrization_index("light"), 2, xnor, 1);
  for (std::size_t i = 0; i < 4; ++i) CHECK(c[i] == Approx(Numbers<double>{1, -1, -1, 2}[i]));
  const Numbers<double> up(2, std::acos(-1) / 2);  // sine 1: always true
  CHECK(soft(parametrization_index("light_sine"), 1, up, 1)[0] == Approx(1));
  // y = σ(−(w_0 + w_A·A)/τ), A = 1 − 2a: logit −3 at a = 0, 1 at a = 1, for τ = ½
  CHECK(soft(parametrization_index("walsh"), 1, Numbers<double>{0.5, 1}, 0.5) ==
        Numbers<double>{-3, 4});
}

TEST_CASE("a softmax of equal logits is a half at every input") {
  CHECK(soft(parametrization_index("softmax"), 2, Numbers<double>(16, 3), 1) ==
        Numbers<double>{0.5, 0, 0, 0});
}

TEST_CASE("gradients are the differences of the coefficients") {
  for_each_kind([](int kind, int inputs) {
    const std::size_t parameters = parameters_of(kind, inputs);
    const std::size_t entries = table_size(inputs);
    const Numbers<double> w = normal(parameters, 1);
    const Numbers<double> upstream = normal(entries, 2);
    Numbers<double> grad(parameters);
    soft_coefficients_backward<double>({kind, inputs, 0.8, 1, w.data()}, upstream.data(), false,
                                       grad.data(), kSerial);
    for (std::size_t i = 0; i < parameters; ++i) {
      double difference = 0;
      for (const double step : {1e-6, -1e-6}) {
        Numbers<double> moved = w;
        moved[i] += step;
        const Numbers<double> c = soft(kind, inputs, moved, 0.8);
        for (std::size_t e = 0; e < entries; ++e) difference += upstream[e] * c[e] / (2 * step);
      }
      CHECK(grad[i] == Approx(difference).epsilon(1e-6).scale(1));
    }
  });
}

TEST_CASE("every SIMD target gives the scalar target's coefficients, gradients and hard gates") {
  const auto targets = base::simd_targets();
  for_each_kind([&](int kind, int inputs) {
    constexpr std::size_t kGatesHere = 37;
    const std::size_t parameters = parameters_of(kind, inputs);
    const Numbers<double> wide = normal(parameters * kGatesHere, 3);
    const Numbers<float> w(wide.begin(), wide.end());
    const Numbers<float> upstream(table_size(inputs) * kGatesHere, 1);
    std::vector<Numbers<float>> softs, hards, grads;
    for (const auto& target : targets) {
      base::set_simd_target(target);
      softs.push_back(soft(kind, inputs, w, 0.9));
      hards.push_back(hard(kind, inputs, w, 0.9, Hardening::kGate));
      grads.emplace_back(w.size());
      soft_coefficients_backward<float>({kind, inputs, 0.9, kGatesHere, w.data()}, upstream.data(),
                                        true, grads.back().data(), kSerial);
    }
    base::set_simd_target(targets.front());
    for (std::size_t t = 1; t < targets.size(); ++t) {
      CAPTURE(targets[t]);
      CHECK(hards[t] == hards[0]);
      for (std::size_t i = 0; i < softs[0].size(); ++i)
        CHECK(softs[t][i] == Approx(softs[0][i]).epsilon(2e-5).scale(1));
      for (std::size_t i = 0; i < grads[0].size(); ++i)
        CHECK(grads[t][i] == Approx(grads[0][i]).epsilon(2e-5).scale(1));
    }
  });
}

TEST_CASE("threads give the same bits") {
  const int kind = parametrization_index("softmax");
  constexpr std::size_t kGatesHere = 5000;
  const Numbers<double> wide = normal(16 * kGatesHere, 4);
  const Numbers<float> w(wide.begin(), wide.end());
  const Numbers<float> alone = soft(kind, 2, w, 1);
  for (const unsigned threads : {2U, 3U}) {
    Numbers<float> c(4 * kGatesHere);
    soft_coefficients<float>({kind, 2, 1, kGatesHere, w.data()}, c.data(),
                             base::thread_executor(threads));
    CHECK(c == alone);
  }
}

TEST_CASE("hard gates are the first of equal logits, and tables round at a half") {
  const int kind = parametrization_index("softmax");
  Numbers<double> tied(16, 0);
  tied[4] = tied[9] = 2;
  CHECK(hard(kind, 2, tied, 1, Hardening::kGate) == coefficients({2, 4}));
  // 0.35 a, 0.35 b, 0.3 or: at 01 and 10 more than a half
  Numbers<double> mixed(16, -100);
  mixed[3] = mixed[5] = std::log(0.35);
  mixed[7] = std::log(0.3);
  CHECK(hard(kind, 2, mixed, 1, Hardening::kGate) == coefficients({2, 3}));
  CHECK(hard(kind, 2, mixed, 1, Hardening::kTable) == coefficients({2, 7}));
  // A sine at 4 over τ = 4 is above a half, at 4 over 1 below.
  const Numbers<double> w = {4, 4};
  for (const Hardening how : {Hardening::kGate, Hardening::kTable}) {
    CHECK(hard(parametrization_index("light_sine"), 1, w, 4, how) == coefficients({1, 3}));
    CHECK(hard(parametrization_index("light_sine"), 1, w, 1, how) == coefficients({1, 0}));
  }
}

TEST_CASE("residual starts mean the first input") {
  for_each_kind([](int kind, int inputs) {
    Numbers<double> w;
    for (std::size_t i = 0; i < parameters_of(kind, inputs); ++i)
      w.push_back(residual_start(kind, inputs, i).mean);
    Numbers<double> first(table_size(inputs), 0);
    first[table_size(inputs) / 2] = 1;
    CHECK(hard(kind, inputs, w, 1, Hardening::kGate) == first);
  });
}

TEST_CASE("names and sizes that there are not are errors") {
  CHECK_THROWS_WITH_AS(parametrization_index("soft"), Contains("unknown parametrization 'soft'"),
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(parameters_of(parametrization_index("covjac"), 3),
                       Contains("'covjac' has no gates of 3 inputs: it takes 2"),
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(parameters_of(parametrization_index("walsh"), 0), Contains("1 … 6"),
                       std::invalid_argument);
}

}  // namespace
}  // namespace pliant::logic
