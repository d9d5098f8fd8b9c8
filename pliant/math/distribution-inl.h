// pliant/math/distribution-inl.h — the list of distributions (no torch)
//
// Re-read per SIMD target. A family may stand in the file of its kind or in this one; in the list
// at the foot it is in every table, op and test (docs/adding_a_variant.md).
#if defined(PLIANT_MATH_DISTRIBUTION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PLIANT_MATH_DISTRIBUTION_INL_H_
#undef PLIANT_MATH_DISTRIBUTION_INL_H_
#else
#define PLIANT_MATH_DISTRIBUTION_INL_H_
#endif

#include <string_view>

#include "pliant/base/type_list.h"
#include "pliant/math/asymmetric-inl.h"
#include "pliant/math/symmetric-inl.h"

PLIANT_MATH_BEGIN

/// Every family there is; a family's place here is its index.
using Distributions =
    base::TypeList<Hard, Uniform, CubicHermite, Wigner, Gaussian, Laplace, Logistic, Sech, Cauchy,
                   Reciprocal, Optimal, GumbelMax, GumbelMin, Exponential, ExponentialRev, Gamma,
                   GammaRev, Levy, LevyRev>;

PLIANT_MATH_END
#endif  // PLIANT_MATH_DISTRIBUTION_INL_H_
