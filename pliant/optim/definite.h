// pliant/optim/definite.h — small symmetric positive definite systems: factor and solve (no torch)
//
// All that ISAAC asks of linear algebra beside matrix products: S = I + α·X·Xᵀ (gram.h), its
// Cholesky factor, and Y = S⁻¹·X. The sides are a batch or a layer's width, tens to hundreds, where
// calling a general library costs more than the arithmetic. T is float or double.
#pragma once

#include <cstddef>

#include "pliant/base/parallel.h"

namespace pliant::optim {

/// Cholesky's factor in place: the upper triangle of S becomes U with S = Uᵀ·U, its diagonal
/// 1/U_ii. What lies below the diagonal is overwritten.
/// @param matrix  [size, pitch], aligned to base::kAlignment, pitch = matrix_pitch(size)
/// @returns false if a pivot is not positive and finite (NaN or overflow in S); the matrix is then
/// of no use. Cost: size³/3 operations.
template <class T>
bool factorise(T* matrix, std::size_t size, std::size_t pitch);

template <class T>
struct SolveArgs {
  const T* factor;  ///< as factorise leaves it
  std::size_t pitch;
  std::size_t size;
  const T* x;  ///< [size, columns], each row contiguous
  std::size_t x_stride;
  T* y;  ///< [size, columns]; may be x
  std::size_t y_stride;
  std::size_t columns;
};

/// y ← S⁻¹·x by the two triangular systems of the factor. Columns are independent: the bits do not
/// depend on the threads. Cost: 2·size²·columns operations.
template <class T>
void solve(const SolveArgs<T>& args, const base::Executor& executor);

}  // namespace pliant::optim
