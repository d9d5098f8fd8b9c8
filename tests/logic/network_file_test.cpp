// tests/logic/network_file_test.cpp — described networks as circuits, against the kernels that
// eval mode runs
#include "pliant/logic/network_file.h"

#include <doctest/doctest.h>

#include <array>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>

#include "pliant/base/random.h"
#include "pliant/logic/conv.h"
#include "pliant/logic/dense.h"
#include "pliant/logic/gate.h"
#include "pliant/logic/parametrization.h"
#include "pliant/logic/pliant_logic.h"

namespace pliant::logic {
namespace {

using circuit::Circuit;
using circuit::Signal;
using Bits = std::vector<std::uint8_t>;

/// Tensors that own their numbers.
class Store {
 public:
  template <class T>
  std::string add(const std::string& name, const std::vector<std::int64_t>& shape,
                  const std::vector<T>& values) {
    bytes_.emplace_back(values.size() * sizeof(T));
    if (!values.empty()) std::memcpy(bytes_.back().data(), values.data(), bytes_.back().size());
    map_[name] = {dtype<T>(), shape, bytes_.back().data(), bytes_.back().size()};
    return name;
  }
  [[nodiscard]] const data::TensorMap& map() const { return map_; }

 private:
  template <class T>
  static const char* dtype() {
    if constexpr (std::is_same_v<T, double>) return "F64";
    if constexpr (std::is_same_v<T, float>) return "F32";
    if constexpr (std::is_same_v<T, std::int64_t>) return "I64";
    if constexpr (std::is_same_v<T, std::int32_t>) return "I32";
    return "U8";
  }
  std::vector<std::vector<std::uint8_t>> bytes_;
  data::TensorMap map_;
};

Bits random_bits(std::size_t count, std::uint64_t seed) {
  base::Random random(seed, 5, 0);
  Bits bits(count);
  for (auto& bit : bits) bit = static_cast<std::uint8_t>(random.below(2));
  return bits;
}

std::vector<float> normal(std::size_t count, std::uint64_t seed) {
  base::Random random(seed, 6, 0);
  std::vector<float> numbers(count);
  // The sum of a few uniforms: which law it is does not matter.
  for (float& number : numbers)
    number = static_cast<float>(random.uniform() + random.uniform() + random.uniform() - 1.5) * 4;
  return numbers;
}

/// The last stage's bits, (samples, bits), of circuit inputs (samples, inputs).
Bits outputs_of(const Circuit& circuit, const Bits& x) {
  const Circuit flat = flattened(circuit);
  const std::size_t inputs = flat.input_bits();
  const std::size_t samples = x.size() / inputs;
  const std::size_t words = (samples + 63) / 64;
  std::vector<std::uint64_t> rows(inputs * words);
  for (std::size_t s = 0; s < samples; ++s) {
    for (std::size_t i = 0; i < inputs; ++i)
      rows[i * words + s / 64] |= std::uint64_t{x[s * inputs + i]} << (s % 64);
  }
  const std::vector<std::uint64_t> y = evaluate(flat.cell(), rows.data(), words);
  Bits bits;
  for (std::size_t s = 0; s < samples; ++s) {
    for (std::size_t o = 0; o < flat.output_bits(); ++o)
      bits.push_back((y[o * words + s / 64] >> (s % 64)) & 1);
  }
  return bits;
}

Description row_of(std::int64_t features, std::vector<Layer> layers) {
  Description description;
  description.input.shape = {features};
  description.layers = std::move(layers);
  return description;
}

/// The error text of a network.
std::string refused(const Description& description, const Store& store) {
  try {
    circuit_of(description, store.map(), "net");
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

#define CHECK_HAS(text, part) CHECK_MESSAGE((text).find(part) != std::string::npos, (text))

TEST_CASE("each of the 16 gates computes its own truth table, given by number and by entries") {
  for (std::int64_t id = 0; id < kGates; ++id) {
    Store store;
    LogicLayers by_number;
    by_number.gates.tables = store.add<std::int64_t>("ids", {1}, {id});
    by_number.wiring = store.add<std::int32_t>("wiring", {2, 1}, {0, 1});
    LogicLayers by_entries = by_number;
    by_entries.gates.tables =
        store.add<std::uint8_t>("entries", {4, 1},
                                {std::uint8_t((id >> 3) & 1), std::uint8_t((id >> 2) & 1),
                                 std::uint8_t((id >> 1) & 1), std::uint8_t(id & 1)});
    for (const LogicLayers& layer : {by_number, by_entries}) {
      const Bits y =
          outputs_of(circuit_of(row_of(2, {layer}), store.map(), "net"), {0, 0, 0, 1, 1, 0, 1, 1});
      const Gate gate{2, static_cast<std::uint64_t>(id)};
      CHECK(y == Bits{gate[0], gate[1], gate[2], gate[3]});
    }
  }
}

TEST_CASE("gates of 1 to 6 inputs read their first input as the table's most significant bit") {
  for (int k = 1; k <= kMaxInputs; ++k) {
    const std::size_t entries = table_size(k);
    const Bits table = random_bits(entries, static_cast<std::uint64_t>(k));
    std::vector<std::int32_t> wiring;
    Bits x;
    for (int j = 0; j < k; ++j) wiring.push_back(j);
    for (std::size_t address = 0; address < entries; ++address) {
      for (int j = 0; j < k; ++j)
        x.push_back(static_cast<std::uint8_t>((address >> (k - 1 - j)) & 1));
    }
    Store store;
    LogicLayers layer;
    layer.gates.fan_in = k;
    layer.gates.tables = store.add("t", {static_cast<std::int64_t>(entries), 1}, table);
    layer.wiring = store.add("w", {k, 1}, wiring);
    CHECK(outputs_of(circuit_of(row_of(k, {layer}), store.map(), "net"), x) == table);
  }
}

/// Layers of gates as eval mode runs them: hard coefficients, then the kernel.
template <class T>
Bits eval_dense(const LogicLayers& layer, const std::vector<T>& weight,
                const std::vector<std::int32_t>& wiring, std::size_t features, const Bits& x) {
  const std::size_t gates = wiring.size() / static_cast<std::size_t>(layer.gates.fan_in);
  const int index = parametrization_index(layer.gates.parametrization);
  const auto k = static_cast<int>(layer.gates.fan_in);
  std::vector<T> coefficients(table_size(k) * gates);
  const double tau = layer.gates.temperature > 0
                         ? layer.gates.temperature
                         : parametrizations()[static_cast<std::size_t>(index)].temperature;
  hard_coefficients<T>({index, k, tau, gates, weight.data()},
                       layer.gates.hardening == "gate" ? Hardening::kGate : Hardening::kTable,
                       coefficients.data(), base::serial_executor());
  const std::vector<T> numbers(x.begin(), x.end());
  const std::size_t batch = x.size() / features;
  DenseArgs<T> args;
  args.batch = batch;
  args.inputs = features;
  args.widths = layer.widths;
  args.fan_in = k;
  args.x = {numbers.data(), features, 1};
  args.wiring = wiring.data();
  args.coefficients = coefficients.data();
  std::vector<T> y(args.outputs() * padded(batch));
  dense(args, y.data(), base::serial_executor());
  Bits bits;
  for (std::size_t s = 0; s < batch; ++s) {
    for (std::size_t o = 0; o < args.outputs(); ++o)
      bits.push_back(static_cast<std::uint8_t>(y[o * padded(batch) + s]));
  }
  return bits;
}

template <class T>
void check_dense(const std::string& parametrization, int k, const std::string& hardening) {
  CAPTURE(parametrization);
  CAPTURE(k);
  CAPTURE(hardening);
  constexpr std::size_t kFeatures = 13;
  LogicLayers layer;
  layer.gates.fan_in = k;
  layer.gates.parametrization = parametrization;
  layer.gates.hardening = hardening;
  layer.widths = {17, 11, 8};
  std::vector<std::int32_t> wiring;  // (k, gates) of layers
  const std::size_t gates = 36;
  base::Random random(static_cast<std::uint64_t>(k), 7, 0);
  wiring.resize(static_cast<std::size_t>(k) * gates);
  std::size_t begin = 0;
  std::size_t features = kFeatures;
  for (const std::int64_t width : layer.widths) {
    const auto count = static_cast<std::size_t>(width);
    for (std::size_t j = 0; j < static_cast<std::size_t>(k); ++j) {
      for (std::size_t g = begin; g < begin + count; ++g)
        wiring[j * gates + g] =
            static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(features)));
    }
    begin += count;
    features = count;
  }
  const std::size_t parameters = parameters_of(parametrization_index(parametrization), k);
  const std::vector<float> drawn = normal(parameters * gates, static_cast<std::uint64_t>(k));
  const std::vector<T> weight(drawn.begin(), drawn.end());
  Store store;
  layer.gates.weight = store.add(
      "weight", {static_cast<std::int64_t>(parameters), static_cast<std::int64_t>(gates)}, weight);
  layer.wiring = store.add("wiring", {k, static_cast<std::int64_t>(gates)}, wiring);
  const Circuit circuit = circuit_of(row_of(kFeatures, {layer}), store.map(), "net");
  CHECK(circuit.flat());
  CHECK(circuit.cell().nodes.size() == gates);
  const Bits x = random_bits(kFeatures * 203, 4);
  CHECK(outputs_of(circuit, x) == eval_dense<T>(layer, weight, wiring, kFeatures, x));
}

TEST_CASE("layers of every parametrisation, hardening, number of inputs and type are as eval is") {
  for (const Parametrization& each : parametrizations()) {
    for (const int k : each.inputs) {
      for (const char* hardening : {"gate", "table"}) {
        check_dense<float>(std::string(each.name), k, hardening);
        check_dense<double>(std::string(each.name), k, hardening);
      }
    }
  }
}

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

/// The bits of one example's numbers.
Bits encoded(const Circuit& circuit, const std::vector<float>& numbers) {
  Bits bits(circuit.input_bits());
  encode(circuit.encoder, numbers.data(), bits.data());
  return bits;
}

TEST_CASE(
    "thermometers stand as (threshold, channel, row, column), for all, a channel, a feature") {
  Store store;
  Description description;
  description.input.shape = {2, 1, 2};
  ThermometerLayer layer;
  const std::vector<float> x = {0.25F, 0.6F, 0.5F, 0.9F};
  layer.thresholds = store.add<double>("all", {2}, {0.25, 0.55});
  description.layers = {layer};
  CHECK(encoded(circuit_of(description, store.map(), "net"), x) == Bits{0, 1, 1, 1, 0, 1, 0, 1});
  layer.thresholds = store.add<double>("channel", {2, 2}, {0.1, 0.7, 0.3, 0.95});
  description.layers = {layer};
  CHECK(encoded(circuit_of(description, store.map(), "net"), x) == Bits{1, 1, 0, 1, 0, 1, 0, 0});
  layer.thresholds = store.add<float>("feature", {1, 2, 1, 2}, {0.2F, 0.6F, 0.5F, 0.1F});
  description.layers = {layer, FlattenLayer{}};
  const Circuit circuit = circuit_of(description, store.map(), "net");
  CHECK(encoded(circuit, x) == Bits{1, 0, 0, 1});  // what is equal gives 0
  CHECK(circuit.encoder.shape == std::vector<std::uint32_t>{2, 1, 2});
  BitsLayer code;
  code.feature = store.add<std::int64_t>("f", {3}, {3, 0, 3});
  code.threshold = store.add<float>("t", {3}, {0.5F, 0.3F, 0.95F});
  code.shape = {3};
  description.layers = {code};
  CHECK(encoded(circuit_of(description, store.map(), "net"), x) == Bits{1, 0, 0});
}

TEST_CASE("rounding, a crop, names, classes and sums come over") {
  Store store;
  Description description;
  description.input = {{1, 2, 2}, 16, {3, 4, 2}, {}};
  description.input.names = {"a", "b", "c", "d"};
  description.classes = {"odd", "even"};
  SelectLayer select;
  select.features = store.add<std::int32_t>("s", {4}, {3, 3, 0, 1});
  GroupSumLayer sum{2, 2.5, -3};
  description.layers = {RoundLayer{}, select, sum, FlattenLayer{}};
  const Circuit circuit = circuit_of(description, store.map(), "net");
  CHECK(circuit.flat());
  CHECK(circuit.encoder.byte_maximum == 16);
  CHECK(circuit.encoder.crop == circuit::Crop{3, 4, 2});
  CHECK(circuit.encoder.names == description.input.names);
  CHECK(circuit.encoder.threshold == std::vector<double>(4, 0.5));
  CHECK(circuit.sums.names == description.classes);
  CHECK(circuit.sums.tau == 2.5);
  CHECK(circuit.sums.biases == std::vector<std::int32_t>{-3, -3});
  CHECK(circuit.sums.begins == std::vector<std::uint32_t>{0, 2, 4});
  CHECK(outputs_of(circuit, {1, 0, 0, 0, 0, 1, 0, 1}) == Bits{0, 0, 1, 0, 1, 1, 0, 1});
}

TEST_CASE("a network without gates passes its bits, and may have no classes") {
  const Circuit circuit = circuit_of(row_of(3, {}), {}, "net");
  CHECK(circuit.flat());
  CHECK(circuit.sums.classes() == 0);
  CHECK(outputs_of(circuit, {1, 0, 1}) == Bits{1, 0, 1});
}

TEST_CASE(
    "a convolution, layers of rows and again a picture are stages; rows flatten by themselves") {
  Store store;
  LogicConv2dLayer conv;
  conv.kernel_size = {2, 2};
  conv.taps = store.add<std::int32_t>("taps", {3, 2, 2}, {0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0});
  conv.gates.tables = store.add<std::uint8_t>("and_xor", {2}, {1, 6});
  LogicLayers row;
  row.gates.tables = store.add<std::uint8_t>("or", {2}, {7, 7});
  row.wiring = store.add<std::int64_t>("w", {2, 2}, {0, 1, 7, 2});
  Description description;
  description.input.shape = {1, 3, 3};
  description.layers = {conv, row, GroupSumLayer{1, 1, 0}};
  const Circuit circuit = circuit_of(description, store.map(), "net");
  CHECK(circuit.stages.size() == 2);
  const Bits x = random_bits(9 * 64, 1);
  Bits expected;
  for (std::size_t s = 0; s < 64; ++s) {
    const std::uint8_t* p = x.data() + 9 * s;
    const auto and_at = [&](int i, int j) { return p[3 * i + j] & p[3 * (i + 1) + j + 1]; };
    // Kernel 1 reads (row 0, column 1) and (row 0, column 0).
    const auto xor_at = [&](int i, int j) { return p[3 * i + j + 1] ^ p[3 * i + j]; };
    expected.push_back(static_cast<std::uint8_t>(and_at(0, 0) | xor_at(1, 1)));
    expected.push_back(static_cast<std::uint8_t>(and_at(0, 1) | and_at(1, 0)));
  }
  CHECK(outputs_of(circuit, x) == expected);
}

TEST_CASE("what does not fit is refused by the layer's number and name") {
  Store store;
  LogicLayers good;
  good.gates.tables = store.add<std::uint8_t>("ids", {2}, {1, 6});
  good.wiring = store.add<std::int32_t>("w", {2, 2}, {0, 1, 1, 2});
  CHECK(refused(row_of(3, {good}), store) == "accepted");
  CHECK(refused(row_of(2, {good}), store) ==
        "net: layer 0 (logic): input 1 of gate 1 is feature 2, there are 2");
  LogicLayers bad = good;
  bad.wiring = "nowhere";
  CHECK(refused(row_of(3, {bad}), store) == "net: layer 0 (logic): there is no tensor 'nowhere'");
  bad.wiring = store.add<std::int32_t>("negative", {2, 2}, {0, 1, -1, 2});
  CHECK_HAS(refused(row_of(3, {bad}), store), "has the number -1 at 2");
  bad.wiring = store.add<float>("floats", {2, 2}, {0, 1, 1, 2});
  CHECK_HAS(refused(row_of(3, {bad}), store), "must be of integers or booleans, got F32");
  bad.wiring = store.add<std::int32_t>("flat", {4}, {0, 1, 1, 2});
  CHECK_HAS(refused(row_of(3, {bad}), store), "must have 2 dimensions, got the shape (4)");
  bad.wiring = store.add<std::int32_t>("three", {3, 2}, {0, 1, 1, 2, 0, 0});
  CHECK_HAS(refused(row_of(3, {bad}), store), "must have the shape (2, gates), got (3, 2)");
  bad = good;
  bad.widths = {2, 2};
  CHECK_HAS(refused(row_of(3, {bad}), store), "widths sum to more than the 2 gates");
  bad.widths = {1};
  CHECK_HAS(refused(row_of(3, {bad}), store), "widths sum to 1, the wiring has 2 gates");
  bad.widths = {0, 2};
  CHECK_HAS(refused(row_of(3, {bad}), store), "sizes must be at least 1");
  bad = good;
  bad.gates.tables = store.add<std::uint8_t>("17", {2}, {1, 16});
  CHECK_HAS(refused(row_of(3, {bad}), store), "must hold numbers in 0 … 15, got 16 at 1");
  bad.gates.tables = store.add<std::uint8_t>("short", {1}, {1});
  CHECK_HAS(refused(row_of(3, {bad}), store), "(4, 2) or, of gates' numbers, (2), got (1)");
  bad.gates.weight = "both";
  CHECK_HAS(refused(row_of(3, {bad}), store), "either 'weight' or 'tables'");
  bad = good;
  bad.gates.fan_in = 7;
  CHECK_HAS(refused(row_of(3, {bad}), store), "the shape (7, gates)");
  bad = good;
  bad.gates.tables = "";
  bad.gates.weight = store.add("weight", {16, 2}, normal(32, 1));
  bad.gates.parametrization = "hard";
  CHECK_HAS(refused(row_of(3, {bad}), store), "unknown parametrization 'hard'");
  bad.gates.parametrization = "light";
  CHECK_HAS(refused(row_of(3, {bad}), store), "must have the shape (4, 2)");
  bad.gates.parametrization = "softmax";
  CHECK(refused(row_of(3, {bad}), store) == "accepted");
  bad.gates.temperature = -1;
  CHECK_HAS(refused(row_of(3, {bad}), store), "temperature must be > 0, got -1");
  bad.gates.temperature = 1;
  bad.gates.hardening = "soft";
  CHECK_HAS(refused(row_of(3, {bad}), store), "unknown hardening 'soft'; there are: gate, table");
  CHECK_HAS(refused(row_of(3, {good, RoundLayer{}}), store),
            "layer 1 (round): only the first layer can turn numbers into bits");
  CHECK_HAS(refused(row_of(3, {GroupSumLayer{3, 1, 0}, good}), store), "nothing can follow");
  CHECK_HAS(refused(row_of(3, {GroupSumLayer{2, 1, 0}}), store), "divide the 3 bits, got 2");
  CHECK_HAS(refused(row_of(3, {GroupSumLayer{0, 1, 0}}), store), "k must divide");
  CHECK_HAS(refused(row_of(3, {GroupSumLayer{3, 0, 0}}), store), "tau must be > 0");
  CHECK_HAS(refused(row_of(3, {GroupSumLayer{3, 1, 1 << 25}}), store), "bias must be within");
  CHECK_HAS(refused(row_of(3, {OrPool2dLayer{}}), store),
            "reads pictures (channels, rows, columns)");
  CHECK_HAS(refused(row_of(0, {}), store), "net: 'input': sizes must be at least 1");
  CHECK_HAS(refused(row_of(std::int64_t{1} << 40, {}), store), "at most 2^24 bits");
  Description named = row_of(3, {good});
  named.classes = {"a"};
  CHECK_HAS(refused(named, store), "there are 0 classes, got 1 names");
  named.classes = {};
  named.input.names = {"x"};
  CHECK_HAS(refused(named, store), "3 names are needed");
  named.input.names = {};
  named.input.crop = {28, 28, 20};
  CHECK_HAS(refused(named, store), "that are cropped need a first layer");
  named.input.crop = {28, 28};
  CHECK_HAS(refused(named, store), "'crop' must be [height, width, side], got (28, 28)");
  named.input.shape = {2, 2};
  CHECK_HAS(refused(named, store), "must be (features) or (channels, rows, columns), got (2, 2)");
}

TEST_CASE("pictures, codes and pools that do not fit are refused") {
  Store store;
  Description description;
  description.input.shape = {1, 3, 3};
  LogicConv2dLayer conv;
  conv.kernel_size = {2, 2};
  conv.taps = store.add<std::int32_t>("taps", {3, 1, 2}, {0, 0, 0, 1, 0, 2});
  conv.gates.tables = store.add<std::uint8_t>("and", {1}, {1});
  const auto said = [&](const Layer& layer) {
    description.layers = {layer};
    return refused(description, store);
  };
  CHECK_HAS(said(conv), "the column of leaf 1 of kernel 0 must be in 0 … 1, got 2");
  conv.kernel_size = {2, 3};
  CHECK(said(conv) == "accepted");
  conv.pool = 3;
  CHECK_HAS(said(conv), "in pools of 3 do not fit into a picture of 3 × 3");
  conv.pool = 16;
  CHECK_HAS(said(conv), "pool must be in 1 … 15, got 16");
  conv.pool = 1;
  conv.stride = {0, 1};
  CHECK_HAS(said(conv), "the stride must be in 1");
  conv.stride = {1, 1};
  conv.padding = {-1, 0};
  CHECK_HAS(said(conv), "the padding must be in 0");
  conv.padding = {32768, 32768};
  CHECK_HAS(said(conv), "at most 2^24 bits are possible");
  conv.padding = {0, 0};
  conv.depth = 2;
  CHECK_HAS(said(conv), "depth must be 1 for 2 leaves, got 2");
  conv.depth = -1;
  conv.taps = store.add<std::int32_t>("three", {3, 1, 3}, std::vector<std::int32_t>(9));
  CHECK_HAS(said(conv), "a tree of gates of 2 inputs cannot have 3 leaves");
  conv.taps = store.add<std::int32_t>("none", {3, 0, 2}, std::vector<std::int32_t>());
  CHECK_HAS(said(conv), "the taps must have the shape (3, kernels, leaves), got (3, 0, 2)");
  OrPool2dLayer pool;
  pool.size = {4, 4};
  CHECK_HAS(said(pool), "do not fit");
  ThermometerLayer code;
  code.thresholds = store.add<double>("two", {2, 2}, {0, 1, 2, 3});
  CHECK_HAS(said(code),
            "thresholds must be (T), (T, C) or (T, C, …) for numbers (C, …), got (2, 2)");
  code.thresholds = store.add<double>("nan", {1}, {std::numeric_limits<double>::quiet_NaN()});
  CHECK_HAS(said(code), "must be finite");
  BitsLayer bits;
  bits.feature = store.add<std::int32_t>("f", {1}, {9});
  bits.threshold = store.add<double>("t", {1}, {0});
  bits.shape = {1};
  CHECK_HAS(said(bits), "bit 0 reads feature 9, there are 9");
  bits.shape = {2};
  CHECK_HAS(said(bits), "a feature and a threshold for each of the 2 bits");
}

/// The error text of a description.
std::string misread(const std::string& text) {
  try {
    parse_description(text, "net");
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

TEST_CASE("descriptions are read back as they were written") {
  Description description;
  description.input = {{3, 32, 32}, 16, {40, 40, 32}, {"x", "ü"}};
  description.classes = {"cat", "dog"};
  LogicConv2dLayer conv;
  conv.taps = "taps";
  conv.gates.weight = "weight";
  conv.gates.parametrization = "softmax";
  conv.gates.temperature = 0.1;
  conv.kernel_size = {5, 4};
  conv.padding = {1, 2};
  conv.pool = 2;
  LogicLayers rows;
  rows.gates.tables = "t";
  rows.wiring = "w";
  rows.widths = {5, 6};
  description.layers = {ThermometerLayer{"t"},
                        conv,
                        OrPool2dLayer{{2, 3}, {1, 1}, {1, 0}},
                        FlattenLayer{},
                        rows,
                        SelectLayer{"s"},
                        BitsLayer{"f", "t", {1, 2}},
                        RoundLayer{0.1},
                        GroupSumLayer{10, 1.0 / 3, 5}};
  const std::string text = description_text(description);
  CHECK(description_text(parse_description(text, "net")) == text);
  CHECK_HAS(text, R"({"layer":"group_sum","k":10,"tau":0.3333333333333333,"bias":5})");
}

TEST_CASE("descriptions that are none say what is wrong and where") {
  const std::string head = R"({"input":{"shape":[2]},"layers":[)";
  CHECK(misread(head + "]}") == "accepted");
  CHECK_HAS(misread("{"), "net: the network's description is not JSON");
  CHECK_HAS(misread("[]"), "must be an object, got array");
  CHECK_HAS(misread("{}"), "'input' is missing");
  CHECK_HAS(misread(R"({"input":{}, "layers":[]})"), "'shape' is missing");
  CHECK_HAS(misread(R"({"input":{"shape":[2]}})"), "'layers' is missing");
  CHECK_HAS(misread(R"({"input":{"shape":[2]},"layers":{}})"), "'layers' must be a list");
  CHECK_HAS(misread(R"({"input":{"shape":[2.5]},"layers":[]})"), "'shape'[0] must be an integer");
  CHECK_HAS(misread(R"({"input":{"shape":2},"layers":[]})"), "'shape' must be a list");
  CHECK_HAS(misread(R"({"input":{"shape":[2],"size":1},"layers":[]})"), "unknown field 'size'");
  CHECK_HAS(misread(R"({"input":{"shape":[2]},"layers":[],"extra":1})"), "unknown field 'extra'");
  CHECK_HAS(misread(R"({"input":{"shape":[2],"byte_maximum":-1},"layers":[]})"), "in 0 … 2^32");
  CHECK_HAS(misread(R"({"input":{"shape":[2]},"classes":[1],"layers":[]})"), "must be a text");
  CHECK_HAS(misread(head + "3]}"), "net: layer 0 must be an object");
  CHECK_HAS(misread(head + "{}]}"), "net: layer 0: 'layer' is missing");
  CHECK(misread(head + R"({"layer":"linear"}]})") ==
        "net: layer 0: unknown layer 'linear'; there are: round, thermometer, bits, logic, "
        "logic_conv2d, or_pool2d, select, flatten, group_sum");
  CHECK_HAS(misread(head + R"({"layer":"flatten"},{"layer":"select"}]})"),
            "net: layer 1: 'features' is missing");
  CHECK_HAS(misread(head + R"({"layer":"round","threshold":"x"}]})"), "must be a finite number");
  CHECK_HAS(misread(head + R"({"layer":"round","threshold":1e999}]})"), "is not JSON");
  CHECK_HAS(misread(head + R"({"layer":"group_sum","k":1e30}]})"), "'k' must be an integer");
  CHECK_HAS(misread(head + R"({"layer":"or_pool2d","size":[1,2,3]}]})"), "[rows, columns]");
  CHECK(misread(head + R"({"layer":"or_pool2d","size":3}]})") == "accepted");
}

/// A safetensors file with this header and these bytes.
Bits file_of(const std::string& json, const Bits& data = {}) {
  Bits bytes(8);
  bytes[0] = static_cast<std::uint8_t>(json.size());
  bytes[1] = static_cast<std::uint8_t>(json.size() >> 8);
  bytes.insert(bytes.end(), json.begin(), json.end());
  bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

TEST_CASE("a file without a description says so") {
  const Bits bytes = file_of(R"({"__metadata__":{"step":"1"}})");
  CHECK_THROWS_WITH_AS(circuit_of(data::SafetensorsFile::parse(bytes, "old"), "old"),
                       doctest::Contains("old: the file does not describe its network"),
                       std::invalid_argument);
}

TEST_CASE("a network is a circuit through the C interface, and every failure is a status") {
  const Bits bytes = file_of(
      R"({"__metadata__":{"network":"{\"input\":{\"shape\":[2]},\"layers\":[{\"layer\":\"logic\",)"
      R"(\"tables\":\"t\",\"wiring\":\"w\"}]}"},"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
      R"("w":{"dtype":"U8","shape":[2,1],"data_offsets":[1,3]}})",
      {6, 0, 1});
  pliant_circuit* circuit = nullptr;
  REQUIRE(pliant_circuit_from_network(bytes.data(), bytes.size(), nullptr, &circuit) == PLIANT_OK);
  const Bits x = {0, 0, 0, 1, 1, 0, 1, 1};
  std::array<std::int32_t, 4> y{};
  CHECK(pliant_circuit_run(circuit, PLIANT_BITS, x.data(), 4, 2, 1, y.data()) == PLIANT_OK);
  CHECK(y == std::array<std::int32_t, 4>{0, 1, 1, 0});
  pliant_circuit_free(circuit);

  circuit = nullptr;
  CHECK(pliant_circuit_from_network(nullptr, 8, "net", &circuit) == PLIANT_BAD_ARGUMENT);
  CHECK(std::string(pliant_circuit_error()) == "file: a pointer is needed, got null");
  CHECK(pliant_circuit_from_network(bytes.data(), 8, "net", nullptr) == PLIANT_BAD_ARGUMENT);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK(pliant_circuit_from_network(bytes.data(), size, "net", &circuit) == PLIANT_BAD_ARGUMENT);
  CHECK(circuit == nullptr);
}

TEST_CASE("a file with one byte changed is a circuit or is refused") {
  const Bits good = file_of(
      R"({"__metadata__":{"network":"{\"input\":{\"shape\":[1,3,3]},\"layers\":[{\"layer\":)"
      R"(\"logic_conv2d\",\"tables\":\"t\",\"taps\":\"w\",\"kernel_size\":[2,2],\"pool\":2}]}"},)"
      R"("t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
      R"("w":{"dtype":"U8","shape":[3,1,2],"data_offsets":[1,7]}})",
      {6, 0, 0, 0, 1, 1, 0});
  std::size_t accepted = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const unsigned flip : {1U, 2U, 4U, 8U, 16U, 32U, 64U, 128U}) {
      Bits bytes = good;
      bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ flip);
      try {
        const Circuit circuit = circuit_of(data::SafetensorsFile::parse(bytes, "net"), "net");
        check_circuit(circuit);
        ++accepted;
      } catch (const std::invalid_argument&) {
      }
    }
  }
  CHECK(accepted > 0);
}

}  // namespace
}  // namespace pliant::logic
