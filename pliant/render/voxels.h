// pliant/render/voxels.h — meshes as solid voxels (no torch)
#pragma once

#include <cstddef>
#include <cstdint>

#include "pliant/base/parallel.h"

namespace pliant::render {

/// Meshes as faces in the unit cube.
struct VoxelArgs {
  std::size_t batch;
  std::size_t faces;
  std::size_t size;  ///< n: voxels along each axis
};

/// The voxels that a closed surface encloses, the surface included, as the ShapeNet evaluation of
/// SoftRas and GenDR counts them. With coordinates times n: along each axis in turn, where one of
/// the n × n integer points of the other two lies inside a face's projection (edges included, faces
/// seen edge-on skipped), the voxel at ⌊depth⌋ of the 4 columns that share that corner is marked;
/// so is the voxel of every vertex; then solid is what a 6-neighbour flood from the unmarked voxels
/// of the cube's border does not reach. What lies outside of the cube marks nothing.
/// @param faces   (B, F, 3, 3): face, corner, coordinate; [0, 1] is the cube. A face with a
/// coordinate
///                that is not finite marks nothing
/// @param voxels  out (B, n, n, n), by x, y, z: 1 is solid
/// @throws std::invalid_argument if n is not in 1 … 512
/// Cost: O(B · (n³ + F + columns under the faces)); parallel over the batch.
template <class T>
void voxelize(const VoxelArgs& args, const T* faces, std::uint8_t* voxels,
              const base::Executor& executor);

}  // namespace pliant::render
