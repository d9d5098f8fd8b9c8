// pliant/sorting/sum_lines.h — a matrix's lines in a weighted sum; private to sorting (no torch)
#pragma once

#include <cstddef>

namespace pliant::sorting {

/// out[i] ← Σ_r weights[r]·lines[r, i], r in ascending order.   Cost: about 0.1 ns a number that
/// lies in the cache
/// @param lines    (count, n)
/// @param weights  (count)
/// @param out      (n)
void sum_lines(const double* lines, const double* weights, std::size_t count, std::size_t n,
               double* out);

}  // namespace pliant::sorting
