// pliant/base/known.h — an error for names that are not in a list (no torch)
#pragma once

#include <algorithm>
#include <sstream>

#include "pliant/base/errors.h"

namespace pliant::base {

/// Fails unless `name` is one of `names`: "unknown distribution 'cauchi'; there are: logistic,
/// cauchy".   @param what  the word for the thing in that text
template <class Names, class Name>
void require_known(const Names& names, const Name& name, const char* what) {
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  std::ostringstream known;
  const char* separator = "";
  for (const auto& each : names) {
    known << separator << each;
    separator = ", ";
  }
  fail("unknown ", what, " '", name, "'; there are: ", known.str());
}

}  // namespace pliant::base
