// tests/logic/description_test.cpp — descriptions of networks, written, read and refused
#include "pliant/logic/description.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

namespace pliant::logic {
namespace {

#define CHECK_HAS(text, part) CHECK_MESSAGE((text).find(part) != std::string::npos, (text))

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
  rows.first_gate = 3;
  description.layers = {ThermometerLayer{"t"},
                        conv,
                        OrPool2dLayer{{2, 3}, {1, 1}, {1, 0}},
                        FlattenLayer{},
                        rows,
                        SelectLayer{"s", {}, {}},
                        SelectLayer{{}, "c", "l"},
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
        "logic_conv2d, or_pool2d, or_pool, select, flatten, group_sum");
  CHECK_HAS(misread(head + R"({"layer":"flatten"},{"layer":"group_sum"}]})"),
            "net: layer 1: 'k' is missing");
  CHECK_HAS(misread(head + R"({"layer":"round","threshold":"x"}]})"), "must be a finite number");
  CHECK_HAS(misread(head + R"({"layer":"round","threshold":1e999}]})"), "is not JSON");
  CHECK_HAS(misread(head + R"({"layer":"group_sum","k":1e30}]})"), "'k' must be an integer");
  CHECK_HAS(misread(head + R"({"layer":"or_pool"}]})"), "net: layer 0: 'size' is missing");
  CHECK_HAS(misread(head + R"({"layer":"or_pool2d","size":[1,2,3]}]})"), "[rows, columns]");
  CHECK(misread(head + R"({"layer":"or_pool2d","size":3}]})") == "accepted");
}

}  // namespace
}  // namespace pliant::logic
