// pliant/program/run/lanes.h — elementwise steps of a program on a tile of samples, there and back;
// private to program/ (no torch)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "pliant/program/run/view.h"

namespace pliant::program {

/// Samples in a tile are a multiple of kLeastLanes, and at most kMostLanes: the numbers of one
/// element of an array, one for each sample, lie beside each other.
inline constexpr std::size_t kLeastLanes = 16, kMostLanes = 64;

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
  kMerge,       ///< a + b·(c − d); exactly a at b = 0 and c at b = 1
  kStay,        ///< a·b where that is above c, else 0: how likely a sample goes on in a loop
  kFreeze       ///< a where b is not 0, else 0
};

/// Reductions of rows: elements (outer, n) to (outer).
enum class Reduction : std::uint8_t {
  kSum,
  kProduct,
  kLogSumExp,
  kDot  ///< Σ a·b
};

/// Rows of elements.
struct Rows {
  std::size_t outer = 0;
  std::size_t n = 0;
};

/// Up to four operands. Each is an array of elements, or one element for all of them.
template <class T>
struct Operands {
  std::array<const T*, 4> value{};
  std::array<T*, 4> gradient{};  ///< null = not wanted
  std::array<bool, 4> single{};  ///< one element for all
  std::array<bool, 4> fresh{};   ///< the gradient holds nothing yet; never of a single element
};

/// out[e] = step(operands[e]) for `count` elements of `lanes` numbers.
template <class T>
void forward(Step step, const Operands<T>& operands, std::size_t count, std::size_t lanes, T* out);

/// Adds to the operands' gradients what flows back from `grad_out`.
template <class T>
void backward(Step step, const Operands<T>& operands, std::size_t count, std::size_t lanes,
              const T* out, const T* grad_out);

/// What goes over rows of elements. Gradients are added to.
template <class T>
struct RowKernels {
  void (*reduce)(Reduction reduction, const Operands<T>& operands, Rows rows, std::size_t lanes,
                 T* out);
  void (*reduce_backward)(Reduction reduction, const Operands<T>& operands, Rows rows,
                          std::size_t lanes, const T* out, const T* grad_out);
  /// Weights exp(sharpness·x)/Σ over each row; or, `hard`, 1 at the first of the largest
  /// sharpness·x.
  void (*soft_argmax)(const T* x, T sharpness, bool hard, Rows rows, std::size_t lanes, T* out);
  /// @param p  the relaxed weights   @param grad_sharpness  (lanes) null = not wanted
  void (*soft_argmax_backward)(const T* x, const T* p, T sharpness, Rows rows, std::size_t lanes,
                               const T* grad_out, T* grad_x, T* grad_sharpness);
  /// Of each row Σ_j w_j·x_j, with those weights; x_j stands at values[node] + element·lanes of the
  /// row's j-th run. Hard: the first of the largest sharpness·x.
  /// @param share  (outer, lanes) for the way back: 1/Σ_j exp(sharpness·x_j − the largest), or null
  void (*extremum)(const Run* elements, T* const* values, T sharpness, bool hard, Rows rows,
                   std::size_t lanes, T* out, T* share);
  /// @param gradients  of the nodes, as `values`; null = not wanted
  void (*extremum_backward)(const Run* elements, T* const* values, T sharpness, bool hard,
                            Rows rows, std::size_t lanes, const T* out, const T* share,
                            const T* grad_out, T* const* gradients, T* grad_sharpness);
  /// Σ_j w_j·x[o, j, i] for all o, i: operand w has n elements, x has (outer, n, inner).
  void (*contract)(const Operands<T>& operands, Rows rows, std::size_t inner, std::size_t lanes,
                   T* out);
  void (*contract_backward)(const Operands<T>& operands, Rows rows, std::size_t inner,
                            std::size_t lanes, const T* grad_out);
  /// out += x, or x·y where y is not null; n numbers.
  void (*add)(const T* x, const T* y, std::size_t n, T* out);
  /// The elements of n runs, one behind the other; those of a node begin at values[node].
  void (*gather)(const Run* runs, std::size_t n, T* const* values, std::size_t lanes, T* out);
  /// @param gradients  of the nodes, as `values`; null = not wanted
  void (*gather_backward)(const Run* runs, std::size_t n, const T* grad_out, std::size_t lanes,
                          T* const* gradients);
  /// Whether x is within [−slack, 1 + slack] in all lanes whose path is not 0.
  bool (*within)(const T* x, const T* path, T slack, std::size_t lanes);
  /// Whether any of n numbers is > 0.
  bool (*any)(const T* x, std::size_t n);
};

/// For this CPU.
template <class T>
const RowKernels<T>& row_kernels();

}  // namespace pliant::program
