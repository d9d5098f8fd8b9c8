// pliant/render/smoothness.h — Laplacian and flatness of meshes, as losses (no torch)
#pragma once

#include <cstddef>
#include <cstdint>

#include "pliant/base/parallel.h"

namespace pliant::render {

/// The neighbours of every vertex, as Topology has them.
struct NeighbourArgs {
  std::size_t batch;
  std::size_t vertices;
  std::size_t count;               ///< of neighbours in all
  const std::int64_t* offsets;     ///< (V + 1)
  const std::int64_t* neighbours;  ///< (count)
};

/// loss[b] = Σ_v ‖x_v − mean of its neighbours‖² (the uniform Laplacian; SoftRas's regulariser).
/// A vertex without neighbours counts 0.
/// @param x  (B, V, 3)   @param delta  out, or scratch (B, V, 3): x_v − mean   @param loss  out (B)
/// @throws std::invalid_argument if offsets or neighbours are not as Topology has them
/// Cost: O(B · (V + E)); parallel over the batch.
template <class T>
void laplacian_forward(const NeighbourArgs& args, const T* x, T* delta, T* loss,
                       const base::Executor& executor);

/// @param grad_loss  (B)   @param grad_x  out (B, V, 3): 2 Lᵀ L x times it
template <class T>
void laplacian_backward(const NeighbourArgs& args, const T* x, const T* grad_loss, T* delta,
                        T* grad_x, const base::Executor& executor);

/// Edges with the two vertices that are opposite to them, as Topology::interior has them.
struct HingeArgs {
  std::size_t batch;
  std::size_t vertices;
  std::size_t count;
  const std::int64_t* hinges;  ///< (count, 4)
};

/// loss[b] = Σ over the edges of (cos ∠(h₁, h₂) + 1)², 0 for a flat surface: h_i = b_i − e
/// (e·b_i)/(|e|²
/// + ε) are the heights of the two faces over their edge e, cos = h₁·h₂ / (|h₁||h₂| + ε), ε = 1e-6.
/// @param x  (B, V, 3)   @param loss  out (B)
/// @throws std::invalid_argument if a vertex is not in 0 … V − 1
template <class T>
void flatten_forward(const HingeArgs& args, const T* x, T* loss, const base::Executor& executor);

/// A height of length 0 has no direction and gets no gradient through its length.
template <class T>
void flatten_backward(const HingeArgs& args, const T* x, const T* grad_loss, T* grad_x,
                      const base::Executor& executor);

}  // namespace pliant::render
