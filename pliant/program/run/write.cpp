// pliant/program/run/write.cpp — writing to arrays: whole, at whole numbers, at weights (no torch)
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "pliant/program/run/walker.h"
#include "pliant/program/tokens.h"

namespace pliant::program {
namespace {

/// Elements of `shape` in their order, as elements of an array that lacks the dimensions which
/// `dropped` says.
std::vector<std::size_t> without(const Shape& shape, const std::array<bool, kMaxRank>& dropped) {
  std::vector<std::size_t> elements(shape.count());
  for (std::size_t e = 0; e < elements.size(); ++e) {
    std::size_t rest = e, element = 0, stride = 1;
    for (std::size_t k = shape.rank; k-- > 0;) {
      const auto size = static_cast<std::size_t>(shape.size[k]);
      if (!dropped[k]) {
        element += rest % size * stride;
        stride *= size;
      }
      rest /= size;
    }
    elements[e] = element;
  }
  return elements;
}

/// The elements of a value that `elements` says, as an array.
Value spread(const Value& value, const Shape& shape, const std::vector<std::size_t>& elements) {
  std::vector<View> parts(elements.size());
  for (std::size_t e = 0; e < parts.size(); ++e) {
    parts[e] = value.element(value.shape.rank == 0 ? 0 : elements[e]);
  }
  Value out;
  out.shape = shape;
  out.parts = std::make_shared<const std::vector<View>>(std::move(parts));
  return out;
}

}  // namespace

/// `target` with the elements of `value` at these places.
void Walker::store(Value& target, const std::vector<std::size_t>& places, const Value& value) {
  std::vector<View> parts(target.shape.count());
  for (std::size_t e = 0; e < parts.size(); ++e) parts[e] = target.element(e);
  for (std::size_t e = 0; e < places.size(); ++e) parts[places[e]] = value.element(e);
  target.parts = std::make_shared<const std::vector<View>>(std::move(parts));
  target.base = {};
}

void Walker::assign(const Statement& statement) {
  Value value = evaluate(*statement.value);
  Value& target = cell(statement.slot).value;
  if (statement.indices.empty()) {
    target = fill(value, target.shape, statement.position);
    return;
  }
  if (const auto at = place(target.shape, statement.indices); at && value.shape.rank == 0) {
    return store(target, {*at}, value);
  }
  const bool at_weights = std::ranges::any_of(statement.indices, [](const IndexItem& item) {
    return item.kind == IndexItem::Kind::kChoice;
  });
  if (at_weights) return assign_at_weights(statement, value);
  const Places at = places(target.shape, statement.indices, statement.position);
  store(target, at.element, fill(value, at.shape, statement.position));
}

/// A_j becomes A_j + w_j·(v − A_j), where w is the product of the weights over its dimensions.
void Walker::assign_at_weights(const Statement& statement, const Value& value) {
  Value& target = cell(statement.slot).value;
  std::vector<IndexItem> everywhere = statement.indices;
  for (IndexItem& item : everywhere) {
    if (item.kind == IndexItem::Kind::kChoice) item = IndexItem();
  }
  const Places at = places(target.shape, everywhere, statement.position);
  // Dimensions of what is written: a whole number leaves none.
  std::array<bool, kMaxRank> chosen{};
  Value weights = number(1);
  std::size_t dimension = 0;
  for (const IndexItem& item : statement.indices) {
    if (item.kind == IndexItem::Kind::kAt) continue;
    if (item.kind == IndexItem::Kind::kChoice) {
      chosen[dimension] = true;
      std::array<bool, kMaxRank> others;
      others.fill(true);
      others[dimension] = false;
      Shape row;
      row.push(at.shape.size[dimension]);
      const Value over = fill(evaluate(*item.low), row, item.low->position);
      weights = step2(Step::kMultiply, weights, spread(over, at.shape, without(at.shape, others)),
                      statement.position);
    }
    ++dimension;
  }
  Shape rest;
  for (std::size_t k = 0; k < at.shape.rank; ++k) {
    if (!chosen[k]) rest.push(at.shape.size[k]);
  }
  const Value written =
      spread(fill(value, rest, statement.position), at.shape, without(at.shape, chosen));
  std::vector<std::size_t> all(at.element);
  const Value before = spread(target, at.shape, all);
  const View operands[] = {contiguous(before), contiguous(written), contiguous(weights)};
  const bool single[] = {false, false, false};
  Value out;
  out.shape = at.shape;
  out.base = recorder_.step(Step::kBlend, operands, single, at.shape.count());
  store(target, at.element, out);
}

}  // namespace pliant::program
