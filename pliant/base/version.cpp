// pliant/base/version.cpp — which Pliant this is (no torch)
#include "pliant/base/version.h"

namespace pliant::base {

std::string_view version() { return PLIANT_VERSION; }

}  // namespace pliant::base
