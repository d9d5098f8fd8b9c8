// pliant/math/t_norm-inl.h — the list of T-conorms (no torch)
//
// Re-read per SIMD target. A family may stand in the file of its kind or in this one; in the list
// at the foot it is in every table, op and test (docs/adding_a_variant.md).
#if defined(PLIANT_MATH_T_NORM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PLIANT_MATH_T_NORM_INL_H_
#undef PLIANT_MATH_T_NORM_INL_H_
#else
#define PLIANT_MATH_T_NORM_INL_H_
#endif

#include <string_view>

#include "pliant/base/type_list.h"
#include "pliant/math/t_norm_power-inl.h"
#include "pliant/math/t_norm_sum-inl.h"

PLIANT_MATH_BEGIN

/// The only one with ⊥(a, a) = a. It has no generator: its terms are its members.
struct Maximum : TNormDefaults {
  static constexpr std::string_view name = "max";
  static constexpr std::string_view formula = "max(a, b)";
  static constexpr std::string_view source = "Gödel, Zadeh; GenDR (CVPR 2022)";
  static constexpr bool idempotent = true;
  static constexpr bool strict = false;
  static constexpr bool infinite_at_one = false;
  static constexpr double max_ulp_float = 0;
  static constexpr double max_ulp_double = 0;

  explicit Maximum(double = 0) {}
  [[nodiscard]] Fold fold() const { return Fold::kMax; }
  template <class V>
  PLIANT_FN V term(Member<V> m) const {
    return m.p;
  }
  template <class V>
  PLIANT_FN Sides<V> value(V folded) const {
    return {folded, V(1) - folded};
  }
  template <class V>
  PLIANT_FN V slope(Member<V> m, V folded) const {
    return select(m.p == folded, V(1), select(m.p < folded, V(0), m.p - m.p));  // NaN stays
  }
};

/// Every family there is; a family's place here is its index.
using TNorms = base::TypeList<Maximum, Probabilistic, Einstein, Hamacher, Frank, Yager, AczelAlsina,
                              Dombi, SchweizerSklar>;

PLIANT_MATH_END
#endif  // PLIANT_MATH_T_NORM_INL_H_
