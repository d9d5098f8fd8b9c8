// tests/circuit/expression_test.cpp — expressions mean their tables, and are short
#include "pliant/circuit/code/expression.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "tests/circuit/random_circuit.h"

namespace pliant::circuit {
namespace {

constexpr std::array<const char*, 6> kNames = {"a", "b", "c", "d", "e", "f"};

/// Reads an expression by the rules of C: ~ before & before ^ before |.
class Reader {
 public:
  explicit Reader(std::string text) : text_(std::move(text)) {}

  TruthTable all() {
    const TruthTable value = level(0);
    CHECK(at_ == text_.size());
    return value;
  }

 private:
  TruthTable level(std::size_t depth) {
    static constexpr std::string_view kOperators = "|^&";
    if (depth == kOperators.size()) return factor();
    TruthTable value = level(depth + 1);
    while (at_ + 2 < text_.size() && text_[at_ + 1] == kOperators[depth]) {
      at_ += 3;
      const TruthTable next = level(depth + 1);
      value = depth == 0 ? value | next : (depth == 1 ? value ^ next : value & next);
    }
    return value;
  }

  TruthTable factor() {
    const char c = text_[at_++];
    if (c == '~') return ~factor();
    if (c == '0') return 0;
    if (c == '1') return ~TruthTable{0};
    if (c != '(') return kProjection[static_cast<std::size_t>(c - 'a')];
    const TruthTable value = level(0);
    CHECK(text_[at_++] == ')');
    return value;
  }

  std::string text_;
  std::size_t at_ = 0;
};

std::string text_of(Expressions& expressions, TruthTable table, int inputs) {
  std::array<std::string, 6> names;
  for (std::size_t i = 0; i < 6; ++i) names[i] = kNames[i];
  return expressions.text(table, inputs, names.data());
}

TEST_CASE("gates of two inputs have their natural form") {
  Expressions expressions("0", "1");
  const std::array<const char*, 16> forms = {
      "0",     "~(a | b)", "a & ~b", "~b",     "b & ~a", "~a",     "a ^ b", "~(a & b)",
      "a & b", "~(a ^ b)", "a",      "a | ~b", "b",      "b | ~a", "a | b", "1"};
  for (TruthTable table = 0; table < 16; ++table) {
    CAPTURE(table);
    const std::string text = text_of(expressions, table, 2);
    CHECK(text.size() == std::string(forms[table]).size());
    CHECK(Reader(text).all() % 16 == table);
  }
}

TEST_CASE("every function of three inputs is its expression, in few operators") {
  Expressions expressions("0", "1");
  int most = 0;
  for (TruthTable table = 0; table < 256; ++table) {
    CHECK(Reader(text_of(expressions, table, 3)).all() % 256 == table);
    most = std::max(most, expressions.operators(table, 3));
  }
  CHECK(most <= 6);
  CHECK(expressions.operators(0x96, 3) == 2);  // parity
  CHECK(expressions.operators(0xE8, 3) == 4);  // majority
  CHECK(expressions.operators(0xCA, 3) == 3);  // a or b by c
}

TEST_CASE("functions of four to six inputs are their expressions") {
  Expressions expressions("0", "1");
  const std::vector<std::uint64_t> words = random_words(5, 300);
  for (int inputs = 4; inputs <= 6; ++inputs) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      // Sparse ones and dense ones too.
      const TruthTable word = i % 3 == 0 ? words[i] & words[(i + 7) % words.size()] : words[i];
      const TruthTable table = word & table_mask(inputs);
      CHECK((Reader(text_of(expressions, table, inputs)).all() & table_mask(inputs)) == table);
    }
  }
}

}  // namespace
}  // namespace pliant::circuit
