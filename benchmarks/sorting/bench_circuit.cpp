// benchmarks/sorting/bench_circuit.cpp — sets a second that a hardened network sorts on one core,
// beside std::sort
//
// bench_circuit prints as JSON, for n numbers of 8 bits: nodes, and millions of sets a second of
// the circuit (packed bits in and out) and of std::sort per set (bytes in place, copied first), the
// medians of eleven pairs of tries by the processor's time, which waiting for others is no part of,
// and their ratio.
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <random>
#include <vector>

#include "pliant/circuit/optimise.h"
#include "pliant/circuit/program.h"
#include "pliant/sorting/circuit.h"

namespace {

constexpr std::size_t kSets = 1 << 15;

double processor_seconds() {
  timespec now = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <class Work>
double seconds_of(const Work& work) {
  const double start = processor_seconds();
  work();
  return processor_seconds() - start;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void measure(int n, bool last) {
  using namespace pliant;
  const circuit::Circuit hard =
      circuit::optimised(sorting::circuit_of(sorting::make_network("batcher", n), {.bits = 8}));
  const circuit::Program program(hard);
  std::mt19937_64 generator(1);
  std::vector<std::uint8_t> sets(kSets * static_cast<std::size_t>(n)), sorted;
  for (std::uint8_t& x : sets) x = static_cast<std::uint8_t>(generator());
  std::vector<std::uint64_t> rows(hard.input_bits() * kSets / 64);
  for (std::uint64_t& row : rows) row = generator();
  std::vector<std::uint64_t> bits(hard.output_bits() * kSets / 64);
  std::vector<double> ours, theirs, ratios;
  for (int round = 0; round < 11; ++round) {
    ours.push_back(seconds_of([&] {
      program.run_packed(circuit::Batch::packed(rows.data(), kSets), bits.data(),
                         base::serial_executor());
    }));
    theirs.push_back(seconds_of([&] {
      sorted = sets;
      for (std::size_t s = 0; s < sorted.size(); s += static_cast<std::size_t>(n))
        std::sort(sorted.data() + s, sorted.data() + s + n);
    }));
    ratios.push_back(theirs.back() / ours.back());
  }
  const auto rate = [](double seconds) { return static_cast<double>(kSets) / seconds / 1e6; };
  std::printf(
      "  {\"n\": %d, \"bits\": 8, \"nodes\": %zu, \"circuit\": %.2f, \"std_sort\": %.2f, "
      "\"ratio\": %.2f}%s\n",
      n, hard.cell().nodes.size(), rate(median(ours)), rate(median(theirs)), median(ratios),
      last ? "" : ",");
}

}  // namespace

int main() {
  std::printf("[\n");
  for (const int n : {4, 8, 16, 32}) measure(n, n == 32);
  std::printf("]\n");
}
