// pliant/program/functions.h — the functions that expressions may call; private to program/ (no
// torch)
#pragma once

#include <array>
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
  kPlaces
};

struct FunctionInfo {
  std::string_view name;
  int least;  ///< arguments
  int most;   ///< −1: any number
  std::string_view meaning;
};

/// Reductions go over the last dimension.
inline constexpr std::array<FunctionInfo, 19> kFunctions = {{
    {"exp", 1, 1, "e^x"},
    {"log", 1, 1, "ln x"},
    {"sqrt", 1, 1, "square root"},
    {"abs", 1, 1, "|x|"},
    {"sum", 1, 1, "sum over the last dimension"},
    {"product", 1, 1, "product over the last dimension"},
    {"min", 1, 1, "relaxed minimum over the last dimension: the mean under argmin"},
    {"max", 1, 1, "relaxed maximum over the last dimension: the mean under argmax"},
    {"argmin", 1, 1, "which is the smallest: weights over the last dimension, softmax of -beta x"},
    {"argmax", 1, 1, "which is the largest: weights over the last dimension, softmax of beta x"},
    {"logsumexp", 1, 1, "ln of the sum of e^x over the last dimension"},
    {"dot", 2, 2,
     "sum of products over the last dimension; of two distributions: the chance that they agree"},
    {"same", 2, 2, "categorical equality over the last dimension: sech(beta (1 - cosine))"},
    {"cosine", 2, 2, "cosine of the angle over the last dimension"},
    {"truth", 1, 1, "a number in [0, 1] as the condition that it is 1"},
    {"where", 3, 3, "where(c, a, b): a if c, else b"},
    {"stack", 1, -1, "arrays of one shape beside each other, in a new last dimension"},
    {"onehot", 2, 2, "onehot(i, n): 1 at place i of n, 0 elsewhere"},
    {"places", 1, 1, "places(n): 0, 1, …, n - 1"},
}};

}  // namespace pliant::program
