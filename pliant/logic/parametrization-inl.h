// pliant/logic/parametrization-inl.h — what is learned of a gate, and the truth table that it means
// (no torch)
//
// Re-read per SIMD target; only parametrization.cpp includes it. V is a vector of numbers, each of
// another gate. A parametrisation is a struct with
//
//   name, source      for users
//   draws             what its parameters are logits of, for training with gates drawn at random
//                     (Draws)
//   sigmoid           the gate's output is σ of the interpolated table, not the table interpolated
//   parameters(k)     how many numbers are learned of a gate of k inputs; 0: not for that k
//   table             parameters w → table entries t (of a sigmoid: their logits), with temperature
//   backward          the gradient of t → that of w
//   hard              parameters w → the entries 0 or 1 of the gate that is meant
//   residual          the number at which `which` of w begins so that the gate passes its first
//                     input, and how far it scatters
//
// Adding one: a struct here, one entry in the list at the foot.
#if defined(PLIANT_LOGIC_PARAMETRIZATION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PLIANT_LOGIC_PARAMETRIZATION_INL_H_
#undef PLIANT_LOGIC_PARAMETRIZATION_INL_H_
#else
#define PLIANT_LOGIC_PARAMETRIZATION_INL_H_
#endif

#include <array>
#include <cstddef>
#include <string_view>

#include "pliant/base/type_list.h"
#include "pliant/logic/gate.h"
#include "pliant/logic/parametrization.h"
#include "pliant/math/value.h"

#ifndef PLIANT_LOGIC_START_
#define PLIANT_LOGIC_START_
namespace pliant::logic {

/// Whether the first input is 1 at `address`.
constexpr bool first_input(int inputs, std::size_t address) {
  return ((address >> (inputs - 1)) & 1) != 0;
}

}  // namespace pliant::logic
#endif

HWY_BEFORE_NAMESPACE();
namespace pliant::logic::HWY_NAMESPACE {

using namespace pliant::math::HWY_NAMESPACE;  // NOLINT(google-build-using-namespace): exp, select …

/// Turns table entries t into coefficients (gate.h), in place.
template <class V>
PLIANT_FN constexpr void to_coefficients(int inputs, V* t) {
  for (std::size_t bit = 1; bit < table_size(inputs); bit *= 2) {
    for (std::size_t s = 0; s < table_size(inputs); ++s) {
      if ((s & bit) != 0) t[s] = t[s] - t[s ^ bit];
    }
  }
}

/// The gradient of to_coefficients, in place: of coefficients in, of table entries out.
template <class V>
PLIANT_FN void to_coefficients_backward(int inputs, V* grad) {
  for (std::size_t bit = 1; bit < table_size(inputs); bit *= 2) {
    for (std::size_t s = 0; s < table_size(inputs); ++s) {
      if ((s & bit) == 0) grad[s] = grad[s] - grad[s | bit];
    }
  }
}

/// The gates of two inputs by their coefficients.
constexpr std::array<std::array<double, 4>, kGates> gate_coefficients() {
  std::array<std::array<double, 4>, kGates> all{};
  for (std::size_t id = 0; id < kGates; ++id) {
    for (std::size_t address = 0; address < 4; ++address)
      all[id][address] = Gate{2, id}[address] ? 1 : 0;
    to_coefficients(2, all[id].data());
  }
  return all;
}
inline constexpr auto kGateCoefficients = gate_coefficients();

template <class V>
PLIANT_FN V logistic(V x) {
  return V(1) / (V(1) + exp(-x));
}

/// Softmax weights of the 16 gates in place of their logits.
template <class V>
PLIANT_FN void softmax16(V* z) {
  V largest = z[0];
  for (int i = 1; i < kGates; ++i) largest = max(largest, z[i]);
  V sum(0);
  for (int i = 0; i < kGates; ++i) {
    z[i] = exp(z[i] - largest);
    sum = sum + z[i];
  }
  const V scale = V(1) / sum;
  for (int i = 0; i < kGates; ++i) z[i] = z[i] * scale;
}

/// t = Σ p_i·table of gate i, by doubling: 14 additions rather than 32.
template <class V>
PLIANT_FN void mix_tables(const V* p, V* t) {
  for (std::size_t address = 0; address < 4; ++address) {
    t[address] = V(0);
    for (std::size_t id = 0; id < kGates; ++id) {
      if (Gate{2, id}[address]) t[address] = t[address] + p[id];
    }
  }
}

/// The gradient of logits of softmax16 followed by mix_tables: p_i·(⟨grad_t, table_i⟩ − ⟨grad_t,
/// t⟩), since Σ_j p_j·table_j = t.
template <class V>
PLIANT_FN void mix_tables_backward(const V* p, const V* t, const V* grad_t, V* grad_z) {
  V mean(0);
  for (std::size_t address = 0; address < 4; ++address)
    mean = fma(grad_t[address], t[address], mean);
  const V high[4] = {V(0), grad_t[1], grad_t[0], grad_t[0] + grad_t[1]};
  const V low[4] = {V(0), grad_t[3], grad_t[2], grad_t[2] + grad_t[3]};
  for (std::size_t id = 0; id < kGates; ++id)
    grad_z[id] = p[id] * ((high[id / 4] + low[id % 4]) - mean);
}

/// The table of the gate with the largest of 16 scores; the lowest gate where several are equal.
template <class V>
PLIANT_FN void table_of_largest(const V* score, V* t) {
  V best = score[0];
  for (std::size_t address = 0; address < 4; ++address) t[address] = V(0);
  for (std::size_t id = 1; id < kGates; ++id) {
    const auto better = score[id] > best;
    best = select(better, score[id], best);
    for (std::size_t address = 0; address < 4; ++address)
      t[address] = select(better, V(Gate{2, id}[address] ? 1 : 0), t[address]);
  }
}

/// Logits of the 16 gates. Petersen et al., Deep Differentiable Logic Gate Networks, NeurIPS 2022.
struct Softmax {
  static constexpr std::string_view name = "softmax";
  static constexpr Draws draws = Draws::kGateLogits;
  static constexpr std::string_view source =
      "Petersen et al., Deep Differentiable Logic Gate Networks, NeurIPS 2022";
  static constexpr bool sigmoid = false;
  static constexpr double temperature = 1;
  static constexpr std::size_t parameters(int inputs) { return inputs == 2 ? kGates : 0; }
  /// A softmax weight of 0.908 for the gate "a", as in Convolutional Differentiable Logic Gate
  /// Networks, NeurIPS 2024.
  static constexpr Start residual(int, std::size_t which) { return {which == 3 ? 5.0 : 0.0, 0}; }

  template <class V>
  PLIANT_FN static void table(int, const V* w, V scale, V* t) {
    V p[kGates];
    weights(w, scale, p);
    mix_tables(p, t);
  }
  template <class V>
  PLIANT_FN static void backward(int, const V* w, V scale, const V* grad_t, V* grad_w) {
    V p[kGates];
    V t[4] = {scale, scale, scale, scale};
    weights(w, scale, p);
    mix_tables(p, t);
    mix_tables_backward(p, t, grad_t, grad_w);
    for (std::size_t i = 0; i < kGates; ++i) grad_w[i] = grad_w[i] * scale;
  }
  template <class V>
  PLIANT_FN static void hard(int, const V* w, V, V* t) {
    table_of_largest(w, t);
  }

 private:
  template <class V>
  PLIANT_FN static void weights(const V* w, V scale, V* p) {
    for (std::size_t i = 0; i < kGates; ++i) p[i] = w[i] * scale;
    softmax16(p);
  }
};

/// One number for each entry of the table, t = act(w): what Light and its sine have in common.
template <class Activation>
struct TableEntries {
  static constexpr bool sigmoid = false;
  static constexpr double temperature = 1;
  static constexpr std::size_t parameters(int inputs) { return table_size(inputs); }
  static constexpr Start residual(int inputs, std::size_t which) {
    constexpr Start one = Activation::one;
    return {first_input(inputs, which) ? one.mean : -one.mean, one.deviation};
  }

  template <class V>
  PLIANT_FN static void table(int inputs, const V* w, V scale, V* t) {
    for (std::size_t i = 0; i < table_size(inputs); ++i) t[i] = Activation::value(w[i] * scale);
  }
  template <class V>
  PLIANT_FN static void backward(int inputs, const V* w, V scale, const V* grad_t, V* grad_w) {
    for (std::size_t i = 0; i < table_size(inputs); ++i)
      grad_w[i] = grad_t[i] * Activation::slope(w[i] * scale) * scale;
  }
  template <class V>
  PLIANT_FN static void hard(int inputs, const V* w, V scale, V* t) {
    for (std::size_t i = 0; i < table_size(inputs); ++i)
      t[i] = select(Activation::value(w[i] * scale) > V(0.5), V(1), V(0));
  }
};

struct LogisticEntry {
  static constexpr Start one = {3, 1};
  template <class V>
  PLIANT_FN static V value(V w) {
    return logistic(w);
  }
  template <class V>
  PLIANT_FN static V slope(V w) {
    const V t = logistic(w);
    return t * (V(1) - t);
  }
};

struct SineEntry {
  static constexpr Start one = {1.2, 0.25};
  template <class V>
  PLIANT_FN static V value(V w) {
    return fma(V(0.5), sin(w), V(0.5));
  }
  template <class V>
  PLIANT_FN static V slope(V w) {
    return V(0.5) * cos(w);
  }
};

/// t = σ(w/τ).
struct Light : TableEntries<LogisticEntry> {
  static constexpr std::string_view name = "light";
  static constexpr Draws draws = Draws::kEntryLogits;
  static constexpr std::string_view source = "Light Differentiable Logic Gate Networks, 2025";
};

/// t = ½ + ½·sin(w/τ).
struct LightSine : TableEntries<SineEntry> {
  static constexpr std::string_view name = "light_sine";
  static constexpr Draws draws = Draws::kNothing;
  static constexpr std::string_view source = "Light Differentiable Logic Gate Networks, 2025";
};

/// A point in the space of the four coefficients; the gates are mixed by a softmax of minus its
/// squared distances to theirs, over τ. |w|² is the same for all gates and cancels.
struct CovJac {
  static constexpr std::string_view name = "covjac";
  static constexpr Draws draws = Draws::kNothing;
  static constexpr std::string_view source = "Fitting Multilinear Polynomials for LGNs, 2025";
  static constexpr bool sigmoid = false;
  /// The gate at whose coefficients w begins then has the weight 0.90.
  static constexpr double temperature = 0.33;
  static constexpr std::size_t parameters(int inputs) { return inputs == 2 ? 4 : 0; }
  static constexpr Start residual(int, std::size_t which) { return {which == 2 ? 1.0 : 0.0, 0}; }

  template <class V>
  PLIANT_FN static void table(int, const V* w, V scale, V* t) {
    V p[kGates];
    closeness(w, scale, p);
    softmax16(p);
    mix_tables(p, t);
  }
  template <class V>
  PLIANT_FN static void backward(int, const V* w, V scale, const V* grad_t, V* grad_w) {
    V p[kGates];
    V t[4];
    V grad_p[kGates];
    closeness(w, scale, p);
    softmax16(p);
    mix_tables(p, t);
    mix_tables_backward(p, t, grad_t, grad_p);
    for (std::size_t i = 0; i < 4; ++i) {
      V sum(0);
      for (std::size_t id = 0; id < kGates; ++id)
        sum = fma(grad_p[id], V(2 * kGateCoefficients[id][i]), sum);
      grad_w[i] = sum * scale;
    }
  }
  template <class V>
  PLIANT_FN static void hard(int, const V* w, V, V* t) {
    V p[kGates];
    closeness(w, V(1), p);
    table_of_largest(p, t);
  }

 private:
  /// |w|² − |w − M_id|², times scale.
  template <class V>
  PLIANT_FN static void closeness(const V* w, V scale, V* p) {
    for (std::size_t id = 0; id < kGates; ++id) {
      V sum(0);
      for (std::size_t i = 0; i < 4; ++i) {
        const double c = kGateCoefficients[id][i];
        if (c != 0) sum = sum + V(2 * c) * w[i] - V(c * c);
      }
      p[id] = sum * scale;
    }
  }
};

/// Walsh coefficients of the logit over inputs in ±1, A = 1 − 2a: y = σ(−(w_0 + w_B·B + w_A·A +
/// w_AB·A·B)/τ); for more inputs, all their products in the order of the subsets.
struct Walsh {
  static constexpr std::string_view name = "walsh";
  static constexpr Draws draws = Draws::kWalshLogits;
  static constexpr std::string_view source = "WARP Logic Neural Networks, 2025";
  static constexpr bool sigmoid = true;
  static constexpr double temperature = 1;
  static constexpr std::size_t parameters(int inputs) { return table_size(inputs); }
  /// y = 0.951 where the first input is 1.
  static constexpr Start residual(int inputs, std::size_t which) {
    return {which == table_size(inputs) / 2 ? 2.97 : 0.0, 0};
  }

  template <class V>
  PLIANT_FN static void table(int inputs, const V* w, V scale, V* t) {
    transform(inputs, w, -scale, t);
  }
  template <class V>
  PLIANT_FN static void backward(int inputs, const V*, V scale, const V* grad_t, V* grad_w) {
    transform(inputs, grad_t, -scale, grad_w);  // symmetric
  }
  template <class V>
  PLIANT_FN static void hard(int inputs, const V* w, V, V* t) {
    transform(inputs, w, V(-1), t);
    for (std::size_t i = 0; i < table_size(inputs); ++i) t[i] = select(t[i] > V(0), V(1), V(0));
  }

 private:
  /// The Walsh-Hadamard transform of w, times scale.
  template <class V>
  PLIANT_FN static void transform(int inputs, const V* w, V scale, V* t) {
    for (std::size_t i = 0; i < table_size(inputs); ++i) t[i] = w[i] * scale;
    for (std::size_t bit = 1; bit < table_size(inputs); bit *= 2) {
      for (std::size_t s = 0; s < table_size(inputs); ++s) {
        if ((s & bit) != 0) continue;
        const V sum = t[s] + t[s | bit];
        t[s | bit] = t[s] - t[s | bit];
        t[s] = sum;
      }
    }
  }
};

/// Every parametrisation there is; its place here is its index.
using Parametrizations = base::TypeList<Softmax, Light, LightSine, CovJac, Walsh>;

}  // namespace pliant::logic::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // PLIANT_LOGIC_PARAMETRIZATION_INL_H_
