// tests/circuit/c_api_test.cpp — the C interface from many threads, and from a forked process
#include "pliant/circuit/c/c_api.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "pliant/circuit/optimise.h"
#include "tests/circuit/random_circuit.h"

namespace pliant::circuit {
namespace {

constexpr std::size_t kCount = 3000;

/// Scores of (kCount) examples by the program itself, on one thread.
std::vector<std::int32_t> expected(const Circuit& circuit, const std::vector<std::uint64_t>& rows) {
  std::vector<std::int32_t> scores(kCount * circuit.scores());
  Program(circuit).run(Batch::packed(rows.data(), kCount), scores.data(), base::serial_executor());
  return scores;
}

int run(const pliant_circuit& circuit, const std::vector<std::uint64_t>& rows, unsigned threads,
        std::vector<std::int32_t>& scores) {
  scores.assign(kCount * circuit.circuit().scores(), -1);
  return pliant_circuit_run(&circuit, PLIANT_PACKED, rows.data(), kCount, (kCount + 63) / 64,
                            threads, scores.data());
}

TEST_CASE("many threads make one circuit ready and run it, each with its own last error") {
  const Circuit random = flat_circuit(random_cell(5, {.inputs = 30, .outputs = 40}), 4);
  const auto rows = random_words(6, std::size_t{30} * ((kCount + 63) / 64));
  const std::vector<std::int32_t> scores = expected(random, rows);
  const pliant_circuit circuit(random);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      std::vector<std::int32_t> got;
      for (unsigned round = 0; round < 5; ++round) {
        if (run(circuit, rows, (t + round) % 4, got) != PLIANT_OK || got != scores) ++wrong;
        pliant_circuit_info info{};
        info.size = sizeof info;
        if (pliant_circuit_describe(&circuit, &info) != PLIANT_OK || info.nodes != 100) ++wrong;
        char* name = nullptr;
        const std::size_t index = 100 + t;
        const std::string text = "index: there are 30 input bits, got " + std::to_string(index);
        if (pliant_circuit_input_name(&circuit, index, &name) != PLIANT_BAD_ARGUMENT) ++wrong;
        if (pliant_circuit_error() != text) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("a forked process runs on threads of its own") {
  const Circuit random = flat_circuit(random_cell(7, {.inputs = 9, .outputs = 12}), 3);
  const auto rows = random_words(8, std::size_t{9} * ((kCount + 63) / 64));
  const std::vector<std::int32_t> scores = expected(random, rows);
  const pliant_circuit circuit(random);
  std::vector<std::int32_t> got;
  REQUIRE(run(circuit, rows, 2, got) == PLIANT_OK);
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);  // It would hang if it waited for threads that it does not have.
    const bool right = run(circuit, rows, 2, got) == PLIANT_OK && got == scores;
    ::_exit(right ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("every kind of exception becomes a status and a text") {
  CHECK(guarded([] { throw std::invalid_argument("no"); }) == PLIANT_BAD_ARGUMENT);
  CHECK(pliant_circuit_error() == std::string("no"));
  CHECK(guarded([] { throw std::bad_alloc(); }) == PLIANT_NO_MEMORY);
  CHECK(pliant_circuit_error() == std::string("there is not enough memory"));
  CHECK(guarded([] { std::vector<int>().reserve(~std::size_t{0}); }) == PLIANT_NO_MEMORY);
  CHECK(guarded([] { throw std::system_error(ENOENT, std::generic_category(), "a.plc"); }) ==
        PLIANT_SYSTEM_ERROR);
  CHECK(pliant_circuit_error() == std::string("a.plc: No such file or directory"));
  CHECK(pliant_circuit_error_number() == ENOENT);
  CHECK(guarded([] { throw std::runtime_error("bug"); }) == PLIANT_INTERNAL_ERROR);
  CHECK(pliant_circuit_error_number() == 0);
  CHECK(guarded([] { throw 3; }) == PLIANT_INTERNAL_ERROR);
  CHECK(guarded([] {}) == PLIANT_OK);
}

TEST_CASE("the default passes of C are those of C++") {
  const Circuit random = flat_circuit(random_cell(9, {.inputs = 8, .outputs = 12}), 3);
  const pliant_circuit circuit(random);
  pliant_circuit* simple = nullptr;
  REQUIRE(pliant_circuit_simplify(&circuit, PLIANT_DEFAULT_PASSES, 3, 1000, &simple, nullptr) ==
          PLIANT_OK);
  CHECK(simple->circuit() == optimised(random));
  pliant_circuit_free(simple);
}

}  // namespace
}  // namespace pliant::circuit
