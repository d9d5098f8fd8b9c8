// pliant/program/print.cpp — from trees to text (no torch)
#include <charconv>
#include <string>

#include "pliant/program/functions.h"
#include "pliant/program/program.h"
#include "pliant/program/syntax.h"

namespace pliant::program {
namespace {

/// How strongly an expression binds; arguments that bind less stand in parentheses.
enum class Binding : std::uint8_t { kOr, kAnd, kNot, kComparison, kSum, kProduct, kSign, kAtom };

struct Form {
  std::string_view symbol;
  Binding binding;
};

Form form_of(Operation operation) {
  switch (operation) {
    case Operation::kOr:
      return {" or ", Binding::kOr};
    case Operation::kAnd:
      return {" and ", Binding::kAnd};
    case Operation::kNot:
      return {"not ", Binding::kNot};
    case Operation::kLess:
      return {" < ", Binding::kComparison};
    case Operation::kLessEqual:
      return {" <= ", Binding::kComparison};
    case Operation::kEqual:
      return {" == ", Binding::kComparison};
    case Operation::kUnequal:
      return {" != ", Binding::kComparison};
    case Operation::kAdd:
      return {" + ", Binding::kSum};
    case Operation::kSubtract:
      return {" - ", Binding::kSum};
    case Operation::kMultiply:
      return {" * ", Binding::kProduct};
    case Operation::kDivide:
      return {" / ", Binding::kProduct};
    case Operation::kNegate:
      return {"-", Binding::kSign};
    default:
      return {"", Binding::kAtom};
  }
}

std::string number(double value, bool whole) {
  if (whole) return std::to_string(static_cast<std::int64_t>(value));  // 100000, not 1e+05
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  return {text, end};
}

class Printer {
 public:
  explicit Printer(const Tree& tree) : tree_(tree) {}

  std::string print() {
    text_ = "program " + tree_.name + "(";
    for (const InputDeclaration& input : tree_.inputs) {
      if (&input != tree_.inputs.data()) text_ += ", ";
      text_ += name(input.slot);
      if (!input.dimensions.empty()) {
        text_ += "[" + join(input.dimensions, [&](int slot) { return name(slot); }) + "]";
      }
    }
    text_ += ") {\n";
    depth_ = 1;
    if (!tree_.externals.empty()) {
      line("external " + join(tree_.externals, [](const std::string& name) { return name; }));
    }
    print_block(tree_.body);
    line("return " + join(tree_.outputs, [&](int slot) { return name(slot); }));
    text_ += "}\n";
    return std::move(text_);
  }

 private:
  [[nodiscard]] const std::string& name(int slot) const {
    return tree_.slots[static_cast<std::size_t>(slot)].name;
  }

  template <class Items, class Fn>
  static std::string join(const Items& items, const Fn& fn) {
    std::string text;
    for (const auto& item : items) text += (text.empty() ? "" : ", ") + std::string(fn(item));
    return text;
  }

  void line(const std::string& text) {
    text_ += std::string(static_cast<std::size_t>(2 * depth_), ' ') + text + "\n";
  }

  std::string with(const Expression& expression, Binding least) const {
    const std::string inner = expression_text(expression);
    return form_of(expression.operation).binding < least ? "(" + inner + ")" : inner;
  }

  [[nodiscard]] std::string expression_text(const Expression& e) const {
    const Form form = form_of(e.operation);
    switch (e.operation) {
      case Operation::kNumber:
        return number(e.value, e.whole) + (e.whole || has_point(e.value) ? "" : ".0");
      case Operation::kVariable:
      case Operation::kInteger:
        return name(e.slot);
      case Operation::kNegate:
      case Operation::kNot:
        return std::string(form.symbol) + with(*e.arguments[0], form.binding);
      case Operation::kRead:
        return with(*e.arguments[0], Binding::kAtom) + indices_text(e.indices);
      case Operation::kCall:
        return call_text(kFunctions[static_cast<std::size_t>(e.slot)].name, e);
      case Operation::kExternal:
        return call_text(tree_.externals[static_cast<std::size_t>(e.slot)], e);
      default: {
        // Of equal binding only the left argument goes without parentheses; comparisons do not
        // chain.
        const auto tighter = static_cast<Binding>(static_cast<int>(form.binding) + 1);
        const bool chains = form.binding != Binding::kComparison;
        return with(*e.arguments[0], chains ? form.binding : tighter) + std::string(form.symbol) +
               with(*e.arguments[1], tighter);
      }
    }
  }

  [[nodiscard]] std::string call_text(std::string_view name, const Expression& e) const {
    return std::string(name) + "(" +
           join(e.arguments, [&](const auto& a) { return expression_text(*a); }) + ")";
  }

  static bool has_point(double value) {
    return number(value, false).find_first_of(".e") != std::string::npos;
  }

  [[nodiscard]] std::string indices_text(const std::vector<IndexItem>& indices) const {
    return "[" +
           join(indices,
                [&](const IndexItem& item) -> std::string {
                  if (item.kind == IndexItem::Kind::kAll) return ":";
                  std::string text = expression_text(*item.low);
                  if (item.high) text += " : " + expression_text(*item.high);
                  return text;
                }) +
           "]";
  }

  void print_block(const Block& block) {
    for (const auto& statement : block) print_statement(*statement);
  }

  void print_statement(const Statement& s) {
    const std::string value = s.value ? expression_text(*s.value) : "";
    switch (s.kind) {
      case Statement::Kind::kDeclare: {
        const std::string shape = join(s.shape, [&](const auto& e) { return expression_text(*e); });
        line("var " + name(s.slot) + (shape.empty() ? "" : "[" + shape + "]") + " = " + value);
        return;
      }
      case Statement::Kind::kDeclareInt:
        return line("int " + name(s.slot) + " = " + value);
      case Statement::Kind::kAssign:
        return line(name(s.slot) + (s.indices.empty() ? "" : indices_text(s.indices)) + " = " +
                    value);
      case Statement::Kind::kAssignInt:
        return line(name(s.slot) + " = " + value);
      case Statement::Kind::kIf:
        print_nested("if " + value, s.body);
        if (!s.otherwise.empty()) print_nested("else", s.otherwise);
        return;
      case Statement::Kind::kWhile:
        return print_nested("while " + value, s.body);
      case Statement::Kind::kGatedWhile:
        return print_nested("gated while " + value, s.body);
      case Statement::Kind::kFor:
        return print_nested(
            "for " + name(s.slot) + " in " + value + " .. " + expression_text(*s.high), s.body);
    }
  }

  void print_nested(const std::string& head, const Block& body) {
    if (head == "else") {
      text_.pop_back();  // on the line of the brace before
      text_ += " else {\n";
    } else {
      line(head + " {");
    }
    ++depth_;
    print_block(body);
    --depth_;
    line("}");
  }

  const Tree& tree_;
  std::string text_;
  int depth_ = 0;
};

}  // namespace

std::string text_of(const Tree& tree) { return Printer(tree).print(); }

std::string Program::text() const { return text_of(*tree_); }

const std::string& Program::name() const { return tree_->name; }

std::vector<std::string> Program::inputs() const {
  std::vector<std::string> names;
  for (const auto& input : tree_->inputs)
    names.push_back(tree_->slots[static_cast<std::size_t>(input.slot)].name);
  return names;
}

std::vector<std::size_t> Program::input_ranks() const {
  std::vector<std::size_t> ranks;
  for (const auto& input : tree_->inputs) ranks.push_back(input.dimensions.size());
  return ranks;
}

const std::vector<std::string>& Program::externals() const { return tree_->externals; }

std::vector<std::string> Program::outputs() const {
  std::vector<std::string> names;
  for (const int slot : tree_->outputs)
    names.push_back(tree_->slots[static_cast<std::size_t>(slot)].name);
  return names;
}

}  // namespace pliant::program
