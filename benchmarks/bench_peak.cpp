// benchmarks/bench_peak.cpp — this machine's float peak: independent fused multiply-adds in
// registers, on THREADS threads
//
// bench_peak [THREADS] prints GFLOP/s, the best of ten tries of 50 ms each. It is compiled for the
// CPU at hand.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

#if defined(__AVX512F__)
constexpr int kBytes = 64;
#else
constexpr int kBytes = 32;
#endif
using Vector [[gnu::vector_size(kBytes)]] = float;
constexpr int kLanes = kBytes / static_cast<int>(sizeof(float));
constexpr int kChains =
    12;  // more than the latency × throughput of any FMA unit, fewer than the registers

/// Runs `rounds` × kChains multiply-adds; the result is returned so that it is not optimised away.
float multiply_add(long rounds) {
  Vector sums[kChains] = {};
  for (int chain = 0; chain < kChains; ++chain) sums[chain] += static_cast<float>(chain);
  const Vector a = Vector{} + 0.999F;
  const Vector b = Vector{} + 1e-3F;
  for (long round = 0; round < rounds; ++round) {
#pragma GCC unroll 12
    for (Vector& sum : sums) sum = sum * a + b;
  }
  Vector total = {};
  for (const Vector& sum : sums) total += sum;
  return total[0];
}

double seconds_of(long rounds, unsigned threads) {
  std::vector<std::thread> pool;
  std::vector<float> sums(threads);
  const auto start = std::chrono::steady_clock::now();
  for (float& sum : sums) pool.emplace_back([&sum, rounds] { sum = multiply_add(rounds); });
  for (std::thread& thread : pool) thread.join();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return sums[0] < 0 ? 0 : took.count();
}

}  // namespace

int main(int count, char** arguments) {
  const unsigned threads = count > 1 ? static_cast<unsigned>(std::atoi(arguments[1]))
                                     : std::thread::hardware_concurrency();
  long rounds = 1 << 16;
  while (seconds_of(rounds, threads) < 0.05) rounds *= 2;
  double best = 1e30;
  for (int attempt = 0; attempt < 10; ++attempt) best = std::min(best, seconds_of(rounds, threads));
  std::printf("%.1f\n",
              2.0 * kLanes * kChains * static_cast<double>(rounds) * threads / best * 1e-9);
}
