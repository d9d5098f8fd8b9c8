// pliant/render/gather.h — values of vertices at the corners of faces, and back (no torch)
#pragma once

#include <cstddef>
#include <cstdint>

#include "pliant/base/parallel.h"

namespace pliant::render {

/// Sizes of the two directions below.
struct CornerShape {
  std::size_t batch;
  std::size_t vertices;
  std::size_t faces;
  std::size_t channels;      ///< values a vertex
  bool shared_faces = true;  ///< one list of faces (F, 3) for all of the batch, else (B, F, 3)
};

/// corners[b, f, k] = values[b, faces[b, f, k]].
/// @param values   (B, V, C)   @param faces  (F, 3) or (B, F, 3)
/// @param corners  out (B, F, 3, C)
/// @throws std::invalid_argument that names `function`, the face and its vertex if a vertex is not
/// in
///         0 … V − 1
template <class T>
void gather_corners(const char* function, const CornerShape& shape, const T* values,
                    const std::int64_t* faces, T* corners, const base::Executor& executor);

/// Its adjoint: values[b, v] = Σ corners[b, f, k] over the corners whose vertex is v, in the order
/// of faces, whatever the threads.
/// @param values  out (B, V, C)   @throws as gather_corners
template <class T>
void scatter_corners(const char* function, const CornerShape& shape, const T* corners,
                     const std::int64_t* faces, T* values, const base::Executor& executor);

}  // namespace pliant::render
