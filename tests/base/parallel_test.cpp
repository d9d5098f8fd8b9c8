// tests/base/parallel_test.cpp — executors cover their range once and pass exceptions on
#include "pliant/base/parallel.h"

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace pliant::base;

TEST_CASE("an executor visits every index exactly once") {
  for (const Executor& executor :
       {serial_executor(), thread_executor(1), thread_executor(4), thread_executor()}) {
    for (const std::size_t count : {0, 1, 7, 1000}) {
      std::vector<std::atomic<int>> visits(count);
      executor(count, 3, [&](std::size_t begin, std::size_t end) {
        REQUIRE(begin < end);
        for (std::size_t i = begin; i < end; ++i) ++visits[i];
      });
      for (const auto& visit : visits) CHECK(visit == 1);
    }
  }
}

TEST_CASE("an exception of the work reaches the caller, and the pool lives on") {
  const Executor executor = thread_executor(3);
  for (int repeat = 0; repeat < 20; ++repeat) {
    CHECK_THROWS_WITH_AS(
        executor(100, 1, [](std::size_t, std::size_t) { throw std::runtime_error("no"); }), "no",
        std::runtime_error);
    std::atomic<std::size_t> sum = 0;
    executor(100, 1, [&](std::size_t begin, std::size_t end) { sum += end - begin; });
    CHECK(sum == 100);
  }
}

TEST_CASE("a nested loop runs on the calling thread instead of waiting for itself") {
  const Executor executor = thread_executor(2);
  std::atomic<std::size_t> sum = 0;
  executor(8, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      executor(10, 1, [&](std::size_t b, std::size_t e) { sum += e - b; });
    }
  });
  CHECK(sum == 80);
}

TEST_CASE(
    "threads that share an executor take turns, each with its own loop and its own exception") {
  const Executor executor = thread_executor(3);
  std::vector<std::size_t> sums(4, 0);
  std::atomic<int> caught = 0;
  std::vector<std::thread> callers;
  for (std::size_t caller = 0; caller < sums.size(); ++caller) {
    callers.emplace_back([&, caller] {
      for (std::size_t round = 0; round < 200; ++round) {
        std::vector<std::size_t> values(50 + caller);
        executor(values.size(), 1, [&](std::size_t begin, std::size_t end) {
          for (std::size_t i = begin; i < end; ++i) values[i] = i + 1;
        });
        for (const std::size_t value : values) sums[caller] += value;
        try {
          executor(20, 1, [&](std::size_t, std::size_t) { throw caller; });
        } catch (const std::size_t whose) {
          caught += whose == caller ? 1 : 0;
        }
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  for (std::size_t caller = 0; caller < sums.size(); ++caller)
    CHECK(sums[caller] == 200 * (50 + caller) * (51 + caller) / 2);
  CHECK(caught == 4 * 200);
}
