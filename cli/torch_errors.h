// cli/torch_errors.h — the torch floor's errors of values as the program's
#pragma once

#include <c10/util/Exception.h>

#include <stdexcept>

namespace pliant::cli {

/// What `run` returns.   @throws std::invalid_argument for the torch floor's ValueError and
/// TypeError, which are the user's mistakes
template <class Run>
auto with_torch_errors(Run&& run) {
  try {
    return run();
  } catch (const c10::ValueError& error) {
    throw std::invalid_argument(error.what_without_backtrace());
  } catch (const c10::TypeError& error) {
    throw std::invalid_argument(error.what_without_backtrace());
  }
}

}  // namespace pliant::cli
