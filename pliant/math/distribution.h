// pliant/math/distribution.h — relaxed comparisons: the CDF of a distribution, sharpened (no SIMD,
// no torch)
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pliant::math {

/// A relaxed step: P(x) = F(u), u = scale·x·(|x| + ε)^(power − 1) + shift, where F is the CDF of
/// the family. Everything but `shape` acts on the argument, so every family can take every setting:
/// `scale` is the inverse temperature, `power` = 1 − λ the activation replacement trick (ICML
/// 2021), `power` = 2 GenDR's squared distance. ε is 0 where power is a whole number and 1e-10
/// elsewhere, which keeps the slope at x = 0 finite (at most scale·ε^(power − 1)).
struct Distribution {
  int family = 0;    ///< index in the list; family_index("cauchy")
  double scale = 1;  ///< > 0
  double power = 1;  ///< > 0
  double shift = 0;  ///< finite
  double shape = 1;  ///< in [kShapeLow, kShapeHigh]; only gamma and gamma_rev look at it
  /// An error-free decision (Kim et al., Generalized Neural Sorting Networks with Error-Free
  /// Differentiable Swap Functions, ICLR 2024): whoever decides takes step() for the answer and
  /// P(x) for the gradient alone. decide() does not look at it.
  bool straight_through = false;
};

/// The shapes that gamma's formulas are made and tested for.
inline constexpr double kShapeLow = 1e-2, kShapeHigh = 1e3;

/// What decide() writes, one value for each x; a null pointer means not wanted.
template <class T>
struct Decision {
  T* p = nullptr;  ///< F(u), in [0, 1]
  T* tail =
      nullptr;  ///< 1 − F(u), by its own formula: keeps its relative accuracy where p rounds to 1
  T* density = nullptr;   ///< dF(u(x))/dx = f(u)·du/dx
  T* log_tail = nullptr;  ///< −ln(1 − F(u)) ≥ 0, +inf where the tail is 0
};

/// Relaxed comparisons of `n` values. `out` may alias `x`. T is float or double; float results come
/// from float arithmetic (gamma's from double). A density that is infinite, or too large, is the
/// largest number there is. Cost: about 1 ns a value on tiles of 64 and more (gamma: 100 and more,
/// the more the larger its shape). NaN gives NaN.
/// @pre check(distribution) passes; this is not checked again here
template <class T>
void decide(const Distribution& distribution, const T* x, std::size_t n, Decision<T> out);

/// The hard step: p = 1 where x > 0, 0 where x < 0, 1/2 where x = 0, NaN where x is. `p` may be x.
template <class T>
void step(const T* x, std::size_t n, T* p);

/// The gradient of Σ_i g[i]·F(u(x[i])) with respect to (scale, power, shift, shape), added to
/// gradient[0…3] in double, in the order of i. The shape's is exactly 0 for families that have
/// none; where there is one, it is taken from four neighbouring shapes in double.
template <class T>
void add_parameter_gradient(const Distribution& distribution, const T* x, const T* g, std::size_t n,
                            double* gradient);

/// @throws std::invalid_argument that names `caller`, the parameter, its range and the value, e.g.
/// "sort: steepness must be > 0, got -1" (scale is called steepness where callers say so by
/// `scale_name`)
void check(const Distribution& distribution, std::string_view caller,
           std::string_view scale_name = "scale");

/// How far outside (x < 0) the relaxed step is still above `level`: the least r ≥ 0 with F(u(−r'))
/// ≤ level for all r' ≥ r; +inf if there is none. Units of x.   @param level  in (0, 1)
double support_radius(const Distribution& distribution, double level = 1e-6);

/// What a family is, as data. Every entry is measured or checked by tests/math.
struct Family {
  std::string_view name;
  std::string_view formula;  ///< F(u), as text
  std::string_view source;   ///< paper and equation or table
  bool symmetric;            ///< F(−u) = 1 − F(u)
  bool monotonic_swap;  ///< as a conditional swap, non-decreasing in both inputs: F(−u) ≥ u·f(−u)
                        ///< and 1 − F(u) ≥ u·f(u), u ≥ 0
  bool has_shape;       ///< looks at `shape`
  double support_low;   ///< F(u) = 0 for u ≤ this (−inf if nowhere)
  double support_high;  ///< F(u) = 1 for u ≥ this (+inf if nowhere)
  double swap_error;  ///< sup over u ≥ 0 of u·max(F(−u), 1 − F(u)), at scale 1 and shape 1: a
                      ///< relaxed minimum is off by at most this/scale
  double sort_scale;  ///< scale per unit of the steepness of the sorting papers (reciprocal: 1/2)
  double max_ulp_float;   ///< largest error of p, tail, density and −ln(tail) in float, in ULP,
                          ///< on the whole range of arguments and shapes
  double max_ulp_double;  ///< the same in double
};

/// All families, in the order of their indices.
const std::vector<Family>& families();

/// Their names.
std::vector<std::string_view> family_names();

/// @throws std::invalid_argument "unknown distribution 'cauchi'; there are: …"
int family_index(std::string_view name);

/// families() as JSON: an array of objects with the names above; infinities as "inf" and "-inf".
std::string families_json();

}  // namespace pliant::math
