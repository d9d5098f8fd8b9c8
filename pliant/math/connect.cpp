// pliant/math/connect.cpp — T-conorms and T-norms of whole rows of numbers (no torch)
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "pliant/math/choice.h"
#include "pliant/math/t_norm.h"

namespace pliant::math {
namespace {

/// Numbers that are worked on at once: several short rows, or a piece of a long one.
constexpr std::size_t kTile = 512;

template <class T>
constexpr T kInfinity = std::numeric_limits<T>::infinity();

template <class T>
T neutral(Fold how) {
  return how == Fold::kLogSum ? -kInfinity<T> : T(0);
}

/// Σ term of each row.
template <class T>
void sums(const T* term, std::size_t rows, std::size_t n, T* out) {
  for (std::size_t row = 0; row < rows; ++row, term += n) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += term[i];
    out[row] = static_cast<T>(sum);
  }
}

/// ln Σ e^term of each row; where the largest term is infinite, it is the sum. `term` is changed.
template <class T>
void log_sums(T* term, std::size_t rows, std::size_t n, T* out) {
  for (std::size_t row = 0; row < rows; ++row) {
    T* const own = term + row * n;
    T largest = -kInfinity<T>;
    for (std::size_t i = 0; i < n; ++i) largest = own[i] < largest ? largest : own[i];  // or NaN
    out[row] = largest;
    for (std::size_t i = 0; i < n; ++i) own[i] = std::isinf(largest) ? T(0) : own[i] - largest;
  }
  exp_minus(term, rows * n, T(0), term);
  for (std::size_t row = 0; row < rows; ++row) {
    if (std::isinf(out[row])) continue;
    const double sum = std::accumulate(term + row * n, term + (row + 1) * n, 0.);
    out[row] += static_cast<T>(std::log(sum));
  }
}

template <class T>
void fold_rows(Fold how, T* term, std::size_t rows, std::size_t n, T* out) {
  if (how == Fold::kSum) return sums(term, rows, n, out);
  log_sums(term, rows, n, out);
}

/// The members of a tile.
template <class T>
struct Tile {
  alignas(64) std::array<T, kTile> other;
  alignas(64) std::array<T, kTile> log_tail;
  alignas(64) std::array<T, kTile> term;

  Members<T> load(Connective connective, const T* x, std::size_t n) {
    members_of(connective, x, n, other.data(), log_tail.data());
    if (connective == Connective::kOr) return {x, other.data(), log_tail.data()};
    return {other.data(), x, log_tail.data()};
  }
};

/// fn(first row, rows) for blocks of rows that fill a tile; one row where it is longer.
template <class Fn>
void for_blocks(std::size_t rows, std::size_t n, const Fn& fn) {
  const std::size_t step = n == 0 ? kTile : std::max<std::size_t>(1, kTile / n);
  for (std::size_t row = 0; row < rows; row += step) fn(row, std::min(step, rows - row));
}

/// The folded terms of each row of a block, without the member at `skip` of a single row.
template <class T>
void fold_block(const TNorm& t_norm, Connective connective, const T* x, std::size_t rows,
                std::size_t n, T* out, std::size_t skip = std::size_t(-1)) {
  const Fold how = fold(t_norm);
  Tile<T> tile;
  std::fill_n(out, rows, neutral<T>(how));
  for (std::size_t begin = 0; begin < rows * n; begin += kTile) {
    const std::size_t count = std::min(kTile, rows * n - begin);
    terms(t_norm, tile.load(connective, x + begin, count), count, tile.term.data());
    if (skip - begin < count) tile.term[skip - begin] = neutral<T>(how);
    if (n <= kTile) return fold_rows(how, tile.term.data(), rows, n, out);
    T both[] = {out[0], 0};
    fold_rows(how, tile.term.data(), 1, count, both + 1);
    fold_rows(how, both, 1, 2, out);
  }
}

/// The largest (kOr) or smallest (kAnd) number of a row of max.
template <class T>
T extreme(Connective connective, const T* x, std::size_t n) {
  const bool largest = connective == Connective::kOr;
  T best = largest ? T(0) : T(1);
  for (std::size_t i = 0; i < n; ++i) {
    if (std::isnan(x[i])) return x[i];
    best = largest ? std::max(best, x[i]) : std::min(best, x[i]);
  }
  return best;
}

template <class T>
void extreme_backward(Connective connective, const T* g, const T* x, std::size_t rows,
                      std::size_t n, T* grad_x) {
  for (std::size_t row = 0; row < rows; ++row, x += n, grad_x += n) {
    const T best = extreme(connective, x, n);
    const auto ties = static_cast<T>(std::count(x, x + n, best));
    for (std::size_t i = 0; i < n; ++i) {
      grad_x[i] = std::isnan(best) ? best : x[i] == best ? g[row] / ties : T(0);
    }
  }
}

/// Where a row's only member at the end of its range is, and the folded terms of the others.
template <class T>
struct Alone {
  std::size_t place = std::size_t(-1);
  T others = 0;
};

template <class T>
Alone<T> find_alone(const TNorm& t_norm, Connective connective, const T* x, std::size_t n) {
  const T end = connective == Connective::kOr ? T(1) : T(0);
  const auto place = static_cast<std::size_t>(std::find(x, x + n, end) - x);
  if (place == n || std::find(x + place + 1, x + n, end) != x + n) return {};
  Alone<T> alone{.place = place};
  fold_block(t_norm, connective, x, 1, n, &alone.others, place);
  return alone;
}

/// connect_backward() of a block of rows.
template <class T>
void block_backward(const TNorm& t_norm, Connective connective, const T* g, const T* x,
                    std::size_t rows, std::size_t n, T* grad_x, double* grad_p) {
  std::array<T, kTile> all;
  std::array<Alone<T>, kTile> alone;
  fold_block(t_norm, connective, x, rows, n, all.data());
  for (std::size_t row = 0; row < rows; ++row) {
    alone[row] =
        all[row] == kInfinity<T> ? find_alone(t_norm, connective, x + row * n, n) : Alone<T>{};
  }
  const double sign = connective == Connective::kOr ? 1 : -1;
  std::array<double, kTile> by_p;
  if (grad_p != nullptr) {
    parameter_slopes_of_value(t_norm, all.data(), rows, by_p.data());
    for (std::size_t row = 0; row < rows; ++row) *grad_p += sign * g[row] * by_p[row];
  }
  Tile<T> tile;
  std::array<T, kTile> spread;
  std::array<std::size_t, kTile> row_of;
  std::size_t row = 0, place = 0;  // of the next member
  for (std::size_t begin = 0; begin < rows * n; begin += kTile) {
    const std::size_t count = std::min(kTile, rows * n - begin);
    std::array<std::size_t, kTile> alone_at;
    std::size_t alones = 0;
    for (std::size_t i = 0; i < count; ++i) {
      row_of[i] = row;
      spread[i] = all[row];
      if (place == alone[row].place) alone_at[alones++] = i;
      if (++place < n) continue;
      place = 0;
      ++row;
    }
    const Members<T> members = tile.load(connective, x + begin, count);
    if (grad_p != nullptr) {
      parameter_slopes_of_terms(t_norm, members, spread.data(), count, by_p.data());
      for (std::size_t i = 0; i < count; ++i) *grad_p += sign * g[row_of[i]] * by_p[i];
    }
    for (std::size_t k = 0; k < alones; ++k) {
      spread[alone_at[k]] = alone[row_of[alone_at[k]]].others;
    }
    slopes(t_norm, members, spread.data(), count, grad_x + begin);
    for (std::size_t i = 0; i < count; ++i) grad_x[begin + i] *= g[row_of[i]];
  }
}

}  // namespace

template <class T>
void connect(const TNorm& t_norm, Connective connective, const T* x, std::size_t rows,
             std::size_t n, T* out) {
  if (fold(t_norm) == Fold::kMax) {
    for (std::size_t row = 0; row < rows; ++row) out[row] = extreme(connective, x + row * n, n);
    return;
  }
  const bool is_or = connective == Connective::kOr;
  for_blocks(rows, n, [&](std::size_t first, std::size_t count) {
    std::array<T, kTile> all;
    fold_block(t_norm, connective, x + first * n, count, n, all.data());
    T* const to = out + first;
    combine(t_norm, all.data(), count, is_or ? to : nullptr, is_or ? nullptr : to);
  });
}

template <class T>
void connect_backward(const TNorm& t_norm, Connective connective, const T* g, const T* x,
                      std::size_t rows, std::size_t n, T* grad_x, double* grad_p) {
  if (fold(t_norm) == Fold::kMax) return extreme_backward(connective, g, x, rows, n, grad_x);
  for_blocks(rows, n, [&](std::size_t first, std::size_t count) {
    block_backward(t_norm, connective, g + first, x + first * n, count, n, grad_x + first * n,
                   grad_p);
  });
}

template void connect(const TNorm&, Connective, const float*, std::size_t, std::size_t, float*);
template void connect(const TNorm&, Connective, const double*, std::size_t, std::size_t, double*);
template void connect_backward(const TNorm&, Connective, const float*, const float*, std::size_t,
                               std::size_t, float*, double*);
template void connect_backward(const TNorm&, Connective, const double*, const double*, std::size_t,
                               std::size_t, double*, double*);

}  // namespace pliant::math
