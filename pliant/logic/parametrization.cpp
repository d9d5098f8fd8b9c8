// pliant/logic/parametrization.cpp — parameters to coefficients, SIMD over gates (no torch)
#include "pliant/logic/parametrization.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "pliant/base/errors.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pliant/logic/parametrization.cpp"
#include "pliant/base/simd.h"
// After simd.h, which re-reads this file for every target.
#include "pliant/logic/parametrization-inl.h"

#ifndef PLIANT_LOGIC_PARAMETRIZATION_KERNELS_
#define PLIANT_LOGIC_PARAMETRIZATION_KERNELS_
namespace pliant::logic {

/// Of gates [begin, end); what is written is (2^k or parameters_of, gates).
template <class T>
using GateKernel = void (*)(const GateArgs<T>&, const T* grad, T* out, std::size_t begin,
                            std::size_t end);

template <class T>
using AdamKernel = void (*)(const GateArgs<T>&, const AdamStep&, const T* grad, const AdamState<T>&,
                            T* coefficients, std::size_t begin, std::size_t end);

/// Each for every parametrisation by its index.
template <class T>
struct GateKernels {
  const GateKernel<T>* soft;
  const GateKernel<T>* backward;
  const GateKernel<T>* backward_of_hard;
  const GateKernel<T>* hard_gate;
  const GateKernel<T>* hard_table;
  const AdamKernel<T>* adam;
  const AdamKernel<T>* adam_of_hard;
};

}  // namespace pliant::logic
#endif

HWY_BEFORE_NAMESPACE();
namespace pliant::logic::HWY_NAMESPACE {
namespace {

template <class T>
using Number = Vector<hn::ScalableTag<T>>;

/// Up to a vector of gates of `rows` rows that are `stride` apart; what is beyond `count` is 0.
template <class T>
HWY_INLINE void load_rows(const T* from, std::size_t rows, std::size_t stride, std::size_t count,
                          Number<T>* to) {
  const hn::ScalableTag<T> d;
  if (count == hn::Lanes(d)) {
    for (std::size_t r = 0; r < rows; ++r) to[r] = hn::LoadU(d, from + r * stride);
    return;
  }
  alignas(64) T part[hn::MaxLanes(d)] = {};
  for (std::size_t r = 0; r < rows; ++r) {
    std::copy_n(from + r * stride, count, part);
    to[r] = hn::Load(d, part);
  }
}

template <class T>
HWY_INLINE void store_rows(const Number<T>* from, std::size_t rows, std::size_t stride,
                           std::size_t count, T* to) {
  const hn::ScalableTag<T> d;
  alignas(64) T part[hn::MaxLanes(d)];
  for (std::size_t r = 0; r < rows; ++r) {
    if (count == hn::Lanes(d)) {
      hn::StoreU(from[r].raw, d, to + r * stride);
    } else {
      hn::Store(from[r].raw, d, part);
      std::copy_n(part, count, to + r * stride);
    }
  }
}

/// P's parameters or table entries of a vector of gates, whichever are more.
template <class P>
inline constexpr std::size_t kMostRows =
    std::max<std::size_t>(P::parameters(kMaxInputs), std::max<std::size_t>(P::parameters(2), 4));

template <class P, class T>
void soft(const GateArgs<T>& args, const T*, T* out, std::size_t begin, std::size_t end) {
  using V = Number<T>;
  const std::size_t lanes = hn::Lanes(hn::ScalableTag<T>()), entries = table_size(args.inputs);
  const V scale(1 / args.temperature);
  V w[kMostRows<P>], t[kMostRows<P>];
  for (std::size_t i = begin; i < end; i += lanes) {
    const std::size_t count = std::min(lanes, end - i);
    load_rows(args.parameters + i, P::parameters(args.inputs), args.gates, count, w);
    P::table(args.inputs, w, scale, t);
    to_coefficients(args.inputs, t);
    store_rows(t, entries, args.gates, count, out + i);
  }
}

/// The gradient of the parameters w of `count` gates from gate i on.
template <bool of_hard, class P, class T>
HWY_INLINE void parameter_gradient(const GateArgs<T>& args, const T* grad, std::size_t i,
                                   std::size_t count, const Number<T>* w, Number<T>* grad_w) {
  using V = Number<T>;
  const std::size_t entries = table_size(args.inputs);
  const V scale(1 / args.temperature);
  V grad_t[kMostRows<P>];
  load_rows(grad + i, entries, args.gates, count, grad_t);
  to_coefficients_backward(args.inputs, grad_t);
  if constexpr (of_hard && P::sigmoid) {
    V t[kMostRows<P>];
    P::table(args.inputs, w, scale, t);
    for (std::size_t e = 0; e < entries; ++e) {
      const V y = logistic(t[e]);
      grad_t[e] = grad_t[e] * (y * (V(1) - y));
    }
  }
  P::backward(args.inputs, w, scale, grad_t, grad_w);
}

template <bool of_hard, class P, class T>
void backward(const GateArgs<T>& args, const T* grad, T* out, std::size_t begin, std::size_t end) {
  const std::size_t lanes = hn::Lanes(hn::ScalableTag<T>());
  const std::size_t parameters = P::parameters(args.inputs);
  Number<T> w[kMostRows<P>], grad_w[kMostRows<P>];
  for (std::size_t i = begin; i < end; i += lanes) {
    const std::size_t count = std::min(lanes, end - i);
    load_rows(args.parameters + i, parameters, args.gates, count, w);
    parameter_gradient<of_hard, P>(args, grad, i, count, w, grad_w);
    store_rows(grad_w, parameters, args.gates, count, out + i);
  }
}

/// The numbers of a step as every gate uses them.
template <class V>
struct AdamNumbers {
  V kept, rate, square_rate, beta1, beta2, epsilon;

  explicit HWY_ATTR AdamNumbers(const AdamStep& step)
      : kept(1 - step.learning_rate * step.weight_decay),
        rate(-step.learning_rate / (1 - std::pow(step.beta1, static_cast<double>(step.step)))),
        square_rate(1 / std::sqrt(1 - std::pow(step.beta2, static_cast<double>(step.step)))),
        beta1(step.beta1),
        beta2(step.beta2),
        epsilon(step.epsilon) {}

  HWY_INLINE HWY_ATTR void operator()(V g, V& w, V& mean, V& square) const {
    mean = fma(beta1, mean - g, g);
    square = fma(beta2, square - g * g, g * g);
    w = fma(rate, mean / fma(sqrt(square), square_rate, epsilon), w * kept);
  }
};

template <bool of_hard, class P, class T>
void adam(const GateArgs<T>& args, const AdamStep& step, const T* grad, const AdamState<T>& state,
          T* coefficients, std::size_t begin, std::size_t end) {
  using V = Number<T>;
  const std::size_t lanes = hn::Lanes(hn::ScalableTag<T>());
  const std::size_t parameters = P::parameters(args.inputs);
  const AdamNumbers<V> numbers(step);
  V w[kMostRows<P>], grad_w[kMostRows<P>], mean[kMostRows<P>], square[kMostRows<P>];
  for (std::size_t i = begin; i < end; i += lanes) {
    const std::size_t count = std::min(lanes, end - i);
    load_rows(state.parameters + i, parameters, args.gates, count, w);
    load_rows(state.mean + i, parameters, args.gates, count, mean);
    load_rows(state.square + i, parameters, args.gates, count, square);
    parameter_gradient<of_hard, P>(args, grad, i, count, w, grad_w);
    for (std::size_t r = 0; r < parameters; ++r) numbers(grad_w[r], w[r], mean[r], square[r]);
    store_rows(w, parameters, args.gates, count, state.parameters + i);
    store_rows(mean, parameters, args.gates, count, state.mean + i);
    store_rows(square, parameters, args.gates, count, state.square + i);
    V t[kMostRows<P>];
    P::table(args.inputs, w, V(1 / args.temperature), t);
    to_coefficients(args.inputs, t);
    store_rows(t, table_size(args.inputs), args.gates, count, coefficients + i);
  }
}

template <bool of_table, class P, class T>
void hard(const GateArgs<T>& args, const T*, T* out, std::size_t begin, std::size_t end) {
  using V = Number<T>;
  const std::size_t lanes = hn::Lanes(hn::ScalableTag<T>()), entries = table_size(args.inputs);
  const V scale(1 / args.temperature);
  V w[kMostRows<P>], t[kMostRows<P>];
  for (std::size_t i = begin; i < end; i += lanes) {
    const std::size_t count = std::min(lanes, end - i);
    load_rows(args.parameters + i, P::parameters(args.inputs), args.gates, count, w);
    if constexpr (of_table && !P::sigmoid) {
      P::table(args.inputs, w, scale, t);
      for (std::size_t e = 0; e < entries; ++e) t[e] = select(t[e] > V(0.5), V(1), V(0));
    } else {
      P::hard(args.inputs, w, scale, t);
    }
    to_coefficients(args.inputs, t);
    store_rows(t, entries, args.gates, count, out + i);
  }
}

template <class T, class... Ps>
GateKernels<T> kernels(base::TypeList<Ps...>) {
  static constexpr std::array<GateKernel<T>, sizeof...(Ps)> kSoft = {&soft<Ps, T>...};
  static constexpr std::array<GateKernel<T>, sizeof...(Ps)> kBackward = {
      &backward<false, Ps, T>...};
  static constexpr std::array<GateKernel<T>, sizeof...(Ps)> kThrough = {&backward<true, Ps, T>...};
  static constexpr std::array<GateKernel<T>, sizeof...(Ps)> kGate = {&hard<false, Ps, T>...};
  static constexpr std::array<GateKernel<T>, sizeof...(Ps)> kTable = {&hard<true, Ps, T>...};
  static constexpr std::array<AdamKernel<T>, sizeof...(Ps)> kAdam = {&adam<false, Ps, T>...};
  static constexpr std::array<AdamKernel<T>, sizeof...(Ps)> kAdamOfHard = {&adam<true, Ps, T>...};
  return {kSoft.data(),  kBackward.data(), kThrough.data(),   kGate.data(),
          kTable.data(), kAdam.data(),     kAdamOfHard.data()};
}
GateKernels<float> FloatKernels() { return kernels<float>(Parametrizations{}); }
GateKernels<double> DoubleKernels() { return kernels<double>(Parametrizations{}); }

}  // namespace
}  // namespace pliant::logic::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pliant::logic {
namespace {

HWY_EXPORT(FloatKernels);
HWY_EXPORT(DoubleKernels);

/// The list, as the last target that was compiled knows it; names and numbers are the same in all.
using HWY_NAMESPACE::Parametrizations;

/// Gates that a thread takes at a time.
constexpr std::size_t kGrain = 1024;

template <class T>
GateKernels<T> kernels() {
  if constexpr (sizeof(T) == sizeof(float)) {
    return HWY_DYNAMIC_DISPATCH(FloatKernels)();
  } else {
    return HWY_DYNAMIC_DISPATCH(DoubleKernels)();
  }
}

template <class T>
void run(const GateKernel<T>* table, const GateArgs<T>& args, const T* grad, T* out,
         const base::Executor& executor) {
  const GateKernel<T> kernel = table[args.parametrization];
  executor(args.gates, kGrain,
           [&](std::size_t begin, std::size_t end) { kernel(args, grad, out, begin, end); });
}

}  // namespace

std::vector<double> coefficients(const Gate& gate) {
  std::vector<double> c(table_size(gate.inputs));
  for (std::size_t address = 0; address < c.size(); ++address) c[address] = gate[address] ? 1 : 0;
  HWY_NAMESPACE::to_coefficients(gate.inputs, c.data());
  return c;
}

std::string_view draws_name(Draws draws) {
  constexpr std::array<std::string_view, 4> kNames = {"nothing", "gates", "entries", "walsh"};
  return kNames[static_cast<std::size_t>(draws)];
}

const std::vector<Parametrization>& parametrizations() {
  static const std::vector<Parametrization> all = [] {
    std::vector<Parametrization> made;
    base::for_each(Parametrizations{}, [&]<class P>(P) {
      Parametrization entry{P::name, P::source, P::draws, P::sigmoid, P::temperature, {}};
      for (int inputs = 1; inputs <= kMaxInputs; ++inputs) {
        if (P::parameters(inputs) > 0) entry.inputs.push_back(inputs);
      }
      made.push_back(std::move(entry));
    });
    return made;
  }();
  return all;
}

std::string parametrizations_json() {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const Parametrization& p : parametrizations()) {
    std::vector<std::size_t> counts;
    counts.reserve(p.inputs.size());
    for (const int inputs : p.inputs)
      counts.push_back(parameters_of(parametrization_index(p.name), inputs));
    all.push_back({{"name", p.name},
                   {"source", p.source},
                   {"draws", draws_name(p.draws)},
                   {"sigmoid", p.sigmoid},
                   {"temperature", p.temperature},
                   {"inputs", p.inputs},
                   {"parameters", counts}});
  }
  return all.dump();
}

int parametrization_index(std::string_view name) {
  return base::index_of(Parametrizations{}, name, "parametrization");
}

std::size_t parameters_of(int parametrization, int inputs) {
  const Parametrization& entry = parametrizations().at(static_cast<std::size_t>(parametrization));
  base::require(std::ranges::find(entry.inputs, inputs) != entry.inputs.end(), "parametrization '",
                entry.name, "' has no gates of ", inputs, " inputs: it takes ",
                entry.inputs.front() == entry.inputs.back() ? "2" : "1 … 6");
  std::size_t count = 0;
  base::visit(Parametrizations{}, parametrization,
              [&]<class P>(P) { count = P::parameters(inputs); });
  return count;
}

Start residual_start(int parametrization, int inputs, std::size_t which) {
  Start start;
  base::visit(Parametrizations{}, parametrization,
              [&]<class P>(P) { start = P::residual(inputs, which); });
  return start;
}

template <class T>
void soft_coefficients(const GateArgs<T>& args, T* coefficients, const base::Executor& executor) {
  run<T>(kernels<T>().soft, args, nullptr, coefficients, executor);
}

template <class T>
void soft_coefficients_backward(const GateArgs<T>& args, const T* grad, bool hard,
                                T* grad_parameters, const base::Executor& executor) {
  const GateKernels<T> all = kernels<T>();
  run(hard ? all.backward_of_hard : all.backward, args, grad, grad_parameters, executor);
}

template <class T>
void hard_coefficients(const GateArgs<T>& args, Hardening hardening, T* coefficients,
                       const base::Executor& executor) {
  const GateKernels<T> all = kernels<T>();
  run<T>(hardening == Hardening::kGate ? all.hard_gate : all.hard_table, args, nullptr,
         coefficients, executor);
}

template <class T>
void adam_step(const GateArgs<T>& args, const AdamStep& step, const T* grad, bool hard,
               const AdamState<T>& state, T* coefficients, const base::Executor& executor) {
  const GateKernels<T> all = kernels<T>();
  const AdamKernel<T> kernel = (hard ? all.adam_of_hard : all.adam)[args.parametrization];
  executor(args.gates, kGrain, [&](std::size_t begin, std::size_t end) {
    kernel(args, step, grad, state, coefficients, begin, end);
  });
}

template void adam_step(const GateArgs<float>&, const AdamStep&, const float*, bool,
                        const AdamState<float>&, float*, const base::Executor&);
template void adam_step(const GateArgs<double>&, const AdamStep&, const double*, bool,
                        const AdamState<double>&, double*, const base::Executor&);
template void soft_coefficients(const GateArgs<float>&, float*, const base::Executor&);
template void soft_coefficients(const GateArgs<double>&, double*, const base::Executor&);
template void soft_coefficients_backward(const GateArgs<float>&, const float*, bool, float*,
                                         const base::Executor&);
template void soft_coefficients_backward(const GateArgs<double>&, const double*, bool, double*,
                                         const base::Executor&);
template void hard_coefficients(const GateArgs<float>&, Hardening, float*, const base::Executor&);
template void hard_coefficients(const GateArgs<double>&, Hardening, double*, const base::Executor&);

}  // namespace pliant::logic
#endif  // HWY_ONCE
