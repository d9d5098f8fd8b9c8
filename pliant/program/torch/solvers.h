// pliant/program/torch/solvers.h — gradients for solvers that are not relaxed: what relaxed
// programs are compared with
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <optional>

namespace pliant {

/// A batch of problems solved exactly: costs (batch, shape…) to what minimises ⟨costs, y⟩ for each,
/// of the same shape. It is called without gradients. To maximise, negate the costs.
using Solver = std::function<at::Tensor(const at::Tensor& costs)>;

/// The solver of shortest paths: the cells of the cheapest path over each grid from its first cell
/// to its last by 8 neighbours (data::shortest_path).
/// @param costs  (…, rows, columns), of entering a cell: finite and ≥ 0   @return the shape and
/// dtype of costs: 1 on the path, else 0; no gradient   Cost: Dijkstra's, the batch shared by the
/// threads
at::Tensor shortest_path(const at::Tensor& costs);

struct BlackboxOptions {
  double interpolation = 20;         ///< λ > 0: how far the second call is from the first
  std::optional<double> least = {};  ///< the second call sees no costs below this (0 for paths)
};

/// The solution, with the gradient of a piecewise linear interpolation of the loss (Vlastelica et
/// al., Differentiation of Blackbox Combinatorial Solvers, ICLR 2020): (y(c + λ·∂L/∂y) − y(c))/λ.
/// @param costs  (batch, shape…)   @return the shape of costs   Cost: a call there, one back
/// @throws c10::ValueError if an option is out of its range, or the solution has another shape
at::Tensor blackbox(const Solver& solver, const at::Tensor& costs,
                    const BlackboxOptions& options = {});

/// The solution, with −∂L/∂y as the gradient of the costs (Sahoo et al., Backpropagation through
/// Combinatorial Algorithms: Identity with Projection Works, ICLR 2023).   Cost: a call
at::Tensor identity_gradient(const Solver& solver, const at::Tensor& costs);

struct PerturbedOptions {
  std::int64_t samples = 16;         ///< of the noise, ≥ 1; of perturbed() ≥ 2
  double sigma = 1;                  ///< its standard deviation, > 0
  std::optional<double> least = {};  ///< perturbed costs are not below this (0 for paths)
  std::optional<at::Generator> generator = {};  ///< none: torch's
  /// Where the batch is a part of a larger one, of `whole` problems, from problem `first` on: it
  /// has the noise that it would have there. 0: it is all.
  std::int64_t first = 0, whole = 0;
};

/// The mean solution under Gaussian noise, E[y(c + σZ)], and an estimate of its gradient by the
/// same samples, E[⟨∂L/∂y, y − ȳ⟩ Z]/σ (Berthet et al., Learning with Differentiable Perturbed
/// Optimizers, NeurIPS 2020; ȳ, the samples' mean, lowers the variance, and n/(n − 1) keeps it
/// unbiased).
/// @param costs  (batch, shape…)   @return the shape of costs   Cost: one call for `samples`
/// batches
at::Tensor perturbed(const Solver& solver, const at::Tensor& costs,
                     const PerturbedOptions& options = {});

/// The Fenchel–Young loss of a perturbed solver (the same): ⟨c, y*⟩ − E[min_y ⟨c + σZ, y⟩], less
/// what does not depend on c; without `least` its gradient is y* − E[y(c + σZ)], and it is convex
/// in c.
/// @param target  y*, the shape of costs   @return (batch)   Cost: one call for `samples` batches
at::Tensor fenchel_young_loss(const Solver& solver, const at::Tensor& costs,
                              const at::Tensor& target, const PerturbedOptions& options = {});

}  // namespace pliant
