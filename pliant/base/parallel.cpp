// pliant/base/parallel.cpp — core's own thread pool behind an Executor (no torch)
#include "pliant/base/parallel.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace pliant::base {
namespace {

thread_local bool inside_pool = false;

/// A fixed set of threads that share one loop at a time: each takes the next chunk until none is
/// left.
class Pool {
 public:
  explicit Pool(unsigned threads) {
    try {
      for (unsigned i = 1; i < threads; ++i) workers_.emplace_back([this] { serve(); });
    } catch (...) {
      stop();  // The system has no more threads: those that it gave are given back.
      throw;
    }
  }

  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  ~Pool() { stop(); }

  void run(std::size_t count, std::size_t grain, const RangeFunction& work) {
    grain = std::max<std::size_t>(grain, 1);
    if (inside_pool || workers_.empty() || count <= grain) {
      if (count > 0) work(0, count);
      return;
    }
    std::lock_guard one_loop_at_a_time(loop_);
    // Four chunks a thread, so that an uneven machine still ends together.
    const std::size_t chunks = 4 * (workers_.size() + 1);
    const std::size_t share = (count + chunks - 1) / chunks;
    {
      std::lock_guard lock(mutex_);
      work_ = &work;
      count_ = count;
      chunk_ = std::max(grain, share);
      next_ = 0;
      busy_ = workers_.size();
      error_ = nullptr;
      ++generation_;
    }
    wake_.notify_all();
    take_chunks();
    std::unique_lock lock(mutex_);
    wait(done_, lock, [this] { return busy_ == 0; });
    // Not kept until the next loop, which may be another thread's.
    if (const std::exception_ptr error = std::exchange(error_, nullptr)) {
      lock.unlock();
      std::rethrow_exception(error);
    }
  }

 private:
  void stop() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

  void serve() {
    std::size_t seen = 0;
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        wait(wake_, lock, [&] { return stopping_ || generation_ != seen; });
        if (stopping_) return;
        seen = generation_;
      }
      take_chunks();
      {
        std::lock_guard lock(mutex_);
        --busy_;
      }
      done_.notify_one();
    }
  }

  /// Waits until it is true. With a limit, since `wait` without one would ask for a newer libstdc++
  /// than manylinux_2_34 has (GLIBCXX_3.4.30), alone in this library.
  template <class Condition>
  static void wait(std::condition_variable& changed, std::unique_lock<std::mutex>& lock,
                   const Condition& condition) {
    while (!changed.wait_for(lock, std::chrono::hours(1), condition)) {
    }
  }

  void take_chunks() {
    inside_pool = true;
    for (;;) {
      const std::size_t begin = next_.fetch_add(chunk_);
      if (begin >= count_) break;
      try {
        (*work_)(begin, std::min(begin + chunk_, count_));
      } catch (...) {
        std::lock_guard lock(mutex_);
        if (!error_) error_ = std::current_exception();
      }
    }
    inside_pool = false;
  }

  std::vector<std::thread> workers_;
  std::mutex loop_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  const RangeFunction* work_ = nullptr;
  std::size_t count_ = 0;
  std::size_t chunk_ = 1;
  std::atomic<std::size_t> next_ = 0;
  std::size_t busy_ = 0;
  std::size_t generation_ = 0;
  std::exception_ptr error_;
  bool stopping_ = false;
};

}  // namespace

Executor serial_executor() {
  return [](std::size_t count, std::size_t, const RangeFunction& work) {
    if (count > 0) work(0, count);
  };
}

Executor thread_executor(unsigned threads) {
  if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
  auto pool = std::make_shared<Pool>(threads);
  return [pool](std::size_t count, std::size_t grain, const RangeFunction& work) {
    pool->run(count, grain, work);
  };
}

}  // namespace pliant::base
