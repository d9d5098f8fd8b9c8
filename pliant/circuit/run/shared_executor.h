// pliant/circuit/run/shared_executor.h — the threads of callers that bring none (no torch)
#pragma once

#include "pliant/base/parallel.h"

namespace pliant::circuit {

/// The most threads that may be asked for.
inline constexpr unsigned kMostThreads = 1024;

/// An executor of `threads` threads, the caller's included; 0: one a core, 1: the caller alone.
/// Threads are kept from call to call while the same number is asked for, and a process that was
/// forked starts its own.
/// @throws std::invalid_argument for more than kMostThreads   @throws std::system_error
base::Executor shared_executor(unsigned threads);

}  // namespace pliant::circuit
