// pliant/circuit/proof/claims.cpp — matching by behaviour, files for abc and its answers (no torch)
#include "pliant/circuit/proof/claims.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <sstream>
#include <tuple>

#include "pliant/circuit/blif.h"
#include "pliant/circuit/proof/external_program.h"

namespace pliant::circuit {
namespace {

/// Bits of a class that always were equal or complements: those that began with 0 and with 1, of
/// the first circuit and of the second.
struct Alike {
  std::array<std::array<std::vector<std::size_t>, 2>, 2> bits;
};

class Matcher {
 public:
  explicit Matcher(const Comparison& comparison) : comparison_(comparison) {}

  Matching take() { return std::move(matching_); }

  void match_outputs() {
    const std::size_t half = outputs().size() / 2;
    for (std::size_t o = 0; o < half; ++o) claim(o, half + o, false);
    matching_.pairs = half;
  }

  /// @param begin, end, bias  of the class in the first circuit and in the second
  void match_class(std::size_t c, const std::array<std::size_t, 2>& begin,
                   const std::array<std::size_t, 2>& end, std::array<std::int64_t, 2> bias) {
    Alike constant;
    std::map<std::pair<std::uint64_t, std::uint64_t>, Alike> groups;
    for (std::size_t side = 0; side < 2; ++side) {
      for (std::size_t o = begin[side]; o < end[side]; ++o) {
        const Comparison::Behaviour& b = comparison_.behaviour()[o];
        Alike& group = b.changed ? groups[{b.a, b.b}] : constant;
        group.bits[side][b.first ? 1 : 0].push_back(o);
      }
    }
    // A bit that seems constant may seldom be so: only what finds no partner has to be.
    pair(constant);
    for (std::size_t side = 0; side < 2; ++side) bias[side] += fold(constant.bits[side]);
    bool matched = true;
    for (auto& [behaviour, group] : groups) {
      pair(group);
      for (std::size_t side = 0; side < 2; ++side) {
        bias[side] += cancel(group.bits[side]);
        matched = matched && group.bits[side][0].empty() && group.bits[side][1].empty();
      }
    }
    if (!matched || bias[0] != bias[1]) matching_.unmatched.push_back(c);
  }

 private:
  [[nodiscard]] const std::vector<Literal>& outputs() const { return comparison_.both().outputs; }

  /// Output x is output y, or its complement.
  void claim(std::size_t x, std::size_t y, bool complement) {
    const Literal other = outputs()[y];
    matching_.claims.push_back({outputs()[x], complement ? !other : other, false});
  }

  /// Takes away bits that have a partner in the other circuit, in order.
  void pair(Alike& group) {
    for (std::size_t value = 0; value < 2; ++value) {
      std::vector<std::size_t>& x = group.bits[0][value];
      std::vector<std::size_t>& y = group.bits[1][value];
      const std::size_t count = std::min(x.size(), y.size());
      for (std::size_t i = 0; i < count; ++i) claim(x[i], y[i], false);
      x.erase(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(count));
      y.erase(y.begin(), y.begin() + static_cast<std::ptrdiff_t>(count));
      matching_.pairs += count;
    }
  }

  /// Bits of one circuit that are to be constant.   @return how many are 1
  std::int64_t fold(const std::array<std::vector<std::size_t>, 2>& bits) {
    for (std::size_t value = 0; value < 2; ++value) {
      for (const std::size_t o : bits[value])
        matching_.claims.push_back({outputs()[o], std::nullopt, value == 1});
      matching_.folded += bits[value].size();
    }
    return static_cast<std::int64_t>(bits[1].size());
  }

  /// Takes away pairs of complements of one circuit.   @return how many
  std::int64_t cancel(std::array<std::vector<std::size_t>, 2>& bits) {
    std::int64_t pairs = 0;
    while (!bits[0].empty() && !bits[1].empty()) {
      claim(bits[0].back(), bits[1].back(), true);
      bits[0].pop_back();
      bits[1].pop_back();
      matching_.folded += 2;
      ++pairs;
    }
    return pairs;
  }

  const Comparison& comparison_;
  Matching matching_;
};

/// A node that is 1 for inputs that count.
Literal add_possible(Cell& cell,
                     const std::vector<std::pair<std::uint32_t, std::uint32_t>>& implications) {
  // A balanced tree.
  std::vector<Signal> layer;
  layer.reserve(implications.size());
  for (const auto& [high, low] : implications) layer.push_back(cell.add({0b1101, 2, {high, low}}));
  while (layer.size() > 1) {
    std::vector<Signal> next;
    for (std::size_t i = 0; i < layer.size(); i += 2)
      next.push_back(i + 1 < layer.size() ? cell.add({0b1000, 2, {layer[i], layer[i + 1]}})
                                          : layer[i]);
    layer = std::move(next);
  }
  return Literal(layer.front());
}

/// A network that is 0 if all claims hold: an output for each. (With the sides in two files cec
/// names only the inputs of the first one's output.)
Cell differences(Cell cell, const std::vector<Claim>& claims,
                 const std::vector<std::pair<std::uint32_t, std::uint32_t>>& implications) {
  cell.outputs.clear();
  std::optional<Literal> possible;
  if (!implications.empty()) possible = add_possible(cell, implications);
  for (const Claim& claim : claims) {
    Literal differs = claim.left;
    if (claim.right) {
      const bool inverted = claim.left.inverted() != claim.right->inverted();
      differs =
          Literal(cell.add({0b0110, 2, {claim.left.signal(), claim.right->signal()}}), inverted);
    } else if (claim.value) {
      differs = !differs;
    }
    if (possible) {
      const TruthTable both = differs.inverted() ? 0b0100 : 0b1000;
      differs = Literal(cell.add({both, 2, {differs.signal(), possible->signal()}}));
    }
    cell.outputs.push_back(differs);
  }
  return cell;
}

/// The same inputs and as many outputs, all 0.
Cell zeros(const Cell& cell) {
  Cell result;
  result.inputs = cell.inputs;
  result.outputs.assign(cell.outputs.size(), Literal(result.add({})));
  return result;
}

std::string bare_blif(Cell cell) {
  Circuit circuit;
  circuit.encoder.inputs = cell.inputs;
  circuit.stages.push_back(placed_once(std::move(cell)));
  return blif_text(circuit);
}

/// "Input pattern:  pi03=1 pi12=0" as bits; inputs that it does not name are 0.
std::vector<std::uint8_t> pattern_bits(const std::string& output, std::size_t inputs) {
  std::vector<std::uint8_t> bits(inputs, 0);
  const std::size_t at = output.find("Input pattern:");
  std::istringstream words(at == std::string::npos ? "" : output.substr(at + 14));
  char p = 0;
  char i = 0;
  char mark = 0;
  std::size_t input = 0;
  int value = 0;
  while (words >> p >> i >> input >> mark >> value && p == 'p' && i == 'i' && mark == '=') {
    if (input < inputs) bits[input] = value == 1 ? 1 : 0;
  }
  return bits;
}

bool holds(const Cell& cell, const std::vector<Claim>& claims,
           const std::vector<std::uint8_t>& bits) {
  const std::vector<std::uint64_t> rows(bits.begin(), bits.end());
  const std::vector<std::uint64_t> values = evaluate_signals(cell, rows.data(), 1);
  const auto value = [&](Literal literal) {
    return ((values[literal.signal()] & 1) != 0) != literal.inverted();
  };
  return std::all_of(claims.begin(), claims.end(), [&](const Claim& claim) {
    return value(claim.left) == (claim.right ? value(*claim.right) : claim.value);
  });
}

/// Claims once each, without those that say nothing.
std::vector<Claim> distinct(const std::vector<Claim>& claims) {
  std::map<std::tuple<std::uint32_t, std::uint32_t, bool>, Claim> once;
  for (const Claim& claim : claims) {
    if (claim.right == claim.left) continue;
    once.emplace(
        std::tuple(claim.left.code(), claim.right ? claim.right->code() : ~0U, claim.value), claim);
  }
  std::vector<Claim> result;
  result.reserve(once.size());
  for (const auto& [key, claim] : once) result.push_back(claim);
  return result;
}

}  // namespace

Matching match_bits(const Comparison& comparison, const ClassSums& first, const ClassSums& second) {
  Matcher matcher(comparison);
  if (first.classes() == 0) matcher.match_outputs();
  const std::size_t split = first.classes() == 0 ? 0 : first.begins.back();
  for (std::size_t c = 0; c < first.classes(); ++c)
    matcher.match_class(c, {first.begins[c], split + second.begins[c]},
                        {first.begins[c + 1], split + second.begins[c + 1]},
                        {first.biases[c], second.biases[c]});
  return matcher.take();
}

ClaimsResult prove_claims(const Cell& cell, const std::vector<Claim>& all,
                          const std::vector<std::pair<std::uint32_t, std::uint32_t>>& implications,
                          double seconds) {
  using State = ClaimsResult::State;
  const std::vector<Claim> claims = distinct(all);
  if (claims.empty()) return {State::kProved, "", {}};
  const TemporaryFolder folder;
  const Cell miter = differences(cell, claims, implications);
  folder.write("differences.blif", bare_blif(miter));
  folder.write("zeros.blif", bare_blif(zeros(miter)));
  const std::string limit = std::to_string(static_cast<long>(std::ceil(seconds)));
  const ProgramResult result = run_program(
      {"berkeley-abc", "-q", "cec -n -T " + limit + " -C 1000000 differences.blif zeros.blif"},
      seconds + 5, folder.path());
  if (!result.found) return {State::kNotRun, "berkeley-abc is not installed", {}};
  if (result.output.find("Networks are equivalent") != std::string::npos)
    return {State::kProved, "", {}};
  if (result.output.find("NOT EQUIVALENT") != std::string::npos) {
    std::vector<std::uint8_t> bits = pattern_bits(result.output, cell.inputs);
    if (!holds(cell, claims, bits)) return {State::kRefuted, "", std::move(bits)};
    return {State::kUndecided, "cec gave a counterexample that is none", {}};
  }
  if (result.timed_out || result.output.find("UNDECIDED") != std::string::npos)
    return {State::kUndecided, "cec did not end within " + limit + " s", {}};
  std::string said = result.output.substr(0, 200);
  std::replace(said.begin(), said.end(), '\n', ' ');
  return {
      State::kUndecided, "cec ended with code " + std::to_string(result.code) + ": " + said, {}};
}

}  // namespace pliant::circuit
