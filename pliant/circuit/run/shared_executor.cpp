// pliant/circuit/run/shared_executor.cpp — one pool, kept for the next call (no torch)
#include "pliant/circuit/run/shared_executor.h"

#include <pthread.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "pliant/base/errors.h"

namespace pliant::circuit {
namespace {

struct Kept {
  std::mutex mutex;
  unsigned threads = 0;
  base::Executor executor;
};

/// Never destroyed: at the end of the program its threads may not be waited for any more.
Kept*& kept() {
  static Kept* pool = [] {
    // A forked process has none of the threads, and the lock may be held by one of them.
    pthread_atfork(nullptr, nullptr, [] { kept() = new Kept; });
    return new Kept;
  }();
  return pool;
}

}  // namespace

base::Executor shared_executor(unsigned threads) {
  base::require(threads <= kMostThreads, "threads: at most ", kMostThreads,
                " are possible (0: one a core), got ", threads);
  if (threads == 0) threads = std::clamp(std::thread::hardware_concurrency(), 1U, kMostThreads);
  if (threads == 1) return base::serial_executor();
  Kept& pool = *kept();
  const std::lock_guard lock(pool.mutex);
  if (pool.threads != threads) {
    pool.executor = base::thread_executor(threads);
    pool.threads = threads;
  }
  return pool.executor;
}

}  // namespace pliant::circuit
