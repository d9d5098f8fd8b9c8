// pliant/base/simd.h — the only file that includes Highway; private to the library's .cpp files (no
// torch)
//
// A .cpp with SIMD code is compiled once per target of the CPU family:
//
//   #undef HWY_TARGET_INCLUDE
//   #define HWY_TARGET_INCLUDE "pliant/sorting/sort.cpp"   // itself
//   #include "pliant/base/simd.h"
//   HWY_BEFORE_NAMESPACE(); namespace pliant::sorting::HWY_NAMESPACE { … } HWY_AFTER_NAMESPACE();
//   #if HWY_ONCE … HWY_EXPORT, HWY_DYNAMIC_DISPATCH … #endif
//
// Targets: SCALAR, AVX2, AVX3 (AVX-512); NEON on ARM. The rest only cost build time.
#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#endif

#ifdef HWY_TARGET_INCLUDE
#include <hwy/foreach_target.h>
#endif
// After foreach_target.h, which decides what these define.
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>
