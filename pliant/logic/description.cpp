// pliant/logic/description.cpp — descriptions of networks as JSON, written and read by one list of
// fields (no torch)
#include "pliant/logic/description.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "pliant/base/errors.h"
#include "pliant/base/printable.h"

namespace pliant::logic {
namespace {

using Json = nlohmann::ordered_json;

enum Need : bool { kOptional, kRequired };

template <class T>
constexpr std::string_view kName = "";
template <>
constexpr std::string_view kName<RoundLayer> = "round";
template <>
constexpr std::string_view kName<ThermometerLayer> = "thermometer";
template <>
constexpr std::string_view kName<BitsLayer> = "bits";
template <>
constexpr std::string_view kName<LogicLayers> = "logic";
template <>
constexpr std::string_view kName<LogicConv2dLayer> = "logic_conv2d";
template <>
constexpr std::string_view kName<OrPool2dLayer> = "or_pool2d";
template <>
constexpr std::string_view kName<OrPoolLayer> = "or_pool";
template <>
constexpr std::string_view kName<SelectLayer> = "select";
template <>
constexpr std::string_view kName<FlattenLayer> = "flatten";
template <>
constexpr std::string_view kName<GroupSumLayer> = "group_sum";

// Each calls field(name, member, need) for all that a struct has: the one list for writing and
// reading. A member is a struct of T, const or not.

template <class T, class F>
  requires std::is_same_v<std::remove_const_t<T>, InputDescription>
void for_each_field(T& input, F&& field) {
  field("shape", input.shape, kRequired);
  field("byte_maximum", input.byte_maximum, kOptional);
  field("crop", input.crop, kOptional);
  field("names", input.names, kOptional);
}

template <class T, class F>
  requires std::is_same_v<std::remove_const_t<T>, GatesDescription>
void for_each_field(T& gates, F&& field) {
  field("weight", gates.weight, kOptional);
  field("tables", gates.tables, kOptional);
  field("fan_in", gates.fan_in, kOptional);
  field("parametrization", gates.parametrization, kOptional);
  field("temperature", gates.temperature, kOptional);
  field("hardening", gates.hardening, kOptional);
}

template <class T, class F>
void for_each_layer_field(T& layer, F&& field) {
  using L = std::remove_const_t<T>;
  if constexpr (std::is_same_v<L, RoundLayer>) {
    field("threshold", layer.threshold, kOptional);
  } else if constexpr (std::is_same_v<L, ThermometerLayer>) {
    field("thresholds", layer.thresholds, kRequired);
  } else if constexpr (std::is_same_v<L, BitsLayer>) {
    field("feature", layer.feature, kRequired);
    field("threshold", layer.threshold, kRequired);
    field("shape", layer.shape, kRequired);
  } else if constexpr (std::is_same_v<L, LogicLayers>) {
    for_each_field(layer.gates, field);
    field("wiring", layer.wiring, kRequired);
    field("widths", layer.widths, kOptional);
    field("first_gate", layer.first_gate, kOptional);
  } else if constexpr (std::is_same_v<L, LogicConv2dLayer>) {
    for_each_field(layer.gates, field);
    field("taps", layer.taps, kRequired);
    field("kernel_size", layer.kernel_size, kRequired);
    field("stride", layer.stride, kOptional);
    field("padding", layer.padding, kOptional);
    field("depth", layer.depth, kOptional);
    field("pool", layer.pool, kOptional);
  } else if constexpr (std::is_same_v<L, OrPool2dLayer>) {
    field("size", layer.size, kOptional);
    field("stride", layer.stride, kOptional);
    field("padding", layer.padding, kOptional);
  } else if constexpr (std::is_same_v<L, OrPoolLayer>) {
    field("size", layer.size, kRequired);
  } else if constexpr (std::is_same_v<L, SelectLayer>) {
    field("features", layer.features, kOptional);
    field("candidates", layer.candidates, kOptional);
    field("logits", layer.logits, kOptional);
  } else if constexpr (std::is_same_v<L, GroupSumLayer>) {
    field("k", layer.k, kRequired);
    field("tau", layer.tau, kOptional);
    field("bias", layer.bias, kOptional);
  }
}

// === Writing

/// Puts fields into an object; texts and lists that are empty are left out.
struct Writer {
  Json& object;

  template <class T>
  void operator()(const char* name, const T& value, Need) const {
    if constexpr (requires { value.empty(); }) {
      if (value.empty()) return;
    }
    object[name] = value;
  }
};

// === Reading

void read(const Json& json, double& value, const std::string& what) {
  base::require(json.is_number() && std::isfinite(json.get<double>()), what,
                " must be a finite number, got ", json.type_name());
  value = json.get<double>();
}

void read(const Json& json, std::int64_t& value, const std::string& what) {
  base::require(
      json.is_number_integer() &&
          (!json.is_number_unsigned() || json.get<std::uint64_t>() <= std::uint64_t{1} << 62),
      what, " must be an integer, got ", json.is_number() ? json.dump() : json.type_name());
  value = json.get<std::int64_t>();
}

void read(const Json& json, std::uint32_t& value, const std::string& what) {
  std::int64_t wide = 0;
  read(json, wide, what);
  base::require(0 <= wide && wide <= 0xFFFFFFFF, what, " must be in 0 … 2^32 − 1, got ", wide);
  value = static_cast<std::uint32_t>(wide);
}

void read(const Json& json, std::string& value, const std::string& what) {
  base::require(json.is_string(), what, " must be a text, got ", json.type_name());
  value = json.get<std::string>();
}

void read(const Json& json, Json& value, const std::string&) { value = json; }

template <class T>
void read(const Json& json, std::vector<T>& values, const std::string& what) {
  base::require(json.is_array(), what, " must be a list, got ", json.type_name());
  values.resize(json.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    read(json[i], values[i], what + "[" + std::to_string(i) + "]");
}

void read(const Json& json, RowsColumns& value, const std::string& what) {
  if (!json.is_array()) {
    read(json, value[0], what);
    value[1] = value[0];
    return;
  }
  base::require(json.size() == 2, what, " must be a number or [rows, columns], got ", json.size(),
                " numbers");
  read(json[0], value[0], what);
  read(json[1], value[1], what);
}

/// Takes fields out of an object; those that nobody takes are a mistake.
class Reader {
 public:
  /// @param where  begins the texts of errors
  Reader(const Json& object, std::string where) : object_(object), where_(std::move(where)) {
    base::require(object.is_object(), where_, " must be an object, got ", object.type_name());
  }

  template <class T>
  void operator()(const char* name, T& value, Need need) {
    known_.emplace_back(name);
    const auto found = object_.find(name);
    if (found != object_.end()) {
      read(*found, value, where_ + ": '" + name + "'");
    } else {
      base::require(need == kOptional, where_, ": '", name, "' is missing");
    }
  }

  /// @throws std::invalid_argument that names a field that was not asked for
  void finish() const {
    for (const auto& [name, value] : object_.items()) {
      if (std::ranges::find(known_, name) != known_.end()) continue;
      std::string all;
      for (const std::string& each : known_) all.append(all.empty() ? "" : ", ").append(each);
      base::fail(where_, ": unknown field '", name, "'; there are: ", all);
    }
  }

 private:
  const Json& object_;
  std::string where_;
  std::vector<std::string> known_;
};

/// The first of the variant's alternatives that has this name.
template <std::size_t i = 0>
Layer layer_named(const std::string& name, const std::string& where) {
  if constexpr (i < std::variant_size_v<Layer>) {
    using L = std::variant_alternative_t<i, Layer>;
    if (name == kName<L>) return L{};
    return layer_named<i + 1>(name, where);
  } else {
    std::string all;
    [&]<std::size_t... each>(std::index_sequence<each...>) {
      ((all.append(each == 0 ? "" : ", ").append(kName<std::variant_alternative_t<each, Layer>>)),
       ...);
    }(std::make_index_sequence<std::variant_size_v<Layer>>());
    base::fail(where, ": unknown layer '", name, "'; there are: ", all);
  }
}

Layer read_layer(const Json& json, const std::string& where) {
  Reader reader(json, where);
  std::string name;
  reader("layer", name, kRequired);
  Layer layer = layer_named(name, where);
  std::visit([&](auto& each) { for_each_layer_field(each, reader); }, layer);
  reader.finish();
  return layer;
}

}  // namespace

std::string_view layer_name(const Layer& layer) {
  return std::visit([]<class L>(const L&) { return kName<L>; }, layer);
}

std::string description_text(const Description& description) {
  Json all = {{"input", Json::object()}};
  for_each_field(description.input, Writer{all["input"]});
  if (!description.classes.empty()) all["classes"] = description.classes;
  Json layers = Json::array();
  for (const Layer& layer : description.layers) {
    std::visit(
        [&]<class L>(const L& each) {
          Json object = {{"layer", kName<L>}};
          for_each_layer_field(each, Writer{object});
          layers.push_back(std::move(object));
        },
        layer);
  }
  all["layers"] = std::move(layers);
  // A name that is no UTF-8 is no reason to lose a checkpoint.
  return all.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Description parse_description(std::string_view text, std::string_view name) {
  const std::string where = std::string(name) + ": the network's description";
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::exception& error) {
    base::fail(where, " is not JSON (", base::printable(error.what()), ")");
  }
  Description description;
  Reader reader(json, where);
  Json input;
  Json layers;
  reader("input", input, kRequired);
  reader("layers", layers, kRequired);
  Reader input_reader(input, where + ": 'input'");
  for_each_field(description.input, input_reader);
  input_reader.finish();
  reader("classes", description.classes, kOptional);
  reader.finish();
  base::require(layers.is_array(), where, ": 'layers' must be a list, got ", layers.type_name());
  for (std::size_t i = 0; i < layers.size(); ++i)
    description.layers.push_back(
        read_layer(layers[i], std::string(name) + ": layer " + std::to_string(i)));
  return description;
}

}  // namespace pliant::logic
