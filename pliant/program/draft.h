// pliant/program/draft.h — a program's tree while a builder makes it; private to program/ (no
// torch)
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pliant/base/errors.h"
#include "pliant/program/handles.h"
#include "pliant/program/syntax.h"

namespace pliant::program::build {

using Pointer = std::shared_ptr<const Expression>;

/// Texts grow with the parts of their expressions, and r = r + r doubles these; who walks them
/// recurses.
inline constexpr std::size_t kMostParts = 10'000;

/// The tree as far as it is recorded, and which names can be used now.
class Draft {
 public:
  explicit Draft(std::string name) {
    check_name(name);
    tree_.name = std::move(name);
    blocks_.push_back({&tree_.body, {}});
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  [[nodiscard]] const std::string& name() const { return tree_.name; }
  [[nodiscard]] bool is_outermost() const { return blocks_.size() == 1; }
  [[nodiscard]] const Tree& tree() const { return tree_; }

  static void check_name(std::string_view name) {
    const auto letter = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    bool good = !name.empty() && letter(name[0]);
    for (const char c : name) good = good && (letter(c) || (c >= '0' && c <= '9'));
    base::require(good, "builder: '", name,
                  "' is no name; expected letters, digits and _, and no digit first");
  }

  /// A new name of the innermost block, with a number behind it if it is taken.
  int declare(std::string_view name, Slot::Kind kind) {
    check_name(name);
    std::string free(name);
    for (int number = 2; find(free) >= 0; ++number) {
      free = std::string(name) + "_" + std::to_string(number);
    }
    tree_.slots.push_back({free, kind, {}});
    live_.push_back(true);
    const int slot = static_cast<int>(tree_.slots.size()) - 1;
    blocks_.back().declared.push_back(slot);
    return slot;
  }

  /// The slot of a name that can be used, or −1.
  [[nodiscard]] int find(std::string_view name) const {
    for (std::size_t s = tree_.slots.size(); s-- > 0;) {
      if (live_[s] && tree_.slots[s].name == name) return static_cast<int>(s);
    }
    return -1;
  }

  void declare_input(int slot, std::vector<int> sizes) {
    tree_.inputs.push_back({slot, std::move(sizes)});
  }
  [[nodiscard]] bool has_statements() const { return !is_outermost() || !tree_.body.empty(); }

  /// The expression, if all its names can be used here.
  const Pointer& checked(const Node& node) const {
    base::require(node.draft == nullptr || node.draft.get() == this, "builder: the program ",
                  name(), " cannot use what belongs to ",
                  node.draft == nullptr ? "" : node.draft->name());
    check_live(*node.expression);
    return node.expression;
  }

  [[nodiscard]] const Slot& slot(int slot) const {
    return tree_.slots[static_cast<std::size_t>(slot)];
  }

  void add(Statement statement) {
    blocks_.back().block->push_back(std::make_shared<const Statement>(std::move(statement)));
  }

  /// What `body` records; names that it declares end with it.
  template <class Body>
  Block record(const Body& body) {
    Block block;
    blocks_.push_back({&block, {}});
    const Closing closing{*this};
    body();
    return block;
  }

 private:
  struct Open {
    Block* block;
    std::vector<int> declared;
  };
  /// Ends the innermost block, however it is left.
  struct Closing {
    Draft& draft;
    explicit Closing(Draft& its) : draft(its) {}
    Closing(const Closing&) = delete;
    Closing& operator=(const Closing&) = delete;
    ~Closing() {
      for (const int slot : draft.blocks_.back().declared) {
        draft.live_[static_cast<std::size_t>(slot)] = false;
      }
      draft.blocks_.pop_back();
    }
  };

  void check_live(const Expression& e) const {
    if (e.operation == Operation::kVariable || e.operation == Operation::kInteger) {
      base::require(live_[static_cast<std::size_t>(e.slot)], "builder: '", slot(e.slot).name,
                    "' has ended with its block");
    }
    for (const auto& argument : e.arguments) check_live(*argument);
    for (const IndexItem& item : e.indices) {
      if (item.low) check_live(*item.low);
      if (item.high) check_live(*item.high);
    }
  }

  Tree tree_;
  std::vector<bool> live_;  ///< for each slot
  std::vector<Open> blocks_;
};

/// An expression of parts, which must be of one builder.
class Making {
 public:
  Making(Operation operation, int slot) {
    expression_.operation = operation;
    expression_.slot = slot;
  }

  Making& argument(const Node& node) {
    expression_.arguments.push_back(join(node));
    return *this;
  }
  Making& index(const Index& index) {
    IndexItem item;
    if (!index.is_all) {
      item.kind = index.high.expression ? IndexItem::Kind::kRange : IndexItem::Kind::kAt;
      item.low = join(index.low);
      if (index.high.expression) item.high = join(index.high);
    }
    expression_.indices.push_back(std::move(item));
    return *this;
  }
  Node made() {
    base::require(made_.parts <= kMostParts, "builder: an expression of more than ", kMostParts,
                  " parts; keep in a variable what it repeats");
    made_.expression = std::make_shared<const Expression>(std::move(expression_));
    return made_;
  }

 private:
  Pointer join(const Node& node) {
    base::require(made_.draft == nullptr || node.draft == nullptr || made_.draft == node.draft,
                  "builder: an expression cannot be of two programs, ",
                  made_.draft == nullptr ? "" : made_.draft->name(), " and ",
                  node.draft == nullptr ? "" : node.draft->name());
    if (made_.draft == nullptr) made_.draft = node.draft;
    made_.parts += node.parts;
    return node.expression;
  }

  Expression expression_;
  Node made_;
};

inline Node made_of(Operation operation, std::initializer_list<Node> arguments, int slot = 0) {
  Making making(operation, slot);
  for (const Node& argument : arguments) making.argument(argument);
  return making.made();
}

}  // namespace pliant::program::build
