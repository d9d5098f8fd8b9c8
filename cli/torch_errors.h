// cli/torch_errors.h — the torch floor's errors of values as the program's
#pragma once

#include <c10/util/Exception.h>

#include <stdexcept>
#include <string>

namespace pliant::cli {

/// Throws the error as one that report_errors knows: torch's allocator has no type of its own for
/// memory that there is not.
[[noreturn]] inline void rethrow(const c10::Error& error) {
  const std::string text = error.what_without_backtrace();
  const std::string asked = "you tried to allocate ";
  const std::size_t at = text.find(asked);
  if (at == std::string::npos) throw std::runtime_error(text);
  const std::size_t begin = at + asked.size();
  throw std::invalid_argument(
      "out of memory: " + text.substr(begin, text.find(" bytes", begin) - begin) +
      " bytes more are needed; smaller sizes take less");
}

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
