// pliant/circuit/optimise/decompose.cpp — nodes of many inputs as nodes of few (no torch)
#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "pliant/circuit/optimise/passes.h"

namespace pliant::circuit {
namespace {

constexpr TruthTable kAnd = 0b1000;
constexpr TruthTable kXor = 0b0110;
constexpr TruthTable kMux = 0xE4;  // input 0 chooses input 2 where it is 1, input 1 where it is 0

/// A function of literals, taken apart from its inputs inwards.
class Splitter {
 public:
  Splitter(Builder& builder, int most) : builder_(builder), most_(most) {}

  Literal split(TruthTable table, std::vector<Literal> inputs) {
    for (int i = static_cast<int>(inputs.size()) - 1; i >= 0; --i) {
      const int count = static_cast<int>(inputs.size());
      if (depends_on(table, count, i)) continue;
      table = drop_input(table, count, i);
      inputs.erase(inputs.begin() + i);
    }
    const int count = static_cast<int>(inputs.size());
    if (count <= most_) return builder_.add(table, count, inputs.data());
    for (int i = 0; i < count; ++i) {
      const TruthTable low = cofactor0(table, i) & table_mask(count);
      const TruthTable high = cofactor1(table, i) & table_mask(count);
      const Literal x = inputs[static_cast<std::size_t>(i)];
      if (low == 0) return both(x, split(high, inputs));
      if (high == 0) return both(!x, split(low, inputs));
      if (low == table_mask(count)) return !both(x, !split(high, inputs));
      if (high == table_mask(count)) return !both(!x, !split(low, inputs));
      if (low == (~high & table_mask(count))) return gate(kXor, x, split(low, inputs));
    }
    return choose(table, inputs);
  }

 private:
  Literal gate(TruthTable table, Literal a, Literal b) {
    const std::array<Literal, 2> inputs{a, b};
    return builder_.add(table, 2, inputs.data());
  }
  Literal both(Literal a, Literal b) { return gate(kAnd, a, b); }

  /// Shannon's expansion by the input whose cofactors have the fewest inputs.
  Literal choose(TruthTable table, const std::vector<Literal>& inputs) {
    const int count = static_cast<int>(inputs.size());
    int best = 0;
    int fewest = 2 * kMaxFanIn + 1;
    for (int i = 0; i < count; ++i) {
      int reads = 0;
      for (int j = 0; j < count; ++j) {
        reads += depends_on(cofactor0(table, i), count, j) ? 1 : 0;
        reads += depends_on(cofactor1(table, i), count, j) ? 1 : 0;
      }
      if (reads < fewest) best = i;
      fewest = std::min(fewest, reads);
    }
    const Literal low = split(cofactor0(table, best) & table_mask(count), inputs);
    const Literal high = split(cofactor1(table, best) & table_mask(count), inputs);
    const Literal x = inputs[static_cast<std::size_t>(best)];
    if (most_ < 3) return !both(!both(x, high), !both(!x, low));
    const std::array<Literal, 3> chosen{x, low, high};
    return builder_.add(kMux, 3, chosen.data());
  }

  Builder& builder_;
  int most_;
};

}  // namespace

Cell decomposed(const Cell& cell, int most) {
  Builder builder(cell.inputs, cell.nodes.size());
  Splitter splitter(builder, most);
  std::vector<Literal> literals;
  literals.reserve(cell.signals());
  for (Signal i = 0; i < cell.inputs; ++i) literals.emplace_back(i);
  for (const Node& node : cell.nodes) {
    if (node.fan_in <= most) {
      literals.push_back(builder.add(node, literals));
      continue;
    }
    std::vector<Literal> inputs(static_cast<std::size_t>(node.fan_in));
    for (std::size_t i = 0; i < inputs.size(); ++i) inputs[i] = literals[node.inputs[i]];
    literals.push_back(splitter.split(node.table, std::move(inputs)));
  }
  Cell result = builder.take(outputs_of(cell, literals));
  remove_dead(result);
  return result;
}

}  // namespace pliant::circuit
