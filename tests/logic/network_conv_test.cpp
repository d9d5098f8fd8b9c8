// tests/logic/network_conv_test.cpp — described convolutions and pools as circuits, against the
// kernels that eval mode runs
#include <doctest/doctest.h>

#include <string>

#include "pliant/base/random.h"
#include "pliant/logic/conv.h"
#include "pliant/logic/dense.h"
#include "pliant/logic/network_file.h"
#include "pliant/logic/parametrization.h"
#include "tests/logic/described.h"

namespace pliant::logic {
namespace {

using circuit::Circuit;

struct ConvCase {
  Extent input, receptive, stride, padding;
  int depth;
  std::size_t pool;
};

void check_conv_case(const ConvCase& c) {
  CAPTURE(c.depth);
  CAPTURE(c.pool);
  CAPTURE(c.input.rows);
  const ConvShape shape{.batch = 70,
                        .channels = 3,
                        .input = c.input,
                        .kernels = 5,
                        .depth = c.depth,
                        .receptive = c.receptive,
                        .stride = c.stride,
                        .padding = c.padding,
                        .pool = c.pool};
  check_conv(shape);
  std::vector<std::int32_t> taps;
  base::Random random(11, 0, 0);
  for (const std::size_t bound : {shape.channels, c.receptive.rows, c.receptive.columns}) {
    for (std::size_t i = 0; i < 5 * shape.leaves(); ++i)
      taps.push_back(static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(bound))));
  }
  const std::vector<float> weight = normal(4 * shape.gates(), 3);
  std::vector<float> coefficients(weight.size());
  hard_coefficients<float>({parametrization_index("light"), 2, 1, shape.gates(), weight.data()},
                           Hardening::kGate, coefficients.data(), base::serial_executor());
  const std::size_t area = c.input.rows * c.input.columns;
  const Bits x = random_bits(70 * 3 * area, 8);
  const std::vector<float> numbers(x.begin(), x.end());
  const Extent out = shape.output();
  const std::size_t outputs = 5 * out.rows * out.columns;
  std::vector<float> y(outputs * padded(70));
  std::vector<std::uint8_t> winner(y.size());
  conv2d<float>({shape,
                 {numbers.data(), 3 * area, area, c.input.columns, 1},
                 taps.data(),
                 coefficients.data()},
                y.data(), c.pool > 1 ? winner.data() : nullptr, base::serial_executor());
  Bits expected;
  for (std::size_t s = 0; s < 70; ++s) {
    for (std::size_t o = 0; o < outputs; ++o)
      expected.push_back(static_cast<std::uint8_t>(y[o * padded(70) + s]));
  }

  const auto i64 = [](std::size_t n) { return static_cast<std::int64_t>(n); };
  Store store;
  LogicConv2dLayer layer;
  layer.taps = store.add("taps", {3, 5, i64(shape.leaves())}, taps);
  layer.gates.weight = store.add("weight", {4, i64(shape.gates())}, weight);
  layer.kernel_size = {i64(c.receptive.rows), i64(c.receptive.columns)};
  layer.stride = {i64(c.stride.rows), i64(c.stride.columns)};
  layer.padding = {i64(c.padding.rows), i64(c.padding.columns)};
  layer.pool = i64(c.pool);
  layer.depth = c.depth;
  Description description;
  description.input.shape = {3, i64(c.input.rows), i64(c.input.columns)};
  description.layers = {layer};
  const Circuit circuit = circuit_of(description, store.map(), "net");
  CHECK(circuit.stages.size() == 1);
  CHECK(circuit.stages[0].placements == out.rows * out.columns);
  CHECK(outputs_of(circuit, x) == expected);

  if (c.pool == 1) return;
  // Pooling as a layer of its own is the same function.
  layer.pool = 1;
  OrPool2dLayer pool;
  pool.size = {i64(c.pool), i64(c.pool)};
  description.layers = {layer, pool};
  const Circuit apart = circuit_of(description, store.map(), "net");
  CHECK(apart.stages.size() == 2);
  CHECK(outputs_of(apart, x) == expected);
  CHECK(flattened(circuit).cell().nodes.size() <= flattened(apart).cell().nodes.size());
}

TEST_CASE("convolutions with padding, strides, pools and trees of depth 0 to 4 are as eval is") {
  check_conv_case({{7, 5}, {3, 2}, {1, 1}, {0, 0}, 3, 1});
  check_conv_case({{7, 5}, {3, 2}, {1, 1}, {1, 1}, 2, 2});
  check_conv_case({{8, 9}, {3, 3}, {2, 1}, {1, 0}, 4, 2});
  check_conv_case({{8, 9}, {3, 4}, {1, 2}, {0, 2}, 1, 3});
  check_conv_case({{6, 6}, {1, 1}, {1, 1}, {0, 0}, 0, 2});
  check_conv_case({{3, 3}, {3, 3}, {1, 1}, {0, 0}, 3, 1});
  check_conv_case({{9, 9}, {2, 2}, {1, 1}, {4, 4}, 2, 4});
}

TEST_CASE("trees of gates of four inputs, and of one, are read level by level") {
  Store store;
  LogicConv2dLayer layer;
  layer.kernel_size = {1, 4};
  layer.gates.fan_in = 4;
  layer.taps = store.add<std::int32_t>("taps", {3, 1, 4}, {0, 0, 0, 0, 0, 0, 0, 0, 3, 2, 1, 0});
  Bits table(16);
  table[0b1000] = 1;  // the first leaf alone: column 3
  layer.gates.tables = store.add("t", {16, 1}, table);
  Description description;
  description.input.shape = {1, 1, 4};
  description.layers = {layer};
  const Circuit four = circuit_of(description, store.map(), "net");
  CHECK(outputs_of(four, {0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0}) == Bits{1, 0, 0});

  layer.kernel_size = {1, 1};
  layer.gates.fan_in = 1;
  layer.taps = store.add<std::int32_t>("one", {3, 1, 1}, {0, 0, 0});
  layer.gates.tables = store.add<std::uint8_t>("inverters", {2, 3}, {1, 1, 1, 0, 0, 0});
  layer.depth = 3;
  description.layers = {layer};
  CHECK(outputs_of(circuit_of(description, store.map(), "net"), {0, 1, 1, 0}) == Bits{1, 0, 0, 1});
  layer.depth = -1;
  description.layers = {layer};
  CHECK_HAS(refused(description, store), "a depth in 0 … 255");
}

TEST_CASE("pools of other strides and with padding are the maximum of what is in the picture") {
  Description description;
  description.input.shape = {2, 5, 4};
  OrPool2dLayer pool;
  pool.size = {3, 2};
  pool.stride = {2, 1};
  pool.padding = {1, 1};
  description.layers = {pool};
  const Circuit circuit = circuit_of(description, {}, "net");
  const Bits x = random_bits(66 * 40, 2);
  Bits expected;
  for (std::size_t s = 0; s < 66; ++s) {
    for (int c = 0; c < 2; ++c) {
      for (int row = -1; row + 3 <= 6; row += 2) {
        for (int column = -1; column + 2 <= 5; ++column) {
          std::uint8_t any = 0;
          for (int i = 0; i < 6; ++i) {
            const int r = row + i / 2;
            const int q = column + i % 2;
            if (0 <= r && r < 5 && 0 <= q && q < 4)
              any |= x[s * 40 + static_cast<std::size_t>(c * 20 + r * 4 + q)];
          }
          expected.push_back(any);
        }
      }
    }
  }
  CHECK(outputs_of(circuit, x) == expected);
}

}  // namespace
}  // namespace pliant::logic
