// pliant/base/torch/executor.h — torch's own thread pool as an Executor
#pragma once

#include "pliant/base/parallel.h"

namespace pliant {

/// Runs kernels on torch's intra-op threads, so that there is no second pool beside them.
base::Executor torch_executor();

}  // namespace pliant
