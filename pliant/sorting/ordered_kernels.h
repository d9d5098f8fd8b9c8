// pliant/sorting/ordered_kernels.h — NeuralSort's and SoftSort's loops over a row's matrices;
// private to sorting (no torch)
#pragma once

#include <cstddef>
#include <cstdint>

namespace pliant::sorting {

/// Columns that are worked on side by side: 32 bytes of them, for five keys leave little of wider
/// vectors.
template <class T>
inline constexpr std::size_t kColumnLanes = 32 / sizeof(T);

/// How a row's matrices lie: [k][c], k the place of a key in ascending order, c for rank first + c.
/// Lines of scratch are `width` long, those of the caller `count`.
struct ColumnBlock {
  std::size_t n;
  std::size_t first;
  std::size_t count;
  std::size_t width;         ///< count, rounded up to whole vectors
  const std::size_t* order;  ///< [k] the key at place k, whose line is meant in the caller's matrix
};

/// The kernels for the CPU that runs. Every column of P comes out the same whatever stands beside
/// it. Scratch is aligned.
template <class T>
struct OrderedKernels {
  /// places[i] ← how many keys stand before key i: smaller ones, and equal ones of lower index.
  /// @param x       (n) and kColumnLanes numbers more
  /// @param places  (n), rounded up to whole vectors
  void (*find_places)(const T* x, std::size_t n, std::int32_t* places);

  /// NeuralSort's logits: between neighbours at places k and k + 1 the logit changes by s·(x_{k+1}
  /// − x_k)·(2(r − k) − 1): from place r on both sides it only falls, and as a sum of terms of one
  /// sign it keeps its accuracy whatever the keys' common offset.
  /// @param x    (n) in ascending order
  /// @param far  (width) of scratch
  void (*fall)(const ColumnBlock& block, const T* x, T steepness, T* far, T* logits);

  /// factor·|x_k − x_r|.
  /// @param x  (n) in ascending order, and kColumnLanes numbers more
  void (*distances)(const ColumnBlock& block, const T* x, T factor, T* out);

  /// Divides each column by its sum, and copies the lines to those of `columns` unless that is
  /// null.
  /// @param sum  (width) of scratch     @param line  (width) of scratch
  void (*normalise)(const ColumnBlock& block, T* p, double* sum, T* line, T* columns);

  /// mean[c] ← Σ_k P[k, c]·g[k, c], the lines of g being the caller's.
  /// @param sum  (width) of scratch
  void (*means)(const ColumnBlock& block, const T* p, const T* g, double* sum, T* mean);

  /// With s[k, c] = P·(g − mean) = ∂L/∂logit: total[k] ← Σ_c s, by_rank[k] ← Σ_c c·s.
  void (*rank_sums)(const ColumnBlock& block, const T* p, const T* g, const T* mean, double* total,
                    double* by_rank);

  /// of_key[k] ← Σ_c s[k, c]·slope[k, c], and of_rank[c] ← minus the sum of the same over k.
  /// @param x       (n) in ascending order, and kColumnLanes numbers more
  /// @param slopes  [k][width]; null = sign(x_r − x_k)
  void (*slope_sums)(const ColumnBlock& block, const T* x, const T* slopes, const T* p, const T* g,
                     const T* mean, double* of_key, double* of_rank);
};

template <class T>
OrderedKernels<T> ordered_kernels();

}  // namespace pliant::sorting
