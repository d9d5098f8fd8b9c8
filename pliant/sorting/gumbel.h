// pliant/sorting/gumbel.h — Gumbel noise by key, for orders that are drawn (no torch)
#pragma once

#include <cstddef>
#include <cstdint>

#include "pliant/base/parallel.h"

namespace pliant::sorting {

/// Numbers of the standard Gumbel distribution, −ln(−ln U). Scores with such noise are in the order
/// of a draw from the Plackett-Luce distribution with those scores (Grover et al., Stochastic
/// Optimization of Sorting Networks via Continuous Relaxations, ICLR 2019).
/// @param noise  (batch, n), written: row b depends on (seed, step, b) alone (base::Random)
/// Cost: about 15 ns a number
template <class T>
void gumbel_noise(std::uint64_t seed, std::uint64_t step, std::size_t batch, std::size_t n,
                  T* noise, const base::Executor& executor);

}  // namespace pliant::sorting
