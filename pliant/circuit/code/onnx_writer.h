// pliant/circuit/code/onnx_writer.h — the bytes of an ONNX graph, field by field (no torch)
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace pliant::circuit {

/// Element types, by their numbers in TensorProto.
enum class OnnxType : std::uint8_t { kFloat = 1, kUint8 = 2, kInt32 = 6, kInt64 = 7, kBool = 9 };

/// A message of protocol buffers: fields in the order in which they are put.
class Message {
 public:
  void put(int field, std::uint64_t number);
  void put(int field, std::string_view bytes);
  void put(int field, const Message& message) { put(field, message.bytes_); }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  void varint(std::uint64_t number);
  std::string bytes_;
};

/// The name of a tensor of the graph.
using OnnxValue = std::string;

/// A whole number as an attribute of an operator.
struct OnnxAttribute {
  std::string_view name;
  std::int64_t value;
};

/// A graph under construction.
class OnnxGraph {
 public:
  /// One more operator.
  /// @return its output
  OnnxValue add(std::string_view type, const std::vector<OnnxValue>& inputs,
                std::initializer_list<OnnxAttribute> attributes = {});
  /// The permutation of two axes.
  OnnxValue transpose(const OnnxValue& matrix);
  /// A cut into parts of these sizes.
  std::vector<OnnxValue> split(const OnnxValue& tensor, std::int64_t axis,
                               const std::vector<std::int64_t>& sizes);
  /// The tensors one after the other; the tensor itself if it is the only one.
  OnnxValue concat(const std::vector<OnnxValue>& tensors, std::int64_t axis);
  OnnxValue cast(const OnnxValue& tensor, OnnxType to);

  /// A constant; its values in the order of memory.
  template <class T>
  OnnxValue constant(OnnxType type, const std::vector<std::int64_t>& shape,
                     const std::vector<T>& values) {
    const auto* bytes = reinterpret_cast<const char*>(values.data());
    return constant_bytes(type, shape, {bytes, values.size() * sizeof(T)});
  }
  OnnxValue int64s(const std::vector<std::int64_t>& values) {
    return constant(OnnxType::kInt64, {static_cast<std::int64_t>(values.size())}, values);
  }

  /// An input of (N, width).
  void input(const OnnxValue& name, OnnxType type, std::size_t width);
  /// An output of (N) and the sizes in `rest`.
  void output(const OnnxValue& value, const OnnxValue& name, OnnxType type,
              const std::vector<std::size_t>& rest);

  /// The model, whole.
  [[nodiscard]] std::string model() const;

 private:
  OnnxValue constant_bytes(OnnxType type, const std::vector<std::int64_t>& shape,
                           std::string_view bytes);
  OnnxValue fresh() { return "t" + std::to_string(values_++); }
  void node(std::string_view type, const std::vector<OnnxValue>& inputs,
            const std::vector<OnnxValue>& outputs, const std::vector<Message>& attributes);
  void end(int field, const OnnxValue& name, OnnxType type, const std::vector<std::size_t>& rest);

  Message nodes_, constants_, ends_;
  std::size_t values_ = 0;
};

}  // namespace pliant::circuit
