// pliant/circuit/proof/claims.h — equalities of signals: proposed from behaviour, proved by
// berkeley-abc (no torch)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pliant/circuit/circuit.h"
#include "pliant/circuit/proof/comparison.h"

namespace pliant::circuit {

/// That two literals of a cell are equal, or that one is constant.
struct Claim {
  Literal left;
  std::optional<Literal> right;  ///< nothing: the constant `value`
  bool value = false;
};

/// Claims from which equal scores follow.
struct Matching {
  std::vector<Claim> claims;
  std::vector<std::size_t> unmatched;  ///< classes whose bits behaved too differently
  std::size_t pairs = 0;               ///< bits of one circuit that are a bit of the other
  std::size_t folded = 0;  ///< bits of either that are constant, or cancel within their circuit
};

/// Matches the class bits that behaved alike so far, in their order. Of those without a partner in
/// the other circuit a constant one counts as a bias, and so do two of one circuit that are
/// complements. Without classes output o of one belongs to output o of the other.
Matching match_bits(const Comparison& comparison, const ClassSums& first, const ClassSums& second);

/// What is known of a list of claims.
struct ClaimsResult {
  enum class State : std::uint8_t { kProved, kRefuted, kUndecided, kNotRun };
  State state = State::kUndecided;
  std::string text;                ///< why it is not proved
  std::vector<std::uint8_t> bits;  ///< inputs for which one is false, if refuted
};

/// Runs `cec` of berkeley-abc on the claims' differences, against 0.
/// @param implications  pairs (if this input is 1, so is that): only such inputs count
/// @throws std::system_error
ClaimsResult prove_claims(const Cell& cell, const std::vector<Claim>& claims,
                          const std::vector<std::pair<std::uint32_t, std::uint32_t>>& implications,
                          double seconds);

}  // namespace pliant::circuit
