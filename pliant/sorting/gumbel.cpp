// pliant/sorting/gumbel.cpp — Gumbel noise by key (no torch)
#include "pliant/sorting/gumbel.h"

#include <algorithm>
#include <cmath>

#include "pliant/base/random.h"

namespace pliant::sorting {

template <class T>
void gumbel_noise(std::uint64_t seed, std::uint64_t step, std::size_t batch, std::size_t n,
                  T* noise, const base::Executor& executor) {
  const std::size_t grain = std::max<std::size_t>(1, 2048 / std::max<std::size_t>(1, n));
  executor(batch, grain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t b = begin; b < end; ++b) {
      base::Random random(seed, step, b);
      for (std::size_t i = 0; i < n; ++i) {
        const double u = (random.next() + 0.5) * 0x1p-32;  // neither 0 nor 1
        noise[b * n + i] = static_cast<T>(-std::log(-std::log(u)));
      }
    }
  });
}

template void gumbel_noise(std::uint64_t, std::uint64_t, std::size_t, std::size_t, float*,
                           const base::Executor&);
template void gumbel_noise(std::uint64_t, std::uint64_t, std::size_t, std::size_t, double*,
                           const base::Executor&);

}  // namespace pliant::sorting
