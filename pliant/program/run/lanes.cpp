// pliant/program/run/lanes.cpp — each elementwise step and its derivative, a vector at a time (no
// torch)
#include "pliant/program/run/lanes.h"

#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pliant/program/run/lanes.cpp"
#include "pliant/base/simd.h"
// After simd.h, which re-reads this file for every target.
#include "pliant/math/value.h"

HWY_BEFORE_NAMESPACE();
namespace pliant::program::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Tag = hn::CappedTag<T, kLeastLanes>;
template <class T>
using Number = math::HWY_NAMESPACE::Vector<Tag<T>>;

/// x·y, 0 where x is 0 whatever y is: what has no weight has no say, be it infinite.
template <class V>
HWY_INLINE V weighed(V x, V y) {
  return select(x == V(0), V(0), x * y);
}

// A step is its value from x[0 … 3], and the derivatives by them times g, added to d[0 … 3]; y is
// the value.
struct Add {
  static constexpr int operands = 2;
  template <class V>
  HWY_INLINE V value(const V* x) const {
    return x[0] + x[1];
  }
  template <class V>
  HWY_INLINE void slopes(const V*, V, V g, V* d) const {
    d[0] = g;
    d[1] = g;
  }
};
struct Subtract {
  static constexpr int operands = 2;
  template <class V>
  HWY_INLINE V value(const V* x) const {
    return x[0] - x[1];
  }
  template <class V>
  HWY_INLINE void slopes(const V*, V, V g, V* d) const {
    d[0] = g;
    d[1] = -g;
  }
};
struct Multiply {
  static constexpr int operands = 2;
  template <class V>
  HWY_INLINE V value(const V* x) const {
    return x[0] * x[1];
  }
  template <class V>
  HWY_INLINE void slopes(const V* x, V, V g, V* d) const {
    d[0] = weighed(g, x[1]);
    d[1] = weighed(g, x[0]);
  }
};
struct Divide {
  static constexpr int operands = 2;
  template <class V>
  HWY_INLINE V value(const V* x) const {
    return x[0] / x[1];
  }
  template <class V>
  HWY_INLINE void slopes(const V* x, V y, V g, V* d) const {
    d[0] = weighed(g, V(1) / x[1]);
    d[1] = weighed(g, -y / x[1]);
  }
};
struct Negate {
  static constexpr int operands = 1;
  template <class V>
  HWY_INLINE V value(const V* x) const {
    return -x[0];
  }
  template <class V>
  HWY_INLINE void slopes(const V*, V, V g, V* d) const {
    d[0] = -g;
  }
};
struct Exp {
  static constexpr int operands = 1;
  template <class V>
  HWY_INLINE V value(const V* x) const {
    return exp(x[0]);
  }
  template <class V>
  HWY_INLINE void slopes(const V*, V y, V g, V* d) const {
    d[0] = weighed(g, y);
  }
};
struct Log {
  static constexpr int operands = 1;
  template <class V>
  HWY_INLINE V value(const V* x) const {
    return log(x[0]);
  }
  template <class V>
  HWY_INLINE void slopes(const V* x, V, V g, V* d) const {
    d[0] = weighed(g, V(1) / x[0]);
  }
};
struct Sqrt {
  static constexpr int operands = 1;
  template <class V>
  HWY_INLINE V value(const V* x) const {
    return sqrt(x[0]);
  }
  template <class V>
  HWY_INLINE void slopes(const V*, V y, V g, V* d) const {
    d[0] = select(y > V(0), g * V(0.5) / y, V(0));  // at 0: 0
  }
};
struct Abs {
  static constexpr int operands = 1;
  template <class V>
  HWY_INLINE V value(const V* x) const {
    return abs(x[0]);
  }
  template <class V>
  HWY_INLINE void slopes(const V* x, V, V g, V* d) const {
    d[0] = select(x[0] > V(0), g, select(x[0] < V(0), -g, V(0)));
  }
};
struct Complement {
  static constexpr int operands = 1;
  template <class V>
  HWY_INLINE V value(const V* x) const {
    return V(1) - x[0];
  }
  template <class V>
  HWY_INLINE void slopes(const V*, V, V g, V* d) const {
    d[0] = -g;
  }
};
struct Either {
  static constexpr int operands = 2;
  template <class V>
  HWY_INLINE V value(const V* x) const {
    return x[0] + x[1] * (V(1) - x[0]);
  }
  template <class V>
  HWY_INLINE void slopes(const V* x, V, V g, V* d) const {
    d[0] = g * (V(1) - x[1]);
    d[1] = g * (V(1) - x[0]);
  }
};
struct Match {
  static constexpr int operands = 1;
  template <class V>
  HWY_INLINE V value(const V* x) const {
    return V(4) * x[0] * (V(1) - x[0]);
  }
  template <class V>
  HWY_INLINE void slopes(const V* x, V, V g, V* d) const {
    d[0] = g * V(4) * (V(1) - V(2) * x[0]);
  }
};
struct Clamp {
  static constexpr int operands = 1;
  template <class V>
  HWY_INLINE V value(const V* x) const {
    return min(V(1), max(V(0), x[0]));
  }
  template <class V>
  HWY_INLINE void slopes(const V*, V, V g, V* d) const {
    d[0] = g;
  }
};
struct Round {
  static constexpr int operands = 1;
  template <class V>
  HWY_INLINE V value(const V* x) const {
    return select(x[0] > V(0.5), V(1), V(0));
  }
  template <class V>
  HWY_INLINE void slopes(const V*, V, V g, V* d) const {
    d[0] = g;
  }
};
struct Blend {
  static constexpr int operands = 3;
  template <class V>
  HWY_INLINE V value(const V* x) const {
    const V mixed = fma(x[2], x[1] - x[0], x[0]);
    return select(x[2] == V(0), x[0], select(x[2] == V(1), x[1], mixed));
  }
  template <class V>
  HWY_INLINE void slopes(const V* x, V, V g, V* d) const {
    d[0] = g * (V(1) - x[2]);
    d[1] = g * x[2];
    d[2] = weighed(g, x[1] - x[0]);
  }
};
struct Merge {
  static constexpr int operands = 4;
  template <class V>
  HWY_INLINE V value(const V* x) const {
    const V mixed = fma(x[1], x[2] - x[3], x[0]);
    return select(x[1] == V(0), x[0], select(x[1] == V(1), x[2], mixed));
  }
  template <class V>
  HWY_INLINE void slopes(const V* x, V, V g, V* d) const {
    const V part = g * x[1];
    d[0] = g;
    d[1] = weighed(g, x[2] - x[3]);
    d[2] = part;
    d[3] = -part;
  }
};

// What decides how long a sample stays has no derivative.
struct Stay {
  static constexpr int operands = 3;
  template <class V>
  HWY_INLINE V value(const V* x) const {
    const V here = x[0] * x[1];
    return select(here > x[2], here, V(0));
  }
  template <class V>
  HWY_INLINE void slopes(const V*, V, V, V* d) const {
    d[0] = d[1] = d[2] = V(0);
  }
};
struct Freeze {
  static constexpr int operands = 2;
  template <class V>
  HWY_INLINE V value(const V* x) const {
    return select(x[1] == V(0), V(0), x[0]);
  }
  template <class V>
  HWY_INLINE void slopes(const V* x, V, V g, V* d) const {
    d[0] = select(x[1] == V(0), V(0), g);
    d[1] = V(0);
  }
};

/// Where no operand is single, all elements are one.
template <class T>
HWY_INLINE void flatten(const Operands<T>& in, std::size_t& count, std::size_t& lanes) {
  if (in.single[0] || in.single[1] || in.single[2] || in.single[3]) return;
  lanes *= count;
  count = 1;
}

template <class S, class T>
HWY_NOINLINE void forward_as(const Operands<T>& given, std::size_t count, std::size_t lanes,
                             T* out) {
  using V = Number<T>;
  const Tag<T> d;
  const Operands<T> in = given;
  flatten(in, count, lanes);
  std::size_t at[4] = {};
  for (std::size_t e = 0; e < count; ++e, out += lanes) {
    for (std::size_t i = 0; i < lanes; i += hn::Lanes(d)) {
      V x[4];
      for (int k = 0; k < S::operands; ++k) x[k] = V(hn::Load(d, in.value[k] + at[k] + i));
      hn::Store(S().value(x).raw, d, out + i);
    }
    for (int k = 0; k < S::operands; ++k) at[k] += in.single[k] ? 0 : lanes;
  }
}

template <class S, class T>
HWY_NOINLINE void backward_as(const Operands<T>& given, std::size_t count, std::size_t lanes,
                              const T* out, const T* grad) {
  using V = Number<T>;
  const Tag<T> d;
  const Operands<T> in = given;
  flatten(in, count, lanes);
  std::size_t at[4] = {};
  for (std::size_t e = 0; e < count; ++e, out += lanes, grad += lanes) {
    for (std::size_t i = 0; i < lanes; i += hn::Lanes(d)) {
      V x[4], slope[4];
      for (int k = 0; k < S::operands; ++k) x[k] = V(hn::Load(d, in.value[k] + at[k] + i));
      S().slopes(x, V(hn::Load(d, out + i)), V(hn::Load(d, grad + i)), slope);
      // One after the other: two operands may be the same.
      for (int k = 0; k < S::operands; ++k) {
        if (in.gradient[k] == nullptr) continue;
        T* const to = in.gradient[k] + at[k] + i;
        const V before = in.fresh[k] ? V(0) : V(hn::Load(d, to));
        hn::Store((before + slope[k]).raw, d, to);
      }
    }
    for (int k = 0; k < S::operands; ++k) at[k] += in.single[k] ? 0 : lanes;
  }
}

template <class Fn>
void visit_step(Step step, const Fn& fn) {
  switch (step) {
    case Step::kAdd:
      return fn(Add());
    case Step::kSubtract:
      return fn(Subtract());
    case Step::kMultiply:
      return fn(Multiply());
    case Step::kDivide:
      return fn(Divide());
    case Step::kNegate:
      return fn(Negate());
    case Step::kExp:
      return fn(Exp());
    case Step::kLog:
      return fn(Log());
    case Step::kSqrt:
      return fn(Sqrt());
    case Step::kAbs:
      return fn(Abs());
    case Step::kComplement:
      return fn(Complement());
    case Step::kEither:
      return fn(Either());
    case Step::kMatch:
      return fn(Match());
    case Step::kClamp:
      return fn(Clamp());
    case Step::kRound:
      return fn(Round());
    case Step::kBlend:
      return fn(Blend());
    case Step::kMerge:
      return fn(Merge());
    case Step::kStay:
      return fn(Stay());
    case Step::kFreeze:
      return fn(Freeze());
  }
}

void forward_float(Step step, const Operands<float>& in, std::size_t count, std::size_t lanes,
                   float* out) {
  visit_step(step, [&]<class S>(S) { forward_as<S>(in, count, lanes, out); });
}
void forward_double(Step step, const Operands<double>& in, std::size_t count, std::size_t lanes,
                    double* out) {
  visit_step(step, [&]<class S>(S) { forward_as<S>(in, count, lanes, out); });
}
void backward_float(Step step, const Operands<float>& in, std::size_t count, std::size_t lanes,
                    const float* out, const float* grad) {
  visit_step(step, [&]<class S>(S) { backward_as<S>(in, count, lanes, out, grad); });
}
void backward_double(Step step, const Operands<double>& in, std::size_t count, std::size_t lanes,
                     const double* out, const double* grad) {
  visit_step(step, [&]<class S>(S) { backward_as<S>(in, count, lanes, out, grad); });
}

}  // namespace
}  // namespace pliant::program::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pliant::program {

HWY_EXPORT(forward_float);
HWY_EXPORT(forward_double);
HWY_EXPORT(backward_float);
HWY_EXPORT(backward_double);

template <>
void forward(Step step, const Operands<float>& in, std::size_t count, std::size_t lanes,
             float* out) {
  HWY_DYNAMIC_DISPATCH(forward_float)(step, in, count, lanes, out);
}
template <>
void forward(Step step, const Operands<double>& in, std::size_t count, std::size_t lanes,
             double* out) {
  HWY_DYNAMIC_DISPATCH(forward_double)(step, in, count, lanes, out);
}
template <>
void backward(Step step, const Operands<float>& in, std::size_t count, std::size_t lanes,
              const float* out, const float* grad) {
  HWY_DYNAMIC_DISPATCH(backward_float)(step, in, count, lanes, out, grad);
}
template <>
void backward(Step step, const Operands<double>& in, std::size_t count, std::size_t lanes,
              const double* out, const double* grad) {
  HWY_DYNAMIC_DISPATCH(backward_double)(step, in, count, lanes, out, grad);
}

}  // namespace pliant::program
#endif
