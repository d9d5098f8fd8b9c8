// pliant/program/torch/solvers.cpp — gradients for solvers that are not relaxed
#include "pliant/program/torch/solvers.h"

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "pliant/base/torch/executor.h"
#include "pliant/base/torch/find_op.h"
#include "pliant/base/torch/op.h"
#include "pliant/base/torch/transforms.h"
#include "pliant/base/torch/working_type.h"
#include "pliant/data/shortest_path.h"

namespace pliant {
namespace {

using at::Tensor;

void check_grids(const Tensor& costs) {
  TORCH_CHECK_TYPE(costs.is_floating_point(), "shortest_path: costs must be floating point, got ",
                   costs.scalar_type());
  TORCH_CHECK_VALUE(costs.dim() >= 2 && costs.size(-1) > 0 && costs.size(-2) > 0,
                    "shortest_path: costs must have shape (…, rows, columns) with at least one "
                    "cell, got ",
                    costs.sizes());
}

Tensor shortest_path_cpu(const Tensor& costs) {
  check_grids(costs);
  const Tensor from = working(costs).contiguous();
  const Tensor paths = at::empty_like(from);
  const auto rows = static_cast<std::size_t>(costs.size(-2));
  const auto columns = static_cast<std::size_t>(costs.size(-1));
  const std::size_t cells = rows * columns;
  with_type(from, [&]<class T>(T) {
    const T* cost = from.const_data_ptr<T>();
    T* path = paths.mutable_data_ptr<T>();
    torch_executor()(static_cast<std::size_t>(from.numel()) / cells, 1,
                     [&](std::size_t begin, std::size_t end) {
                       for (std::size_t i = begin; i < end; ++i)
                         data::shortest_path(cost + i * cells, rows, columns, path + i * cells);
                     });
  });
  return paths.to(costs.scalar_type());
}

Tensor shortest_path_meta(const Tensor& costs) {
  check_grids(costs);
  return at::empty_like(costs, at::MemoryFormat::Contiguous);
}

/// What the solver says, without gradients.
Tensor solve(const char* caller, const Solver& solver, const Tensor& costs) {
  const at::NoGradGuard no_grad;
  const Tensor solution = solver(costs).to(costs.scalar_type());
  TORCH_CHECK_VALUE(solution.sizes() == costs.sizes(), caller,
                    ": the solver must give the shape of costs, ", costs.sizes(), ", got ",
                    solution.sizes());
  return solution;
}

Tensor raised(const Tensor& costs, const std::optional<double>& least) {
  return least ? costs.clamp_min(*least) : costs;
}

void check_costs(const char* caller, const Tensor& costs) {
  TORCH_CHECK_TYPE(costs.is_floating_point(), caller, ": costs must be floating point, got ",
                   costs.scalar_type());
  TORCH_CHECK_VALUE(costs.dim() >= 1, caller, ": costs must have a batch dimension, got shape ",
                    costs.sizes());
}

void check(const char* caller, const Tensor& costs, const PerturbedOptions& options,
           std::int64_t least_samples) {
  check_costs(caller, costs);
  TORCH_CHECK_VALUE(options.samples >= least_samples, caller, ": samples must be at least ",
                    least_samples, ", got ", options.samples);
  TORCH_CHECK_VALUE(options.sigma > 0 && std::isfinite(options.sigma), caller,
                    ": sigma must be > 0 and finite, got ", options.sigma);
  TORCH_CHECK_VALUE(options.whole == 0
                        ? options.first == 0
                        : options.first >= 0 && options.first + costs.size(0) <= options.whole,
                    caller, ": problems ", options.first, " … ", options.first + costs.size(0) - 1,
                    " must lie in a batch of whole = ", options.whole);
}

/// Noise, the costs with it, and their solutions, (samples, batch, shape…) each.
struct Draws {
  Tensor noise, costs, solutions;

  Draws(const char* caller, const Solver& solver, const Tensor& mean,
        const PerturbedOptions& options) {
    std::vector<std::int64_t> shape = mean.sizes().vec();
    shape.insert(shape.begin(), options.samples);
    if (options.whole == 0) {
      noise = at::randn(shape, options.generator, mean.options());
    } else {
      std::vector<std::int64_t> all = shape;
      all[1] = options.whole;
      noise = at::randn(all, options.generator, mean.options())
                  .narrow(1, options.first, mean.size(0))
                  .contiguous();
    }
    costs = mean.unsqueeze(0) + options.sigma * noise;
    const Tensor solvable = raised(costs.detach(), options.least);
    solutions = solve(caller, solver, solvable.flatten(0, 1)).view(shape);
  }
};

}  // namespace

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  define_op(library, "shortest_path(Tensor costs) -> Tensor paths", {.rows = {{"costs"}}});
}
TORCH_LIBRARY_IMPL(pliant, CPU, library) {
  library.impl("shortest_path", checked<&shortest_path_cpu>);
}
TORCH_LIBRARY_IMPL(pliant, Meta, library) {
  library.impl("shortest_path", checked<&shortest_path_meta>);
}

Tensor shortest_path(const Tensor& costs) {
  static const auto call_op = op<Tensor(const Tensor&)>("pliant::shortest_path");
  return call_op.call(costs.detach());
}

Tensor blackbox(const Solver& solver, const Tensor& costs, const BlackboxOptions& options) {
  constexpr const char* kName = "blackbox";
  check_costs(kName, costs);
  const double lambda = options.interpolation;
  TORCH_CHECK_VALUE(lambda > 0 && std::isfinite(lambda), kName,
                    ": interpolation must be > 0 and finite, got ", lambda);
  const Tensor at_costs = costs.detach(), solution = solve(kName, solver, at_costs);
  if (!costs.requires_grad()) return solution;
  // A node that hands the gradient on, but for the hook.
  const Tensor node = costs.view_as(costs);
  node.register_hook([=, least = options.least](const Tensor& gradient) {
    const Tensor moved = raised(at_costs + lambda * gradient, least);
    return (solve(kName, solver, moved) - solution) / lambda;
  });
  return solution + (node - at_costs);
}

Tensor identity_gradient(const Solver& solver, const Tensor& costs) {
  constexpr const char* kName = "identity_gradient";
  check_costs(kName, costs);
  return solve(kName, solver, costs.detach()) - (costs - costs.detach());
}

Tensor perturbed(const Solver& solver, const Tensor& costs, const PerturbedOptions& options) {
  check("perturbed", costs, options, 2);
  const Draws draws("perturbed", solver, costs.detach(), options);
  const Tensor mean = draws.solutions.mean(0);
  // 0, with the gradient of the costs in the direction of each noise.
  const Tensor moves = (draws.noise * (costs - costs.detach())).flatten(2).sum(2);
  std::vector<std::int64_t> per_sample(static_cast<std::size_t>(costs.dim()) + 1, 1);
  std::copy_n(moves.sizes().begin(), 2, per_sample.begin());
  const double scale = 1 / (options.sigma * static_cast<double>(options.samples - 1));
  return mean + scale * ((draws.solutions - mean) * moves.view(per_sample)).sum(0);
}

Tensor fenchel_young_loss(const Solver& solver, const Tensor& costs, const Tensor& target,
                          const PerturbedOptions& options) {
  constexpr const char* kName = "fenchel_young_loss";
  check(kName, costs, options, 1);
  TORCH_CHECK_VALUE(target.sizes() == costs.sizes(), kName,
                    ": target must have the shape of costs, ", costs.sizes(), ", got ",
                    target.sizes());
  const Draws draws(kName, solver, costs, options);
  const Tensor least = (draws.costs * draws.solutions).mean(0);
  return (costs * target.to(costs.scalar_type()) - least).flatten(1).sum(1);
}

}  // namespace pliant
