// tests/logic/network_errors_test.cpp — described networks that do not fit are refused
#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "pliant/logic/network_file.h"
#include "tests/logic/described.h"

namespace pliant::logic {
namespace {

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

TEST_CASE("pools that do not fit are refused") {
  const Store store;
  for (const std::int64_t size : {0, -2, 3, 5}) {
    CHECK(refused(row_of(4, {OrPoolLayer{size}}), store) ==
          "net: layer 0 (or_pool): size must divide the 4 bits, got " + std::to_string(size));
  }
  CHECK_HAS(refused(row_of(4, {GroupSumLayer{2, 1, 0}, OrPoolLayer{2}}), store),
            "net: layer 1 (or_pool): nothing can follow the sums of classes");
}

TEST_CASE("learned wiring and parts of layers that do not fit are refused") {
  Store store;
  SelectLayer good;
  good.candidates = store.add<std::int32_t>("c", {2, 3}, {0, 1, 2, 2, 1, 0});
  good.logits = store.add<float>("l", {2, 3}, {0, 0, 0, 1, 1, 1});
  CHECK(refused(row_of(3, {good}), store) == "accepted");
  CHECK_HAS(refused(row_of(2, {good}), store), "net: layer 0 (select): slot 0 is feature 2");
  const std::string_view either = "there must be either 'features' or 'candidates' and 'logits'";
  SelectLayer bad = good;
  bad.logits = "";
  CHECK_HAS(refused(row_of(3, {bad}), store), either);
  bad = good;
  bad.candidates = "";
  CHECK_HAS(refused(row_of(3, {bad}), store), either);
  bad = good;
  bad.features = "c";
  CHECK_HAS(refused(row_of(3, {bad}), store), either);
  CHECK_HAS(refused(row_of(3, {SelectLayer{}}), store), either);
  bad = good;
  bad.logits = store.add<float>("short", {2, 2}, {0, 0, 0, 0});
  CHECK_HAS(refused(row_of(3, {bad}), store), "logits must have the shape of candidates, (2, 3)");
  bad.logits =
      store.add<float>("nan", {2, 3}, {0, 0, std::numeric_limits<float>::quiet_NaN(), 0, 0, 0});
  CHECK_HAS(refused(row_of(3, {bad}), store), "it must be finite");
  bad.candidates = store.add<std::int32_t>("none", {0, 3}, {});
  bad.logits = store.add<float>("none too", {0, 3}, {});
  CHECK_HAS(refused(row_of(3, {bad}), store), "at least one for each slot");
  LogicLayers part;
  part.gates.tables = store.add<std::uint8_t>("ids", {3}, {1, 6, 7});
  part.wiring = store.add<std::int32_t>("w", {2, 3}, {0, 1, 0, 1, 2, 2});
  part.widths = {2};
  part.first_gate = 1;
  CHECK(refused(row_of(3, {part}), store) == "accepted");
  part.first_gate = 2;
  CHECK_HAS(refused(row_of(3, {part}), store), "widths sum to more than the 3 gates");
  for (const std::int64_t gate : {-2, 3}) {
    part.first_gate = gate;
    CHECK_HAS(refused(row_of(3, {part}), store), "first_gate must be one of the 3 gates");
  }
  part.first_gate = 0;
  part.widths = {};
  CHECK_HAS(refused(row_of(3, {part}), store), "first_gate needs widths");
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

}  // namespace
}  // namespace pliant::logic
