// pliant/base/trim.h — how many empty lines to trim at each end of a picture: data and circuit must
// agree to the line (no torch)
#pragma once

#include <algorithm>

namespace pliant::base {

/// How many lines to trim at the beginning of `size` rows or columns, so that `side` are left; −1
/// if fewer are empty. Where more are empty than must go, both ends give back one at a time, and an
/// odd one the beginning. (The 20 × 20 crop of the experiments of Petersen et al., NeurIPS 2022.)
/// @param start, end  empty lines at the two ends, of which at most size / 2 are looked at
constexpr int trim_at_start(int size, int side, int start, int end) {
  start = std::min(start, size / 2);
  end = std::min(end, size / 2);
  const int wanted = size - side;
  const int spare = start + end - wanted;
  if (spare < 0) return -1;
  const int pairs = std::min({start, end, spare / 2});
  // Once an end has none left, the other gives back alone, until at most one is spare.
  const int alone = std::max(spare - 2 * pairs - 1, 0);
  start -= pairs + (end == pairs ? std::min(alone, start - pairs) : 0);
  const bool odd = (spare - 2 * pairs - alone) > 0;
  return odd && start > 0 ? start - 1 : start;
}

/// The same, with the empty lines counted.   @param empty  empty(i): whether line i is
template <class Empty>
constexpr int trim_empty_at_start(int size, int side, const Empty& empty) {
  int start = 0;
  int end = 0;
  while (start < size / 2 && empty(start)) ++start;
  while (end < size / 2 && empty(size - 1 - end)) ++end;
  return trim_at_start(size, side, start, end);
}

}  // namespace pliant::base
