// pliant/math/t_norm.cpp — T-conorms: one dispatch to the running CPU's code of the family (no
// torch)
#include "pliant/math/t_norm.h"

#include <algorithm>
#include <array>
#include <limits>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pliant/math/t_norm.cpp"
#include "pliant/base/simd.h"
// After simd.h, which re-reads this file for every target.
#include "pliant/math/t_norm-inl.h"

#ifndef PLIANT_MATH_T_NORM_KERNELS_
#define PLIANT_MATH_T_NORM_KERNELS_
namespace pliant::math {

/// The functions of t_norm.h for one family, compiled for one target. The arrays of a call are four
/// at most: of members, their complements and logarithms, and folded terms.
template <class T>
struct TNormKernels {
  void (*terms)(double p, const T* const* in, std::size_t n, T* const* out);
  void (*combine)(double p, const T* const* in, std::size_t n, T* const* out);
  void (*slopes)(double p, const T* const* in, std::size_t n, T* const* out);
};
struct TNormGradientKernels {
  void (*value)(double p, const double* const* in, std::size_t n, double* const* out);
  void (*terms)(double p, const double* const* in, std::size_t n, double* const* out);
};

}  // namespace pliant::math
#endif

HWY_BEFORE_NAMESPACE();
namespace pliant::math::HWY_NAMESPACE {
namespace {

/// fn(vectors of `in`, vectors for `out`) for all n. The last numbers, fewer than a vector, go
/// through a full one: no value depends on its place or on n. A null output is not written.
template <int kIn, int kOut, class T, class Fn>
HWY_INLINE HWY_ATTR void for_vectors(const T* const* in, std::size_t n, T* const* out,
                                     const Fn& fn) {
  const hn::ScalableTag<T> d;
  using V = Vector<std::remove_const_t<decltype(d)>>;
  const std::size_t lanes = hn::Lanes(d);
  V from[kIn], to[kOut];
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (int k = 0; k < kIn; ++k) from[k] = V(hn::LoadU(d, in[k] + i));
    fn(from, to);
    for (int k = 0; k < kOut; ++k) {
      if (out[k] != nullptr) hn::StoreU(to[k].raw, d, out[k] + i);
    }
  }
  if (i == n) return;
  alignas(64) T part[hn::MaxLanes(d)] = {};
  for (int k = 0; k < kIn; ++k) {
    std::copy(in[k] + i, in[k] + n, part);
    from[k] = V(hn::Load(d, part));
  }
  fn(from, to);
  for (int k = 0; k < kOut; ++k) {
    if (out[k] == nullptr) continue;
    hn::Store(to[k].raw, d, part);
    std::copy(part, part + (n - i), out[k] + i);
  }
}

template <class V>
PLIANT_FN Member<V> member(const V* from) {
  return {from[0], from[1], from[2]};
}

/// `value`, but 0 where folded is +inf and NaN where it is NaN.
template <class V>
PLIANT_FN V unless_saturated(V value, V folded) {
  const V rest = select(folded == V(kInf), V(0), folded);
  return select(folded < V(kInf), value, rest);
}

template <class F, class T>
void terms_of(double p, const T* const* in, std::size_t n, T* const* out) {
  const F f(p);
  for_vectors<3, 1>(in, n, out,
                    [&f](const auto* from, auto* to) HWY_ATTR { to[0] = f.term(member(from)); });
}

template <class F, class T>
void combine_of(double p, const T* const* in, std::size_t n, T* const* out) {
  const F f(p);
  for_vectors<1, 2>(in, n, out, [&f](const auto* from, auto* to) HWY_ATTR {
    using V = std::remove_cvref_t<decltype(from[0])>;
    const Sides<V> sides = f.value(from[0]);
    to[0] = min(V(1), max(V(0), sides.p)) + V(0);  // never −0
    to[1] = min(V(1), max(V(0), sides.tail));
  });
}

template <class F, class T>
void slopes_of(double p, const T* const* in, std::size_t n, T* const* out) {
  const F f(p);
  for_vectors<4, 1>(in, n, out, [&f](const auto* from, auto* to) HWY_ATTR {
    using V = std::remove_cvref_t<decltype(from[0])>;
    const Member<V> m = member(from);
    V slope = f.slope(m, from[3]);
    if constexpr (F::infinite_at_one)
      slope = select(m.log_tail == V(kInf), f.alone(from[3]), slope);
    to[0] = unless_saturated(min(V(1e30), slope), from[3]);
  });
}

template <class F>
void value_gradient_of(double p, const double* const* in, std::size_t n, double* const* out) {
  if constexpr (F::has_p) {
    const F f(p);
    for_vectors<1, 1>(in, n, out, [&f](const auto* from, auto* to) HWY_ATTR {
      to[0] = unless_saturated(f.value_by_p(from[0]), from[0]);
    });
  } else {
    std::fill_n(out[0], n, 0);
  }
}

template <class F>
void terms_gradient_of(double p, const double* const* in, std::size_t n, double* const* out) {
  if constexpr (F::has_p) {
    const F f(p);
    for_vectors<4, 1>(in, n, out, [&f](const auto* from, auto* to) HWY_ATTR {
      to[0] = unless_saturated(f.term_by_p(member(from), from[3]), from[3]);
    });
  } else {
    std::fill_n(out[0], n, 0);
  }
}

/// x is a, or 1 − a (from_tail): the other of the two and −ln(1 − a).
template <class T>
void complete(const T* x, std::size_t n, bool from_tail, T* other, T* log_tail) {
  const T* const in[] = {x};
  T* const out[] = {other, log_tail};
  for_vectors<1, 2>(in, n, out, [from_tail](const auto* from, auto* to) HWY_ATTR {
    using V = std::remove_cvref_t<decltype(from[0])>;
    to[0] = V(1) - from[0];
    to[1] = max(V(0), from_tail ? -log(from[0]) : -log1p(-from[0]));
  });
}

template <class T, class... Fs>
const TNormKernels<T>* kernels_of(base::TypeList<Fs...>) {
  static constexpr TNormKernels<T> kAll[] = {
      {&terms_of<Fs, T>, &combine_of<Fs, T>, &slopes_of<Fs, T>}...};
  return kAll;
}
template <class... Fs>
const TNormGradientKernels* gradient_kernels_of(base::TypeList<Fs...>) {
  static constexpr TNormGradientKernels kAll[] = {
      {&value_gradient_of<Fs>, &terms_gradient_of<Fs>}...};
  return kAll;
}

const TNormKernels<float>* TNormFloatKernels() { return kernels_of<float>(TNorms{}); }
const TNormKernels<double>* TNormDoubleKernels() { return kernels_of<double>(TNorms{}); }
const TNormGradientKernels* TNormGradientTable() { return gradient_kernels_of(TNorms{}); }
void CompleteFloat(const float* x, std::size_t n, bool from_tail, float* other, float* log_tail) {
  complete(x, n, from_tail, other, log_tail);
}
void CompleteDouble(const double* x, std::size_t n, bool from_tail, double* other,
                    double* log_tail) {
  complete(x, n, from_tail, other, log_tail);
}

}  // namespace
}  // namespace pliant::math::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pliant::math {
namespace {

HWY_EXPORT(TNormFloatKernels);
HWY_EXPORT(TNormDoubleKernels);
HWY_EXPORT(TNormGradientTable);
HWY_EXPORT(CompleteFloat);
HWY_EXPORT(CompleteDouble);

/// The family's code for the CPU that runs.
template <class T>
const TNormKernels<T>& kernels(const TNorm& t_norm) {
  const auto family = static_cast<std::size_t>(t_norm.family);
  if constexpr (std::is_same_v<T, float>) {
    return HWY_DYNAMIC_DISPATCH(TNormFloatKernels)()[family];
  } else {
    return HWY_DYNAMIC_DISPATCH(TNormDoubleKernels)()[family];
  }
}
const TNormGradientKernels& gradient_kernels(const TNorm& t_norm) {
  return HWY_DYNAMIC_DISPATCH(TNormGradientTable)()[static_cast<std::size_t>(t_norm.family)];
}

/// fn(arrays of doubles, count, where) for tiles of `in`, which are doubles already or become so.
template <int kIn, class T, class Fn>
void in_double(const T* const* in, std::size_t n, const Fn& fn) {
  if constexpr (std::is_same_v<T, double>) {
    fn(in, n, 0);
  } else {
    constexpr std::size_t kTile = 256;
    alignas(64) double tile[kIn][kTile];
    for (std::size_t begin = 0; begin < n; begin += kTile) {
      const std::size_t count = std::min(kTile, n - begin);
      const double* wide[kIn];
      for (int k = 0; k < kIn; ++k) {
        std::copy_n(in[k] + begin, count, tile[k]);
        wide[k] = tile[k];
      }
      fn(wide, count, begin);
    }
  }
}

}  // namespace

template <class T>
void terms(const TNorm& t_norm, Members<T> members, std::size_t n, T* out) {
  const T* const in[] = {members.p, members.tail, members.log_tail};
  kernels<T>(t_norm).terms(t_norm.p, in, n, &out);
}

template <class T>
void combine(const TNorm& t_norm, const T* folded, std::size_t n, T* value, T* complement) {
  T* const out[] = {value, complement};
  kernels<T>(t_norm).combine(t_norm.p, &folded, n, out);
}

template <class T>
void slopes(const TNorm& t_norm, Members<T> members, const T* folded, std::size_t n, T* out) {
  const T* const in[] = {members.p, members.tail, members.log_tail, folded};
  kernels<T>(t_norm).slopes(t_norm.p, in, n, &out);
}

template <class T>
void parameter_slopes_of_value(const TNorm& t_norm, const T* folded, std::size_t n, double* out) {
  in_double<1>(&folded, n, [&](const double* const* in, std::size_t count, std::size_t begin) {
    double* const to = out + begin;
    gradient_kernels(t_norm).value(t_norm.p, in, count, &to);
  });
}

template <class T>
void parameter_slopes_of_terms(const TNorm& t_norm, Members<T> members, const T* folded,
                               std::size_t n, double* out) {
  const T* const all[] = {members.p, members.tail, members.log_tail, folded};
  in_double<4>(all, n, [&](const double* const* in, std::size_t count, std::size_t begin) {
    double* const to = out + begin;
    gradient_kernels(t_norm).terms(t_norm.p, in, count, &to);
  });
}

template <>
void members_of(Connective connective, const float* x, std::size_t n, float* other,
                float* log_tail) {
  HWY_DYNAMIC_DISPATCH(CompleteFloat)(x, n, connective == Connective::kAnd, other, log_tail);
}
template <>
void members_of(Connective connective, const double* x, std::size_t n, double* other,
                double* log_tail) {
  HWY_DYNAMIC_DISPATCH(CompleteDouble)(x, n, connective == Connective::kAnd, other, log_tail);
}

template void terms(const TNorm&, Members<float>, std::size_t, float*);
template void terms(const TNorm&, Members<double>, std::size_t, double*);
template void combine(const TNorm&, const float*, std::size_t, float*, float*);
template void combine(const TNorm&, const double*, std::size_t, double*, double*);
template void slopes(const TNorm&, Members<float>, const float*, std::size_t, float*);
template void slopes(const TNorm&, Members<double>, const double*, std::size_t, double*);
template void parameter_slopes_of_value(const TNorm&, const float*, std::size_t, double*);
template void parameter_slopes_of_value(const TNorm&, const double*, std::size_t, double*);
template void parameter_slopes_of_terms(const TNorm&, Members<float>, const float*, std::size_t,
                                        double*);
template void parameter_slopes_of_terms(const TNorm&, Members<double>, const double*, std::size_t,
                                        double*);

}  // namespace pliant::math
#endif  // HWY_ONCE
