// benchmarks/circuit/bench_rows.cpp — what one core of this CPU can do for rows of 512 bits
//
// bench_rows prints as JSON, in millions a second: functions of three rows in registers, rows
// loaded from the first-level cache, and rows loaded in random order from 1 MiB, each the best of
// ten tries of 20 ms. It is compiled for the CPU at hand.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <random>
#include <vector>

#if defined(__AVX512F__)
#define PLIANT_DONE(row) asm volatile("" : "+v"(row))
#else
#define PLIANT_DONE(row) asm volatile("" : "+m"(row))
#endif

namespace {

using Row [[gnu::vector_size(64)]] = std::uint64_t;

/// (a ∧ b) ⊕ c is one instruction of AVX-512; elsewhere two of a narrower vector or more.
std::uint64_t functions(long rounds) {
  constexpr int kChains = 12;
  Row x[kChains];
  for (int i = 0; i < kChains; ++i) x[i] = Row{} + static_cast<std::uint64_t>(i);
  const Row a = Row{} + 0x123456789ABCDEFU;
  const Row b = Row{} + 0xFEDCBA987654321U;
  for (long round = 0; round < rounds; ++round) {
#pragma GCC unroll 12
    for (Row& one : x) {
      one = (one & a) ^ b;
      PLIANT_DONE(one);  // every round is done
    }
  }
  Row all{};
  for (const Row& one : x) all ^= one;
  return all[0];
}
constexpr double kFunctionsARound = 12;

/// Loads rows at the places, eight at a time.
std::uint64_t loads(const std::vector<Row>& rows, const std::vector<std::uint32_t>& places,
                    long rounds) {
  Row sums[8] = {};
  for (long round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < places.size(); i += 8) {
#pragma GCC unroll 8
      for (std::size_t k = 0; k < 8; ++k) sums[k] |= rows[places[i + k]];
    }
  }
  Row all{};
  for (const Row& one : sums) all ^= one;
  return all[0];
}

/// Millions of operations a second.
template <class Run>
double rate(double operations, const Run& run) {
  using Clock = std::chrono::steady_clock;
  const auto timed = [&](long rounds) {
    const auto start = Clock::now();
    const volatile std::uint64_t kept = run(rounds);
    static_cast<void>(kept);
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  long rounds = 1;
  while (timed(rounds) < 0.02) rounds *= 2;
  double best = 1e30;
  for (int attempt = 0; attempt < 10; ++attempt) best = std::min(best, timed(rounds));
  return operations * static_cast<double>(rounds) / best * 1e-6;
}

std::vector<std::uint32_t> shuffled(std::uint32_t count) {
  std::vector<std::uint32_t> places(count);
  std::iota(places.begin(), places.end(), 0U);
  std::shuffle(places.begin(), places.end(), std::mt19937(1));
  return places;
}

}  // namespace

int main() {
  constexpr std::uint32_t kNear = 256;      // 16 KiB
  constexpr std::uint32_t kFar = 1U << 14;  // 1 MiB
  const std::vector<Row> rows(kFar);
  const auto near = shuffled(kNear);
  const auto far = shuffled(kFar);
  const double computed = rate(kFunctionsARound, functions);
  const double from_first = rate(kNear, [&](long n) { return loads(rows, near, n); });
  const double from_second = rate(kFar, [&](long n) { return loads(rows, far, n); });
  std::printf("{\"functions\": %.0f, \"loads_l1\": %.0f, \"loads_l2\": %.0f}\n", computed,
              from_first, from_second);
}
