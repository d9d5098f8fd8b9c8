// pliant/optim/definite.cpp — small symmetric positive definite systems, SIMD along rows (no torch)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pliant/optim/definite.cpp"
#include "pliant/optim/definite.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "pliant/base/aligned.h"
#include "pliant/base/simd.h"

HWY_BEFORE_NAMESPACE();
namespace pliant::optim::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Tag = hn::ScalableTag<T>;
template <class T>
constexpr std::size_t kLanes = hn::MaxLanes(Tag<T>());

// Tiles fill the registers: 32 of AVX-512 and NEON, 16 of AVX2.
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_SCALAR
constexpr std::size_t kVectors = 2;
#else
constexpr std::size_t kVectors = 4;
#endif
constexpr std::size_t kRows = 6;

template <class T>
constexpr std::size_t kPanel = kVectors * kLanes<T>;

// === triangular systems ===

/// A block of `rows` rows by `vectors` vectors, in registers.
template <class T, std::size_t rows, std::size_t vectors>
struct Block {
  hn::Vec<Tag<T>> v[rows][vectors];

  HWY_ATTR HWY_INLINE void load(const T* from, std::size_t pitch) {
    const Tag<T> d;
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t c = 0; c < vectors; ++c)
        v[r][c] = hn::Load(d, from + r * pitch + c * kLanes<T>);
    }
  }
  HWY_ATTR HWY_INLINE void store(T* to, std::size_t pitch) const {
    const Tag<T> d;
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t c = 0; c < vectors; ++c)
        hn::Store(v[r][c], d, to + r * pitch + c * kLanes<T>);
    }
  }
  /// Takes off Σ_k factor(r, k)·y[k].
  template <class Factor>
  HWY_ATTR HWY_INLINE void subtract(std::size_t count, const T* y, std::size_t pitch,
                                    const Factor& factor) {
    const Tag<T> d;
    for (std::size_t k = 0; k < count; ++k) {
      hn::Vec<Tag<T>> line[vectors];
      for (std::size_t c = 0; c < vectors; ++c)
        line[c] = hn::Load(d, y + k * pitch + c * kLanes<T>);
      for (std::size_t r = 0; r < rows; ++r) {
        const auto f = hn::Set(d, factor(r, k));
        for (std::size_t c = 0; c < vectors; ++c) v[r][c] = hn::NegMulAdd(f, line[c], v[r][c]);
      }
    }
  }
  /// Solves the block's own triangle, Uᵀ forward; `u` at its corner. A row that is done is taken
  /// off all later ones at once: these do not wait for each other.
  HWY_ATTR HWY_INLINE void forward(const T* u, std::size_t pitch) {
    for (std::size_t r = 0; r < rows; ++r) {
      scale(r, u[r * pitch + r]);
      for (std::size_t s = r + 1; s < rows; ++s) take_off(s, u[r * pitch + s], r);
    }
  }
  /// U backward.
  HWY_ATTR HWY_INLINE void backward(const T* u, std::size_t pitch) {
    for (std::size_t r = rows; r-- > 0;) {
      scale(r, u[r * pitch + r]);
      for (std::size_t s = r; s-- > 0;) take_off(s, u[s * pitch + r], r);
    }
  }

 private:
  HWY_ATTR HWY_INLINE void scale(std::size_t r, T by) {
    const auto f = hn::Set(Tag<T>(), by);
    for (std::size_t c = 0; c < vectors; ++c) v[r][c] = hn::Mul(v[r][c], f);
  }
  HWY_ATTR HWY_INLINE void take_off(std::size_t from, T times, std::size_t r) {
    const auto f = hn::Set(Tag<T>(), times);
    for (std::size_t c = 0; c < vectors; ++c) v[from][c] = hn::NegMulAdd(f, v[r][c], v[from][c]);
  }
};

/// Rows [i, i + rows) of Uᵀ·Z = Y, in place in y; the rows before are done.
template <class T, std::size_t rows, std::size_t vectors>
HWY_ATTR HWY_INLINE void ForwardRows(const T* u, std::size_t u_pitch, std::size_t i, T* y,
                                     std::size_t pitch) {
  Block<T, rows, vectors> block;
  block.load(y + i * pitch, pitch);
  const T* const column = u + i;
  block.subtract(i, y, pitch,
                 [=](std::size_t r, std::size_t k) { return column[k * u_pitch + r]; });
  block.forward(u + i * u_pitch + i, u_pitch);
  block.store(y + i * pitch, pitch);
}

/// Rows [i, i + rows) of U·Y = Z; the rows after are done.
template <class T, std::size_t rows, std::size_t vectors>
HWY_ATTR HWY_INLINE void BackwardRows(const T* u, std::size_t u_pitch, std::size_t size,
                                      std::size_t i, T* y, std::size_t pitch) {
  Block<T, rows, vectors> block;
  block.load(y + i * pitch, pitch);
  const std::size_t next = i + rows;
  const T* const line = u + i * u_pitch + next;
  block.subtract(size - next, y + next * pitch, pitch,
                 [=](std::size_t r, std::size_t k) { return line[r * u_pitch + k]; });
  block.backward(u + i * u_pitch + i, u_pitch);
  block.store(y + i * pitch, pitch);
}

/// Both triangular systems on a panel of kPanel columns, [size, kPanel].
template <class T>
HWY_ATTR void SolvePanel(const T* u, std::size_t u_pitch, std::size_t size, T* panel) {
  constexpr std::size_t kPitch = kPanel<T>;
  std::size_t i = 0;
  for (; i + kRows <= size; i += kRows)
    ForwardRows<T, kRows, kVectors>(u, u_pitch, i, panel, kPitch);
  for (; i < size; ++i) ForwardRows<T, 1, kVectors>(u, u_pitch, i, panel, kPitch);
  for (; i % kRows != 0; --i) BackwardRows<T, 1, kVectors>(u, u_pitch, size, i - 1, panel, kPitch);
  for (; i != 0; i -= kRows)
    BackwardRows<T, kRows, kVectors>(u, u_pitch, size, i - kRows, panel, kPitch);
}

template <class T>
void Solve(const SolveArgs<T>& args, const base::Executor& executor) {
  const std::size_t panels = (args.columns + kPanel<T> - 1) / kPanel<T>;
  const std::size_t work = 2 * args.size * args.size * kPanel<T>;
  constexpr std::size_t kWorthAThread = 1U << 20;
  executor(panels, 1 + kWorthAThread / std::max<std::size_t>(work, 1),
           [&](std::size_t begin, std::size_t end) {
             const base::AlignedArray<T> panel(args.size * kPanel<T>);
             for (std::size_t p = begin; p < end; ++p) {
               const std::size_t first = p * kPanel<T>;
               const std::size_t width = std::min(kPanel<T>, args.columns - first);
               for (std::size_t r = 0; r < args.size; ++r) {
                 T* const row = panel.data() + r * kPanel<T>;
                 std::memcpy(row, args.x + r * args.x_stride + first, width * sizeof(T));
                 std::fill(row + width, row + kPanel<T>, T(0));
               }
               SolvePanel(args.factor, args.pitch, args.size, panel.data());
               for (std::size_t r = 0; r < args.size; ++r) {
                 std::memcpy(args.y + r * args.y_stride + first, panel.data() + r * kPanel<T>,
                             width * sizeof(T));
               }
             }
           });
}

// === Cholesky ===

/// Factorises the triangle of `rows` rows at u, scalar.
template <class T>
bool FactoriseCorner(T* u, std::size_t pitch, std::size_t rows) {
  for (std::size_t r = 0; r < rows; ++r) {
    T* const line = u + r * pitch;
    const T pivot = line[r];
    if (!(pivot > T(0) && pivot <= std::numeric_limits<T>::max())) return false;
    const T inverse = T(1) / std::sqrt(pivot);
    line[r] = inverse;
    for (std::size_t j = r + 1; j < rows; ++j) line[j] *= inverse;
    for (std::size_t s = r + 1; s < rows; ++s) {
      for (std::size_t j = s; j < rows; ++j) u[s * pitch + j] -= line[s] * line[j];
    }
  }
  return true;
}

/// S's entries of rows [i, i + rows) less what the rows before take off, in vectors from column j
/// on.
template <class T, std::size_t rows, std::size_t vectors>
HWY_ATTR HWY_INLINE void Reduce(const T* s, std::size_t pitch, std::size_t i, std::size_t j,
                                Block<T, rows, vectors>& block) {
  block.load(s + i * pitch + j, pitch);
  const T* const column = s + i;
  block.subtract(i, s + j, pitch,
                 [=](std::size_t r, std::size_t k) { return column[k * pitch + r]; });
}

template <class T, std::size_t rows, std::size_t vectors>
HWY_ATTR HWY_INLINE void FactoriseColumns(T* s, std::size_t pitch, std::size_t i, std::size_t j,
                                          const T* corner) {
  Block<T, rows, vectors> block;
  Reduce(s, pitch, i, j, block);
  block.forward(corner, rows);
  block.store(s + i * pitch + j, pitch);
}

/// Rows [i, i + rows) of U, the rows before being done. What stands before column i in the vector
/// that holds it is below the diagonal and of no matter.
template <class T, std::size_t rows>
HWY_ATTR bool FactoriseRows(T* s, std::size_t size, std::size_t pitch, std::size_t i) {
  const std::size_t begin = i - i % kLanes<T>;
  const std::size_t after = (i + rows + kLanes<T> - 1) / kLanes<T> * kLanes<T>;
  for (std::size_t j = begin; j < after; j += kLanes<T>) {
    Block<T, rows, 1> block;
    Reduce(s, pitch, i, j, block);
    block.store(s + i * pitch + j, pitch);
  }
  if (!FactoriseCorner(s + i * pitch + i, pitch, rows)) return false;
  T corner[rows * rows];
  for (std::size_t r = 0; r < rows; ++r)
    std::copy_n(s + (i + r) * pitch + i, rows, corner + r * rows);
  for (std::size_t j = begin; j < after; j += kLanes<T>) {
    Block<T, rows, 1> block;
    block.load(s + i * pitch + j, pitch);
    block.forward(corner, rows);
    block.store(s + i * pitch + j, pitch);
  }
  for (std::size_t r = 0; r < rows; ++r)
    std::copy_n(corner + r * rows, rows, s + (i + r) * pitch + i);
  std::size_t j = after;
  for (; j + kPanel<T> <= size; j += kPanel<T>)
    FactoriseColumns<T, rows, kVectors>(s, pitch, i, j, corner);
  for (; j < size; j += kLanes<T>) FactoriseColumns<T, rows, 1>(s, pitch, i, j, corner);
  return true;
}

template <class T>
bool Factorise(T* s, std::size_t size, std::size_t pitch) {
  std::size_t i = 0;
  for (; i + kRows <= size; i += kRows) {
    if (!FactoriseRows<T, kRows>(s, size, pitch, i)) return false;
  }
  for (; i < size; ++i) {
    if (!FactoriseRows<T, 1>(s, size, pitch, i)) return false;
  }
  return true;
}

// One name each for the dispatch table.
void SolveFloat(const SolveArgs<float>& args, const base::Executor& run) { Solve(args, run); }
void SolveDouble(const SolveArgs<double>& args, const base::Executor& run) { Solve(args, run); }
bool FactoriseFloat(float* s, std::size_t size, std::size_t pitch) {
  return Factorise(s, size, pitch);
}
bool FactoriseDouble(double* s, std::size_t size, std::size_t pitch) {
  return Factorise(s, size, pitch);
}

}  // namespace
}  // namespace pliant::optim::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pliant::optim {

HWY_EXPORT(SolveFloat);
HWY_EXPORT(SolveDouble);
HWY_EXPORT(FactoriseFloat);
HWY_EXPORT(FactoriseDouble);

template <>
bool factorise(float* matrix, std::size_t size, std::size_t pitch) {
  return HWY_DYNAMIC_DISPATCH(FactoriseFloat)(matrix, size, pitch);
}
template <>
bool factorise(double* matrix, std::size_t size, std::size_t pitch) {
  return HWY_DYNAMIC_DISPATCH(FactoriseDouble)(matrix, size, pitch);
}
template <>
void solve(const SolveArgs<float>& args, const base::Executor& executor) {
  HWY_DYNAMIC_DISPATCH(SolveFloat)(args, executor);
}
template <>
void solve(const SolveArgs<double>& args, const base::Executor& executor) {
  HWY_DYNAMIC_DISPATCH(SolveDouble)(args, executor);
}

}  // namespace pliant::optim
#endif  // HWY_ONCE
