// pliant/base/flush_denormals.cpp — the control register of SSE and AVX (no torch)
#include "pliant/base/flush_denormals.h"

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

namespace pliant::base {

#if defined(__SSE__)

namespace {
constexpr unsigned kResultsToZero = 0x8000, kOperandsToZero = 0x0040;
}  // namespace

FlushDenormals::FlushDenormals() : before_(_mm_getcsr()) {
  _mm_setcsr(before_ | kResultsToZero | kOperandsToZero);
}
FlushDenormals::~FlushDenormals() { _mm_setcsr(before_); }

#else

FlushDenormals::FlushDenormals() = default;
FlushDenormals::~FlushDenormals() = default;

#endif

}  // namespace pliant::base
