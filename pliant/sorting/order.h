// pliant/sorting/order.h — the ascending order of rows of numbers, which the relaxations without a
// matrix share (no torch)
#pragma once

#include <cstddef>
#include <cstdint>

#include "pliant/base/parallel.h"

namespace pliant::sorting {

/// The longest row that can be ordered: places are 32-bit numbers.
inline constexpr std::size_t kLongestRow = std::size_t{1} << 31U;

/// Rows with their ascending order.
template <class T>
struct OrderedRows {
  std::size_t batch = 0;
  std::size_t n = 0;                    ///< 1 … kLongestRow − 1
  const T* x = nullptr;                 ///< (batch, n), row-major
  const std::int32_t* order = nullptr;  ///< (batch, n), as ascending_order writes it
};

/// The stable ascending argsort of each row: equals (0 and −0 are) in the order of their places,
/// NaN after +inf. T is float or double.
/// @param x      (batch, n), n < kLongestRow
/// @param order  (batch, n), written: order[b, r] is the place of the r-th smallest of row b
/// Cost: O(batch · n), a radix sort by bytes: about 10 ns a float at n = 1000. Scratch: 16 (float)
/// or 32 (double) bytes a number of a row, a thread.
template <class T>
void ascending_order(const T* x, std::size_t batch, std::size_t n, std::int32_t* order,
                     const base::Executor& executor);

/// Checks that every place is one of its row's and that the rows ascend along them; NaN go last.
/// @throws std::invalid_argument that names `caller`
template <class T>
void check_order(const OrderedRows<T>& rows, const char* caller, const base::Executor& executor);

}  // namespace pliant::sorting
