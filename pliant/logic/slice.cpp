// pliant/logic/slice.cpp — gates on a slice, SIMD over its samples (no torch)
#include "pliant/logic/slice.h"

#include <array>

#include "pliant/logic/dense.h"
#include "pliant/logic/gate.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pliant/logic/slice.cpp"
#include "pliant/base/simd.h"
// After simd.h, which re-reads this file for every target.
#include "pliant/logic/lanes-inl.h"
#include "pliant/math/value.h"

#ifndef PLIANT_LOGIC_SLICE_KERNELS_
#define PLIANT_LOGIC_SLICE_KERNELS_
namespace pliant::logic {

/// Each for 1 … kMaxInputs inputs, first without, then with a sigmoid.
template <class T>
struct SliceKernels {
  void (*const* run)(const LayerSlice<T>&, const Rows<T>&);
  void (*const* sum)(const LayerSlice<T>&, T*);
  void (*const* backward)(const LayerSlice<T>&, const LayerGradients<T>&);
};

}  // namespace pliant::logic
#endif

HWY_BEFORE_NAMESPACE();
namespace pliant::logic::HWY_NAMESPACE {
namespace {

/// A gate of k inputs: where it reads, and its coefficients.
template <int k, class T>
struct GateAt {
  const T* x[k];
  const T* coefficients;
  std::size_t stride;

  HWY_INLINE GateAt(const LayerSlice<T>& layer, std::size_t gate)
      : coefficients(layer.coefficients + gate), stride(layer.stride) {
    for (int j = 0; j < k; ++j)
      x[j] = layer.x.data +
             static_cast<std::size_t>(layer.wiring[static_cast<std::size_t>(j) * stride + gate]) *
                 layer.x.stride;
  }
  [[nodiscard]] HWY_INLINE Number<T> coefficient(std::size_t s) const {
    return hn::Set(Tag<T>(), coefficients[s * stride]);
  }
};

/// The multilinear form of a gate at one vector of samples, folded input by input from the last:
/// level j holds the 2^j coefficients that are left when inputs j … k − 1 are put in.
template <int k, class T>
struct Form {
  using V = Number<T>;
  V x[k];
  V folded[std::size_t{1} << k];  // level j from 2^j on; [1] is the value

  HWY_INLINE Form(const GateAt<k, T>& gate, std::size_t at) {
    for (int j = 0; j < k; ++j) x[j] = hn::LoadU(Tag<T>(), gate.x[j] + at);
    constexpr std::size_t kHalf = std::size_t{1} << (k - 1);
    for (std::size_t s = 0; s < kHalf; ++s)
      folded[kHalf + s] = fma(x[k - 1], gate.coefficient(2 * s + 1), gate.coefficient(2 * s));
    for (int j = k - 2; j >= 0; --j) {
      for (std::size_t s = 0; s < std::size_t{1} << j; ++s) {
        const std::size_t from = (std::size_t{2} << j) + 2 * s;
        folded[(std::size_t{1} << j) + s] = fma(x[j], folded[from + 1], folded[from]);
      }
    }
  }

  [[nodiscard]] HWY_INLINE V value() const { return folded[1]; }
};

template <bool sigmoid, class V>
HWY_INLINE V activated(V form) {
  if constexpr (sigmoid) {
    return V(1) / (V(1) + exp(-form));
  } else {
    return form;
  }
}

// Kernels copy what they are given: a vector that is stored might change what lies behind a
// reference, as far as the compiler knows, and it would be loaded again for each gate.

template <int k, bool sigmoid, class T>
void run(const LayerSlice<T>& given, const Rows<T>& to) {
  const LayerSlice<T> layer = given;
  const Rows<T> y = to;
  for (std::size_t g = 0; g < layer.gates; ++g) {
    const GateAt<k, T> gate(layer, g);
    for (std::size_t at = 0; at < kSlice; at += kStep<T>) {
      const Form<k, T> form(gate, at);
      hn::StoreU(activated<sigmoid>(form.value()).raw, Tag<T>(), y.data + g * y.stride + at);
    }
  }
}

/// Gates whose sum is formed before it is added to the others': less is rounded away.
constexpr std::size_t kSummed = 64;

template <int k, bool sigmoid, class T>
void sum(const LayerSlice<T>& given, T* out) {
  using V = Number<T>;
  const LayerSlice<T> layer = given;
  for (std::size_t at = 0; at < kSlice; at += kStep<T>) {
    V total(0);
    for (std::size_t begin = 0; begin < layer.gates; begin += kSummed) {
      V part(0);
      const std::size_t end = HWY_MIN(begin + kSummed, layer.gates);
      for (std::size_t g = begin; g < end; ++g) {
        const Form<k, T> form(GateAt<k, T>(layer, g), at);
        part = part + activated<sigmoid>(form.value());
      }
      total = total + part;
    }
    hn::StoreU(total.raw, Tag<T>(), out + at);
  }
}

/// The gradients of a gate at one vector of samples. `sums` gets those of the coefficients, `to`
/// the rows of grad_x.
template <int k, bool inputs, bool coefficients, class T>
HWY_INLINE void gate_backward(const GateAt<k, T>& gate, const Form<k, T>& form, Number<T> g,
                              Number<T> scaled, T* const* to, std::size_t at, Number<T>* sums) {
  using V = Number<T>;
  if constexpr (inputs) {
    // The products of the inputs before j, times the scaled upstream gradient.
    V prefix[std::size_t{1} << (k - 1)];
    prefix[0] = scaled;
    for (int j = 0; j < k; ++j) {
      V slope(0);
      for (std::size_t s = 0; s < std::size_t{1} << j; ++s) {
        const std::size_t from = (std::size_t{2} << j) + 2 * s + 1;
        const V rest = j == k - 1 ? gate.coefficient(2 * s + 1) : form.folded[from % (1U << k)];
        slope = s == 0 ? prefix[s] * rest : fma(prefix[s], rest, slope);
      }
      T* row = to[j] + at;
      hn::StoreU(hn::Add(hn::LoadU(Tag<T>(), row), slope.raw), Tag<T>(), row);
      if (j == k - 1) break;
      for (std::size_t s = std::size_t{1} << j; s-- > 0;) {
        prefix[2 * s + 1] = prefix[s] * form.x[j];
        prefix[2 * s] = prefix[s];
      }
    }
  }
  if constexpr (coefficients) {
    V product[std::size_t{1} << k];
    product[0] = g;
    for (int j = 0; j < k; ++j) {
      for (std::size_t s = std::size_t{1} << j; s-- > 0;) {
        product[2 * s + 1] = product[s] * form.x[j];
        product[2 * s] = product[s];
      }
    }
    for (std::size_t s = 0; s < std::size_t{1} << k; ++s) sums[s] = sums[s] + product[s];
  }
}

template <int k, bool sigmoid, bool inputs, bool coefficients, class T>
void backward_with(const LayerSlice<T>& given, const LayerGradients<T>& given_gradients) {
  using V = Number<T>;
  const LayerSlice<T> layer = given;
  const LayerGradients<T> gradients = given_gradients;
  constexpr std::size_t kEntries = std::size_t{1} << k;
  const V factor(gradients.factor);
  for (std::size_t g = 0; g < layer.gates; ++g) {
    const GateAt<k, T> gate(layer, g);
    T* to[k];
    if constexpr (inputs) {
      for (int j = 0; j < k; ++j)
        to[j] =
            gradients.grad_x.data +
            static_cast<std::size_t>(layer.wiring[static_cast<std::size_t>(j) * layer.stride + g]) *
                gradients.grad_x.stride;
    }
    V sums[kEntries];
    for (V& sum : sums) sum = V(0);
    for (std::size_t at = 0; at < kSlice; at += kStep<T>) {
      const Form<k, T> form(gate, at);
      V up = hn::LoadU(Tag<T>(), gradients.grad_y.data + g * gradients.grad_y.stride + at);
      if constexpr (sigmoid) {
        const V y = activated<true>(form.value());
        up = up * (y * (V(1) - y));
      }
      gate_backward<k, inputs, coefficients>(gate, form, up, up * factor, to, at, sums);
    }
    if constexpr (coefficients)
      store_lane_sums(Tag<T>(), sums, kEntries, gradients.add, gradients.sums + g * kEntries);
  }
}

template <int k, bool sigmoid, class T>
void backward(const LayerSlice<T>& layer, const LayerGradients<T>& gradients) {
  const bool inputs = gradients.grad_x.data != nullptr;
  const bool coefficients = gradients.sums != nullptr;
  if (inputs && coefficients) {
    backward_with<k, sigmoid, true, true>(layer, gradients);
  } else if (inputs) {
    backward_with<k, sigmoid, true, false>(layer, gradients);
  } else if (coefficients) {
    backward_with<k, sigmoid, false, true>(layer, gradients);
  }
}

template <class T, int... k>
SliceKernels<T> kernels(std::integer_sequence<int, k...>) {
  using Run = void (*)(const LayerSlice<T>&, const Rows<T>&);
  using Sum = void (*)(const LayerSlice<T>&, T*);
  using Backward = void (*)(const LayerSlice<T>&, const LayerGradients<T>&);
  static constexpr Run kRun[] = {&run<k + 1, false, T>..., &run<k + 1, true, T>...};
  static constexpr Sum kSum[] = {&sum<k + 1, false, T>..., &sum<k + 1, true, T>...};
  static constexpr Backward kBackward[] = {&backward<k + 1, false, T>...,
                                           &backward<k + 1, true, T>...};
  return {kRun, kSum, kBackward};
}
SliceKernels<float> FloatKernels() {
  return kernels<float>(std::make_integer_sequence<int, kMaxInputs>());
}
SliceKernels<double> DoubleKernels() {
  return kernels<double>(std::make_integer_sequence<int, kMaxInputs>());
}

}  // namespace
}  // namespace pliant::logic::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pliant::logic {
namespace {

HWY_EXPORT(FloatKernels);
HWY_EXPORT(DoubleKernels);

template <class T>
const SliceKernels<T> kernels() {
  if constexpr (sizeof(T) == sizeof(float)) {
    return HWY_DYNAMIC_DISPATCH(FloatKernels)();
  } else {
    return HWY_DYNAMIC_DISPATCH(DoubleKernels)();
  }
}

template <class T>
std::size_t variant(const LayerSlice<T>& layer) {
  const int index = layer.fan_in - 1 + (layer.sigmoid ? kMaxInputs : 0);
  return static_cast<std::size_t>(index);
}

}  // namespace

template <class T>
void run_layer(const LayerSlice<T>& layer, const Rows<T>& y) {
  kernels<T>().run[variant(layer)](layer, y);
}

template <class T>
void sum_layer(const LayerSlice<T>& layer, T* sum) {
  kernels<T>().sum[variant(layer)](layer, sum);
}

template <class T>
void run_layer_backward(const LayerSlice<T>& layer, const LayerGradients<T>& gradients) {
  kernels<T>().backward[variant(layer)](layer, gradients);
}

template void run_layer(const LayerSlice<float>&, const Rows<float>&);
template void run_layer(const LayerSlice<double>&, const Rows<double>&);
template void sum_layer(const LayerSlice<float>&, float*);
template void sum_layer(const LayerSlice<double>&, double*);
template void run_layer_backward(const LayerSlice<float>&, const LayerGradients<float>&);
template void run_layer_backward(const LayerSlice<double>&, const LayerGradients<double>&);

}  // namespace pliant::logic
#endif  // HWY_ONCE
