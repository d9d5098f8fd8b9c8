// pliant/render/array.cpp — elementary functions of a scratch array, a vector at a time (no torch)
#include "pliant/render/array.h"

#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pliant/render/array.cpp"
#include "pliant/base/simd.h"
// After simd.h, which re-reads this file for every target.
#include "pliant/math/value.h"

HWY_BEFORE_NAMESPACE();
namespace pliant::render::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <class T, class Fn>
HWY_INLINE void apply(T* x, std::size_t n, const Fn& fn) {
  const hn::ScalableTag<T> d;
  using V = math::HWY_NAMESPACE::Vector<std::remove_const_t<decltype(d)>>;
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    hn::Store(fn(V(hn::Load(d, x + i))).raw, d, x + i);
  }
}

template <class T>
HWY_NOINLINE void exp_here(T* x, std::size_t n) {
  apply(x, n, [](auto v) HWY_ATTR { return exp(v); });
}
template <class T>
HWY_NOINLINE void log_here(T* x, std::size_t n) {
  apply(x, n, [](auto v) HWY_ATTR { return log(v); });
}

template <class T>
HWY_NOINLINE void multiply_here(const T* a, const T* b, std::size_t n, T* out) {
  const hn::ScalableTag<T> d;
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    hn::Store(hn::Mul(hn::Load(d, a + i), hn::Load(d, b + i)), d, out + i);
  }
}

void exp_float(float* x, std::size_t n) { exp_here(x, n); }
void exp_double(double* x, std::size_t n) { exp_here(x, n); }
void log_float(float* x, std::size_t n) { log_here(x, n); }
void log_double(double* x, std::size_t n) { log_here(x, n); }
void multiply_float(const float* a, const float* b, std::size_t n, float* out) {
  multiply_here(a, b, n, out);
}
void multiply_double(const double* a, const double* b, std::size_t n, double* out) {
  multiply_here(a, b, n, out);
}

}  // namespace
}  // namespace pliant::render::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pliant::render {

HWY_EXPORT(exp_float);
HWY_EXPORT(exp_double);
HWY_EXPORT(log_float);
HWY_EXPORT(log_double);
HWY_EXPORT(multiply_float);
HWY_EXPORT(multiply_double);

template <>
void exp_in_place(float* x, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(exp_float)(x, n);
}
template <>
void exp_in_place(double* x, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(exp_double)(x, n);
}
template <>
void log_in_place(float* x, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(log_float)(x, n);
}
template <>
void log_in_place(double* x, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(log_double)(x, n);
}
template <>
void multiply(const float* a, const float* b, std::size_t n, float* out) {
  HWY_DYNAMIC_DISPATCH(multiply_float)(a, b, n, out);
}
template <>
void multiply(const double* a, const double* b, std::size_t n, double* out) {
  HWY_DYNAMIC_DISPATCH(multiply_double)(a, b, n, out);
}

}  // namespace pliant::render
#endif
