// tests/base/executor_test.cpp — kernels run on torch's threads, and on more than one
#include "pliant/base/torch/executor.h"

#include <ATen/Parallel.h>
#include <doctest/doctest.h>

#include <mutex>
#include <set>
#include <thread>
#include <vector>

TEST_CASE("torch's executor covers the range once, on as many threads as torch has") {
  const int before = at::get_num_threads();
  for (const int threads : {1, 2, 3}) {
    CAPTURE(threads);
    at::set_num_threads(threads);
    std::mutex mutex;
    std::set<std::thread::id> seen;
    std::vector<int> times(97, 0);
    pliant::torch_executor()(times.size(), 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) ++times[i];
      const std::lock_guard lock(mutex);
      seen.insert(std::this_thread::get_id());
    });
    CHECK(times == std::vector<int>(97, 1));
    CHECK(seen.size() == static_cast<std::size_t>(threads));
  }
  at::set_num_threads(before);
}
