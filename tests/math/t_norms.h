// tests/math/t_norms.h — T-conorms of a few members, by the functions that the renderer calls
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <string_view>
#include <vector>

#include "pliant/math/t_norm.h"

namespace pliant::test {

/// The p at which a family is tested; 0 where it has none.
inline std::vector<double> parameters_of(const math::TNormFamily& family) {
  if (!family.has_p) return {0};
  if (family.p_high <= 0) return {-0.25, -0.5, -1, -2, -4};
  std::vector<double> all = {0.25, 0.5, 1, 2, 4};
  if (!family.p_low_open && family.p_low == 0) all.push_back(0);
  return all;
}

inline math::TNorm t_norm_of(std::string_view name, double p = 0) {
  return {math::t_norm_index(name), p};
}

/// fn(family, t_norm) for each family at each of its p.
template <class Fn>
void for_each_t_norm(const Fn& fn) {
  for (const math::TNormFamily& family : math::t_norms()) {
    for (const double p : parameters_of(family)) fn(family, t_norm_of(family.name, p));
  }
}

/// Members as arrays.
template <class T>
struct Answers {
  std::vector<T> p = {}, tail = {}, log_tail = {};

  /// From a, or for members near 1 from x = 1 − a or ℓ = −ln x.
  void add(double a) { push(a, 1 - a, -std::log1p(-a)); }
  void add_tail(double x) { push(1 - x, x, -std::log(x)); }
  void add_log_tail(double l) { push(-std::expm1(-l), std::exp(-l), l); }

  [[nodiscard]] std::size_t size() const { return p.size(); }
  [[nodiscard]] math::Members<T> view() const { return {p.data(), tail.data(), log_tail.data()}; }

 private:
  void push(double a, double x, double l) {
    p.push_back(static_cast<T>(a));
    tail.push_back(static_cast<T>(x));
    log_tail.push_back(static_cast<T>(l));
  }
};

template <class T = double>
Answers<T> answers(const std::vector<double>& a) {
  Answers<T> all;
  for (const double v : a) all.add(v);
  return all;
}

/// n numbers from low to high.
inline std::vector<double> random_members(std::size_t n, unsigned seed, double low, double high) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> unit(low, high);
  std::vector<double> a(n);
  for (double& v : a) v = unit(random);
  return a;
}

/// ⊥ and T of an array.
template <class T = double>
T or_of(const math::TNorm& t_norm, const std::vector<T>& a) {
  T out = -1;
  math::connect(t_norm, math::Connective::kOr, a.data(), 1, a.size(), &out);
  return out;
}
template <class T = double>
T and_of(const math::TNorm& t_norm, const std::vector<T>& x) {
  T out = -1;
  math::connect(t_norm, math::Connective::kAnd, x.data(), 1, x.size(), &out);
  return out;
}

/// The terms put together as Fold says, in T.
template <class T>
T fold_of(math::Fold how, const std::vector<T>& term) {
  T sum = 0;
  const T largest =
      std::accumulate(term.begin(), term.end(),
                      how == math::Fold::kMax ? T(0) : -std::numeric_limits<T>::infinity(),
                      [](T a, T b) { return std::max(a, b); });
  if (how == math::Fold::kMax) return largest;
  if (how == math::Fold::kLogSum && std::isinf(largest)) return largest;
  for (const T t : term) sum += how == math::Fold::kSum ? t : std::exp(t - largest);
  return how == math::Fold::kSum ? sum : largest + std::log(sum);
}

template <class T>
struct Connected {
  T folded, value, complement;
  std::vector<T> slope;
};

template <class T>
Connected<T> connected(const math::TNorm& t_norm, const Answers<T>& members) {
  std::vector<T> term(members.size());
  math::terms(t_norm, members.view(), members.size(), term.data());
  Connected<T> all;
  all.folded = fold_of(math::fold(t_norm), term);
  math::combine(t_norm, &all.folded, 1, &all.value, &all.complement);
  const std::vector<T> spread(members.size(), all.folded);
  all.slope.resize(members.size());
  math::slopes(t_norm, members.view(), spread.data(), members.size(), all.slope.data());
  return all;
}

/// ∂A/∂p of the whole ⊥.
template <class T>
double slope_of_p(const math::TNorm& t_norm, const Answers<T>& members) {
  const T folded = connected(t_norm, members).folded;
  const std::vector<T> spread(members.size(), folded);
  std::vector<double> parts(members.size());
  double all = 0;
  math::parameter_slopes_of_value(t_norm, &folded, 1, &all);
  math::parameter_slopes_of_terms(t_norm, members.view(), spread.data(), members.size(),
                                  parts.data());
  return std::accumulate(parts.begin(), parts.end(), all);
}

}  // namespace pliant::test
