// pliant/circuit/proof/comparison.cpp — simulation by words, scores as bit planes (no torch)
#include "pliant/circuit/proof/comparison.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <ranges>

#include "pliant/base/random.h"

namespace pliant::circuit {
namespace {

constexpr std::uint64_t kOnes = ~std::uint64_t{0};

std::uint64_t mixed(std::uint64_t hash, std::uint64_t word, std::uint64_t factor) {
  hash = (hash ^ word) * factor;
  return hash ^ hash >> 29;
}

/// Adds a bit to the numbers of 64 lanes.
void add(std::vector<std::uint64_t>& planes, std::uint64_t bit) {
  for (std::size_t k = 0; bit != 0; ++k) {
    if (k == planes.size()) planes.push_back(0);
    const std::uint64_t carry = planes[k] & bit;
    planes[k] ^= bit;
    bit = carry;
  }
}

/// A class's score above `least` in each lane.
std::vector<std::uint64_t> planes_of(const ClassSums& sums, std::size_t c, std::int64_t least,
                                     const std::uint64_t* outputs) {
  std::vector<std::uint64_t> planes;
  const auto above = static_cast<std::uint64_t>(sums.biases[c] - least);
  for (std::uint64_t rest = above; rest != 0; rest >>= 1)
    planes.push_back((rest & 1) != 0 ? kOnes : 0);
  for (std::size_t o = sums.begins[c]; o < sums.begins[c + 1]; ++o) add(planes, outputs[o]);
  return planes;
}

}  // namespace

Examples::Examples(const Encoder& encoder, std::uint64_t seed)
    : inputs_(encoder.inputs), seed_(seed) {
  if (!encoder.has_features()) return;
  std::vector<std::uint32_t> order(encoder.inputs);
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t x, std::uint32_t y) {
    return std::pair(encoder.feature[x], encoder.threshold[x]) <
           std::pair(encoder.feature[y], encoder.threshold[y]);
  });
  for (std::size_t i = 1; i < order.size(); ++i) {
    const std::uint32_t low = order[i - 1];
    const std::uint32_t high = order[i];
    if (encoder.feature[low] != encoder.feature[high]) continue;
    implications_.emplace_back(high, low);
    if (encoder.threshold[low] == encoder.threshold[high]) implications_.emplace_back(low, high);
  }
}

bool Examples::possible(const std::vector<std::uint8_t>& bits) const {
  return std::all_of(implications_.begin(), implications_.end(), [&](const auto& implication) {
    return bits[implication.first] == 0 || bits[implication.second] != 0;
  });
}

void Examples::repair(std::vector<std::uint64_t>& rows, bool set) const {
  // Until nothing changes: once for rising thresholds, again where some are equal.
  bool changed = true;
  const auto mend = [&](const std::pair<std::uint32_t, std::uint32_t>& implication) {
    const auto [high, low] = implication;
    const std::uint64_t wrong = rows[high] & ~rows[low];
    changed = changed || wrong != 0;
    (set ? rows[low] : rows[high]) ^= wrong;
  };
  while (changed) {
    changed = false;
    if (set) {  // from the highest threshold down
      std::ranges::for_each(std::views::reverse(implications_), mend);
    } else {
      std::ranges::for_each(implications_, mend);
    }
  }
}

std::vector<std::uint64_t> Examples::corners(std::size_t word) const {
  // Example 0 is all 0 and 1 all 1; 2 + 2i has one 1, 3 + 2i one 0.
  std::vector<std::uint64_t> cold(inputs_, 0xAAAAAAAAAAAAAAAAU);  // the odd ones begin with all 1
  std::vector<std::uint64_t> hot(inputs_, 0);
  for (std::size_t lane = 0; lane < 64; ++lane) {
    const std::size_t number = 64 * word + lane;
    if (number < 2 || (number - 2) / 2 >= inputs_) continue;
    const std::size_t input = (number - 2) / 2;
    if (number % 2 == 0) hot[input] |= std::uint64_t{1} << lane;
    if (number % 2 == 1) cold[input] &= ~(std::uint64_t{1} << lane);
  }
  repair(hot, true);
  repair(cold, false);
  for (std::size_t i = 0; i < inputs_; ++i) hot[i] |= cold[i];
  return hot;
}

std::vector<std::uint64_t> Examples::random(std::size_t word) const {
  base::Random random(seed_, 11, word);
  std::vector<std::uint64_t> rows(inputs_);
  for (std::uint64_t& row : rows) {
    row = random.word();
    // Half of the words are dense or sparse.
    if (word % 4 == 1) row &= random.word();
    if (word % 4 == 3) row |= random.word();
  }
  repair(rows, word % 8 < 4);
  return rows;
}

std::vector<std::uint64_t> Examples::near(const std::vector<std::uint8_t>& bits) const {
  base::Random random(seed_, 12, 0);
  std::vector<std::uint64_t> rows(inputs_);
  for (std::size_t i = 0; i < inputs_; ++i) {
    std::uint64_t flips = random.word() & ~std::uint64_t{1};
    for (int k = 0; k < 3; ++k) flips &= random.word();
    rows[i] = (bits[i] != 0 ? kOnes : 0) ^ flips;
  }
  repair(rows, true);
  return rows;
}

std::vector<std::uint64_t> Examples::all(const std::vector<std::uint32_t>& live,
                                         std::size_t word) const {
  std::vector<std::uint64_t> rows(inputs_, 0);
  std::vector<bool> given(inputs_);
  for (std::size_t k = 0; k < live.size(); ++k) {
    rows[live[k]] =
        k < kMaxFanIn ? kProjection[k] : ((word >> (k - kMaxFanIn) & 1) != 0 ? kOnes : 0);
    given[live[k]] = true;
  }
  // From the highest threshold down; equal ones, which imply each other, may need a second turn.
  for (bool changed = true; changed;) {
    changed = false;
    for (const auto& [high, low] : std::views::reverse(implications_)) {
      if (given[low] || (rows[high] & ~rows[low]) == 0) continue;
      rows[low] |= rows[high];
      changed = true;
    }
  }
  return rows;
}

Comparison::Comparison(const Circuit& first, const Circuit& second)
    : sums_{first.sums, second.sums}, both_(first.cell()), split_(first.cell().outputs.size()) {
  const Cell& other = second.cell();
  const Signal shift = both_.signals() - other.inputs;
  const auto moved = [&](Signal signal) { return signal < other.inputs ? signal : signal + shift; };
  for (Node node : other.nodes) {
    for (int i = 0; i < node.fan_in; ++i) {
      Signal& input = node.inputs[static_cast<std::size_t>(i)];
      input = moved(input);
    }
    both_.add(node);
  }
  for (const Literal output : other.outputs)
    both_.outputs.emplace_back(moved(output.signal()), output.inverted());
  behaviour_.resize(both_.outputs.size());
  std::vector<bool> read(both_.inputs);
  const auto note = [&](Signal signal) {
    if (signal < both_.inputs) read[signal] = true;
  };
  for (const Node& node : both_.nodes) std::for_each_n(node.inputs.begin(), node.fan_in, note);
  for (const Literal output : both_.outputs) note(output.signal());
  for (std::uint32_t i = 0; i < both_.inputs; ++i) {
    if (read[i]) live_.push_back(i);
  }
}

std::uint64_t Comparison::difference(const std::vector<std::uint64_t>& outputs) const {
  std::uint64_t differs = 0;
  if (sums_[0].classes() == 0) {
    for (std::size_t o = 0; o < split_; ++o) differs |= outputs[o] ^ outputs[split_ + o];
    return differs;
  }
  for (std::size_t c = 0; c < sums_[0].classes(); ++c) {
    const std::int64_t least = std::min(sums_[0].biases[c], sums_[1].biases[c]);
    std::vector<std::uint64_t> x = planes_of(sums_[0], c, least, outputs.data());
    std::vector<std::uint64_t> y = planes_of(sums_[1], c, least, outputs.data() + split_);
    x.resize(std::max(x.size(), y.size()));
    y.resize(x.size());
    for (std::size_t k = 0; k < x.size(); ++k) differs |= x[k] ^ y[k];
  }
  return differs;
}

std::optional<unsigned> Comparison::run(const std::vector<std::uint64_t>& rows,
                                        std::uint64_t mask) {
  const std::vector<std::uint64_t> outputs = evaluate(both_, rows.data(), 1);
  const std::uint64_t differs = difference(outputs) & mask;
  if (differs != 0) return static_cast<unsigned>(std::countr_zero(differs));
  for (std::size_t o = 0; o < outputs.size(); ++o) {
    Behaviour& behaviour = behaviour_[o];
    if (examples_ == 0) behaviour.first = (outputs[o] & 1) != 0;
    const std::uint64_t changes = (outputs[o] ^ (behaviour.first ? kOnes : 0)) & mask;
    behaviour.changed = behaviour.changed || changes != 0;
    behaviour.a = mixed(behaviour.a, changes, 0x9E3779B97F4A7C15U);
    behaviour.b = mixed(behaviour.b + 1, changes, 0xC2B2AE3D27D4EB4FU);
  }
  examples_ += static_cast<std::uint64_t>(std::popcount(mask));
  return std::nullopt;
}

std::vector<std::int32_t> Comparison::scores(const std::vector<std::uint64_t>& outputs, bool second,
                                             unsigned lane) const {
  const ClassSums& sums = sums_[second ? 1 : 0];
  const std::size_t begin = second ? split_ : 0;
  const std::size_t end = second ? outputs.size() : split_;
  const auto bit = [&](std::size_t o) { return static_cast<std::int32_t>(outputs[o] >> lane & 1); };
  std::vector<std::int32_t> scores;
  if (sums.classes() == 0) {
    for (std::size_t o = begin; o < end; ++o) scores.push_back(bit(o));
  }
  for (std::size_t c = 0; c < sums.classes(); ++c) {
    scores.push_back(sums.biases[c]);
    for (std::size_t o = sums.begins[c]; o < sums.begins[c + 1]; ++o)
      scores.back() += bit(begin + o);
  }
  return scores;
}

}  // namespace pliant::circuit
