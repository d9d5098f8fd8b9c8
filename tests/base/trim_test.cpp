// tests/base/trim_test.cpp — how many empty lines go, against the rule told as a loop
#include "pliant/base/trim.h"

#include <doctest/doctest.h>

namespace pliant::base {
namespace {

/// Both ends give back a line at a time while two are spare; an odd one the beginning gives.
int told(int size, int side, int start, int end) {
  start = std::min(start, size / 2);
  end = std::min(end, size / 2);
  const int wanted = size - side;
  if (start + end < wanted) return -1;
  while (start + end >= wanted + 2) {
    start -= start > 0 ? 1 : 0;
    end -= end > 0 ? 1 : 0;
  }
  return start + end > wanted && start > 0 ? start - 1 : start;
}

TEST_CASE("lines to trim are those of the rule, for every picture of up to 20 lines") {
  for (int size = 1; size <= 20; ++size) {
    for (int side = 1; side <= size; ++side) {
      for (int start = 0; start <= size; ++start) {
        for (int end = 0; end <= size; ++end)
          CHECK(trim_at_start(size, side, start, end) == told(size, side, start, end));
      }
    }
  }
}

TEST_CASE("empty lines are counted from both ends up to the middle") {
  CHECK(trim_empty_at_start(6, 4, [](int i) { return i == 0 || i >= 3; }) == 0);
  CHECK(trim_empty_at_start(4, 2, [](int) { return true; }) == 1);
  CHECK(trim_empty_at_start(4, 2, [](int) { return false; }) == -1);
}

}  // namespace
}  // namespace pliant::base
