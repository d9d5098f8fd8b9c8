// pliant/circuit/exchange/aiger_reader.cpp — the format AIGER, read and distrusted (no torch)
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "pliant/base/errors.h"
#include "pliant/circuit/aiger.h"
#include "pliant/circuit/exchange/byte_reader.h"
#include "pliant/circuit/exchange/in_order.h"
#include "pliant/circuit/exchange/read_cell.h"

namespace pliant::circuit {
namespace {

/// An AND as the file has it: its operands' literals, and where it stands.
struct And {
  Signal variable = 0;
  std::array<Literal, 2> operands{};
  std::size_t offset = 0;
};

class Reader : private ByteReader {
 public:
  using ByteReader::ByteReader;
  Circuit circuit();

 private:
  [[nodiscard]] bool next_is(char c) const {
    return at_ < bytes_.size() && bytes_[at_] == static_cast<std::uint8_t>(c);
  }

  std::uint32_t number(const char* what);
  void expect(char c, const char* what);
  std::uint32_t difference();
  Literal literal(const char* what);
  void define(Signal variable, std::uint32_t as);

  void header();
  void read_inputs();
  void read_outputs();
  void read_ands();
  void read_symbols();
  Cell build();
  std::vector<std::string> names();

  // What a variable is: nothing, an input or an AND.
  static constexpr std::uint32_t kUndefined = 0xFFFFFFFFU;
  static constexpr std::uint32_t kInput = 0xFFFFFFFEU;

  bool binary_ = false;
  std::uint32_t most_ = 0;  ///< the largest variable
  std::uint32_t count_of_outputs_ = 0;
  std::uint32_t count_of_ands_ = 0;
  std::vector<Signal> inputs_;              ///< variables
  std::vector<std::uint32_t> definitions_;  ///< of each variable: kUndefined, kInput, or its AND
  std::vector<std::pair<Literal, std::size_t>> outputs_;  ///< and where each stands
  std::vector<And> ands_;
  std::vector<std::string> symbols_;  ///< of the inputs; empty: none
};

std::uint32_t Reader::number(const char* what) {
  item_ = at_;
  std::uint64_t value = 0;
  for (; at_ < bytes_.size() && bytes_[at_] >= '0' && bytes_[at_] <= '9'; ++at_) {
    value = 10 * value + (bytes_[at_] - '0');
    require(value <= 0x7FFFFFFFU, what, " must be less than 2^31");
  }
  require(at_ > item_, what, " should stand here", left() == 0 ? ", the file ends" : "");
  return static_cast<std::uint32_t>(value);
}

void Reader::expect(char c, const char* what) {
  item_ = at_;
  require(next_is(c), c == '\n' ? "a line should end after " : "a space should follow ", what,
          left() == 0 ? ", the file ends" : "");
  ++at_;
}

std::uint32_t Reader::difference() {
  item_ = at_;
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    require(left() > 0, "truncated: the file ends within an AND");
    require(shift < 35, "a difference of literals has more than 32 bits");
    const std::uint64_t byte = bytes_[at_++];
    value |= (byte & 0x7F) << shift;
    if (byte < 0x80) break;
  }
  require(value <= 0xFFFFFFFFU, "a difference of literals has more than 32 bits");
  return static_cast<std::uint32_t>(value);
}

Literal Reader::literal(const char* what) {
  const std::uint32_t code = number(what);
  require(code / 2 <= most_, what, " is ", code, ", but the largest variable is ", most_);
  return Literal::from_code(code);
}

void Reader::define(Signal variable, std::uint32_t as) {
  require(variable > 0, "the constant is defined");
  require(definitions_[variable] == kUndefined, "variable ", variable, " is defined twice");
  definitions_[variable] = as;
}

void Reader::header() {
  const std::string_view mark(reinterpret_cast<const char*>(bytes_.data()),
                              std::min<std::size_t>(4, bytes_.size()));
  require(mark == "aag " || mark == "aig ",
          "not an AIGER file: it begins with neither aag nor aig");
  binary_ = mark == "aig ";
  at_ = mark.size();
  most_ = number("the largest variable");
  // Inputs of the binary form take no bytes, so the file's size has to bound them otherwise.
  const std::uint64_t allowed = (std::uint64_t{1} << 20) + 4 * std::uint64_t{bytes_.size()};
  require(most_ <= allowed, most_, " variables are too many for a file of ", bytes_.size(),
          " bytes");
  expect(' ', "the largest variable");
  const std::uint32_t inputs = number("the number of inputs");
  require(inputs <= most_, inputs, " inputs, but the largest variable is ", most_);
  inputs_.resize(inputs);
  expect(' ', "the number of inputs");
  const std::uint32_t latches = number("the number of latches");
  require(latches == 0, "the circuit has ", latches, " latches; only those without state are read");
  expect(' ', "the number of latches");
  count_of_outputs_ = number("the number of outputs");
  expect(' ', "the number of outputs");
  count_of_ands_ = number("the number of ANDs");
  require(count_of_ands_ <= most_ - inputs, inputs, " inputs and ", count_of_ands_,
          " ANDs, but the largest variable is ", most_);
  require(!binary_ || count_of_ands_ == most_ - inputs, inputs, " inputs and ", count_of_ands_,
          " ANDs must be all ", most_, " variables in the binary form");
  // Properties of AIGER 1.9: bad states, constraints, justice and fairness.
  while (next_is(' ')) {
    ++at_;
    require(number("the number of properties") == 0,
            "the circuit has properties to prove; only its outputs can be read");
  }
  expect('\n', "the header");
  require(count_of_outputs_ <= left() / 2 && count_of_ands_ <= left() / 2, count_of_outputs_,
          " outputs and ", count_of_ands_, " ANDs cannot stand in the ", left(),
          " bytes that follow");
  definitions_.assign(std::size_t{most_} + 1, kUndefined);
}

void Reader::read_inputs() {
  require(binary_ || inputs_.size() <= left() / 2, inputs_.size(), " inputs cannot stand in the ",
          left(), " bytes that follow");
  for (std::uint32_t i = 0; i < inputs_.size(); ++i) {
    Literal input(i + 1);
    if (!binary_) {
      input = literal("an input");
      require(!input.inverted(), "an input is the inverted literal ", input.code());
    }
    define(input.signal(), kInput);
    inputs_[i] = input.signal();
    if (!binary_) expect('\n', "an input");
  }
}

void Reader::read_outputs() {
  outputs_.reserve(count_of_outputs_);
  for (std::uint32_t o = 0; o < count_of_outputs_; ++o) {
    const Literal output = literal("an output");
    outputs_.emplace_back(output, item_);
    expect('\n', "an output");
  }
}

void Reader::read_ands() {
  ands_.reserve(count_of_ands_);
  for (std::uint32_t a = 0; a < count_of_ands_; ++a) {
    And gate{
        .variable = static_cast<Signal>(inputs_.size()) + 1 + a, .operands = {}, .offset = at_};
    if (binary_) {
      std::uint32_t code = 2 * gate.variable;
      for (std::size_t i = 0; i < 2; ++i) {
        const std::uint32_t less = difference();
        require(less <= code && (i == 1 || less > 0), "the operands of variable ", gate.variable,
                " are not in order");
        code -= less;
        gate.operands[i] = Literal::from_code(code);
      }
      item_ = gate.offset;
    } else {
      const Literal left_side = literal("an AND");
      require(!left_side.inverted(), "an AND is the inverted literal ", left_side.code());
      gate.variable = left_side.signal();
      for (Literal& operand : gate.operands) {
        expect(' ', "a literal of an AND");
        operand = literal("an operand");
      }
      expect('\n', "an AND");
      item_ = gate.offset;
    }
    define(gate.variable, a);
    ands_.push_back(gate);
  }
}

void Reader::read_symbols() {
  while (left() > 0) {
    const std::size_t begin = at_;
    const char kind = static_cast<char>(bytes_[at_++]);
    if (kind == 'c' && (next_is('\n') || next_is('\r') || left() == 0)) return;  // comments
    if (kind != 'i' && kind != 'o')
      fail_at(begin, "a symbol of an input or output, or a comment should stand here");
    const std::uint32_t position = number("the number of a symbol");
    require(position < (kind == 'i' ? inputs_.size() : outputs_.size()), "there is no ",
            kind == 'i' ? "input " : "output ", position);
    expect(' ', "the number of a symbol");
    const auto end =
        std::find(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), bytes_.end(), '\n');
    std::string name(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), end);
    at_ += name.size();
    expect('\n', "a symbol");
    if (kind == 'o') continue;
    symbols_.resize(inputs_.size());
    if (!symbols_[position].empty()) fail_at(begin, "input ", position, " is named twice");
    symbols_[position] = std::move(name);
  }
}

Cell Reader::build() {
  Builder builder(static_cast<std::uint32_t>(inputs_.size()), ands_.size(), kAsRead);
  std::vector<Literal> literals(definitions_.size(), Builder::kZero);
  for (std::uint32_t i = 0; i < inputs_.size(); ++i) literals[inputs_[i]] = Literal(i);
  const auto value = [&](Literal literal, std::size_t offset) {
    const Signal variable = literal.signal();
    if (variable > 0 && definitions_[variable] == kUndefined)
      fail_at(offset, "variable ", variable, " is read, but nothing defines it");
    return literal.inverted() ? !literals[variable] : literals[variable];
  };
  visit_in_order(
      ands_.size(), [](std::size_t) { return std::size_t{2}; },
      [&](std::size_t a, std::size_t i) {
        return std::size_t{definitions_[ands_[a].operands[i].signal()]};
      },
      [&](std::size_t a) {
        const And& gate = ands_[a];
        const std::array<Literal, 2> operands = {value(gate.operands[0], gate.offset),
                                                 value(gate.operands[1], gate.offset)};
        literals[gate.variable] = builder.add(0b1000, 2, operands.data());
      },
      [&](std::size_t a) {
        fail_at(ands_[a].offset, "variable ", ands_[a].variable, " depends on itself");
      });
  std::vector<Literal> outputs;
  outputs.reserve(outputs_.size());
  for (const auto& [output, offset] : outputs_) outputs.push_back(value(output, offset));
  return builder.take(std::move(outputs));
}

std::vector<std::string> Reader::names() {
  for (std::size_t i = 0; i < symbols_.size(); ++i) {
    if (symbols_[i].empty()) symbols_[i] = "x" + std::to_string(i);
  }
  return std::move(symbols_);
}

Circuit Reader::circuit() {
  header();
  read_inputs();
  read_outputs();
  read_ands();
  read_symbols();
  return circuit_of_cell(build(), names());
}

}  // namespace

Circuit parse_aiger(std::span<const std::uint8_t> bytes, std::string_view name) {
  return Reader(bytes, name).circuit();
}

}  // namespace pliant::circuit
