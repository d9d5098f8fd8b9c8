// pliant/circuit/proof/proof.cpp — simulation, then class bits by abc, then adders by yosys (no
// torch)
#include "pliant/circuit/proof.h"

#include <algorithm>
#include <chrono>

#include "pliant/base/errors.h"
#include "pliant/circuit/proof/adder_proof.h"
#include "pliant/circuit/proof/claims.h"
#include "pliant/circuit/proof/comparison.h"
#include "pliant/circuit/proof/external_program.h"
#include "pliant/circuit/verilog.h"

namespace pliant::circuit {
namespace {

using State = ProofStep::State;
using Clock = std::chrono::steady_clock;

/// With as many live inputs all examples are simulated.
constexpr std::size_t kAllInputs = 16;
/// Matches that were wrong, and limits of a run, after which bits are no longer matched anew.
constexpr int kMostRounds = 1000;
constexpr double kMostRuns = 4;
/// Of a run of another program: a clock counts them in whole nanoseconds.
constexpr double kMostSeconds = 1e7;

void check_alike(const Circuit& a, const Circuit& b) {
  base::require(a.input_bits() == b.input_bits(), "prove: the circuits have ", a.input_bits(),
                " and ", b.input_bits(), " input bits");
  const Encoder &x = a.encoder, &y = b.encoder;
  if (!x.has_features() || !y.has_features()) return;
  base::require(x.features == y.features && x.feature == y.feature && x.crop == y.crop,
                "prove: the circuits' bits are of different features");
  base::require(x.threshold == y.threshold && x.byte_maximum == y.byte_maximum,
                "prove: the circuits' features have different thresholds");
}

/// "3 of 10 classes", with the first few of them.
std::string classes_text(const std::vector<std::size_t>& classes, std::size_t all) {
  std::string text = std::to_string(classes.size()) + " of " + std::to_string(all) + " classes (";
  for (std::size_t i = 0; i < std::min<std::size_t>(classes.size(), 5); ++i)
    text += (i > 0 ? ", " : "") + std::to_string(classes[i]);
  return text + (classes.size() > 5 ? ", …)" : ")");
}

class EqualityProof {
 public:
  EqualityProof(const Circuit& first, const Circuit& second, const ProofOptions& options)
      : first_(flattened(first)),
        second_(flattened(second)),
        options_(options),
        examples_(first.encoder.has_features() ? first.encoder : second.encoder, options.seed),
        comparison_(without_classes_if(first_, second_), without_classes_if(second_, first_)) {}

  Proof prove() {
    simulate();
    if (!proof_.counterexample && !exhausted_) match();
    if (options_.adders && !proof_.counterexample) adders();
    conclude();
    return std::move(proof_);
  }

 private:
  /// Sums are compared if both have them; else the bits.
  static Circuit without_classes_if(Circuit circuit, const Circuit& other) {
    if (other.sums.classes() == 0) circuit.sums = {};
    return circuit;
  }
  [[nodiscard]] bool sums() const {
    return first_.sums.classes() > 0 && second_.sums.classes() > 0;
  }

  void add_step(std::string part, State state, std::string text, Clock::time_point begin) {
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    proof_.steps.push_back({std::move(part), state, std::move(text), seconds});
  }

  /// @return whether the circuits agree on these examples; otherwise there is a counterexample
  bool agree(const std::vector<std::uint64_t>& rows, std::uint64_t mask) {
    const std::optional<unsigned> lane = comparison_.run(rows, mask);
    if (!lane) return true;
    Counterexample example;
    for (const std::uint64_t row : rows)
      example.bits.push_back(static_cast<std::uint8_t>(row >> *lane & 1));
    const std::vector<std::uint64_t> outputs = evaluate(comparison_.both(), rows.data(), 1);
    example.first = comparison_.scores(outputs, false, *lane);
    example.second = comparison_.scores(outputs, true, *lane);
    proof_.counterexample = std::move(example);
    return false;
  }

  /// Lanes that the encoder can make.
  [[nodiscard]] std::uint64_t possible(const std::vector<std::uint64_t>& rows) const {
    std::uint64_t mask = ~std::uint64_t{0};
    for (const auto& [high, low] : examples_.implications()) mask &= ~rows[high] | rows[low];
    return mask;
  }

  void simulate() {
    const auto begin = Clock::now();
    const std::vector<std::uint32_t>& live = comparison_.live();
    constexpr std::uint64_t kEach = ~std::uint64_t{0};
    bool equal = true;
    if (live.size() <= kAllInputs) {
      const std::size_t words = live.size() > 6 ? std::size_t{1} << (live.size() - 6) : 1;
      for (std::size_t w = 0; w < words && equal; ++w) {
        const auto rows = examples_.all(live, w);
        equal = agree(rows, possible(rows));
      }
      exhausted_ = true;
    } else {
      for (std::size_t w = 0; w < examples_.corner_words() && equal; ++w)
        equal = agree(examples_.corners(w), kEach);
      for (std::size_t w = 0; w < options_.words && equal; ++w)
        equal = agree(examples_.random(w), kEach);
    }
    const std::string count = std::to_string(comparison_.examples()) + " examples";
    if (!equal) {
      add_step("simulation", State::kRefuted, "the scores of an example differ", begin);
    } else if (exhausted_) {
      add_step("simulation", State::kProved,
               "equal for all values of the " + std::to_string(live.size()) +
                   " input bits that are read",
               begin);
    } else {
      add_step("simulation", State::kAgreed, "equal on " + count + ", corners and random ones",
               begin);
    }
  }

  /// Proves the claims; wrong ones lead to new examples and to others.
  void match() {
    const auto begin = Clock::now();
    const ClassSums none;
    const auto end = begin + std::chrono::duration_cast<Clock::duration>(
                                 std::chrono::duration<double>(kMostRuns * options_.seconds));
    int round = 0;
    for (; round < kMostRounds && Clock::now() < end; ++round) {
      const Matching matching =
          match_bits(comparison_, sums() ? first_.sums : none, sums() ? second_.sums : none);
      const ClaimsResult result = prove_or_refute(matching.claims);
      if (result.state == ClaimsResult::State::kRefuted) {
        if (!agree(examples_.near(result.bits), ~std::uint64_t{0})) {
          add_step("class bits", State::kRefuted,
                   "berkeley-abc found an example whose scores differ", begin);
          return;
        }
        continue;
      }
      finish_match(matching, result, begin);
      return;
    }
    add_step("class bits", State::kUndecided,
             "not proved: after " + std::to_string(round) +
                 " counterexamples bits that behaved alike were still not equal",
             begin);
  }

  ClaimsResult prove_or_refute(const std::vector<Claim>& claims) {
    ClaimsResult result = prove_claims(comparison_.both(), claims, {}, options_.seconds);
    const bool impossible =
        result.state == ClaimsResult::State::kRefuted && !examples_.possible(result.bits);
    if (impossible) {
      limited_ = true;
      result = prove_claims(comparison_.both(), claims, examples_.implications(), options_.seconds);
    }
    return result;
  }

  void finish_match(const Matching& matching, const ClaimsResult& result, Clock::time_point begin) {
    const std::size_t classes = first_.sums.classes();
    const std::string what = std::to_string(matching.pairs) + " pairs of bits equal, " +
                             std::to_string(matching.folded) +
                             " bits folded into biases or cancelled" +
                             (limited_ ? ", for all inputs that the thresholds allow" : "");
    if (result.state == ClaimsResult::State::kNotRun) {
      add_step("class bits", State::kNotRun, "not run: " + result.text, begin);
    } else if (result.state != ClaimsResult::State::kProved) {
      add_step("class bits", State::kUndecided, "not proved: " + result.text, begin);
    } else if (matching.unmatched.empty()) {
      add_step("class bits", State::kProved, what + " (berkeley-abc cec)", begin);
    } else {
      add_step("class bits", State::kUndecided,
               "not proved for " + classes_text(matching.unmatched, classes) +
                   ": their bits have no partners, agreed on " +
                   std::to_string(comparison_.examples()) + " simulated examples; elsewhere " +
                   what + " (berkeley-abc cec)",
               begin);
    }
  }

  void adders() {
    if (second_.sums.classes() == 0 && first_.sums.classes() == 0) return;
    const auto begin = Clock::now();
    const Circuit& circuit = second_.sums.classes() > 0 ? second_ : first_;
    Circuit bare;  // The adders do not depend on the gates.
    bare.sums = circuit.sums;
    Cell cell;
    cell.outputs.assign(circuit.output_bits(), Literal(cell.add({})));
    bare.stages.push_back(placed_once(std::move(cell)));
    proof_.steps.push_back(prove_adders(verilog(bare), "circuit", circuit.sums, options_.seconds));
    proof_.steps.back().seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  }

  void conclude() {
    const auto state = [&](std::string_view part) {
      for (const ProofStep& step : proof_.steps) {
        if (step.part == part) return step.state;
      }
      return State::kNotRun;
    };
    const std::string what = sums() ? "scores" : "bits of the last stage";
    const bool possible_only = limited_ || (exhausted_ && !examples_.implications().empty());
    if (proof_.counterexample) {
      proof_.verdict = Verdict::kDifferent;
      proof_.text = "The circuits differ: there is an example whose " + what + " are not the same.";
    } else if (state("adders") == State::kRefuted) {
      proof_.verdict = Verdict::kDifferent;
      proof_.text = "The exported Verilog does not add the class bits.";
    } else if (state("simulation") == State::kProved || state("class bits") == State::kProved) {
      proof_.verdict = Verdict::kEqual;
      proof_.text = "The circuits have the same " + what + " for all inputs" +
                    (possible_only ? " that the encoder can make." : ".");
    } else {
      proof_.text = "It is not proved that the circuits are equal; their " + what + " agreed on " +
                    std::to_string(comparison_.examples()) + " simulated examples.";
    }
  }

  Circuit first_, second_;
  const ProofOptions& options_;
  Examples examples_;
  Comparison comparison_;
  Proof proof_;
  bool exhausted_ = false;
  bool limited_ = false;  ///< proved only for inputs that the encoder can make
};

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  if (verdict == Verdict::kEqual) return "equal";
  return verdict == Verdict::kDifferent ? "different" : "not decided";
}

std::string_view state_name(ProofStep::State state) {
  if (state == State::kProved) return "proved";
  if (state == State::kAgreed) return "agreed";
  if (state == State::kRefuted) return "refuted";
  return state == State::kNotRun ? "not run" : "not decided";
}

std::vector<ProofProgram> proof_programs() {
  std::vector<ProofProgram> programs = {
      {"berkeley-abc", "proves that the bits of classes are equal", {}},
      {"yosys", "proves exported adders, and reads Verilog", {}},
      {"iverilog", "runs exported test benches", {}}};
  for (ProofProgram& program : programs) program.path = program_path(program.name);
  return programs;
}

Proof prove(const Circuit& first, const Circuit& second, const ProofOptions& options) {
  check_circuit(first);
  check_circuit(second);
  check_alike(first, second);
  base::require(options.seconds > 0 && options.seconds <= kMostSeconds,
                "prove: seconds must be > 0 and at most 10^7, got ", options.seconds);
  const bool sums = first.sums.classes() > 0 && second.sums.classes() > 0;
  const std::size_t a = sums ? first.scores() : first.output_bits();
  const std::size_t b = sums ? second.scores() : second.output_bits();
  base::require(a == b, "prove: the circuits have ", a, " and ", b,
                sums ? " classes" : " bits in the last stage");
  return EqualityProof(first, second, options).prove();
}

}  // namespace pliant::circuit
