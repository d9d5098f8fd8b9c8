// pliant/program/while_language.h — programs of the WHILE language as programs of pliant (no torch)
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pliant/program/program.h"

namespace pliant::program {

/// How a loop is relaxed, in the order of kLoopPolicies. Hard, all are the same.
enum class LoopPolicy : std::uint8_t {
  kGated,   ///< `gated while`: each pass writes by how likely it takes place
  kMixture  ///< `while`: passes run whole, and their states are mixed
};

/// What x ≠ 0 is to a loop, in the order of kLoopConditions. With the logistic distribution and
/// sharpness s (its scale) these are σ(s(x − ½)) and 1 − sech²(sx/2).
enum class LoopCondition : std::uint8_t {
  kPositive,  ///< x > 0.5
  kNonzero    ///< x != 0
};

/// What x − c is, in the order of kSubtractions.
enum class Subtraction : std::uint8_t {
  kTruncated,  ///< where(x > c − 0.5, x − c, 0): that of natural numbers, which stops at 0
  kPlain       ///< x − c: smooth by itself, and below 0 for x < c
};

inline constexpr std::array<std::string_view, 2> kLoopPolicies = {"gated", "mixture"};
inline constexpr std::array<std::string_view, 2> kLoopConditions = {"positive", "nonzero"};
inline constexpr std::array<std::string_view, 2> kSubtractions = {"truncated", "plain"};

/// How a WHILE program is made smooth (docs/while.md).
struct WhileOptions {
  LoopPolicy policy = LoopPolicy::kGated;
  LoopCondition condition = LoopCondition::kPositive;
  Subtraction subtraction = Subtraction::kTruncated;
  /// Variables whose first value is given, and those whose last one is the result, in this order;
  /// none: all that the text has, by their numbers. Others begin with 0.
  std::optional<std::vector<std::string>> inputs = std::nullopt, outputs = std::nullopt;
};

/// An option by its name.   @throws std::invalid_argument "unknown policy 'gate'; there are: …"
LoopPolicy loop_policy(std::string_view name);
LoopCondition loop_condition(std::string_view name);
Subtraction subtraction(std::string_view name);

/// The variables of a WHILE program, by their numbers: "x0", "x2".
/// @throws std::invalid_argument as parse_while
std::vector<std::string> while_variables(std::string_view text);

/// A program of the WHILE language, over variables x0, x1, … of natural numbers:
///
///     P ::= xi := xj + c | xi := xj - c | xi := xj | xi := c | P ; P | WHILE xi != 0 DO P END
///
/// as a Program from the first values of its variables, start_x0 …, to their last ones, x0 …. Words
/// are of any case, ≠ and − stand for != and -, x_1 for x1; # and // begin comments. Hard, and for
/// natural numbers, it is the WHILE program; relaxed, it tends to it as the scale grows. Its
/// statements keep their lines, so that errors of a run name these.
/// Source: Petersen et al., AlgoNet: C∞ Smooth Algorithmic Neural Networks, 2019.
/// @throws std::invalid_argument "while: line 3, column 7: expected 'DO', got 'x1'"; or it names an
///   input or output that the text does not have
Program parse_while(std::string_view text, const WhileOptions& options = {});

}  // namespace pliant::program
