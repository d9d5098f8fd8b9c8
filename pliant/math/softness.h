// pliant/math/softness.h — how soft a relaxed step is, in the user's terms: widths and margins
// instead of scales (no SIMD, no torch)
#pragma once

#include "pliant/math/distribution.h"

namespace pliant::math {

/// The shares between which the width of an edge is measured.
inline constexpr double kEdgeLow = 0.1, kEdgeHigh = 0.9;

/// Where the relaxed step reaches a share: the x with P(x) = p, and where P jumps over p, the jump.
/// Found by bisection to the last bits of double.
/// @param p  in (0, 1)
/// @throws std::invalid_argument that names p, or the parameter of the distribution
double quantile(const Distribution& distribution, double p);

/// How wide the step is: from where P is kEdgeLow to where it is kEdgeHigh, in units of x. 0 for
/// the hard step.
/// @throws as quantile
double edge_width(const Distribution& distribution);

/// The scale that makes the step so wide; the distribution's own scale is not looked at.
/// @param width  > 0 and finite, in units of x
/// @throws std::invalid_argument that names `width`, or says that the distribution has no width
double scale_of_width(const Distribution& distribution, double width);

/// The scale at which P(margin) = chance: how sure a comparison is of a difference. The
/// distribution's own scale is not looked at.
/// @param margin  > 0 and finite, in units of x
/// @param chance  above P(0), below 1: of a symmetric distribution above 1/2
/// @throws std::invalid_argument that names `margin` or `chance`, or says that the distribution
/// decides at once
double scale_of_margin(const Distribution& distribution, double margin, double chance = 0.9);

}  // namespace pliant::math
