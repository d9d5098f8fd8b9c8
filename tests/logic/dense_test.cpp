// tests/logic/dense_test.cpp — layers of gates on raw pointers: a naive network, layouts, tails,
// threads, SIMD targets
#include "pliant/logic/dense.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pliant/base/random.h"
#include "pliant/base/simd_target.h"
#include "pliant/logic/dense_trees.h"
#include "pliant/logic/gate.h"

namespace pliant::logic {
namespace {

using doctest::Approx;
using Numbers = std::vector<double>;

/// A network with numbers drawn at random, and its gradients by the textbook.
struct Net {
  std::size_t batch, inputs;
  std::vector<std::int64_t> widths{};
  int fan_in;
  bool sigmoid = false;
  std::size_t groups = 0;
  double grad_factor = 1;
  bool trees = false;                       ///< every layer but the first reads each gate once
  Numbers x{}, coefficients{}, upstream{};  // x (batch, inputs), upstream (batch, outputs)
  std::vector<std::int32_t> wiring{};

  [[nodiscard]] std::size_t gates() const {
    return std::accumulate(widths.begin(), widths.end(), std::size_t{0});
  }
  [[nodiscard]] std::size_t outputs() const {
    return groups > 0 ? groups : static_cast<std::size_t>(widths.back());
  }

  Net& draw(std::uint64_t seed) {
    base::Random random(seed, 0, 0);
    const auto uniform = [&] { return random.below(1U << 20) / double(1U << 20); };
    for (std::size_t i = 0; i < batch * inputs; ++i) x.push_back(uniform());
    for (std::size_t i = 0; i < table_size(fan_in) * gates(); ++i)
      coefficients.push_back(uniform() - 0.5);
    for (std::size_t i = 0; i < batch * outputs(); ++i) upstream.push_back(uniform() - 0.5);
    wiring.resize(static_cast<std::size_t>(fan_in) * gates());
    std::size_t features = inputs, begin = 0;
    std::vector<std::int32_t> deal;
    for (const std::int64_t width : widths) {
      for (std::size_t i = deal.size(); trees && i > 1; --i)
        std::swap(deal[i - 1], deal[random.below(static_cast<std::uint32_t>(i))]);
      for (std::size_t g = begin; g < begin + static_cast<std::size_t>(width); ++g) {
        for (std::size_t j = 0; j < static_cast<std::size_t>(fan_in); ++j)
          wiring[j * gates() + g] = static_cast<std::int32_t>(
              !deal.empty()         ? deal[2 * (g - begin) + j]
              : g % 3 == 0 && j > 0 ? wiring[g]
                                    : random.below(static_cast<std::uint32_t>(features)));
      }
      begin += static_cast<std::size_t>(width);
      features = static_cast<std::size_t>(width);
      if (trees) deal.resize(features);
      std::iota(deal.begin(), deal.end(), 0);
    }
    return *this;
  }
};

template <class T>
struct Result {
  std::vector<T> y, grad_x, grad_coefficients;
};

/// By our kernels; x and upstream by sample or by feature.
template <class T>
Result<T> ours(const Net& net, bool by_feature = false,
               const base::Executor& executor = base::serial_executor()) {
  const auto stored = [&](const Numbers& from, std::size_t features) {
    std::vector<T> to(from.begin(), from.end());
    for (std::size_t s = 0; by_feature && s < net.batch; ++s) {
      for (std::size_t f = 0; f < features; ++f)
        to[f * net.batch + s] = static_cast<T>(from[s * features + f]);
    }
    return to;
  };
  const auto samples = [&](const std::vector<T>& data, std::size_t features) -> Samples<T> {
    return {data.data(), by_feature ? 1 : features, by_feature ? net.batch : 1};
  };
  const std::vector<T> x = stored(net.x, net.inputs);
  const std::vector<T> upstream = stored(net.upstream, net.outputs());
  const std::vector<T> c(net.coefficients.begin(), net.coefficients.end());
  const DenseArgs<T> args{
      net.batch,         net.inputs, net.widths,  net.fan_in, samples(x, net.inputs),
      net.wiring.data(), c.data(),   net.sigmoid, net.groups, net.grad_factor};
  const std::size_t row = padded(net.batch);
  Result<T> result{std::vector<T>(net.outputs() * row), std::vector<T>(net.inputs * row),
                   std::vector<T>(c.size(), T(-7))};
  dense(args, result.y.data(), executor);
  dense_backward(args, samples(upstream, net.outputs()), result.grad_x.data(),
                 result.grad_coefficients.data(), executor);
  return result;
}

/// One sample through the net: all activations, the inputs first.
Numbers activations(const Net& net, const double* x) {
  Numbers values(x, x + net.inputs);
  std::size_t below = 0, gate = 0;
  for (const std::int64_t width : net.widths) {
    const std::size_t here = values.size();
    for (std::int64_t g = 0; g < width; ++g, ++gate) {
      double sum = 0;
      for (std::size_t subset = 0; subset < table_size(net.fan_in); ++subset) {
        double term = net.coefficients[subset * net.gates() + gate];
        for (int j = 0; j < net.fan_in; ++j) {
          if ((subset >> (net.fan_in - 1 - j) & 1) != 0)
            term *=
                values[below + static_cast<std::size_t>(
                                   net.wiring[static_cast<std::size_t>(j) * net.gates() + gate])];
        }
        sum += term;
      }
      values.push_back(net.sigmoid ? 1 / (1 + std::exp(-sum)) : sum);
    }
    below = here;
  }
  return values;
}

/// The result of one sample from its activations.
Numbers outputs(const Net& net, const Numbers& values) {
  const std::size_t last = static_cast<std::size_t>(net.widths.back());
  const std::size_t size = last / net.outputs();
  Numbers y(net.outputs());
  for (std::size_t g = 0; g < last; ++g) y[g / size] += values[values.size() - last + g];
  return y;
}

/// ⟨upstream, y⟩ of the whole batch.
double loss(const Net& net) {
  double sum = 0;
  for (std::size_t s = 0; s < net.batch; ++s) {
    const Numbers y = outputs(net, activations(net, net.x.data() + s * net.inputs));
    for (std::size_t o = 0; o < y.size(); ++o) sum += y[o] * net.upstream[s * y.size() + o];
  }
  return sum;
}

/// The derivative of the loss with respect to one number of the net.
double slope(Net net, Numbers Net::*numbers, std::size_t i) {
  const double at = (net.*numbers)[i];
  (net.*numbers)[i] = at + 1e-6;
  const double above = loss(net);
  (net.*numbers)[i] = at - 1e-6;
  return (above - loss(net)) / 2e-6;
}

std::vector<Net> nets() {
  return {Net{.batch = 3, .inputs = 5, .widths = {7}, .fan_in = 2},
          Net{.batch = 17, .inputs = 4, .widths = {6, 5}, .fan_in = 2, .groups = 5},
          Net{.batch = 16, .inputs = 6, .widths = {5, 7, 6}, .fan_in = 2, .groups = 3},
          Net{.batch = 5, .inputs = 3, .widths = {4, 4, 4, 4}, .fan_in = 1},
          Net{.batch = 4, .inputs = 5, .widths = {4, 6}, .fan_in = 3, .sigmoid = true, .groups = 2},
          Net{.batch = 2, .inputs = 7, .widths = {3, 2}, .fan_in = 6},
          Net{.batch = 19, .inputs = 4, .widths = {3, 4}, .fan_in = 5, .sigmoid = true},
          Net{.batch = 3, .inputs = 5, .widths = {12, 6}, .fan_in = 2, .groups = 2, .trees = true},
          Net{.batch = 18, .inputs = 4, .widths = {8, 4, 2}, .fan_in = 2, .trees = true},
          Net{.batch = 70,
              .inputs = 3,
              .widths = {16, 8, 4, 2},
              .fan_in = 2,
              .sigmoid = true,
              .groups = 1,
              .trees = true}};
}

TEST_CASE("values and gradients are the naive network's, in double") {
  for (Net net : nets()) {
    net.draw(1);
    const Result<double> found = ours<double>(net);
    const std::size_t row = padded(net.batch);
    for (std::size_t s = 0; s < net.batch; ++s) {
      const Numbers y = outputs(net, activations(net, net.x.data() + s * net.inputs));
      for (std::size_t o = 0; o < y.size(); ++o)
        CHECK(found.y[o * row + s] == Approx(y[o]).epsilon(1e-13).scale(1));
      for (std::size_t f = 0; f < net.inputs; ++f)
        CHECK(found.grad_x[f * row + s] ==
              Approx(slope(net, &Net::x, s * net.inputs + f)).epsilon(1e-7).scale(1));
    }
    for (std::size_t i = 0; i < net.coefficients.size(); ++i)
      CHECK(found.grad_coefficients[i] ==
            Approx(slope(net, &Net::coefficients, i)).epsilon(1e-7).scale(1));
  }
}

TEST_CASE("numbers by feature and by sample give the same bits") {
  for (Net net : nets()) {
    net.draw(2);
    const Result<float> rows = ours<float>(net);
    const Result<float> columns = ours<float>(net, true);
    CHECK(rows.y == columns.y);
    CHECK(rows.grad_x == columns.grad_x);
    CHECK(rows.grad_coefficients == columns.grad_coefficients);
  }
}

TEST_CASE("threads give the same bits") {
  for (const bool trees : {false, true}) {
    Net net{.batch = 300, .inputs = 30, .widths = {120, 60}, .fan_in = 2, .groups = 6};
    net.trees = trees;
    net.draw(3);
    const Result<float> alone = ours<float>(net);
    for (const unsigned threads : {2U, 3U}) {
      const Result<float> together = ours<float>(net, false, base::thread_executor(threads));
      CHECK(alone.y == together.y);
      CHECK(alone.grad_x == together.grad_x);
      CHECK(alone.grad_coefficients == together.grad_coefficients);
    }
  }
}

std::optional<DenseTrees> trees_of(const Net& net) {
  return find_trees(DenseArgs<double>{net.batch,
                                      net.inputs,
                                      net.widths,
                                      net.fan_in,
                                      {net.x.data(), net.inputs, 1},
                                      net.wiring.data(),
                                      net.coefficients.data(),
                                      net.sigmoid,
                                      net.groups,
                                      net.grad_factor});
}

TEST_CASE("trees are numbered as kernels of convolutions are") {
  Net net{.batch = 1, .inputs = 5, .widths = {4, 2, 1}, .fan_in = 2};
  net.draw(7);
  // The root reads gates 1 and 0 of the second layer, which read 3, 0 and 2, 1 of the first.
  net.wiring = {4, 3, 2, 1, 2, 3, 1, 0, 0, 1, 1, 1, 0, 0};
  const auto trees = trees_of(net);
  REQUIRE(trees);
  CHECK(trees->depth == 3);
  CHECK(trees->gates == std::vector<std::int32_t>{3, 0, 2, 1, 5, 4, 6});
  std::vector<std::size_t> features;
  for (const std::size_t tap : trees->taps) features.push_back(tap / kSlice);
  CHECK(features == std::vector<std::size_t>{1, 1, 4, 0, 2, 1, 3, 0});
}

TEST_CASE("layers that are no trees are told from those that are") {
  const Net trees = Net{.batch = 1, .inputs = 5, .widths = {8, 4}, .fan_in = 2, .trees = true};
  CHECK(trees_of(Net(trees).draw(8)));
  Net twice = Net(trees).draw(8);
  twice.wiring[twice.gates() - 1] = twice.wiring[twice.gates() - 2];  // the first inputs' last two
  CHECK_FALSE(trees_of(twice));
  Net wide{.batch = 1, .inputs = 5, .widths = {8, 5}, .fan_in = 2};
  CHECK_FALSE(trees_of(wide.draw(8)));
  Net single{.batch = 1, .inputs = 5, .widths = {8}, .fan_in = 2};
  CHECK_FALSE(trees_of(single.draw(8)));
  Net scaled = Net(trees).draw(8);
  scaled.grad_factor = 2;
  CHECK_FALSE(trees_of(scaled));
  Net deep{.batch = 1, .inputs = 2, .widths = {512, 256, 128, 64, 32, 16, 8, 4, 2}, .fan_in = 2};
  deep.trees = true;
  CHECK_FALSE(trees_of(deep.draw(8)));
}

TEST_CASE("SIMD targets agree, in float with double") {
  const auto targets = base::simd_targets();
  for (Net net : nets()) {
    net.draw(4);
    base::set_simd_target(targets.front());
    const Result<double> exact = ours<double>(net);
    for (const auto& target : targets) {
      CAPTURE(target);
      base::set_simd_target(target);
      const Result<float> found = ours<float>(net);
      const auto close = [](const std::vector<float>& a, const Numbers& b) {
        for (std::size_t i = 0; i < a.size(); ++i)
          CHECK(a[i] == Approx(b[i]).epsilon(1e-5).scale(1));
      };
      close(found.y, exact.y);
      close(found.grad_x, exact.grad_x);
      close(found.grad_coefficients, exact.grad_coefficients);
    }
  }
  base::set_simd_target(targets.front());
}

TEST_CASE("what nobody wants is not written, and an empty batch has no gradient") {
  Net net{.batch = 5, .inputs = 4, .widths = {6, 4}, .fan_in = 2};
  net.draw(5);
  const Result<float> both = ours<float>(net);
  const std::vector<float> x(net.x.begin(), net.x.end());
  const std::vector<float> c(net.coefficients.begin(), net.coefficients.end());
  const std::vector<float> up(net.upstream.begin(), net.upstream.end());
  DenseArgs<float> args{5, 4, net.widths, 2, {x.data(), 4, 1}, net.wiring.data(), c.data()};
  const Samples<float> upstream{up.data(), 4, 1};
  std::vector<float> grad_x(4 * padded(5)), grad_c(c.size());
  dense_backward<float>(args, upstream, grad_x.data(), nullptr, base::serial_executor());
  dense_backward<float>(args, upstream, nullptr, grad_c.data(), base::serial_executor());
  CHECK(grad_x == both.grad_x);
  CHECK(grad_c == both.grad_coefficients);
  args.batch = 0;
  dense(args, static_cast<float*>(nullptr), base::serial_executor());
  dense_backward<float>(args, upstream, nullptr, grad_c.data(), base::serial_executor());
  CHECK(grad_c == std::vector<float>(c.size(), 0));
}

TEST_CASE("one sample's NaN reaches no other sample") {
  Net net{.batch = 20, .inputs = 4, .widths = {6, 4}, .fan_in = 2};
  net.draw(6);
  const Result<float> clean = ours<float>(net);
  for (std::size_t f = 0; f < 4; ++f) net.x[18 * 4 + f] = std::numeric_limits<double>::quiet_NaN();
  const Result<float> dirty = ours<float>(net);
  for (std::size_t s = 0; s < 20; ++s) {
    for (std::size_t o = 0; o < 4; ++o) {
      if (s == 18) CHECK(std::isnan(dirty.y[o * padded(20) + s]));
      if (s != 18) CHECK(dirty.y[o * padded(20) + s] == clean.y[o * padded(20) + s]);
    }
    for (std::size_t f = 0; s != 18 && f < 4; ++f)
      CHECK(dirty.grad_x[f * padded(20) + s] == clean.grad_x[f * padded(20) + s]);
  }
}

TEST_CASE("whole slices hold the batch") {
  CHECK(padded(0) == 0);
  CHECK(padded(1) == 16);
  CHECK(padded(16) == 16);
  CHECK(padded(17) == 32);
}

}  // namespace
}  // namespace pliant::logic
