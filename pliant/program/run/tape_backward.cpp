// pliant/program/run/tape_backward.cpp — the derivatives of programs' primitives (no torch)
#include <algorithm>
#include <array>
#include <cmath>

#include "pliant/program/run/sums.h"
#include "pliant/program/run/tape.h"

namespace pliant::program {

template <class T>
T* Tape<T>::gradient(View view) {
  Node& node = nodes_[static_cast<std::size_t>(view.node)];
  if (node.gradient == nullptr) {
    const auto count = static_cast<std::size_t>(node.count);
    node.gradient = allocate(count);
    std::fill_n(node.gradient, count * kLanes, T(0));
  }
  return node.gradient + static_cast<std::size_t>(view.element) * kLanes;
}

template <class T>
void Tape<T>::backward() {
  for (std::size_t i = nodes_.size(); i-- > 0;) {
    if (nodes_[i].gradient != nullptr) send_back(nodes_[i]);
  }
  if (!wants_scale_ || scale_.node < 0) return;
  const T* by_scale = gradient(scale_);
  for (std::size_t i = 0; i < kLanes; ++i) scale_gradient_ += static_cast<double>(by_scale[i]);
}

template <class T>
void Tape<T>::send_back(Node& node) {
  const auto count = static_cast<std::size_t>(node.count);
  switch (node.primitive) {
    case Primitive::kLeaf:
      return;
    case Primitive::kStep: {
      Operands<T> in = operands_of(node);
      for (std::size_t k = 0; k < node.operands; ++k) {
        const Node& from = nodes_[static_cast<std::size_t>(node.from[k].node)];
        const bool constant = from.primitive == Primitive::kLeaf && from.flags == kConstant;
        in.gradient[k] = constant ? nullptr : gradient(node.from[k]);
      }
      return program::backward(node.step, in, count, node.value, node.gradient);
    }
    case Primitive::kDecide:
      return decide_backward(node);
    case Primitive::kFreeze: {
      T* to = gradient(node.from[0]);
      for (std::size_t i = 0; i < kLanes; ++i)
        to[i] += node.value[i] != 0 ? node.gradient[i] : T(0);
      return;
    }
    case Primitive::kGather:
      for (std::size_t e = 0; e < count; ++e) {
        add(node.gradient + e * kLanes, T(1),
            gradient(gathered_[static_cast<std::size_t>(node.n) + e]));
      }
      return;
    case Primitive::kSoftArgmax:
      return soft_argmax_backward(node);
    case Primitive::kConnect:
      return connect_backward(node);
    default:
      return rows_backward(node);
  }
}

template <class T>
void Tape<T>::decide_backward(Node& node) {
  const T* x = value(node.from[0]);
  T* to = gradient(node.from[0]);
  const auto count = static_cast<std::size_t>(node.count);
  for (std::size_t e = 0; e < count; ++e) {
    std::array<T, kLanes> density;
    math::decide<T>(options_.distribution, x + e * kLanes, kLanes, {.density = density.data()});
    add_product(node.gradient + e * kLanes, density.data(), to + e * kLanes);
  }
  if (!wants_scale_) return;
  std::array<double, 4> parameters{};
  math::add_parameter_gradient(options_.distribution, x, node.gradient, count * kLanes,
                               parameters.data());
  scale_gradient_ += parameters[0];
}

template <class T>
void Tape<T>::soft_argmax_backward(Node& node) {
  const auto n = static_cast<std::size_t>(node.n);
  const std::size_t outer = static_cast<std::size_t>(node.count) / std::max<std::size_t>(n, 1);
  const T sign = node.flags == kSmallest ? T(-1) : T(1);
  const T sharpness = static_cast<T>(options_.distribution.scale) * sign;
  const T *x = value(node.from[0]), *p = node.value, *g = node.gradient;
  T* to = gradient(node.from[0]);
  T* const relaxed = is_hard() ? allocate(n) : nullptr;  // straight through: of the relaxed weights
  for (std::size_t o = 0; o < outer; ++o) {
    std::array<T, kLanes> mean{}, mean_x{};
    if (relaxed != nullptr) {
      soften(x, n, sharpness, relaxed);
      p = relaxed;
    }
    for (std::size_t j = 0; j < n; ++j) {
      add_product(p + j * kLanes, g + j * kLanes, mean.data());
      if (wants_scale_) add_product(p + j * kLanes, x + j * kLanes, mean_x.data());
    }
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t i = 0; i < kLanes; ++i) {
        const std::size_t k = j * kLanes + i;
        const T slope = p[k] * (g[k] - mean[i]);
        to[k] += sharpness * slope;
        if (wants_scale_) scale_gradient_ += static_cast<double>(sign * slope * (x[k] - mean_x[i]));
      }
    }
    x += n * kLanes;
    if (relaxed == nullptr) p += n * kLanes;
    g += n * kLanes;
    to += n * kLanes;
  }
}

template <class T>
void Tape<T>::rows_backward(Node& node) {
  const auto n = static_cast<std::size_t>(node.n);
  const auto outer = static_cast<std::size_t>(node.count);
  const T* x = value(node.from[0]);
  T* to = gradient(node.from[0]);
  const T* g = node.gradient;
  if (node.primitive == Primitive::kContract) {
    const auto inner = static_cast<std::size_t>(node.inner);
    const T* from = value(node.from[1]);
    T* to_from = gradient(node.from[1]);
    for (std::size_t e = 0; e < outer * n; ++e) {
      const std::size_t i = e % inner, j = e / inner % n, o = e / inner / n;
      const T* g_here = g + (o * inner + i) * kLanes;
      add_product(g_here, from + e * kLanes, to + j * kLanes);
      add_product(g_here, x + j * kLanes, to_from + e * kLanes);
    }
    return;
  }
  for (std::size_t o = 0; o < outer; ++o) {
    const T *g_here = g + o * kLanes, *y = node.value + o * kLanes;
    for (std::size_t j = 0; j < n; ++j) {
      const std::size_t e = (o * n + j) * kLanes;
      if (node.primitive == Primitive::kSum) {
        add(g_here, T(1), to + e);
      } else if (node.primitive == Primitive::kDot) {
        add_product(g_here, value(node.from[1]) + e, to + e);
        add_product(g_here, x + e, gradient(node.from[1]) + e);
      } else if (node.primitive == Primitive::kLogSumExp) {
        for (std::size_t i = 0; i < kLanes; ++i) to[e + i] += g_here[i] * std::exp(x[e + i] - y[i]);
      } else {
        for (std::size_t i = 0; i < kLanes; ++i) {  // the product of all others
          T others = g_here[i];
          for (std::size_t k = 0; k < n; ++k) {
            if (k != j) others *= x[(o * n + k) * kLanes + i];
          }
          to[e + i] += others;
        }
      }
    }
  }
}

template <class T>
void Tape<T>::connect_backward(Node& node) {
  const T *x = value(node.from[0]), *y = value(node.from[1]);
  T *to_x = gradient(node.from[0]), *to_y = gradient(node.from[1]);
  for (std::size_t e = 0; e < static_cast<std::size_t>(node.count); ++e) {
    std::array<T, 2 * kLanes> pairs, slopes;
    for (std::size_t i = 0; i < kLanes; ++i) {
      pairs[2 * i] = std::clamp(x[e * kLanes + i], T(0), T(1));
      pairs[2 * i + 1] = std::clamp(y[e * kLanes + i], T(0), T(1));
    }
    math::connect_backward<T>(
        options_.t_norm, node.flags == kOr ? math::Connective::kOr : math::Connective::kAnd,
        node.gradient + e * kLanes, pairs.data(), kLanes, 2, slopes.data(), nullptr);
    for (std::size_t i = 0; i < kLanes; ++i) {
      to_x[e * kLanes + i] += slopes[2 * i];
      to_y[e * kLanes + i] += slopes[2 * i + 1];
    }
  }
}

// What stands in this file of it.
template class Tape<float>;
template class Tape<double>;

}  // namespace pliant::program
