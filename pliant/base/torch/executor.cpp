// pliant/base/torch/executor.cpp — torch's own thread pool as an Executor
//
// at::parallel_for is a template over OpenMP: in a file that is compiled without OpenMP it runs on
// the calling thread, and says nothing. So it stands here alone.
#include "pliant/base/torch/executor.h"

#include <ATen/Parallel.h>

#ifndef INTRA_OP_PARALLEL
#error "pliant/base/torch/executor.cpp must be compiled with OpenMP, as torch's thread pool is"
#endif

namespace pliant {

base::Executor torch_executor() {
  return [](std::size_t count, std::size_t grain, const base::RangeFunction& work) {
    at::parallel_for(0, static_cast<int64_t>(count), static_cast<int64_t>(grain),
                     [&](int64_t begin, int64_t end) {
                       work(static_cast<std::size_t>(begin), static_cast<std::size_t>(end));
                     });
  };
}

}  // namespace pliant
