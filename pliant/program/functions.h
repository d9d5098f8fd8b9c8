// pliant/program/functions.h — the functions that expressions may call; private to program/ (no
// torch)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pliant::program {

/// The functions of the language, in the order of kFunctions.
enum class Function : std::uint8_t {
  kExp,
  kLog,
  kSqrt,
  kAbs,
  kSum,
  kProduct,
  kMin,
  kMax,
  kArgmin,
  kArgmax,
  kLogSumExp,
  kDot,
  kSame,
  kCosine,
  kTrue,
  kWhere,
  kStack,
  kOnehot,
  kPlaces,
  kNear,
  kPrecedes
};

struct FunctionInfo {
  std::string_view name;
  int least;  ///< arguments
  int most;   ///< −1: any number
};

/// Reductions go over the last dimension. What each means, docs/program.md says.
inline constexpr std::array<FunctionInfo, 21> kFunctions = {{
    {"exp", 1, 1},       {"log", 1, 1},    {"sqrt", 1, 1},   {"abs", 1, 1},    {"sum", 1, 1},
    {"product", 1, 1},   {"min", 1, 1},    {"max", 1, 1},    {"argmin", 1, 1}, {"argmax", 1, 1},
    {"logsumexp", 1, 1}, {"dot", 2, 2},    {"same", 2, 2},   {"cosine", 2, 2}, {"truth", 1, 1},
    {"where", 3, 3},     {"stack", 1, -1}, {"onehot", 2, 2}, {"places", 1, 1}, {"near", 2, 2},
    {"precedes", 3, 3},
}};
static_assert(kFunctions.size() == static_cast<std::size_t>(Function::kPrecedes) + 1);

}  // namespace pliant::program
