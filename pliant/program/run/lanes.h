// pliant/program/run/lanes.h — elementwise steps of a program on a tile of samples, there and back;
// private to program/ (no torch)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace pliant::program {

/// Samples in a tile: the numbers of one element of an array lie beside each other.
inline constexpr std::size_t kLanes = 64;

/// Elementwise steps. What each is, and its derivative, stands in lanes.cpp, side by side.
enum class Step : std::uint8_t {
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kNegate,
  kExp,
  kLog,
  kSqrt,
  kAbs,
  kComplement,  ///< 1 − a
  kEither,      ///< a + b − a·b
  kMatch,       ///< 4·a·(1 − a): of a comparison, how likely its sides are equal
  kClamp,       ///< a within [0, 1]
  kRound,       ///< 1 where a > ½, else 0; backward as if it were a
  kBlend,       ///< a + c·(b − a); exactly a at c = 0 and b at c = 1
  kMerge        ///< a + b·(c − d); exactly a at b = 0 and c at b = 1
};

/// Up to four operands of a step. Each is an array of elements, or one element for all of them.
template <class T>
struct Operands {
  std::array<const T*, 4> value{};
  std::array<T*, 4> gradient{};  ///< null = not wanted
  std::array<bool, 4> single{};  ///< one element for all
};

/// out[e] = step(operands[e]) for `count` elements of kLanes numbers.
template <class T>
void forward(Step step, const Operands<T>& operands, std::size_t count, T* out);

/// Adds to the operands' gradients what flows back from `grad_out`.
template <class T>
void backward(Step step, const Operands<T>& operands, std::size_t count, const T* out,
              const T* grad_out);

}  // namespace pliant::program
