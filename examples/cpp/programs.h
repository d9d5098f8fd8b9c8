// examples/cpp/programs.h — textbook algorithms, written in C++ as programs
#pragma once

#include <vector>

#include "pliant/program/builder.h"

namespace examples {

using namespace pliant::program::build;  // NOLINT(google-build-using-namespace)

inline pliant::program::Program bubble_sort() {
  Builder p("bubble_sort");
  const Array xs = p.input("xs", {"n"});
  Array ys = p.array("ys", {p.size("n")}, xs);
  Scalar any = p.scalar("any", 0), swaps = p.scalar("swaps", 0), dirty = p.scalar("dirty", 1);
  Integer last = p.integer("last", p.size("n") - 1);
  p.while_(truth(dirty), [&] {
    dirty = 0;
    p.for_("k", 0, last, [&](const Whole& k) {
      const Scalar low = p.scalar("low", ys[k]), high = p.scalar("high", ys[k + 1]);
      p.if_(high < low, [&] {
        ys[k] = high;
        ys[k + 1] = low;
        dirty = 1;
        any = 1;
        swaps += 1;
      });
    });
    last -= 1;
  });
  return p.program({ys, any, swaps});
}

inline pliant::program::Program levenshtein() {
  Builder p("levenshtein");
  const Array s = p.input("s", {"n", "letters"}), t = p.input("t", {"m", "letters"});
  const Whole n = p.size("n"), m = p.size("m");
  Array d = p.array("d", {n + 1, m + 1}, 0);
  d[all()][0] = places(n + 1);
  d[0][all()] = places(m + 1);
  p.for_("i", 0, n, [&](const Whole& i) {
    p.for_("j", 0, m, [&](const Whole& j) {
      Scalar cost = p.scalar("cost", 1);
      p.if_(same(s[i][all()], t[j][all()]), [&] { cost = 0; });
      d[i + 1][j + 1] = min(stack({d[i][j + 1] + 1, d[i + 1][j] + 1, d[i][j] + cost}));
    });
  });
  const Scalar distance = p.scalar("distance", d[n][m]);
  return p.program({distance, d});
}

/// From the first cell of a grid to the last by 8 neighbours. Ordinary loops write statements.
inline pliant::program::Program shortest_path() {
  Builder p("shortest_path");
  const Array cost = p.input("cost", {"n", "m"});
  const Whole n = p.size("n"), m = p.size("m");
  const auto moved = [&](const Array& grid, int k) {  // neighbour k; 4 is the cell itself
    return grid[range(k / 3, n + k / 3)][range(k % 3, m + k % 3)];
  };
  Array far = p.array("far", {n + 2, m + 2}, 1e12);
  const auto around = [&] {
    std::vector<Real> neighbours;
    for (const int k : {0, 1, 2, 3, 5, 6, 7, 8}) neighbours.emplace_back(moved(far, k));
    return stack(neighbours);
  };
  far[1][1] = 0;
  p.for_("pass", 0, n + m + 1, [&](const Whole&) {
    moved(far, 4) = min(around()) + cost;
    far[1][1] = 0;
  });
  Array from = p.array("from", argmin(around()));  // which neighbour each cell is reached from
  from[0][0] = 0;
  Array here = p.array("here", {n, m}, 0), path = p.array("path", {n, m}, 0);
  here[n - 1][m - 1] = 1;
  p.for_("back", 0, n + m + 1, [&](const Whole&) {
    path += here * (1 - path);
    Array next = p.array("next", {n + 2, m + 2}, 0);
    for (int k = 0; k < 8; ++k) moved(next, k < 4 ? k : k + 1) += here * from[all()][all()][k];
    here = moved(next, 4);
  });
  const Scalar distance = p.scalar("distance", far[n][m]);
  return p.program({path, distance});
}

}  // namespace examples
