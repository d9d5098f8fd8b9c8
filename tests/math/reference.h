// tests/math/reference.h — every distribution in quadruple precision, by textbook formulas of its
// own
#pragma once

#include <string_view>

namespace pliant::test {

__extension__ using Quad = __float128;

struct Reference {
  Quad p;         ///< F(u)
  Quad tail;      ///< 1 − F(u)
  Quad density;   ///< F′(u); 0 outside the support and at its edges
  Quad log_tail;  ///< −ln(1 − F(u)), +inf where the tail is 0
};

/// Whether the family has one: all that the library ships do.
bool has_reference(std::string_view family);

/// @pre has_reference(family)
Reference reference(std::string_view family, Quad u, double shape);

}  // namespace pliant::test
