// pliant/base/simd_target.cpp — choice of the SIMD code at run time (no torch)
#include "pliant/base/simd_target.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "pliant/base/errors.h"
#include "pliant/base/simd.h"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace pliant::base {
namespace {

/// What Highway finds on this CPU, among the targets that this build has. Lower bits are better
/// targets.
std::int64_t supported() { return hwy::SupportedTargets() & HWY_TARGETS; }

std::vector<std::int64_t> each_bit(std::int64_t mask) {
  std::vector<std::int64_t> bits;
  for (; mask != 0; mask &= mask - 1) bits.push_back(mask & -mask);
  return bits;
}

/// All that the CPU has, before anything was forced.
std::int64_t available() {
  static const std::int64_t mask = supported();
  return mask;
}

/// Applies PLIANT_SIMD when the library is loaded. A wrong value ends the process with the reason:
/// running other code than the one asked for would make every measurement a lie.
struct FromEnvironment {
  FromEnvironment() {
    const char* name = std::getenv("PLIANT_SIMD");
    if (name == nullptr) return;
    try {
      set_simd_target(name);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "PLIANT_SIMD: %s\n", error.what());
      std::exit(2);
    }
  }
};
const FromEnvironment kFromEnvironment;

}  // namespace

std::vector<std::string> simd_targets() {
  std::vector<std::string> names;
  for (std::int64_t bit : each_bit(available())) names.emplace_back(hwy::TargetName(bit));
  return names;
}

std::string simd_target() { return hwy::TargetName(each_bit(supported()).front()); }

void set_simd_target(std::string_view name) {
  std::string known;
  for (std::int64_t bit : each_bit(available())) {
    if (name == hwy::TargetName(bit)) {
      hwy::SetSupportedTargetsForTest(bit);
      hwy::GetChosenTarget().Update(hwy::SupportedTargets());
      return;
    }
    known += (known.empty() ? "" : ", ") + std::string(hwy::TargetName(bit));
  }
  fail("unknown SIMD target '", name, "'; this CPU and build have: ", known);
}

bool has_bfloat16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16") != 0;
#elif defined(__aarch64__) && defined(__linux__)
  constexpr unsigned long kHwcap2Bfloat16 = 1UL << 14;
  return (getauxval(AT_HWCAP2) & kHwcap2Bfloat16) != 0;
#else
  return false;
#endif
}

}  // namespace pliant::base
