// pliant/program/while_language.cpp — reads WHILE programs, and writes them as programs (no torch)
#include "pliant/program/while_language.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "pliant/base/errors.h"
#include "pliant/base/known.h"
#include "pliant/program/syntax.h"

namespace pliant::program {
namespace {

/// Loops nest no deeper: the readers of both languages recurse.
constexpr int kDeepest = 100;
/// Whole numbers up to here and their halves are exact in double.
constexpr std::uint64_t kLargest = 1'000'000'000'000'000;

/// A statement: xi := xj ± c, or a loop over xi.
struct Command {
  enum class Kind : std::uint8_t { kAssign, kLoop };
  Kind kind = Kind::kAssign;
  Position position;
  std::uint32_t target = 0;             ///< i
  std::optional<std::uint32_t> source;  ///< j
  bool subtracts = false;
  std::uint64_t number = 0;   ///< c
  std::vector<Command> body;  ///< of a loop
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_digit(c) || c == '_' || (lower(c) >= 'a' && lower(c) <= 'z'); }

/// Whether a byte continues a character of UTF-8: these have no column of their own.
bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

struct Symbol {
  std::string_view text;
  std::string_view meaning;
};
constexpr Symbol kSymbols[] = {{":=", ":="}, {"!=", "!="}, {"\u2260", "!="}, {"\u2212", "-"}};

// === Reading ===

class WhileParser {
 public:
  explicit WhileParser(std::string_view text) : text_(text) { advance(); }

  std::vector<Command> parse() {
    std::vector<Command> commands = read_commands();
    if (!word_.empty()) fail("expected ';' or the end of the text");
    return commands;
  }
  [[nodiscard]] const std::set<std::uint32_t>& variables() const { return variables_; }

 private:
  // === Words ===

  [[noreturn]] void fail(std::string_view reason) const {
    const auto c = word_.empty() ? '\0' : word_[0];
    const auto code = static_cast<unsigned char>(c);
    std::string shown = "'" + std::string(word_) + "'";
    if (word_.empty()) shown = "the end of the text";
    if (!word_.empty() && (code < 32 || code == 127)) {
      shown = "the character " + std::to_string(code);
    }
    base::fail("while: line ", position_.line, ", column ", position_.column, ": ", reason,
               ", got ", shown);
  }

  void step() {
    if (text_[next_] == '\n') {
      here_ = {here_.line + 1, 1};
    } else if (!continues(text_[next_])) {
      ++here_.column;
    }
    ++next_;
  }

  void skip_blanks() {
    while (next_ < text_.size()) {
      const std::string_view rest = text_.substr(next_);
      if (rest[0] == '#' || rest.starts_with("//")) {
        while (next_ < text_.size() && text_[next_] != '\n') step();
      } else if (rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\r' || rest[0] == '\n') {
        step();
      } else {
        return;
      }
    }
  }

  void advance() {
    skip_blanks();
    position_ = here_;
    const std::string_view rest = text_.substr(next_);
    std::size_t length = 0;
    while (length < rest.size() && is_word(rest[length])) ++length;
    word_ = meaning_ = rest.substr(0, length);
    if (length == 0 && !rest.empty()) {
      length = 1;
      while (length < rest.size() && continues(rest[length])) ++length;
      word_ = meaning_ = rest.substr(0, length);
      for (const Symbol& symbol : kSymbols) {
        if (!rest.starts_with(symbol.text)) continue;
        length = symbol.text.size();
        word_ = rest.substr(0, length);
        meaning_ = symbol.meaning;
      }
    }
    while (length-- > 0) step();
  }

  [[nodiscard]] bool peek(std::string_view word) const {
    return meaning_.size() == word.size() &&
           std::equal(word.begin(), word.end(), meaning_.begin(),
                      [](char a, char b) { return lower(a) == lower(b); });
  }

  bool take(std::string_view word) {
    if (!peek(word)) return false;
    advance();
    return true;
  }

  void expect(std::string_view word) {
    if (!take(word)) fail("expected '" + std::string(word) + "'");
  }

  template <class Number>
  static std::optional<Number> number_of(std::string_view digits) {
    Number number = 0;
    const char* const end = digits.data() + digits.size();
    const auto [at, error] = std::from_chars(digits.data(), end, number);
    if (digits.empty() || at != end || error != std::errc()) return std::nullopt;
    return number;
  }

  /// x3 or x_3, in any case.
  std::optional<std::uint32_t> variable() {
    if (word_.empty() || lower(word_[0]) != 'x') return std::nullopt;
    std::string_view digits = word_.substr(1);
    if (!digits.empty() && digits[0] == '_') digits.remove_prefix(1);
    const auto number = number_of<std::uint32_t>(digits);
    if (!number) return std::nullopt;
    variables_.insert(*number);
    advance();
    return number;
  }

  std::uint64_t number() {
    const auto found = number_of<std::uint64_t>(word_);
    if (!found || *found > kLargest) fail("expected a whole number in 0 … 10^15");
    advance();
    return *found;
  }

  // === Statements ===

  std::vector<Command> read_commands() {
    if (++depth_ > kDeepest) fail("loops nest deeper than 100");
    std::vector<Command> commands;
    do {
      // A last semicolon ends a statement and begins none.
      if (!commands.empty() && (word_.empty() || peek("end"))) break;
      commands.push_back(read_command());
    } while (take(";"));
    --depth_;
    return commands;
  }

  Command read_command() {
    Command command;
    command.position = position_;
    if (take("while")) {
      command.kind = Command::Kind::kLoop;
      const auto target = variable();
      if (!target) fail("expected a variable x0, x1, …");
      command.target = *target;
      expect("!=");
      expect("0");
      expect("DO");
      command.body = read_commands();
      if (!take("end")) fail("expected ';' or 'END'");
      return command;
    }
    const auto target = variable();
    if (!target) fail("expected a statement, xi := … or WHILE");
    command.target = *target;
    expect(":=");
    command.source = variable();
    if (!command.source) {
      if (word_.empty() || !is_digit(word_[0])) fail("expected a variable x0, x1, … or a number");
      command.number = number();
      return command;
    }
    command.subtracts = peek("-");
    if (take("+") || take("-")) command.number = number();
    return command;
  }

  std::string_view text_;
  std::size_t next_ = 0;      ///< where the text behind this word begins
  Position here_{1, 1};       ///< of that
  std::string_view word_;     ///< as it stands; empty at the end of the text
  std::string_view meaning_;  ///< with symbols in their plain form
  Position position_{1, 1};
  std::set<std::uint32_t> variables_;
  int depth_ = 0;
};

// === Writing ===

std::string name_of(std::uint32_t variable) { return "x" + std::to_string(variable); }

std::vector<std::string> names_of(const std::set<std::uint32_t>& variables) {
  std::vector<std::string> names;
  names.reserve(variables.size());
  for (const std::uint32_t variable : variables) names.push_back(name_of(variable));
  return names;
}

/// The chosen variables, each there and named once; all where none are chosen.
std::vector<std::string> chosen(const std::optional<std::vector<std::string>>& choice,
                                const std::vector<std::string>& all, const char* what) {
  if (!choice) return all;
  base::require(!choice->empty(), "while: there must be at least one ", what);
  for (std::size_t i = 0; i < choice->size(); ++i) {
    const std::string& name = (*choice)[i];
    base::require_known(all, name, what);
    base::require(std::find(choice->begin(), choice->begin() + static_cast<std::ptrdiff_t>(i),
                            name) == choice->begin() + static_cast<std::ptrdiff_t>(i),
                  "while: the ", what, " ", name, " is named twice");
  }
  return *choice;
}

/// Writes the statements in the lines, and where there is room in the columns, that they have.
class Writer {
 public:
  explicit Writer(const WhileOptions& options) : options_(options) {}

  std::string write(const std::vector<Command>& commands, const std::vector<std::string>& all) {
    const auto inputs = chosen(options_.inputs, all, "input");
    const auto outputs = chosen(options_.outputs, all, "output");
    text_ = "program while_program(";
    for (const auto& name : inputs) text_ += (text_.back() == '(' ? "" : ", ") + ("start_" + name);
    text_ += ") {";
    for (const auto& name : all) {
      const bool given = std::ranges::find(inputs, name) != inputs.end();
      text_ += " var " + name + " = " + (given ? "start_" + name : "0") + ";";
    }
    write_block(commands);
    text_ += "return ";
    for (const auto& name : outputs) text_ += (&name == outputs.data() ? "" : ", ") + name;
    return text_ + " }";
  }

 private:
  void move_to(Position position) {
    for (; line_ < position.line; ++line_) text_ += '\n';
    const auto line_begin = text_.rfind('\n') + 1;  // npos + 1 is 0
    const auto column = static_cast<std::size_t>(position.column) - 1;
    if (text_.size() - line_begin < column) text_.append(column - (text_.size() - line_begin), ' ');
  }

  void write_block(const std::vector<Command>& commands) {
    for (const Command& command : commands) {
      move_to(command.position);
      const std::string target = name_of(command.target);
      if (command.kind == Command::Kind::kAssign) {
        text_ += target + " = " + value_of(command) + "; ";
        continue;
      }
      text_ += options_.policy == LoopPolicy::kGated ? "gated while " : "while ";
      text_ += target + (options_.condition == LoopCondition::kPositive ? " > 0.5 { " : " != 0 { ");
      write_block(command.body);
      text_ += "}; ";
    }
  }

  [[nodiscard]] std::string value_of(const Command& command) const {
    std::string number = std::to_string(command.number);
    if (!command.source) return number;
    std::string source = name_of(*command.source);
    if (command.number == 0) return source;
    if (!command.subtracts) return source + " + " + number;
    if (options_.subtraction == Subtraction::kPlain) return source + " - " + number;
    const std::string limit = std::to_string(command.number - 1) + ".5";
    return "where(" + source + " > " + limit + ", " + source + " - " + number + ", 0)";
  }

  const WhileOptions& options_;
  std::string text_;
  int line_ = 1;
};

template <class Choice, std::size_t n>
Choice choice_of(const std::array<std::string_view, n>& names, std::string_view name,
                 const char* what) {
  base::require_known(names, name, what);
  return static_cast<Choice>(std::ranges::find(names, name) - names.begin());
}

}  // namespace

LoopPolicy loop_policy(std::string_view name) {
  return choice_of<LoopPolicy>(kLoopPolicies, name, "policy");
}
LoopCondition loop_condition(std::string_view name) {
  return choice_of<LoopCondition>(kLoopConditions, name, "condition");
}
Subtraction subtraction(std::string_view name) {
  return choice_of<Subtraction>(kSubtractions, name, "subtraction");
}

std::vector<std::string> while_variables(std::string_view text) {
  WhileParser parser(text);
  parser.parse();
  return names_of(parser.variables());
}

Program parse_while(std::string_view text, const WhileOptions& options) {
  WhileParser parser(text);
  const std::vector<Command> commands = parser.parse();
  return Program::parse(Writer(options).write(commands, names_of(parser.variables())));
}

}  // namespace pliant::program
