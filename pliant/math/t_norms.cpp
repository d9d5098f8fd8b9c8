// pliant/math/t_norms.cpp — the list of T-conorms as data, and the checks on p and members (no
// torch)
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "pliant/base/errors.h"
#include "pliant/math/t_norm-inl.h"
#include "pliant/math/t_norm.h"

namespace pliant::math {
namespace {

using List = HWY_NAMESPACE::TNorms;

std::vector<TNormFamily> read_list() {
  std::vector<TNormFamily> all;
  base::for_each(List{}, [&all](auto f) {
    using F = decltype(f);
    all.push_back({.name = F::name,
                   .formula = F::formula,
                   .source = F::source,
                   .limits = F::limits,
                   .has_p = F::has_p,
                   .p_low = F::p_low,
                   .p_high = F::p_high,
                   .p_low_open = F::p_low_open,
                   .p_high_open = F::p_high_open,
                   .default_p = F::default_p,
                   .idempotent = F::idempotent,
                   .strict = F::strict,
                   .nilpotent = F::nilpotent,
                   .max_ulp_float = F::max_ulp_float,
                   .max_ulp_double = F::max_ulp_double});
  });
  return all;
}

nlohmann::ordered_json number(double value) {
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

const TNormFamily& family_of(const TNorm& t_norm) {
  return t_norms()[static_cast<std::size_t>(t_norm.family)];
}

bool in_range(const TNormFamily& f, double p) {
  return (f.p_low_open ? p > f.p_low : p >= f.p_low) &&
         (f.p_high_open ? p < f.p_high : p <= f.p_high);
}

}  // namespace

const std::vector<TNormFamily>& t_norms() {
  static const std::vector<TNormFamily> all = read_list();
  return all;
}

std::vector<std::string_view> t_norm_names() {
  const auto all = base::names(List{});
  return {all.begin(), all.end()};
}

int t_norm_index(std::string_view name) { return base::index_of(List{}, name, "T-norm"); }

std::string t_norms_json() {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const TNormFamily& f : t_norms()) {
    all.push_back({{"name", f.name},
                   {"formula", f.formula},
                   {"source", f.source},
                   {"limits", f.limits},
                   {"has_p", f.has_p},
                   {"p_low", number(f.p_low)},
                   {"p_high", number(f.p_high)},
                   {"p_low_open", f.p_low_open},
                   {"p_high_open", f.p_high_open},
                   {"default_p", f.default_p},
                   {"idempotent", f.idempotent},
                   {"strict", f.strict},
                   {"nilpotent", f.nilpotent},
                   {"max_ulp_float", f.max_ulp_float},
                   {"max_ulp_double", f.max_ulp_double}});
  }
  return all.dump();
}

Fold fold(const TNorm& t_norm) {
  Fold how = Fold::kSum;
  base::visit(List{}, t_norm.family,
              [&](auto f) { how = decltype(f)(f.has_p ? t_norm.p : 0).fold(); });
  return how;
}

bool takes_logarithms(const TNorm& t_norm) {
  bool takes = false;
  base::visit(List{}, t_norm.family, [&](auto f) { takes = decltype(f)::takes_logarithms; });
  return takes;
}

void check(const TNorm& t_norm, std::string_view caller) {
  base::require(t_norm.family >= 0 && t_norm.family < List::size, caller,
                ": T-norm must be an index in [0, ", List::size, "), got ", t_norm.family);
  const TNormFamily& f = family_of(t_norm);
  if (!f.has_p) return;
  const double p = t_norm.p;
  if (std::isinf(f.p_high) || std::isinf(f.p_low)) {
    const bool above = std::isinf(f.p_high);
    base::require(in_range(f, p) || std::isinf(p), caller, ": p of ", f.name, " must be ",
                  above ? "> " : "< ", above ? f.p_low : f.p_high, ", got ", p);
    base::require(std::isfinite(p), caller, ": p of ", f.name, " must be finite, got ", p);
  } else {
    base::require(in_range(f, p), caller, ": p of ", f.name, " must be in [", f.p_low, ", ",
                  f.p_high, "], got ", p);
  }
}

template <class T>
void check_members(const T* x, std::size_t n, std::string_view caller) {
  const T* const bad = std::find_if(x, x + n, [](T v) { return v < 0 || v > 1; });
  if (bad != x + n) base::fail(caller, ": members must be in [0, 1], got ", *bad);
}
template void check_members(const float*, std::size_t, std::string_view);
template void check_members(const double*, std::size_t, std::string_view);

}  // namespace pliant::math
