// pliant/optim/rounded_gram.h — Gram matrices of rows rounded to bfloat16, and what that does to
// ISAAC (no torch)
//
// With X̃ = X + E the rounded rows, u = 2⁻⁸, so ‖E‖ ≤ u‖X‖ (Frobenius norms), and s² = ‖X‖²/β, e² =
// ‖E‖²/β:
//
//   rows:    Gᵀ(S̃⁻¹ − S⁻¹)X with S = I + XXᵀ/β is −Gᵀ(S̃⁻¹X̃·EᵀS⁻¹X + S̃⁻¹E·XᵀS⁻¹X)/β. As ‖S⁻¹X‖ ≤
//   √β/2 and
//            ‖XᵀS⁻¹X‖ ≤ β, its norm is at most (5/4)·‖E‖·‖G‖₂ for every λ. ISAAC may shorten a
//            gradient 1 + s² times, so beside the result that is up to (5/4)·(1 + s²)·‖E‖/‖X‖.
//   inputs:  ζ̃ = ζ*·(I + XᵀX/β)·(I + X̃ᵀX̃/β)⁻¹ differs by at most e·(s + 1/2 + 2e)·‖ζ*‖.
//
// s² is tr(XᵀX/b)/λ: both grow as λ falls.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pliant/base/aligned.h"
#include "pliant/base/parallel.h"
#include "pliant/optim/cost.h"

namespace pliant::optim {

/// What rounding to bfloat16 does to numbers. NaN where one is NaN or infinite, or becomes so.
struct Rounding {
  double squares = 0;  ///< ‖X‖²
  double errors = 0;   ///< ‖E‖², and what may be lost in forming it
};

/// |x̃ − x| ≤ kRoundingUnit·|x|.
inline constexpr double kRoundingUnit = 1.0 / 256;

/// Of rows of `columns` numbers.
Rounding rounding_of(const float* x, std::size_t stride, std::size_t rows, std::size_t columns);

/// How far ISAAC's gradient by a rounded Gram matrix may be off, relative to itself (side of the
/// inputs), or to the shortest that a gradient of length ‖G‖₂·‖X‖ can become (rows). 0 for X = 0.
double rounding_bound(Side side, const Rounding& rounding, double beta);

/// Bounds above it are not taken: rounding_bound(…) ≤ kRoundingTolerance is false for a NaN too.
inline constexpr double kRoundingTolerance = 0.1;

/// Rows rounded to bfloat16, to the nearest, ties to even.
class RoundedRows {
 public:
  /// @param x  [rows, columns], `stride` numbers from one row to the next
  RoundedRows(const float* x, std::size_t stride, std::size_t rows, std::size_t columns,
              const base::Executor& executor);

  [[nodiscard]] const Rounding& rounding() const { return rounding_; }

  /// gram ← I + scale·X̃·X̃ᵀ, or added to what gram holds (`add`); products of bfloat16 numbers, sums
  /// in float32. On a CPU that has no such products (base::has_bfloat16()) float32 does them, and
  /// nothing is gained. The bits do not depend on the threads.
  /// @param gram  [rows, pitch], aligned to base::kAlignment, pitch = matrix_pitch(rows)
  void gram(float scale, bool add, float* gram, std::size_t pitch,
            const base::Executor& executor) const;

 private:
  std::size_t rows_;
  std::size_t columns_;
  std::size_t pitch_;  ///< of rounded rows: a multiple of 32, filled up with zeros
  Rounding rounding_;
  base::AlignedArray<std::uint16_t> halves_;  ///< where the CPU multiplies bfloat16
  base::AlignedArray<float> floats_;          ///< elsewhere: the same numbers
};

}  // namespace pliant::optim
