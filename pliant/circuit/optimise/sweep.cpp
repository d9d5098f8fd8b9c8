// pliant/circuit/optimise/sweep.cpp — nodes that compute the same become one: simulate, guess,
// prove (no torch)
#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pliant/base/random.h"
#include "pliant/circuit/optimise/passes.h"
#include "pliant/circuit/optimise/prover.h"

namespace pliant::circuit {
namespace {

constexpr std::size_t kWords = 8;     // of random examples
constexpr std::size_t kRefined = 64;  // words of counterexamples, at most
constexpr std::size_t kBatch = 16;    // counterexamples that are simulated together
constexpr int kTries = 4;             // proofs for a node
constexpr int kLooks = 64;            // candidates that a node is compared with

using Words = std::vector<std::uint64_t>;

/// Random examples that tell functions apart: words of even odds, and of inputs that are mostly 0
/// or mostly 1, under which long conjunctions and disjunctions move.
Words random_rows(std::uint32_t inputs) {
  base::Random random(0, 0, 0);
  Words rows;
  for (std::uint32_t i = 0; i < inputs; ++i) {
    for (std::size_t w = 0; w < kWords; ++w) {
      std::uint64_t row = random.word();
      if (w >= kWords / 2) {
        for (int k = 0; k < 2; ++k) row = w % 2 == 0 ? row & random.word() : row | random.word();
      }
      rows.push_back(row);
    }
  }
  return rows;
}

/// Random examples that the encoder could have made.
Words related_rows(std::uint32_t inputs, const InputRelations& relations) {
  base::Random random(0, 0, 0);
  Words rows(inputs * kWords);
  std::vector<std::uint8_t> bits(inputs);
  for (std::size_t s = 0; s < 64 * kWords; ++s) {
    relations.draw(random, bits);
    for (std::size_t i = 0; i < inputs; ++i)
      rows[i * kWords + s / 64] |= std::uint64_t{bits[i]} << (s % 64);
  }
  return rows;
}

/// Values of all signals of a cell at random examples and at counterexamples as they come.
class Signatures {
 public:
  Signatures(const Cell& cell, const InputRelations* relations)
      : cell_(cell),
        relations_(relations),
        base_(evaluate_signals(cell,
                               (relations != nullptr ? related_rows(cell.inputs, *relations)
                                                     : random_rows(cell.inputs))
                                   .data(),
                               kWords)),
        pattern_(cell.inputs) {}

  /// A signal and its complement have the same key.
  [[nodiscard]] std::uint64_t key(Signal signal) const {
    const std::uint64_t polarity = polarity_of(signal);
    std::uint64_t key = 0;
    for (std::size_t w = 0; w < kWords; ++w) {
      key = (key ^ base_[signal * kWords + w] ^ polarity) * 0x9E3779B97F4A7C15U;
      key ^= key >> 29;
    }
    return key;
  }

  /// Whether it is 1 in the first example.
  [[nodiscard]] bool inverted(Signal signal) const { return (base_[signal * kWords] & 1) != 0; }

  /// Whether the signal and another one agree, or their complements.
  [[nodiscard]] bool agree(Signal a, Signal b) const {
    const std::uint64_t polarity = polarity_of(a) ^ polarity_of(b);
    for (std::size_t w = 0; w < kWords; ++w) {
      if ((base_[a * kWords + w] ^ base_[b * kWords + w]) != polarity) return false;
    }
    return std::all_of(refined_.begin(), refined_.end(),
                       [&](const Words& values) { return (values[a] ^ values[b]) == polarity; });
  }
  /// Whether the signal is constant, or was so far.
  [[nodiscard]] bool constant(Signal a) const {
    const std::uint64_t polarity = polarity_of(a);
    for (std::size_t w = 0; w < kWords; ++w) {
      if (base_[a * kWords + w] != polarity) return false;
    }
    return std::all_of(refined_.begin(), refined_.end(),
                       [&](const Words& values) { return values[a] == polarity; });
  }

  /// Takes an example in; simulates when there are enough.
  void add(std::vector<std::uint8_t> example) {
    if (refined_.size() >= kRefined && count_ == 64) return;
    if (relations_ != nullptr) {
      relations_->complete(example);
    } else {
      for (std::uint8_t& bit : example) {
        if (bit == InputRelations::kFree) bit = random_.next() & 1U;
      }
    }
    if (count_ == 64) {
      count_ = 0;
      pattern_.assign(pattern_.size(), 0);
    }
    for (std::size_t i = 0; i < example.size(); ++i)
      pattern_[i] |= std::uint64_t{example[i]} << count_;
    ++count_;
    if (count_ % kBatch != 0) return;
    if (count_ > kBatch) refined_.pop_back();
    refined_.push_back(evaluate_signals(cell_, pattern_.data(), 1));
  }

 private:
  [[nodiscard]] std::uint64_t polarity_of(Signal signal) const {
    return inverted(signal) ? ~std::uint64_t{0} : 0;
  }

  const Cell& cell_;
  const InputRelations* relations_;
  Words base_;                  // (signals, kWords)
  std::vector<Words> refined_;  // of each (signals)
  Words pattern_;               // (inputs): the counterexamples of the last word
  std::size_t count_ = 0;       // of them
  base::Random random_{0, 1, 0};
};

/// One walk that builds the cell anew and lets each node be an earlier signal if it can.
class Sweeper {
 public:
  Sweeper(const Cell& cell, const InputRelations* relations, int conflicts)
      : cell_(cell),
        signatures_(cell, relations),
        builder_(cell.inputs, cell.nodes.size()),
        prover_(builder_, relations, conflicts),
        next_(cell.signals(), kNone) {}

  Cell run() {
    literals_.reserve(cell_.signals());
    for (Signal i = 0; i < cell_.inputs; ++i) {
      literals_.emplace_back(i);
      enter(i);
    }
    for (Signal s = cell_.inputs; s < cell_.signals(); ++s) {
      const Signal fresh = builder_.cell().signals();
      const Literal literal = builder_.add(cell_.node(s), literals_);
      literals_.push_back(literal);
      if (literal.signal() < fresh || literal.signal() == Builder::kZero.signal()) continue;
      if (!replace(s)) enter(s);
    }
    return builder_.take(outputs_of(cell_, literals_));
  }

 private:
  static constexpr Signal kNone = ~Signal{0};

  /// Puts a signal behind those with the same key.
  void enter(Signal s) {
    const auto [at, added] = last_.try_emplace(signatures_.key(s), s);
    if (added) {
      first_.emplace(at->first, s);
      return;
    }
    next_[at->second] = s;
    at->second = s;
  }

  /// Tries to prove that a node is a constant or an earlier signal.
  bool replace(Signal s) {
    if (signatures_.constant(s) && prove(s, Builder::kZero, signatures_.inverted(s))) return true;
    const auto found = first_.find(signatures_.key(s));
    if (found == first_.end()) return false;
    int tries = 0;
    int looks = 0;
    for (Signal other = found->second; other != kNone; other = next_[other]) {
      if (++looks > kLooks || tries == kTries) return false;
      if (!signatures_.agree(s, other)) continue;
      ++tries;
      const bool inverted = signatures_.inverted(s) != signatures_.inverted(other);
      if (prove(s, literals_[other], inverted)) return true;
    }
    return false;
  }

  bool prove(Signal s, Literal other, bool inverted) {
    const Literal same = inverted ? !other : other;
    switch (prover_.compare(literals_[s], same)) {
      case Prover::Verdict::kEqual:
        literals_[s] = same;
        return true;
      case Prover::Verdict::kDifferent:
        signatures_.add(prover_.counterexample());
        return false;
      case Prover::Verdict::kUndecided:
        return false;
    }
    return false;
  }

  const Cell& cell_;
  Signatures signatures_;
  Builder builder_;
  Prover prover_;
  std::vector<Literal> literals_;                    // of the cell's signals in the new one
  std::unordered_map<std::uint64_t, Signal> first_;  // with this key
  std::unordered_map<std::uint64_t, Signal> last_;
  std::vector<Signal> next_;  // with the same key
};

}  // namespace

Cell swept(const Cell& cell, const InputRelations* relations, int conflicts) {
  return Sweeper(cell, relations, conflicts).run();
}

}  // namespace pliant::circuit
