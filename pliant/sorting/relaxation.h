// pliant/sorting/relaxation.h — relaxations of the permutation matrix that need no network (no
// torch)
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "pliant/base/parallel.h"

namespace pliant::sorting {

/// What a relaxation of the permutation matrix is, as data. P[i, r] is the weight of input i at
/// rank r, r = 0 the smallest; every column sums to 1.
struct Relaxation {
  std::string_view name;
  std::string_view formula;  ///< P, as text
  std::string_view source;
  std::string_view cost;   ///< of one row of n keys, as text
  bool doubly_stochastic;  ///< rows sum to 1 as well
  bool monotone;           ///< raising a key never lowers one of the sorted values x·P
};

/// All relaxations, in the order of their indices.
const std::vector<Relaxation>& relaxations();

/// @throws std::invalid_argument "unknown relaxation 'softsrt'; there are: …"
int relaxation_index(std::string_view name);

/// How to relax.
struct RelaxationOptions {
  int method = 0;           ///< index in relaxations()
  double steepness = 1;     ///< inverse temperature, > 0; → ∞ is the hard sort
  double power = 1;         ///< of softsort's distances, > 0
  double tolerance = 1e-6;  ///< of sinkhorn: no row's sum is off by more, > 0 …
  int iterations = 1000;    ///< … or there were so many iterations, > 0
  /// The gradient of sinkhorn: true, from the linear system that holds where rows and columns sum
  /// to 1, O(n³) at most; false, through the iterations one by one, right for any number of them,
  /// in O(n²·iterations) and with 16·n·iterations bytes more of scratch.
  bool implicit = true;
};

/// @throws std::invalid_argument that names `caller`, the option, its range and the value
void check(const RelaxationOptions& options, std::string_view caller);

/// One row at a time, with scratch that serves all rows of a thread: the columns [first, first +
/// count) of P.
template <class T>
class RowRelaxation {
 public:
  virtual ~RowRelaxation() = default;

  /// Another steepness for the rows to come, > 0.
  virtual void set_steepness(double steepness) = 0;

  /// @param x        (n) keys. If one of them is not finite, all that comes out is NaN.
  /// @param columns  (n, count), written: [i, r] is P[i, first + r]; null = not wanted
  virtual void forward(const T* x, T* columns) = 0;

  /// Stands for the forward with these keys, whose columns were kept: makes ready for backward.
  /// @param x        (n)
  /// @param columns  (n, count), what that forward wrote
  virtual void recall(const T* x, [[maybe_unused]] const T* columns) { forward(x, nullptr); }

  /// The gradient of the last forward.
  /// @param grad_columns    (n, count), upstream
  /// @param grad_x          (n), written. Equal keys get equal shares.
  /// @param grad_steepness  added to; null = not wanted
  virtual void backward(const T* grad_columns, T* grad_x, double* grad_steepness) = 0;
};

/// T is float or double. Scratch: n·count numbers of T (softsort with a power: twice that) and a
/// few of n; sinkhorn: 3·n² + n·count doubles.
/// @pre check(options) passes, n >= 1, first + count <= n
template <class T>
std::unique_ptr<RowRelaxation<T>> make_row_relaxation(const RelaxationOptions& options,
                                                      std::size_t n, std::size_t first,
                                                      std::size_t count);

/// What the kernels over batches work on.
template <class T>
struct RelaxationArgs {
  RelaxationOptions options;  ///< checked by check()
  std::size_t batch = 0;
  std::size_t n = 0;
  std::size_t first = 0;  ///< the columns [first, first + count) of P
  std::size_t count = 0;
  const T* x = nullptr;               ///< (batch, n) keys
  const double* steepness = nullptr;  ///< (batch), each > 0; null = that of the options for all
};

/// columns (batch, n, count) = P[:, first … first + count) of each row. Runs through the executor
/// and gives the same bits for any.   Cost: that of the relaxation, a row
template <class T>
void relaxed_permutation(const RelaxationArgs<T>& args, T* columns, const base::Executor& executor);

/// Gradients of relaxed_permutation for upstream grad_columns (batch, n, count).
/// @param columns         (batch, n, count), what relaxed_permutation wrote, which spares
/// NeuralSort
///                        and SoftSort making P anew; null = not kept
/// @param grad_x          (batch, n), written
/// @param grad_steepness  (batch), written: of each row's; null = not wanted
template <class T>
void relaxed_permutation_backward(const RelaxationArgs<T>& args, const T* columns,
                                  const T* grad_columns, T* grad_x, double* grad_steepness,
                                  const base::Executor& executor);

}  // namespace pliant::sorting
