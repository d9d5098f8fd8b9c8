// pliant/logic/select.cpp — learned wiring, SIMD over the samples of a slice (no torch)
#include "pliant/logic/select.h"

#include <algorithm>
#include <vector>

#include "pliant/base/aligned.h"
#include "pliant/logic/gather_slice.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pliant/logic/select.cpp"
#include "pliant/base/simd.h"
// After simd.h, which re-reads this file for every target.
#include "pliant/logic/lanes-inl.h"
#include "pliant/math/value.h"

#ifndef PLIANT_LOGIC_SELECT_KERNELS_
#define PLIANT_LOGIC_SELECT_KERNELS_
namespace pliant::logic {

/// A slice on its way back; rows of kSlice numbers.
template <class T>
struct SelectGradients {
  const T* x = nullptr;
  const T* grad_y = nullptr;
  T* grad_x = nullptr;  ///< added to; null: not wanted
  T* sums = nullptr;    ///< (slots, candidates), added to; null: not wanted
};

template <class T>
struct SelectKernels {
  /// Slots from `begin` on to rows of y.
  void (*sums)(const SelectArgs<T>&, const T* x, std::size_t begin, std::size_t end, T* y,
               std::size_t y_stride);
  void (*backward)(const SelectArgs<T>&, const SelectGradients<T>&);
};

}  // namespace pliant::logic
#endif

HWY_BEFORE_NAMESPACE();
namespace pliant::logic::HWY_NAMESPACE {
namespace {

/// Where the row of candidate k of slot s begins.
template <class T>
HWY_INLINE std::size_t row_of(const SelectArgs<T>& args, std::size_t k, std::size_t s) {
  return static_cast<std::size_t>(args.features[k * args.slots + s]) * kSlice;
}

template <class T>
void sums(const SelectArgs<T>& args, const T* x, std::size_t begin, std::size_t end, T* y,
          std::size_t y_stride) {
  using V = Number<T>;
  for (std::size_t s = begin; s < end; ++s) {
    for (std::size_t at = 0; at < kSlice; at += kStep<T>) {
      V sum(0);
      for (std::size_t k = 0; k < args.candidates; ++k) {
        const V weight = hn::Set(Tag<T>(), args.weights[k * args.slots + s]);
        sum = fma(weight, V(hn::LoadU(Tag<T>(), x + row_of(args, k, s) + at)), sum);
      }
      hn::StoreU(sum.raw, Tag<T>(), y + s * y_stride + at);
    }
  }
}

/// Candidates whose sums are formed at a time.
constexpr std::size_t kAtOnce = 4;

/// The gradients of `count` ≤ kAtOnce candidates of slot s from k on.
template <class T>
HWY_INLINE void candidates_backward(const SelectArgs<T>& args, const SelectGradients<T>& gradients,
                                    std::size_t s, std::size_t k, std::size_t count) {
  using V = Number<T>;
  V sums[kAtOnce];
  for (V& sum : sums) sum = V(0);
  for (std::size_t at = 0; at < kSlice; at += kStep<T>) {
    const V up = hn::LoadU(Tag<T>(), gradients.grad_y + s * kSlice + at);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t row = row_of(args, k + i, s) + at;
      sums[i] = fma(up, V(hn::LoadU(Tag<T>(), gradients.x + row)), sums[i]);
      if (gradients.grad_x == nullptr) continue;
      const V weight = hn::Set(Tag<T>(), args.weights[(k + i) * args.slots + s]);
      const V before = hn::LoadU(Tag<T>(), gradients.grad_x + row);
      hn::StoreU(fma(up, weight, before).raw, Tag<T>(), gradients.grad_x + row);
    }
  }
  if (gradients.sums != nullptr)
    store_lane_sums(Tag<T>(), sums, count, true, gradients.sums + s * args.candidates + k);
}

template <class T>
void backward(const SelectArgs<T>& args, const SelectGradients<T>& gradients) {
  for (std::size_t s = 0; s < args.slots; ++s) {
    std::size_t k = 0;
    for (; k + kAtOnce <= args.candidates; k += kAtOnce)
      candidates_backward(args, gradients, s, k, kAtOnce);
    if (k < args.candidates) candidates_backward(args, gradients, s, k, args.candidates - k);
  }
}

SelectKernels<float> FloatSelectKernels() { return {&sums<float>, &backward<float>}; }
SelectKernels<double> DoubleSelectKernels() { return {&sums<double>, &backward<double>}; }

}  // namespace
}  // namespace pliant::logic::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pliant::logic {
namespace {

using base::AlignedArray;

HWY_EXPORT(FloatSelectKernels);
HWY_EXPORT(DoubleSelectKernels);

template <class T>
SelectKernels<T> kernels() {
  if constexpr (sizeof(T) == sizeof(float)) {
    return HWY_DYNAMIC_DISPATCH(FloatSelectKernels)();
  } else {
    return HWY_DYNAMIC_DISPATCH(DoubleSelectKernels)();
  }
}

/// Slice `index` of x or of a gradient.
template <class T>
void gather(const Samples<T>& from, std::size_t features, std::size_t batch, std::size_t index,
            T* to) {
  gather_slice<T>(
      {from.data + index * kSlice * from.sample_stride, from.sample_stride, from.feature_stride},
      features, samples_of(batch, index), to);
}

/// The feature of each slot's largest weight. A weight that is NaN is never the largest, unless it
/// stands first.
template <class T>
std::vector<std::size_t> chosen(const SelectArgs<T>& args) {
  std::vector<std::size_t> best(args.slots, 0);
  for (std::size_t k = 1; k < args.candidates; ++k) {
    for (std::size_t s = 0; s < args.slots; ++s) {
      if (args.weights[k * args.slots + s] > args.weights[best[s] * args.slots + s]) best[s] = k;
    }
  }
  for (std::size_t s = 0; s < args.slots; ++s)
    best[s] = static_cast<std::size_t>(args.features[best[s] * args.slots + s]);
  return best;
}

template <class T>
void select_hard(const SelectArgs<T>& args, T* y, const base::Executor& executor) {
  const std::vector<std::size_t> features = chosen(args);
  const std::size_t row = padded(args.batch);
  executor(args.slots, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t s = begin; s < end; ++s) {
      const T* from = args.x.data + features[s] * args.x.feature_stride;
      for (std::size_t b = 0; b < args.batch; ++b) y[s * row + b] = from[b * args.x.sample_stride];
      std::fill(y + s * row + args.batch, y + (s + 1) * row, T(0));
    }
  });
}

}  // namespace

template <class T>
void select_features(const SelectArgs<T>& args, T* y, const base::Executor& executor) {
  if (args.hard) return select_hard(args, y, executor);
  constexpr std::size_t kBlock = 256;  // slots
  const std::size_t blocks = (args.slots + kBlock - 1) / kBlock;
  const std::size_t row = padded(args.batch);
  executor(row / kSlice * blocks, 1, [&](std::size_t begin, std::size_t end) {
    const AlignedArray<T> x(args.inputs * kSlice);
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t slice = i / blocks;
      const std::size_t first = i % blocks * kBlock;
      if (i == begin || first == 0) gather(args.x, args.inputs, args.batch, slice, x.data());
      kernels<T>().sums(args, x.data(), first, std::min(first + kBlock, args.slots),
                        y + slice * kSlice, row);
    }
  });
}

template <class T>
void select_features_backward(const SelectArgs<T>& args, const Samples<T>& grad_y, T* grad_x,
                              T* grad_weights, const base::Executor& executor) {
  const std::size_t slices = padded(args.batch) / kSlice;
  const std::size_t size = args.slots * args.candidates;
  const std::size_t parts = parts_of(slices, size * sizeof(T));
  const AlignedArray<T> sums(grad_weights != nullptr ? parts * size : 0);
  std::fill_n(sums.data(), grad_weights != nullptr ? parts * size : 0, T(0));
  executor(parts, 1, [&](std::size_t begin, std::size_t end) {
    const AlignedArray<T> x(args.inputs * kSlice);
    const AlignedArray<T> upstream(args.slots * kSlice);
    const AlignedArray<T> below(grad_x != nullptr ? args.inputs * kSlice : 0);
    for (std::size_t part = begin; part < end; ++part) {
      for (std::size_t i = part * slices / parts; i < (part + 1) * slices / parts; ++i) {
        gather(args.x, args.inputs, args.batch, i, x.data());
        gather(grad_y, args.slots, args.batch, i, upstream.data());
        SelectGradients<T> gradients{x.data(), upstream.data()};
        if (grad_weights != nullptr) gradients.sums = sums.data() + part * size;
        if (grad_x != nullptr) {
          gradients.grad_x = below.data();
          std::fill_n(below.data(), args.inputs * kSlice, T(0));
        }
        kernels<T>().backward(args, gradients);
        for (std::size_t f = 0; grad_x != nullptr && f < args.inputs; ++f)
          std::copy_n(below.data() + f * kSlice, kSlice,
                      grad_x + f * padded(args.batch) + i * kSlice);
      }
    }
  });
  if (grad_weights != nullptr)
    add_parts(sums.data(), parts, args.slots, args.candidates, 0, args.slots, grad_weights);
}

template void select_features(const SelectArgs<float>&, float*, const base::Executor&);
template void select_features(const SelectArgs<double>&, double*, const base::Executor&);
template void select_features_backward(const SelectArgs<float>&, const Samples<float>&, float*,
                                       float*, const base::Executor&);
template void select_features_backward(const SelectArgs<double>&, const Samples<double>&, double*,
                                       double*, const base::Executor&);

}  // namespace pliant::logic
#endif  // HWY_ONCE
