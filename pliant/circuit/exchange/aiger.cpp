// pliant/circuit/exchange/aiger.cpp — the format AIGER, written (no torch)
#include "pliant/circuit/aiger.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "pliant/base/file.h"
#include "pliant/circuit/exchange/cover.h"
#include "pliant/circuit/exchange/signal_names.h"

namespace pliant::circuit {
namespace {

constexpr Literal kFalse{0};  // Variable 0 of AIGER is the constant 0; inputs begin at 1.

struct And {
  Literal high;  ///< the operand of the larger literal, as the binary form wants it
  Literal low;
};

/// ANDs, each once. Signals are AIGER's variables.
class AndGraph {
 public:
  explicit AndGraph(std::uint32_t inputs) : inputs_(inputs) {}

  [[nodiscard]] std::uint32_t inputs() const { return inputs_; }
  [[nodiscard]] const std::vector<And>& ands() const { return ands_; }

  Literal both(Literal a, Literal b) {
    if (a.code() < b.code()) std::swap(a, b);
    if (b == kFalse || a == !b) return kFalse;
    if (b == !kFalse || a == b) return a;
    const std::uint64_t key = (std::uint64_t{a.code()} << 32) | b.code();
    const auto next = static_cast<Signal>(1 + inputs_ + ands_.size());
    const auto [found, is_new] = numbers_.emplace(key, next);
    if (is_new) ands_.push_back({a, b});
    return Literal(found->second);
  }
  Literal either(Literal a, Literal b) { return !both(!a, !b); }

  /// The function of literals whose table it is.
  Literal add(const Node& node, const std::array<Literal, kMaxFanIn>& literals) {
    Node positive = node;
    for (int i = 0; i < node.fan_in; ++i) {
      const Literal literal = literals[static_cast<std::size_t>(i)];
      if (literal.inverted()) positive.table = flip_input(positive.table, i);
      if (literal.signal() == 0) positive.table = cofactor0(positive.table, i);
      positive.inputs[static_cast<std::size_t>(i)] = literal.signal();
    }
    positive = reduced(positive);
    return split(widened(positive.table, positive.fan_in), positive);
  }

 private:
  /// Shannon's expansion of a table of all six inputs, of which it may depend on `node`'s.
  Literal split(TruthTable table, const Node& node);
  std::optional<Literal> split_simply(TruthTable table, const Node& node, int i);

  std::uint32_t inputs_;
  std::vector<And> ands_;
  std::unordered_map<std::uint64_t, Signal> numbers_;
};

/// The function where input i is split off by one gate; nothing if that takes a multiplexer.
std::optional<Literal> AndGraph::split_simply(TruthTable table, const Node& node, int i) {
  const TruthTable low = cofactor0(table, i);
  const TruthTable high = cofactor1(table, i);
  const Literal x(node.inputs[static_cast<std::size_t>(i)]);
  if (low == 0) return both(x, split(high, node));
  if (high == 0) return both(!x, split(low, node));
  if (~low == 0) return either(!x, split(high, node));
  if (~high == 0) return either(x, split(low, node));
  if (low != ~high) return std::nullopt;
  const Literal rest = split(low, node);
  return either(both(x, !rest), both(!x, rest));
}

Literal AndGraph::split(TruthTable table, const Node& node) {
  if (table == 0) return kFalse;
  if (~table == 0) return !kFalse;
  int best = -1;
  int least = 2 * kMaxFanIn;
  for (int i = 0; i < node.fan_in; ++i) {
    const TruthTable low = cofactor0(table, i);
    const TruthTable high = cofactor1(table, i);
    if (low == high) continue;
    if (const std::optional<Literal> simple = split_simply(table, node, i)) return *simple;
    const int inputs = support_size(low, kMaxFanIn) + support_size(high, kMaxFanIn);
    if (inputs < least) {
      least = inputs;
      best = i;
    }
  }
  const Literal x(node.inputs[static_cast<std::size_t>(best)]);
  const TruthTable low = cofactor0(table, best);
  const TruthTable high = cofactor1(table, best);
  const Literal on_low = split(low, node);
  const Literal on_high = split(high, node);
  if ((low & ~high) == 0) return either(on_low, both(x, on_high));
  if ((high & ~low) == 0) return either(on_high, both(!x, on_low));
  return either(both(x, on_high), both(!x, on_low));
}

/// What the outputs read, numbered without gaps.
struct Numbered {
  std::uint32_t inputs = 0;
  std::vector<And> ands;
  std::vector<Literal> outputs;
};

Numbered numbered(const AndGraph& graph, const std::vector<Literal>& outputs) {
  const std::uint32_t first = 1 + graph.inputs();
  std::vector<Signal> number(first + graph.ands().size());
  std::vector<bool> used(number.size());
  for (const Literal output : outputs) used[output.signal()] = true;
  for (std::size_t a = graph.ands().size(); a-- > 0;) {
    if (!used[first + a]) continue;
    used[graph.ands()[a].high.signal()] = true;
    used[graph.ands()[a].low.signal()] = true;
  }
  Numbered result{graph.inputs(), {}, {}};
  for (Signal i = 0; i < first; ++i) number[i] = i;
  const auto renumbered = [&](Literal literal) {
    return Literal(number[literal.signal()], literal.inverted());
  };
  for (std::size_t a = 0; a < graph.ands().size(); ++a) {
    if (!used[first + a]) continue;
    number[first + a] = first + static_cast<Signal>(result.ands.size());
    result.ands.push_back({renumbered(graph.ands()[a].high), renumbered(graph.ands()[a].low)});
  }
  for (const Literal output : outputs) result.outputs.push_back(renumbered(output));
  return result;
}

Numbered graph_of(const Cell& cell) {
  AndGraph graph(cell.inputs);
  std::vector<Literal> literals;  // of the cell's signals
  literals.reserve(cell.signals());
  for (Signal i = 0; i < cell.inputs; ++i) literals.emplace_back(1 + i);
  for (const Node& node : cell.nodes) {
    std::array<Literal, kMaxFanIn> sources{};
    for (std::size_t i = 0; i < static_cast<std::size_t>(node.fan_in); ++i)
      sources[i] = literals[node.inputs[i]];
    literals.push_back(graph.add(node, sources));
  }
  std::vector<Literal> outputs;
  for (const Literal output : cell.outputs) {
    const Literal source = literals[output.signal()];
    outputs.push_back(output.inverted() ? !source : source);
  }
  return numbered(graph, outputs);
}

void put_number(std::string& text, std::uint64_t number, char end) {
  text += std::to_string(number);
  text += end;
}

/// The binary form's differences: seven bits a byte, the lowest first.
void put_difference(std::string& text, std::uint32_t difference) {
  for (; difference >= 0x80; difference >>= 7) text += static_cast<char>(difference | 0x80);
  text += static_cast<char>(difference);
}

void put_ands(std::string& text, const Numbered& graph, AigerForm form) {
  Literal left(1 + graph.inputs);
  for (const And& gate : graph.ands) {
    if (form == AigerForm::kAscii) {
      put_number(text, left.code(), ' ');
      put_number(text, gate.high.code(), ' ');
      put_number(text, gate.low.code(), '\n');
    } else {
      put_difference(text, left.code() - gate.high.code());
      put_difference(text, gate.high.code() - gate.low.code());
    }
    left = Literal(left.signal() + 1);
  }
}

void put_symbols(std::string& text, const Circuit& circuit) {
  NameSet taken;
  const SignalNames names = signal_names(circuit, taken);
  for (const auto& [kind, list] : {std::pair{'i', &names.inputs}, std::pair{'o', &names.outputs}}) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      text += kind;
      put_number(text, i, ' ');
      text += (*list)[i] + '\n';
    }
  }
}

}  // namespace

std::vector<std::uint8_t> aiger_bytes(const Circuit& circuit, AigerForm form) {
  check_circuit(circuit);
  if (!circuit.flat()) return aiger_bytes(flattened(circuit), form);
  const Numbered graph = graph_of(circuit.cell());
  std::string text = form == AigerForm::kAscii ? "aag " : "aig ";
  put_number(text, graph.inputs + graph.ands.size(), ' ');
  put_number(text, graph.inputs, ' ');
  put_number(text, 0, ' ');
  put_number(text, graph.outputs.size(), ' ');
  put_number(text, graph.ands.size(), '\n');
  if (form == AigerForm::kAscii) {
    for (Signal i = 1; i <= graph.inputs; ++i) put_number(text, Literal(i).code(), '\n');
  }
  for (const Literal output : graph.outputs) put_number(text, output.code(), '\n');
  put_ands(text, graph, form);
  put_symbols(text, circuit);
  return {text.begin(), text.end()};
}

void write_aiger(const std::filesystem::path& path, const Circuit& circuit, AigerForm form) {
  const std::vector<std::uint8_t> bytes = aiger_bytes(circuit, form);
  base::replace_file(path, std::array{std::span<const std::uint8_t>(bytes)});
}

Circuit read_aiger(const std::filesystem::path& path) {
  return parse_aiger(base::read_file(path), path.string());
}

}  // namespace pliant::circuit
