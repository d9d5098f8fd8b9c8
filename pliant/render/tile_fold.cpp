// pliant/render/tile_fold.cpp — sums, sums of exponentials and maxima over the faces of a pixel (no
// torch)
#include "pliant/render/tile_fold.h"

#include <algorithm>
#include <limits>

#include "pliant/render/array.h"

namespace pliant::render {
namespace {

/// A term beyond this makes a full pixel, and one below its negative is none.
template <class T>
inline constexpr T kLargestTerm = T(1e30);

/// A pixel is full if this or less of it is uncovered.
template <class T>
inline constexpr T kFullRest = std::numeric_limits<T>::epsilon() / 8;

/// The least folded terms that make a full pixel, by bisection: with these at hand a look at every
/// pixel after every few faces costs next to nothing.
template <class T>
T least_full(const math::TNorm& t_norm) {
  T low = math::fold(t_norm) == math::Fold::kLogSum ? -kLargestTerm<T> : 0;
  T high = kLargestTerm<T>;
  const auto between = [&] { return low + (high - low) / 2; };
  for (T middle = between(); low < middle && middle < high; middle = between()) {
    T rest;
    math::combine<T>(t_norm, &middle, 1, nullptr, &rest);
    (rest <= kFullRest<T> ? high : low) = middle;
  }
  return high;
}

}  // namespace

template <class T>
TileFold<T>::TileFold(const math::TNorm& t_norm)
    : fold_(math::fold(t_norm)), full_(least_full<T>(t_norm)) {
  clear();
}

template <class T>
void TileFold<T>::clear() {
  const bool logarithms = fold_ == math::Fold::kLogSum;
  sum_.fill(0);
  top_.fill(logarithms ? -kLargestTerm<T> : 0);
  folded_.fill(logarithms ? -std::numeric_limits<T>::infinity() : 0);
  open_.fill(1);
  closed_ = false;
  all_open_ = true;
}

template <class T>
void TileFold<T>::add(const Pairs<T>& pairs, const T* terms) {
  if (fold_ == math::Fold::kSum) {
    add_sums(pairs, terms);
  } else if (fold_ == math::Fold::kLogSum) {
    add_log_sums(pairs, terms);
  } else {
    raise_tops(pairs, terms);
    folded_ = top_;
  }
  close_full_pixels();
}

template <class T>
void TileFold<T>::add_sums(const Pairs<T>& pairs, const T* terms) {
  for (std::size_t i = 0; i < pairs.count; ++i) {
    sum_[static_cast<std::size_t>(pairs.pixel[i])] += static_cast<double>(terms[i]);
  }
  for (std::size_t k = 0; k < kTilePixels; ++k) folded_[k] = static_cast<T>(sum_[k]);
}

template <class T>
void TileFold<T>::raise_tops(const Pairs<T>& pairs, const T* terms) {
  for (std::size_t i = 0; i < pairs.count; ++i) {
    T& top = top_[static_cast<std::size_t>(pairs.pixel[i])];
    top = std::max(top, std::min(terms[i], kLargestTerm<T>));
  }
}

template <class T>
void TileFold<T>::add_log_sums(const Pairs<T>& pairs, const T* terms) {
  alignas(64) std::array<T, Pairs<T>::kRoom> part;
  std::copy(top_.begin(), top_.end(), part.begin());
  raise_tops(pairs, terms);
  for (std::size_t k = 0; k < kTilePixels; ++k) part[k] -= top_[k];
  exp_in_place(part.data(), kTilePixels);
  for (std::size_t k = 0; k < kTilePixels; ++k) sum_[k] *= static_cast<double>(part[k]);
  for (std::size_t i = 0; i < pairs.count; ++i) {
    part[i] = std::min(terms[i], kLargestTerm<T>) - top_[static_cast<std::size_t>(pairs.pixel[i])];
  }
  exp_in_place(part.data(), pairs.count);
  for (std::size_t i = 0; i < pairs.count; ++i) {
    sum_[static_cast<std::size_t>(pairs.pixel[i])] += static_cast<double>(part[i]);
  }
  for (std::size_t k = 0; k < kTilePixels; ++k) folded_[k] = static_cast<T>(sum_[k]);
  log_in_place(folded_.data(), kTilePixels);
  for (std::size_t k = 0; k < kTilePixels; ++k) folded_[k] += top_[k];
}

template <class T>
void TileFold<T>::load(const T* folded) {
  std::copy(folded, folded + kTilePixels, folded_.begin());
  close_full_pixels();
}

template <class T>
void TileFold<T>::close_full_pixels() {
  int open = 0;
  for (std::size_t k = 0; k < kTilePixels; ++k) {
    const bool is_open = folded_[k] < full_;
    open_[k] = static_cast<T>(is_open);
    open += static_cast<int>(is_open);
  }
  closed_ = open == 0;
  all_open_ = open == kTilePixels;
}

template class TileFold<float>;
template class TileFold<double>;

}  // namespace pliant::render
