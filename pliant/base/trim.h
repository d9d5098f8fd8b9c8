// pliant/base/trim.h — how many empty lines to trim at each end of a picture: data and circuit must
// agree to the line (no torch)
#pragma once

namespace pliant::base {

/// How many lines to trim at the beginning of `size` rows or columns, so that `side` are left; −1
/// if fewer are empty. Lines up to the middle are looked at from both ends; where more are empty
/// than must go, both ends give back one at a time, and an odd one the beginning. (The 20 × 20 crop
/// of the experiments of Petersen et al., NeurIPS 2022.)
/// @param empty  empty(i): whether line i is
template <class Empty>
constexpr int trim_at_start(int size, int side, const Empty& empty) {
  int start = 0;
  int end = 0;
  while (start < size / 2 && empty(start)) ++start;
  while (end < size / 2 && empty(size - 1 - end)) ++end;
  const int wanted = size - side;
  if (start + end < wanted) return -1;
  while (start + end >= wanted + 2) {
    start -= start > 0 ? 1 : 0;
    end -= end > 0 ? 1 : 0;
  }
  return start + end > wanted && start > 0 ? start - 1 : start;
}

}  // namespace pliant::base
