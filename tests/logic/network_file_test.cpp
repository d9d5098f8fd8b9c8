// tests/logic/network_file_test.cpp — described networks as circuits, against the kernels that
// eval mode runs
#include "pliant/logic/network_file.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

#include "pliant/base/random.h"
#include "pliant/logic/dense.h"
#include "pliant/logic/gate.h"
#include "pliant/logic/parametrization.h"
#include "pliant/logic/pliant_logic.h"
#include "tests/logic/described.h"

namespace pliant::logic {
namespace {

using circuit::Circuit;

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

TEST_CASE("of learned wiring the largest logit counts, and of equal ones the first") {
  Store store;
  SelectLayer select;
  select.candidates = store.add<std::int64_t>("c", {3, 4}, {0, 1, 2, 3, 1, 2, 3, 0, 2, 3, 0, 1});
  select.logits = store.add<double>("l", {3, 4}, {5, 1, 0, 2, 5, 2, 0, 2, 4, 3, 1e-300, 3});
  const Circuit circuit = circuit_of(row_of(4, {select}), store.map(), "net");
  for (const Bits& x : {Bits{1, 0, 0, 0}, Bits{0, 1, 1, 0}, Bits{1, 1, 0, 1}})
    CHECK(outputs_of(circuit, x) == Bits{x[0], x[3], x[0], x[1]});
}

TEST_CASE("neighbouring bits of a row become their OR, of any number") {
  const Store store;
  const Bits x = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0};
  const Bits y = {1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  for (const std::int64_t size : {1, 2, 8, 16}) {
    const Circuit circuit = circuit_of(row_of(16, {OrPoolLayer{size}}), store.map(), "net");
    for (const Bits& bits : {x, y}) {
      Bits expected;
      for (auto begin = bits.begin(); begin != bits.end(); begin += size)
        expected.push_back(*std::max_element(begin, begin + size));
      CHECK(outputs_of(circuit, bits) == expected);
    }
  }
  const Circuit sums =
      circuit_of(row_of(16, {OrPoolLayer{4}, GroupSumLayer{2, 1, 0}}), store.map(), "net");
  CHECK(sums.sums.begins == std::vector<std::uint32_t>{0, 2, 4});
  Description picture;
  picture.input.shape = {2, 2, 2};
  picture.layers = {OrPoolLayer{4}};  // a picture is read as a row
  CHECK(outputs_of(circuit_of(picture, store.map(), "net"), {0, 0, 0, 0, 0, 1, 0, 0}) ==
        Bits{0, 1});
}

TEST_CASE("layers may use some of the gates of their tensors") {
  Store store;
  LogicLayers first;
  first.gates.tables = store.add<std::uint8_t>("ids", {4}, {12, 3, 10, 5});  // ¬A, A, ¬B, B
  first.wiring = store.add<std::int32_t>("w", {2, 4}, {0, 1, 0, 1, 1, 0, 1, 0});
  first.widths = {2};
  first.first_gate = 0;
  LogicLayers second = first;
  second.first_gate = 2;
  const Circuit circuit = circuit_of(row_of(2, {first, second}), store.map(), "net");
  CHECK(outputs_of(circuit, {0, 1}) == Bits{0, 1});  // (¬x0, x1), then (¬ of x1, ¬x0)
  CHECK(outputs_of(circuit, {1, 0}) == Bits{1, 0});
  CHECK(outputs_of(circuit, {0, 0}) == Bits{1, 1});
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

/// A safetensors file with this header and these bytes.
Bits file_of(const std::string& json, const Bits& data = {}) {
  Bits bytes;
  for (int shift = 0; shift < 64; shift += 8)
    bytes.push_back(static_cast<std::uint8_t>(std::uint64_t{json.size()} >> shift));
  for (const char character : json) bytes.push_back(static_cast<std::uint8_t>(character));
  for (const std::uint8_t byte : data) bytes.push_back(byte);
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
