// pliant/circuit/code/onnx_writer.cpp — protocol buffers and the messages of ONNX (no torch)
#include "pliant/circuit/code/onnx_writer.h"

#include "pliant/base/version.h"

namespace pliant::circuit {
namespace {

constexpr int kIrVersion = 8;
constexpr int kOpset = 18;  // the first with the Bitwise operators

// Numbers of fields, as onnx.proto has them.
constexpr int kNodeInput = 1, kNodeOutput = 2, kNodeType = 4, kNodeAttribute = 5;
constexpr int kAttributeName = 1, kAttributeInt = 3, kAttributeInts = 8, kAttributeKind = 20;
constexpr int kKindInt = 2, kKindInts = 7;
constexpr int kTensorShape = 1, kTensorType = 2, kTensorName = 8, kTensorBytes = 9;
constexpr int kGraphNode = 1, kGraphName = 2, kGraphConstant = 5, kGraphInput = 11,
              kGraphOutput = 12;
constexpr int kModelIr = 1, kModelProducer = 2, kModelProducerVersion = 3, kModelGraph = 7,
              kModelOpset = 8;

Message attribute_of(const OnnxAttribute& given) {
  Message attribute;
  attribute.put(kAttributeName, given.name);
  attribute.put(kAttributeInt, static_cast<std::uint64_t>(given.value));
  attribute.put(kAttributeKind, std::uint64_t{kKindInt});
  return attribute;
}

}  // namespace

void Message::varint(std::uint64_t number) {
  for (; number >= 128; number >>= 7) bytes_ += static_cast<char>(number % 128 + 128);
  bytes_ += static_cast<char>(number);
}

void Message::put(int field, std::uint64_t number) {
  varint(static_cast<std::uint64_t>(field) << 3);
  varint(number);
}

void Message::put(int field, std::string_view bytes) {
  varint((static_cast<std::uint64_t>(field) << 3) + 2);
  varint(bytes.size());
  bytes_ += bytes;
}

void OnnxGraph::node(std::string_view type, const std::vector<OnnxValue>& inputs,
                     const std::vector<OnnxValue>& outputs,
                     const std::vector<Message>& attributes) {
  Message node;
  for (const OnnxValue& input : inputs) node.put(kNodeInput, std::string_view(input));
  for (const OnnxValue& output : outputs) node.put(kNodeOutput, std::string_view(output));
  node.put(kNodeType, type);
  for (const Message& attribute : attributes) node.put(kNodeAttribute, attribute);
  nodes_.put(kGraphNode, node);
}

OnnxValue OnnxGraph::add(std::string_view type, const std::vector<OnnxValue>& inputs,
                         std::initializer_list<OnnxAttribute> attributes) {
  std::vector<Message> messages;
  for (const OnnxAttribute& given : attributes) messages.push_back(attribute_of(given));
  OnnxValue result = fresh();
  node(type, inputs, {result}, messages);
  return result;
}

OnnxValue OnnxGraph::transpose(const OnnxValue& matrix) {
  Message axes;
  axes.put(kAttributeName, std::string_view("perm"));
  for (const std::uint64_t axis : {1, 0}) axes.put(kAttributeInts, axis);
  axes.put(kAttributeKind, std::uint64_t{kKindInts});
  OnnxValue result = fresh();
  node("Transpose", {matrix}, {result}, {axes});
  return result;
}

std::vector<OnnxValue> OnnxGraph::split(const OnnxValue& tensor, std::int64_t axis,
                                        const std::vector<std::int64_t>& sizes) {
  std::vector<OnnxValue> results;
  for (std::size_t i = 0; i < sizes.size(); ++i) results.push_back(fresh());
  node("Split", {tensor, int64s(sizes)}, results, {attribute_of({"axis", axis})});
  return results;
}

OnnxValue OnnxGraph::concat(const std::vector<OnnxValue>& tensors, std::int64_t axis) {
  return tensors.size() == 1 ? tensors.front() : add("Concat", tensors, {{"axis", axis}});
}

OnnxValue OnnxGraph::cast(const OnnxValue& tensor, OnnxType to) {
  return add("Cast", {tensor}, {{"to", static_cast<std::int64_t>(to)}});
}

OnnxValue OnnxGraph::constant_bytes(OnnxType type, const std::vector<std::int64_t>& shape,
                                    std::string_view bytes) {
  Message tensor;
  for (const std::int64_t size : shape) tensor.put(kTensorShape, static_cast<std::uint64_t>(size));
  tensor.put(kTensorType, static_cast<std::uint64_t>(type));
  OnnxValue name = fresh();
  tensor.put(kTensorName, std::string_view(name));
  tensor.put(kTensorBytes, bytes);
  constants_.put(kGraphConstant, tensor);
  return name;
}

/// The name, type and shape of an input or output; its first axis is called N.
void OnnxGraph::end(int field, const OnnxValue& name, OnnxType type,
                    const std::vector<std::size_t>& rest) {
  Message shape;
  Message batch;
  batch.put(2, std::string_view("N"));
  shape.put(1, batch);
  for (const std::size_t size : rest) {
    Message dimension;
    dimension.put(1, std::uint64_t{size});
    shape.put(1, dimension);
  }
  Message tensor;
  Message kind;
  Message info;
  tensor.put(1, static_cast<std::uint64_t>(type));
  tensor.put(2, shape);
  kind.put(1, tensor);
  info.put(1, std::string_view(name));
  info.put(2, kind);
  ends_.put(field, info);
}

void OnnxGraph::input(const OnnxValue& name, OnnxType type, std::size_t width) {
  end(kGraphInput, name, type, {width});
}

void OnnxGraph::output(const OnnxValue& value, const OnnxValue& name, OnnxType type,
                       const std::vector<std::size_t>& rest) {
  node("Identity", {value}, {name}, {});
  end(kGraphOutput, name, type, rest);
}

std::string OnnxGraph::model() const {
  Message name;
  Message opset;
  Message model;
  name.put(kGraphName, std::string_view("circuit"));
  opset.put(1, std::string_view());
  opset.put(2, std::uint64_t{kOpset});
  model.put(kModelIr, std::uint64_t{kIrVersion});
  model.put(kModelProducer, std::string_view("pliant"));
  model.put(kModelProducerVersion, std::string_view(base::version()));
  // Fields of a message may stand in any order of kinds.
  model.put(kModelGraph,
            std::string_view(nodes_.bytes() + name.bytes() + constants_.bytes() + ends_.bytes()));
  model.put(kModelOpset, opset);
  return model.bytes();
}

}  // namespace pliant::circuit
