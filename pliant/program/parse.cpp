// pliant/program/parse.cpp — from text to trees, by recursive descent (no torch)
#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <string_view>
#include <utility>

#include "pliant/base/errors.h"
#include "pliant/program/functions.h"
#include "pliant/program/program.h"
#include "pliant/program/run/recordings.h"
#include "pliant/program/syntax.h"
#include "pliant/program/tokens.h"

namespace pliant::program {
namespace {

using ExpressionPointer = std::shared_ptr<const Expression>;

/// Blocks and expressions nest no deeper: the parser and the walker recurse.
constexpr int kDeepest = 200;
/// Trees of expressions are no deeper: a + b + … is as deep as it is long.
constexpr int kDeepestTree = 2000;

class Parser {
 public:
  explicit Parser(std::string_view text) : tokens_(text) {}

  std::shared_ptr<const Tree> parse() {
    tokens_.skip_lines();
    tokens_.expect("program");
    tree_->name = tokens_.name("the name of the program");
    read_inputs();
    tokens_.expect("{");
    tokens_.skip_lines();
    read_block(tree_->body, true);
    return std::move(tree_);
  }

 private:
  /// Counts how deep the parser is, and refuses more.
  class Deeper {
   public:
    explicit Deeper(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > kDeepest) parser_.tokens_.fail("nested deeper than 200");
    }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    ~Deeper() { --parser_.depth_; }

   private:
    Parser& parser_;
  };

  // === Names ===

  int declare(const std::string& name, Slot::Kind kind, Position position) {
    if (names_.contains(name)) fail_at(position, "'", name, "' is declared already");
    for (const FunctionInfo& function : kFunctions) {
      if (function.name == name) fail_at(position, "'", name, "' is the name of a function");
    }
    tree_->slots.push_back({name, kind, position, gates_});
    declared_.push_back(name);
    return names_[name] = static_cast<int>(tree_->slots.size()) - 1;
  }

  int find(const std::string& name, Position position) const {
    const auto found = names_.find(name);
    if (found == names_.end()) fail_at(position, "'", name, "' is not declared");
    return found->second;
  }

  [[nodiscard]] Slot::Kind kind(int slot) const {
    return tree_->slots[static_cast<std::size_t>(slot)].kind;
  }

  // === Declarations ===

  void read_inputs() {
    tokens_.expect("(");
    do {
      const Position position = tokens_.position();
      InputDeclaration input;
      input.slot = declare(tokens_.name("the name of an input"), Slot::Kind::kInput, position);
      if (tokens_.take("[")) {
        do {
          const Position at = tokens_.position();
          const std::string size = tokens_.name("the name of a size");
          const auto known = names_.find(size);
          if (known != names_.end() && kind(known->second) != Slot::Kind::kSize) {
            fail_at(at, "'", size, "' is declared already, and is no size");
          }
          input.dimensions.push_back(known != names_.end() ? known->second
                                                           : declare(size, Slot::Kind::kSize, at));
        } while (tokens_.take(","));
        tokens_.expect("]");
      }
      tree_->inputs.push_back(std::move(input));
    } while (tokens_.take(","));
    tokens_.expect(")");
  }

  // === Statements ===

  /// Up to and with the closing brace. Names that it declares end with it.
  void read_block(Block& block, bool outermost) {
    const Deeper deeper(*this);
    const std::size_t before = declared_.size();
    read_statements(block, outermost);
    for (; declared_.size() > before; declared_.pop_back()) names_.erase(declared_.back());
  }

  void read_statements(Block& block, bool outermost) {
    for (;;) {
      tokens_.skip_lines();
      if (outermost && tokens_.take("return")) {
        read_outputs();
        tokens_.skip_lines();
        tokens_.expect("}");
        tokens_.skip_lines();
        tokens_.expect_end();
        return;
      }
      if (tokens_.take("}")) {
        if (outermost) tokens_.fail("expected 'return' before the end of the program");
        return;
      }
      if (outermost && tokens_.take("external")) {
        read_externals();
      } else {
        block.push_back(read_statement());
      }
      tokens_.end_statement();
    }
  }

  void read_externals() {
    do {
      const Position position = tokens_.position();
      const std::string name = tokens_.name("the name of a function");
      declare(name, Slot::Kind::kExternal, position);
      tree_->externals.push_back(name);
    } while (tokens_.take(","));
  }

  void read_outputs() {
    do {
      const Position position = tokens_.position();
      const int slot = find(tokens_.name("the name of an output"), position);
      if (kind(slot) != Slot::Kind::kVariable && kind(slot) != Slot::Kind::kInput) {
        fail_at(position, "an output must be a variable or an input");
      }
      tree_->outputs.push_back(slot);
    } while (tokens_.take(","));
  }

  std::shared_ptr<const Statement> read_statement() {
    Statement statement;
    statement.position = tokens_.position();
    if (tokens_.take("var")) {
      read_declaration(statement);
    } else if (tokens_.take("int")) {
      read_integer(statement);
    } else if (tokens_.take("if")) {
      read_if(statement);
    } else if (tokens_.take("while")) {
      read_while(statement);
    } else if (tokens_.take("gated")) {
      tokens_.expect("while");
      ++gates_;
      read_while(statement);
      --gates_;
      statement.kind = Statement::Kind::kGatedWhile;
    } else if (tokens_.take("for")) {
      read_for(statement);
    } else {
      read_assignment(statement);
    }
    return std::make_shared<const Statement>(std::move(statement));
  }

  void read_declaration(Statement& statement) {
    statement.kind = Statement::Kind::kDeclare;
    const Position position = tokens_.position();
    const std::string name = tokens_.name("the name of a variable");
    if (tokens_.take("[")) {
      do {
        statement.shape.push_back(read_whole("a size"));
      } while (tokens_.take(","));
      tokens_.expect("]");
    }
    tokens_.expect("=");
    statement.value = read_real("the first value");
    statement.slot = declare(name, Slot::Kind::kVariable, position);  // not known in its own value
  }

  void read_integer(Statement& statement) {
    statement.kind = Statement::Kind::kDeclareInt;
    const Position position = tokens_.position();
    const std::string name = tokens_.name("the name of a whole number");
    tokens_.expect("=");
    statement.value = read_whole("the first value");
    statement.slot = declare(name, Slot::Kind::kInteger, position);
  }

  /// Of an if or a while that has been read: what it writes to, of the names that were there
  /// before.
  void note_wholes(Statement& statement, std::size_t names_before, std::size_t writes_before) {
    for (std::size_t k = writes_before; k < whole_writes_.size(); ++k) {
      if (static_cast<std::size_t>(whole_writes_[k]) < names_before) {
        statement.wholes.push_back(whole_writes_[k]);
      }
    }
  }

  void read_while(Statement& statement) {
    statement.kind = Statement::Kind::kWhile;
    statement.value = read_real("the condition of while");
    tokens_.expect("{");
    const std::size_t names = tree_->slots.size(), writes = whole_writes_.size();
    read_block(statement.body, false);
    note_wholes(statement, names, writes);
  }

  void read_if(Statement& statement) {
    const std::size_t names = tree_->slots.size(), writes = whole_writes_.size();
    read_branches(statement);
    statement.exact = statement.value->exact || statement.value->whole;
    note_wholes(statement, names, writes);
  }

  void read_branches(Statement& statement) {
    const Deeper deeper(*this);  // else if …
    statement.kind = Statement::Kind::kIf;
    statement.value = read_real("the condition of if");
    tokens_.expect("{");
    read_block(statement.body, false);
    if (!tokens_.take("else")) return;
    if (tokens_.peek("if")) {
      statement.otherwise.push_back(read_statement());
      return;
    }
    tokens_.expect("{");
    read_block(statement.otherwise, false);
  }

  void read_for(Statement& statement) {
    statement.kind = Statement::Kind::kFor;
    const Position position = tokens_.position();
    const std::string name = tokens_.name("the name of a whole number");
    tokens_.expect("in");
    statement.value = read_whole("the first number");
    tokens_.expect("..");
    statement.high = read_whole("the number after the last");
    statement.slot = declare(name, Slot::Kind::kInteger, position);
    loop_numbers_.push_back(statement.slot);
    tokens_.expect("{");
    read_block(statement.body, false);
    loop_numbers_.pop_back();
    names_.erase(name);
    declared_.pop_back();
  }

  void read_assignment(Statement& statement) {
    const Position position = tokens_.position();
    const std::string name = tokens_.name("a statement");
    statement.slot = find(name, position);
    if (kind(statement.slot) == Slot::Kind::kInteger) {
      for (const int number : loop_numbers_) {
        if (number == statement.slot) fail_at(position, "'", name, "' is the number of a loop");
      }
      statement.kind = Statement::Kind::kAssignInt;
      whole_writes_.push_back(statement.slot);
      tokens_.expect("=");
      statement.value = read_whole("a value");
      return;
    }
    if (kind(statement.slot) == Slot::Kind::kInput) {
      fail_at(position, "'", name,
              "' is an input, and cannot be written to; copy it: var y = ", name);
    }
    if (kind(statement.slot) == Slot::Kind::kSize) {
      fail_at(position, "'", name, "' is a size, and cannot be written to");
    }
    if (kind(statement.slot) == Slot::Kind::kExternal) {
      fail_at(position, "'", name, "' is a function, and cannot be written to");
    }
    statement.kind = Statement::Kind::kAssign;
    statement.gates = gates_ - tree_->slots[static_cast<std::size_t>(statement.slot)].gates;
    if (tokens_.peek("[")) statement.indices = read_indices();
    tokens_.expect("=");
    statement.value = read_real("a value");
  }

  // === Expressions, from what binds least ===

  ExpressionPointer read_whole(std::string_view what) {
    const Position position = tokens_.position();
    ExpressionPointer expression = read_expression();
    if (!expression->whole) {
      fail_at(position, what, " must be a whole number, made of whole numbers and sizes");
    }
    return expression;
  }

  ExpressionPointer read_real(std::string_view) { return read_expression(); }

  ExpressionPointer read_expression() {
    const Deeper deeper(*this);
    return read_or();
  }

  ExpressionPointer make(Operation operation, Position position,
                         std::vector<ExpressionPointer> arguments) {
    Expression expression;
    expression.operation = operation;
    expression.position = position;
    const bool arithmetic = operation == Operation::kAdd || operation == Operation::kSubtract ||
                            operation == Operation::kMultiply || operation == Operation::kNegate;
    expression.whole = arithmetic;
    const bool connects =
        operation == Operation::kAnd || operation == Operation::kOr || operation == Operation::kNot;
    expression.exact = !arithmetic && operation != Operation::kDivide;
    for (const auto& argument : arguments) {
      expression.whole = expression.whole && argument->whole;
      expression.exact = expression.exact && (connects ? argument->exact : argument->whole);
    }
    expression.arguments = std::move(arguments);
    return finish(std::move(expression));
  }

  static ExpressionPointer finish(Expression expression) {
    const auto deepen = [&](const ExpressionPointer& part) {
      if (part) expression.depth = std::max(expression.depth, part->depth + 1);
    };
    for (const auto& argument : expression.arguments) deepen(argument);
    for (const IndexItem& item : expression.indices) deepen(item.low), deepen(item.high);
    if (expression.depth > kDeepestTree) {
      fail_at(expression.position, "an expression of more than 2000 terms; keep a part in a var");
    }
    return std::make_shared<const Expression>(std::move(expression));
  }

  ExpressionPointer read_or() {
    ExpressionPointer left = read_and();
    while (tokens_.peek("or")) {
      const Position position = tokens_.position();
      tokens_.expect("or");
      left = make(Operation::kOr, position, {left, read_and()});
    }
    return left;
  }

  ExpressionPointer read_and() {
    ExpressionPointer left = read_not();
    while (tokens_.peek("and")) {
      const Position position = tokens_.position();
      tokens_.expect("and");
      left = make(Operation::kAnd, position, {left, read_not()});
    }
    return left;
  }

  ExpressionPointer read_not() {
    const Deeper deeper(*this);
    const Position position = tokens_.position();
    if (tokens_.take("not")) return make(Operation::kNot, position, {read_not()});
    return read_comparison();
  }

  ExpressionPointer read_comparison() {
    ExpressionPointer left = read_sum();
    const Position position = tokens_.position();
    if (tokens_.take("<")) return make(Operation::kLess, position, {left, read_sum()});
    if (tokens_.take("<=")) return make(Operation::kLessEqual, position, {left, read_sum()});
    if (tokens_.take(">")) return make(Operation::kLess, position, {read_sum(), left});
    if (tokens_.take(">=")) return make(Operation::kLessEqual, position, {read_sum(), left});
    if (tokens_.take("==")) return make(Operation::kEqual, position, {left, read_sum()});
    if (tokens_.take("!=")) return make(Operation::kUnequal, position, {left, read_sum()});
    return left;
  }

  ExpressionPointer read_sum() {
    ExpressionPointer left = read_product();
    for (;;) {
      const Position position = tokens_.position();
      if (tokens_.take("+")) {
        left = make(Operation::kAdd, position, {left, read_product()});
      } else if (tokens_.take("-")) {
        left = make(Operation::kSubtract, position, {left, read_product()});
      } else {
        return left;
      }
    }
  }

  ExpressionPointer read_product() {
    ExpressionPointer left = read_sign();
    for (;;) {
      const Position position = tokens_.position();
      if (tokens_.take("*")) {
        left = make(Operation::kMultiply, position, {left, read_sign()});
      } else if (tokens_.take("/")) {
        left = make(Operation::kDivide, position, {left, read_sign()});
      } else {
        return left;
      }
    }
  }

  ExpressionPointer read_sign() {
    const Deeper deeper(*this);
    const Position position = tokens_.position();
    if (tokens_.take("-")) return make(Operation::kNegate, position, {read_sign()});
    return read_atom();
  }

  ExpressionPointer read_atom() {
    Expression expression;
    expression.position = tokens_.position();
    if (tokens_.take("(")) {
      ExpressionPointer inner = read_expression();
      tokens_.expect(")");
      return inner;
    }
    if (const auto number = tokens_.number()) {
      expression.value = number->value;
      expression.whole = number->whole;
      return std::make_shared<const Expression>(std::move(expression));
    }
    const std::string name = tokens_.name("a value");
    if (tokens_.peek("(")) return read_call(name, std::move(expression));
    const int slot = find(name, expression.position);
    expression.slot = slot;
    const Slot::Kind what = kind(slot);
    if (what == Slot::Kind::kExternal) {
      fail_at(expression.position, "'", name, "' is a function; call it: ", name, "(…)");
    }
    expression.whole = what == Slot::Kind::kInteger || what == Slot::Kind::kSize;
    expression.operation = expression.whole ? Operation::kInteger : Operation::kVariable;
    if (expression.whole || !tokens_.peek("[")) {
      return std::make_shared<const Expression>(std::move(expression));
    }
    Expression read;
    read.operation = Operation::kRead;
    read.position = expression.position;
    read.arguments.push_back(std::make_shared<const Expression>(std::move(expression)));
    read.indices = read_indices();
    return finish(std::move(read));
  }

  ExpressionPointer read_call(const std::string& name, Expression expression) {
    const auto external = std::ranges::find(tree_->externals, name);
    if (external != tree_->externals.end()) {
      expression.operation = Operation::kExternal;
      expression.slot = static_cast<int>(external - tree_->externals.begin());
      read_arguments(expression);
      return finish(std::move(expression));
    }
    int function = -1;
    std::string known;
    for (std::size_t i = 0; i < kFunctions.size(); ++i) {
      if (kFunctions[i].name == name) function = static_cast<int>(i);
      known += (i == 0 ? "" : ", ") + std::string(kFunctions[i].name);
    }
    if (function < 0) {
      fail_at(expression.position, "unknown function '", name, "'; there are: ", known);
    }
    const FunctionInfo& info = kFunctions[static_cast<std::size_t>(function)];
    expression.operation = Operation::kCall;
    expression.slot = function;
    read_arguments(expression);
    const int count = static_cast<int>(expression.arguments.size());
    if (count < info.least || (info.most >= 0 && count > info.most)) {
      fail_at(expression.position, name, " takes ", info.least, info.most < 0 ? " or more" : "",
              " arguments, got ", count);
    }
    return finish(std::move(expression));
  }

  void read_arguments(Expression& expression) {
    tokens_.expect("(");
    do {
      expression.arguments.push_back(read_expression());
    } while (tokens_.take(","));
    tokens_.expect(")");
  }

  std::vector<IndexItem> read_indices() {
    std::vector<IndexItem> items;
    tokens_.expect("[");
    do {
      IndexItem item;
      if (tokens_.peek(",") || tokens_.peek("]")) tokens_.fail("expected an index");
      if (tokens_.take(":")) {
        items.push_back(item);
        continue;
      }
      const Position position = tokens_.position();
      item.low = read_expression();
      if (tokens_.take(":")) {
        item.kind = IndexItem::Kind::kRange;
        item.high = read_whole("the end of a range");
        if (!item.low->whole) fail_at(position, "the begin of a range must be a whole number");
      } else {
        item.kind = item.low->whole ? IndexItem::Kind::kAt : IndexItem::Kind::kChoice;
      }
      items.push_back(std::move(item));
    } while (tokens_.take(","));
    tokens_.expect("]");
    return items;
  }

  Tokens tokens_;
  std::shared_ptr<Tree> tree_ = std::make_shared<Tree>();
  std::map<std::string, int, std::less<>> names_;
  std::vector<std::string> declared_;
  std::vector<int> loop_numbers_;
  std::vector<int> whole_writes_;  ///< whole numbers that are written to, in the order of the text
  int gates_ = 0;                  ///< gated loops around the statement
  int depth_ = 0;
};

}  // namespace

Program::Program(std::shared_ptr<const Tree> tree)
    : tree_(std::move(tree)), recordings_(std::make_shared<Recordings>()) {}

Program Program::parse(std::string_view text) { return Program(Parser(text).parse()); }

}  // namespace pliant::program
