// pliant/sorting/method.cpp — the lists of networks and of relaxations as one (no torch)
#include "pliant/sorting/method.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "pliant/base/errors.h"
#include "pliant/sorting/network.h"
#include "pliant/sorting/relaxation.h"

namespace pliant::sorting {

const std::vector<Method>& methods() {
  static const std::vector<Method> all = [] {
    std::vector<Method> list;
    for (const NetworkKind& n : networks()) {
      list.push_back({n.name, "network", true, true, n.cost, n.source, {}});
    }
    for (const Relaxation& r : relaxations()) {
      list.push_back(
          {r.name, "relaxation", r.doubly_stochastic, r.monotone, r.cost, r.source, r.formula});
    }
    return list;
  }();
  return all;
}

std::vector<std::string_view> method_names() {
  std::vector<std::string_view> names;
  for (const Method& method : methods()) names.push_back(method.name);
  return names;
}

const Method& method_of(std::string_view name) {
  std::string known;
  for (const Method& method : methods()) {
    if (method.name == name) return method;
    known += (known.empty() ? "" : ", ") + std::string(method.name);
  }
  base::fail("unknown method '", name, "'; there are: ", known);
}

std::string methods_json() {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const Method& m : methods()) {
    all.push_back({{"name", m.name},
                   {"kind", m.kind},
                   {"doubly_stochastic", m.doubly_stochastic},
                   {"monotone", m.monotone},
                   {"cost", m.cost},
                   {"source", m.source},
                   {"formula", m.formula}});
  }
  return all.dump();
}

}  // namespace pliant::sorting
