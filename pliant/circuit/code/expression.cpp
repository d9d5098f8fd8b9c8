// pliant/circuit/code/expression.cpp — small expressions by expansion in one input after another
// (no torch)
#include "pliant/circuit/code/expression.h"

#include <algorithm>
#include <limits>

namespace pliant::circuit {
namespace {

constexpr TruthTable kAll = ~TruthTable{0};

/// Up to as many inputs every order of expansion is tried, beyond the most promising first input.
constexpr int kTriedInputs = 4;

bool reads(TruthTable table, int i) { return depends_on(table, kMaxFanIn, i); }

int support(TruthTable table) { return support_size(table, kMaxFanIn); }

/// The input whose cofactors and their difference depend on the fewest others.
int promising(TruthTable table) {
  int best = 0;
  int fewest = std::numeric_limits<int>::max();
  for (int i = 0; i < kMaxFanIn; ++i) {
    if (!reads(table, i)) continue;
    const TruthTable low = cofactor0(table, i);
    const TruthTable high = cofactor1(table, i);
    const int left = support(low) + support(high) + support(low ^ high);
    if (left < fewest) {
      fewest = left;
      best = i;
    }
  }
  return best;
}

}  // namespace

Expressions::Found Expressions::join(char kind, Found left, Found right) {
  terms_.push_back({kind, left.term, right.term});
  return {static_cast<std::uint32_t>(terms_.size() - 1), left.cost + right.cost + 1};
}

Expressions::Found Expressions::inverted(Found found) {
  terms_.push_back({'~', found.term, 0});
  return {static_cast<std::uint32_t>(terms_.size() - 1), found.cost + 1};
}

Expressions::Found Expressions::input(int i) {
  terms_.push_back({'v', static_cast<std::uint32_t>(i), 0});
  return {static_cast<std::uint32_t>(terms_.size() - 1), 0};
}

Expressions::Found Expressions::expand(TruthTable table, int i) {
  const TruthTable low = cofactor0(table, i);
  const TruthTable high = cofactor1(table, i);
  const Found x = input(i);
  if (low == 0) return join('&', x, find(high));
  if (high == 0) return join('&', inverted(x), find(low));
  if (low == kAll) return join('|', inverted(x), find(high));
  if (high == kAll) return join('|', x, find(low));
  if (low == ~high) return join('^', x, find(low));
  Found best = join('^', find(low), join('&', x, find(low ^ high)));
  const auto offer = [&](Found found) {
    if (found.cost < best.cost) best = found;
  };
  if ((low & ~high) == 0) offer(join('|', find(low), join('&', x, find(high))));
  if ((high & ~low) == 0) offer(join('|', find(high), join('&', inverted(x), find(low))));
  offer(join('|', join('&', x, find(high)), join('&', inverted(x), find(low))));
  return best;
}

Expressions::Found Expressions::search(TruthTable table) {
  if (support(table) > kTriedInputs) return expand(table, promising(table));
  Found best{0, std::numeric_limits<int>::max()};
  for (int i = 0; i < kMaxFanIn; ++i) {
    if (!reads(table, i)) continue;
    const Found found = expand(table, i);
    if (found.cost < best.cost) best = found;
  }
  return best;
}

Expressions::Found Expressions::find(TruthTable table) {
  const auto known = found_.find(table);
  if (known != found_.end()) return known->second;
  Found found;
  if (table == 0 || table == kAll) {
    terms_.push_back({table == 0 ? '0' : '1', 0, 0});
    found.term = static_cast<std::uint32_t>(terms_.size() - 1);
  } else if (support(table) == 1) {
    const int i = promising(table);
    found = input(i);
    if (cofactor0(table, i) != 0) found = inverted(found);
  } else {
    found = search(table);
    const Found other = inverted(search(~table));
    if (other.cost <= found.cost) found = other;
  }
  found_.emplace(table, found);
  return found;
}

std::string Expressions::write(std::uint32_t term, const std::string* names, char around) const {
  const Term& t = terms_[term];
  if (t.kind == '0') return zero_;
  if (t.kind == '1') return one_;
  if (t.kind == 'v') return names[t.left];
  if (t.kind == '~') return "~" + write(t.left, names, '~');
  const std::string text =
      write(t.left, names, t.kind) + ' ' + t.kind + ' ' + write(t.right, names, t.kind);
  return around == ' ' || around == t.kind ? text : '(' + text + ')';
}

std::string Expressions::text(TruthTable table, int inputs, const std::string* names) {
  return write(find(widened(table, inputs)).term, names, ' ');
}

int Expressions::operators(TruthTable table, int inputs) {
  return find(widened(table, inputs)).cost;
}

}  // namespace pliant::circuit
