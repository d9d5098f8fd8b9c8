// pliant/render/objects.h — recognisable objects of simple parts, as data that everybody has (no
// torch)
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "pliant/render/primitives.h"

namespace pliant::render {

// Families of objects with proportions that vary. All stand upright (y) with their front towards
// −z, fill a cube of side 1 around 0 in its longest direction, and are made of closed parts that
// may overlap: silhouettes and solid voxels are those of the union.

/// airplane, blob, boat, capsule, car, chair, cow, lamp, sofa, superquadric, table.
std::vector<std::string_view> object_families();

/// The family's object of middling proportions.
/// @throws std::invalid_argument if the name is unknown; the text lists the names
TriangleMesh make_object(std::string_view family);

/// Object `index` of a family: every proportion is drawn evenly from its range, as a function of
/// (seed, family, index) alone.   @throws std::invalid_argument as make_object
TriangleMesh draw_object(std::string_view family, std::uint64_t seed, std::uint64_t index);

}  // namespace pliant::render
