// pliant/program/tokens.h — the words of a program's text; private to program/ (no torch)
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pliant/base/errors.h"
#include "pliant/program/syntax.h"

namespace pliant::program {

/// @throws std::invalid_argument "program: line 3, column 7: …"
template <class... Parts>
[[noreturn]] void fail_at(Position position, const Parts&... parts) {
  base::fail("program: line ", position.line, ", column ", position.column, ": ", parts...);
}

/// A cursor over the words of a text. Blanks and comments (# to the end of the line) are passed
/// over; the end of a line is a word of its own, outside of parentheses and brackets.
class Tokens {
 public:
  explicit Tokens(std::string_view text);

  struct Number {
    double value;
    bool whole;
  };

  [[nodiscard]] Position position() const { return position_; }
  /// Whether the next word is this one.
  [[nodiscard]] bool peek(std::string_view word) const { return word_ == word; }
  /// Takes the next word if it is this one.
  bool take(std::string_view word);
  /// @throws std::invalid_argument "…: expected '{', got 'x'"
  void expect(std::string_view word);
  void expect_end();
  /// A name that is no keyword.   @param what  what it should be, for the error
  std::string name(std::string_view what);
  std::optional<Number> number();
  /// Passes over ends of lines and semicolons.
  void skip_lines();
  /// After a statement there must be one of these, or a closing brace.
  void end_statement();
  [[noreturn]] void fail(std::string_view reason) const;

 private:
  void advance();
  [[nodiscard]] std::string shown() const;

  std::string_view text_;
  std::size_t next_ = 0;  ///< where the word after this one begins
  Position next_position_{1, 1};
  std::string_view word_;  ///< "\n" at the end of a line, empty at the end of the text
  Position position_{1, 1};
  int open_ = 0;  ///< parentheses and brackets
};

}  // namespace pliant::program
