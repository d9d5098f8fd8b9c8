// pliant/base/torch/executor.h — torch's own thread pool as an Executor
#pragma once

#include <ATen/Parallel.h>

#include "pliant/base/parallel.h"

namespace pliant {

/// Runs kernels on torch's intra-op threads, so that there is no second pool beside them.
inline base::Executor torch_executor() {
  return [](std::size_t count, std::size_t grain, const base::RangeFunction& work) {
    at::parallel_for(0, static_cast<int64_t>(count), static_cast<int64_t>(grain),
                     [&](int64_t begin, int64_t end) {
                       work(static_cast<std::size_t>(begin), static_cast<std::size_t>(end));
                     });
  };
}

}  // namespace pliant
