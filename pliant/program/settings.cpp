// pliant/program/settings.cpp — programs with other values of the whole numbers at their head (no
// torch)
#include <algorithm>
#include <memory>
#include <string>

#include "pliant/base/errors.h"
#include "pliant/program/program.h"
#include "pliant/program/syntax.h"

namespace pliant::program {
namespace {

/// Whole numbers stay below this wherever a program computes with them.
constexpr std::int64_t kLargest = std::int64_t{1} << 40;

/// Whether a statement is `int name = literal`.
bool is_setting(const Statement& statement) {
  return statement.kind == Statement::Kind::kDeclareInt &&
         statement.value->operation == Operation::kNumber;
}

std::string name_of(const Tree& tree, const Statement& setting) {
  return tree.slots[static_cast<std::size_t>(setting.slot)].name;
}

/// How many statements the head of a program has.
std::size_t head_of(const Tree& tree) {
  const auto end = std::ranges::find_if_not(
      tree.body, [](const auto& statement) { return is_setting(*statement); });
  return static_cast<std::size_t>(end - tree.body.begin());
}

}  // namespace

std::vector<std::string> Program::settings() const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < head_of(*tree_); ++i) {
    names.push_back(name_of(*tree_, *tree_->body[i]));
  }
  return names;
}

Program Program::with(std::string_view name, std::int64_t value) const {
  const std::vector<std::string> names = settings();
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) {
    std::string known;
    for (const std::string& each : names) known += (known.empty() ? "" : ", ") + each;
    base::fail("program ", tree_->name, ": there is no whole number '", name,
               "' to set at its head", known.empty() ? "" : "; there are: ", known);
  }
  base::require(0 <= value && value <= kLargest, "program ", tree_->name, ": ", name,
                " must be in 0 … 2^40, got ", value);
  Tree tree = *tree_;
  auto& place = tree.body[static_cast<std::size_t>(found - names.begin())];
  Expression number = *place->value;
  number.value = static_cast<double>(value);
  Statement statement = *place;
  statement.value = std::make_shared<const Expression>(std::move(number));
  place = std::make_shared<const Statement>(std::move(statement));
  return Program(std::make_shared<const Tree>(std::move(tree)));
}

}  // namespace pliant::program
