// pliant/sorting/method.cpp — the lists of networks, of relaxations and of what needs neither, as
// one (no torch)
#include "pliant/sorting/method.h"

#include <array>
#include <nlohmann/json.hpp>

#include "pliant/base/errors.h"
#include "pliant/sorting/network.h"
#include "pliant/sorting/relaxation.h"

namespace pliant::sorting {
namespace {

constexpr std::string_view kBlondel =
    "Blondel et al., Fast Differentiable Sorting and Ranking (ICML 2020)";

/// What sorts each row once, by the ops of fast_sort.h and lap_sum.h.
constexpr std::array<Method, 3> kOrdered = {{
    {.name = "lapsum",
     .kind = "lapsum",
     .permutation = true,
     .doubly_stochastic = true,
     .monotone = false,
     .cost = "O(n²); of the top k O(n·(log n + k))",
     .source = "Struski et al., LapSum: One Method to Differentiate Them All (ICML 2025)",
     .formula = "P[i, r] = p_i(n − r) − p_i(n − r − 1), p_i(k) = F(s·(x_i − b_k)), F the Laplace "
                "distribution's, b_k such that Σ p_i(k) = k",
     .regularization = {}},
    {.name = "fast",
     .kind = "projection",
     .permutation = false,
     .doubly_stochastic = false,
     .monotone = true,
     .cost = "O(n log n)",
     .source = kBlondel,
     .formula = "values: s·(1 … n), projected onto the hull of the orders of x; ranks: s·x, onto "
                "that of the orders of (1 … n)",
     .regularization = "l2"},
    {.name = "fast_kl",
     .kind = "projection",
     .permutation = false,
     .doubly_stochastic = false,
     .monotone = true,
     .cost = "O(n log n)",
     .source = kBlondel,
     .formula = "as fast, by the Kullback-Leibler divergence of exponentials",
     .regularization = "kl"},
}};

/// Names joined by commas, of the methods that `wanted` picks.
template <class Wanted>
std::string names(const Wanted& wanted) {
  std::string list;
  for (const Method& method : methods()) {
    if (wanted(method)) list += (list.empty() ? "" : ", ") + std::string(method.name);
  }
  return list;
}

}  // namespace

const std::vector<Method>& methods() {
  static const std::vector<Method> all = [] {
    std::vector<Method> list;
    for (const NetworkKind& n : networks()) {
      list.push_back({n.name, "network", true, true, true, n.cost, n.source, {}, {}});
    }
    for (const Relaxation& r : relaxations()) {
      list.push_back({r.name,
                      "relaxation",
                      true,
                      r.doubly_stochastic,
                      r.monotone,
                      r.cost,
                      r.source,
                      r.formula,
                      {}});
    }
    list.insert(list.end(), kOrdered.begin(), kOrdered.end());
    return list;
  }();
  return all;
}

std::vector<std::string_view> method_names() {
  std::vector<std::string_view> names;
  for (const Method& method : methods()) names.push_back(method.name);
  return names;
}

std::vector<std::string_view> permutation_method_names() {
  std::vector<std::string_view> all;
  for (const Method& method : methods()) {
    if (method.permutation) all.push_back(method.name);
  }
  return all;
}

const Method& method_of(std::string_view name) {
  for (const Method& method : methods()) {
    if (method.name == name) return method;
  }
  base::fail("unknown method '", name, "'; there are: ", names([](const Method&) { return true; }));
}

std::string names_with_permutation() {
  return names([](const Method& method) { return method.permutation; });
}

std::string methods_json() {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const Method& m : methods()) {
    all.push_back({{"name", m.name},
                   {"kind", m.kind},
                   {"permutation", m.permutation},
                   {"doubly_stochastic", m.doubly_stochastic},
                   {"monotone", m.monotone},
                   {"cost", m.cost},
                   {"source", m.source},
                   {"formula", m.formula},
                   {"regularization", m.regularization}});
  }
  return all.dump();
}

}  // namespace pliant::sorting
