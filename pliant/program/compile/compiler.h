// pliant/program/compile/compiler.h — walks a program's tree and makes gates of it; private to
// program/ (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "pliant/circuit/optimise/prover.h"
#include "pliant/circuit/words.h"
#include "pliant/program/circuit.h"
#include "pliant/program/functions.h"
#include "pliant/program/run/value.h"
#include "pliant/program/syntax.h"
#include "pliant/program/tokens.h"

namespace pliant::program::compile {

using circuit::Literal;
using circuit::Word;
using circuit::WordBuilder;

/// word·2^−fraction.
struct Number {
  Word word = WordBuilder::constant(0);
  int fraction = 0;
  friend bool operator==(const Number&, const Number&) = default;
};

struct Array {
  Shape shape;
  std::vector<Number> elements;  ///< none: it has no value yet
  /// Along the last dimension exactly one element is 1 and the others are 0.
  bool one_hot = false;

  [[nodiscard]] bool defined() const { return !elements.empty() || shape.rank > 0; }
  friend bool operator==(const Array&, const Array&) = default;
};

/// A name's content.
struct Cell {
  Array array;
  std::int64_t whole = 0;
  bool differs = false;  ///< the whole number is not the same for all inputs
};

class Compiler {
 public:
  Compiler(const Tree& tree, const CompileOptions& options, std::uint32_t inputs)
      : tree_(tree), options_(options), words_(inputs), state_(tree.slots.size()) {
    for (std::size_t s = 0; s < state_.size(); ++s) {
      if (tree.slots[s].kind == Slot::Kind::kSize) state_[s].whole = -1;
    }
  }

  /// @param first  of its input bits
  void set_input(std::size_t input, const InputNumbers& numbers, circuit::Signal first);
  void run() { run_statements(tree_.body); }
  [[nodiscard]] const Array& value(int slot) const {
    return state_[static_cast<std::size_t>(slot)].array;
  }
  WordBuilder& words() { return words_; }
  /// All elements with one fraction, as words of one width.
  std::vector<Literal> bits_of(const Array& array, Layout& layout);

 private:
  using State = std::vector<Cell>;

  // === Statements ===
  void run_statements(const Block& block);
  void run_block(const Block& block);
  void execute(const Statement& statement);
  void declare(const Statement& statement);
  void assign(const Statement& statement);
  void assign_at_weights(const Statement& statement, const Array& value);
  void run_if(const Statement& statement);
  void run_while(const Statement& statement);
  void run_for(const Statement& statement);
  bool can_hold(Literal condition);
  void check_size(Position position);

  // === Expressions ===
  std::int64_t whole(const Expression& e);
  Array evaluate(const Expression& e);
  Literal condition(const Expression& e);
  Array compare(const Expression& e);
  Array connect(const Expression& e);
  Array read(const Expression& e);
  Array call(const Expression& e);
  Array reduce(const Expression& e);
  Array choice(const Array& x, bool smallest, Position position);
  Array dot(const Array& a, const Array& b, Position position);
  Array where(const Expression& e);
  Array stack(const Expression& e);
  Array near(const Expression& e);
  Array precedes(const Expression& e);

  // === Arrays ===
  struct Places {
    Shape shape;
    std::vector<std::size_t> element;
  };
  Places places(const Shape& shape, const std::vector<IndexItem>& indices, Position position);
  static Array fill(const Array& value, const Shape& shape, Position position);
  template <class Function>
  Array each(const Array& a, const Function& function) {
    Array out{a.shape, {}, false};
    for (const Number& x : a.elements) out.elements.push_back(function(x));
    return out;
  }
  template <class Function>
  Array each(const Array& a, const Array& b, Position position, const Function& function) {
    const Shape& shape = a.shape.rank == 0 ? b.shape : a.shape;
    if (a.shape != b.shape && a.shape.rank != 0 && b.shape.rank != 0) {
      fail_at(position, "the shapes ", a.shape.text(), " and ", b.shape.text(), " differ");
    }
    Array out{shape, {}, false};
    for (std::size_t e = 0; e < shape.count(); ++e) {
      out.elements.push_back(
          function(a.elements[a.shape.rank == 0 ? 0 : e], b.elements[b.shape.rank == 0 ? 0 : e]));
    }
    return out;
  }

  // === Numbers ===
  Number number(double value, Position position);
  static Number truth(Literal literal) { return {WordBuilder::truth(literal), 0}; }
  static void align(Number& a, Number& b);
  Number sum(Number a, Number b) { return aligned(a, b, &WordBuilder::sum); }
  Number difference(Number a, Number b) { return aligned(a, b, &WordBuilder::difference); }
  Number product(const Number& a, const Number& b) {
    return {words_.product(a.word, b.word), a.fraction + b.fraction};
  }
  Number select(Literal condition, Number yes, Number no);
  Literal less(Number a, Number b);
  Literal equal(Number a, Number b);
  Number magnitude(const Number& a) { return {words_.magnitude(a.word), a.fraction}; }
  Number aligned(Number& a, Number& b, Word (WordBuilder::*operation)(const Word&, const Word&)) {
    align(a, b);
    return {(words_.*operation)(a.word, b.word), a.fraction};
  }
  /// The bit of a number that is 0 or 1.   @param who  takes it, for the error
  Literal as_truth(const Number& a, Position position, std::string_view who);
  Array select(Literal condition, const Array& yes, const Array& no);

  Cell& cell(int slot) { return state_[static_cast<std::size_t>(slot)]; }
  [[nodiscard]] const std::string& name(int slot) const {
    return tree_.slots[static_cast<std::size_t>(slot)].name;
  }

  const Tree& tree_;
  const CompileOptions& options_;
  WordBuilder words_;
  State state_;
};

/// What `work` does, whose errors without a place get that of the expression.
template <class Work>
auto placed(Position position, const Work& work) {
  try {
    return work();
  } catch (const std::invalid_argument& error) {
    const std::string text = error.what();
    if (text.starts_with("program: line ")) throw;
    fail_at(position, text);
  }
}

}  // namespace pliant::program::compile
