// pliant/math/t_norm.h — relaxed "or" and "and" of any number of answers: T-conorms and T-norms (no
// SIMD, no torch)
//
// A T-conorm ⊥ of n members a_j in [0, 1] is A = h⁻¹(Σ h(a_j)) for its generator h, with h(0) = 0
// (max has none). Whoever walks over members in pieces, as the renderer does,
//
//   takes their terms, folds these (fold() says how), and has A from the folded term: combine();
//   then goes over the members once more for ∂A/∂a_j, which needs the folded term alone: slopes().
//
// Whoever has the members in one array calls connect().
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pliant::math {

/// A T-conorm ⊥ (a fuzzy "or": symmetric, associative, non-decreasing, ⊥(a, 0) = a) and its dual
/// T-norm (a fuzzy "and") T(a, b) = 1 − ⊥(1 − a, 1 − b).
struct TNorm {
  int family = 0;  ///< index in the list; t_norm_index("yager")
  double p = 0;    ///< in the family's range; only families with has_p look at it
};

/// How the terms of the members of one ⊥ are put together. No members: the neutral element.
enum class Fold {
  kSum,  ///< Σ term; neutral 0
  kLogSum,  ///< ln Σ e^term, by the largest term m and Σ e^(term − m); neutral −inf. m = ±inf is
            ///< the sum itself.
  kMax  ///< the largest term; neutral 0
};

/// It depends on the family, and for hamacher on p (kLogSum at p = 0, kSum elsewhere).
Fold fold(const TNorm& t_norm);

/// Whether terms() and slopes() look at log_tail alone, so that who decides may leave p and tail
/// out.
bool takes_logarithms(const TNorm& t_norm);

/// Answers to be or-ed, each with its complement 1 − p and −ln of the complement, as decide() gives
/// them: a member near 1 keeps its accuracy by the complement, one whose complement is 0 by the
/// logarithm.
template <class T>
struct Members {
  const T* p;
  const T* tail;
  const T* log_tail;
};

// All of these take T = float or double, work in T, and give NaN for NaN alone. Each output may be
// an input. Cost: 0.2 to 5 ns a value, by family, type and function (docs/t_norms.md). @pre
// check(t_norm) passes

/// out[i] = h(a_i) (kSum), ln h(a_i) (kLogSum) or a_i (kMax). 0 or −inf for a_i = 0; +inf for a_i =
/// 1 (log_tail = +inf) where h is infinite there: everywhere but for max and yager.
template <class T>
void terms(const TNorm& t_norm, Members<T> members, std::size_t n, T* out);

/// A = ⊥(members) from folded terms, in [0, 1].
/// @param complement  1 − A, by a formula of its own (max: the difference); null = not wanted, as
///                    for `value`
template <class T>
void combine(const TNorm& t_norm, const T* folded, std::size_t n, T* value, T* complement);

/// out[i] = ∂A/∂a_i for member i of a ⊥ whose folded terms are folded[i]: in [0, 1e30], where 1e30
/// stands for all that is larger (a_i = 0 of yager, aczel_alsina and dombi with p < 1). max: 1
/// where a_i is folded[i], else 0; the caller settles ties. yager: 0 where the sum is clipped. If
/// nobody is above 0, the slope along a member alone, 1.
///
/// folded[i] = +inf says that some member is at 1: the slope is 0. It is not 0 for the member at 1
/// itself if it is the only one. A caller that cares gives, for that member, the folded terms of
/// the others, which are finite.
template <class T>
void slopes(const TNorm& t_norm, Members<T> members, const T* folded, std::size_t n, T* out);

/// ∂A/∂p = (the value's part, from folded[i]) + Σ over the members (each member's part). Both in
/// double; exactly 0 for families without p, and where folded[i] = +inf. Relative to a sum in
/// float, w = e^(term − folded) of kLogSum is off by |folded|·6e-8.
template <class T>
void parameter_slopes_of_value(const TNorm& t_norm, const T* folded, std::size_t n, double* out);
template <class T>
void parameter_slopes_of_terms(const TNorm& t_norm, Members<T> members, const T* folded,
                               std::size_t n, double* out);

/// Which of the two: ⊥, of the numbers given, or T.
enum class Connective { kOr, kAnd };

/// What a member needs beside x, which is a (kOr), or its complement 1 − a (kAnd): the other of the
/// two, and −ln(1 − a).   @param x  in [0, 1]
template <class T>
void members_of(Connective connective, const T* x, std::size_t n, T* other, T* log_tail);

/// out[r] = ⊥ or T of x[r·n … r·n + n − 1]. Sums and terms as above; of no numbers ⊥ is 0 and T is
/// 1. The result does not depend on how rows are grouped into calls. No allocation.
/// @pre check_members(x, rows·n) passes
template <class T>
void connect(const TNorm& t_norm, Connective connective, const T* x, std::size_t rows,
             std::size_t n, T* out);

/// The gradient of Σ_r g[r]·out[r]. A number at the end of its range that is alone there (the only
/// 1 of ⊥, the only 0 of T) has its right slope. Equal largest numbers of max (smallest of min)
/// share the gradient evenly.
/// @param grad_x  written
/// @param grad_p  null, or one double that the gradient of p is added to, in the order of rows
template <class T>
void connect_backward(const TNorm& t_norm, Connective connective, const T* g, const T* x,
                      std::size_t rows, std::size_t n, T* grad_x, double* grad_p);

/// @throws std::invalid_argument "t_conorm: members must be in [0, 1], got 1.5". NaN passes.
template <class T>
void check_members(const T* x, std::size_t n, std::string_view caller);

/// @throws std::invalid_argument "render: p of yager must be > 0, got -1"
void check(const TNorm& t_norm, std::string_view caller);

/// What a family is, as data. Every entry is checked by tests/math.
struct TNormFamily {
  std::string_view name;
  std::string_view formula;  ///< ⊥(a, b); or T(x, y), where that is shorter
  std::string_view source;
  std::string_view limits;       ///< what it is or becomes at special p; may be empty
  bool has_p;                    ///< looks at p
  double p_low, p_high;          ///< the range of p
  bool p_low_open, p_high_open;  ///< the end itself is not in it
  double default_p;
  bool idempotent;  ///< ⊥(a, a) = a: max alone
  bool strict;      ///< continuous, and T(x, y) grows strictly with x for y > 0
  bool nilpotent;   ///< ⊥(a, b) = 1 for some a, b < 1
  /// Largest error of A, 1 − A and ∂A/∂a in float, in ULP, where they are above 1e-6 (smaller ones:
  /// more, as their logarithm is larger), for up to eight members from 1e-6 to 1 − 1e-6 and |p|
  /// from 1/4 to 4. yager's 1 − A: in ULP of 1.
  double max_ulp_float;
  double max_ulp_double;  ///< the same in double
};

/// All families, in the order of their indices.
const std::vector<TNormFamily>& t_norms();

/// Their names.
std::vector<std::string_view> t_norm_names();

/// @throws std::invalid_argument "unknown T-norm 'yagger'; there are: …"
int t_norm_index(std::string_view name);

/// t_norms() as JSON: an array of objects with the names above; infinities as "inf" and "-inf".
std::string t_norms_json();

}  // namespace pliant::math
