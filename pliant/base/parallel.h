// pliant/base/parallel.h — parallel-for over an executor that the caller passes in (no torch)
#pragma once

#include <cstddef>
#include <functional>

namespace pliant::base {

/// Work on the half-open range [begin, end).
using RangeFunction = std::function<void(std::size_t begin, std::size_t end)>;

/// Runs `work` over [0, count) in ranges of at least `grain`, on whatever threads it owns, and
/// returns when all is done. How it cuts the range must not matter to the result: kernels give the
/// same bits for any cut.
using Executor =
    std::function<void(std::size_t count, std::size_t grain, const RangeFunction& work)>;

/// Runs everything on the calling thread.
Executor serial_executor();

/// Core's own pool of `threads` threads, the caller's included; 0 means one a core. An exception of
/// the work is thrown again by the caller (the first one). Nested calls run on the calling thread.
/// @throws std::system_error if the system does not give so many threads
Executor thread_executor(unsigned threads = 0);

}  // namespace pliant::base
