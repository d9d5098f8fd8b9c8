// pliant/base/errors.h — errors that name the argument, what was expected and what came (no torch)
#pragma once

#include <sstream>
#include <stdexcept>

namespace pliant::base {

/// Throws std::invalid_argument with the parts streamed into one text.
template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  throw std::invalid_argument(text.str());
}

/// fail(parts…) unless `ok`: require(beta > 0, "sort: steepness must be > 0, got ", beta).
template <class... Parts>
void require(bool ok, const Parts&... parts) {
  if (!ok) fail(parts...);
}

}  // namespace pliant::base
