# python/pliant/solvers.py — gradients for solvers that are not relaxed
"""A solver is any function of a batch of costs (batch, shape…) to what minimises the product ⟨costs, y⟩ for
each, a tensor of the same shape; it is called without gradients. To maximise, negate the costs. These are
what relaxed programs are compared with: they know nothing of the algorithm but its results.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from pliant._library import ops

Solver = Callable[[Tensor], Tensor]


def shortest_path(costs: Tensor) -> Tensor:
    """The cheapest path over each grid from its first cell to its last, exactly (Dijkstra's algorithm).

    Args:
        costs: (…, rows, columns), of entering a cell, finite and >= 0; a step goes to any of 8 neighbours

    Returns:
        The shape and dtype of costs: 1 on the path, else 0. Of several that cost the same, the one that comes
        to each cell from the nearest neighbour, the first of equals in the order of the rows: what
        `pliant.program.load("shortest_path").hard` gives. No gradient; `blackbox` and others give it one.

    Raises:
        ValueError, TypeError: for another shape or dtype, or costs that are negative or not finite

    >>> pliant.shortest_path(torch.tensor([[1.0, 9.0, 9.0], [1.0, 9.0, 1.0], [9.0, 1.0, 1.0]]))
    tensor([[1., 0., 0.],
            [1., 0., 0.],
            [0., 1., 1.]])
    """
    return ops.shortest_path(costs.detach())


def blackbox(
    solver: Solver, costs: Tensor, *, interpolation: float = 20.0, least: float | None = None
) -> Tensor:
    """The solution, with the gradient of a piecewise linear interpolation of the loss.

    Args:
        solver: see the module
        costs: (batch, shape…), float
        interpolation: λ > 0, how far the second call is from the first
        least: the second call sees no costs below this: 0 for `shortest_path`

    Returns:
        The shape of costs. The gradient of the costs is (y(c + λ ∂L/∂y) - y(c))/λ. Cost: a call of the
        solver, and one on the way back.

    Raises:
        ValueError, TypeError: that names the argument, what was expected and what came
    Source: Vlastelica et al., Differentiation of Blackbox Combinatorial Solvers, ICLR 2020.

    >>> costs = torch.rand(2, 3, 3, requires_grad=True)
    >>> pliant.blackbox(pliant.shortest_path, costs, least=0.0).sum().backward()
    """
    _check_costs("blackbox", costs)
    _check_positive("blackbox", "interpolation", interpolation)
    return _Blackbox.apply(costs, solver, interpolation, least)


def identity_gradient(solver: Solver, costs: Tensor) -> Tensor:
    """The solution, with -∂L/∂y as the gradient of the costs.

    Args:
        solver: see the module
        costs: (batch, shape…), float

    Returns:
        The shape of costs. Cost: a call of the solver.
    Source: Sahoo et al., Backpropagation through Combinatorial Algorithms: Identity with Projection Works,
    ICLR 2023.

    >>> cheapest = lambda costs: torch.nn.functional.one_hot(costs.argmin(-1), costs.shape[-1])
    >>> costs = torch.tensor([[3.0, 1.0, 2.0]], requires_grad=True)
    >>> pliant.identity_gradient(cheapest, costs)[0, 1].backward()
    >>> costs.grad
    tensor([[-0., -1., -0.]])
    """
    _check_costs("identity_gradient", costs)
    return _solve("identity_gradient", solver, costs.detach()) - (costs - costs.detach())


def perturbed(
    solver: Solver,
    costs: Tensor,
    *,
    samples: int = 16,
    sigma: float = 1.0,
    least: float | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """The mean solution under Gaussian noise, E[y(c + σZ)], with an estimate of its gradient.

    Args:
        solver: see the module
        costs: (batch, shape…), float
        samples: of the noise, >= 2
        sigma: its standard deviation σ > 0
        least: the solver sees no perturbed costs below this: 0 for `shortest_path`
        generator: of the noise; None: torch's

    Returns:
        The shape of costs. The gradient is E[⟨∂L/∂y, y - ȳ⟩ Z]/σ over the same samples: ȳ, their mean,
        lowers the variance, and n/(n - 1) keeps it unbiased. Cost: one call of the solver for `samples`
        times the batch.

    Raises:
        ValueError, TypeError: that names the argument, what was expected and what came
    Source: Berthet et al., Learning with Differentiable Perturbed Optimizers, NeurIPS 2020.

    >>> cheapest = lambda costs: torch.nn.functional.one_hot(costs.argmin(-1), costs.shape[-1])
    >>> costs = torch.tensor([[1.0, 1.0, 9.0]], requires_grad=True)
    >>> y = pliant.perturbed(cheapest, costs, samples=4000, generator=torch.Generator().manual_seed(0))
    >>> y.detach().round(decimals=1)
    tensor([[0.5000, 0.5000, 0.0000]])
    """
    draws = _draw("perturbed", solver, costs.detach(), samples, 2, sigma, least, generator)
    noise, _, solutions = draws
    mean = solutions.mean(0)
    # 0, with the gradient of the costs in the direction of each noise.
    moves = (noise * (costs - costs.detach())).flatten(2).sum(2)
    moves = moves.reshape(*moves.shape, *[1] * (costs.dim() - 1))
    return mean + ((solutions - mean) * moves).sum(0) / (sigma * (samples - 1))


def fenchel_young_loss(
    solver: Solver,
    costs: Tensor,
    target: Tensor,
    *,
    samples: int = 16,
    sigma: float = 1.0,
    least: float | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """The Fenchel-Young loss of a perturbed solver: ⟨c, y*⟩ - E[min_y ⟨c + σZ, y⟩], and what no c changes.

    Args:
        solver, costs, sigma, least, generator: as of `perturbed`
        target: y*, the right solutions, the shape of costs
        samples: of the noise, >= 1

    Returns:
        (batch). Its gradient is y* - E[y(c + σZ)]; it is convex in c where `least` does not change the
        solutions. Cost: one call of the solver for `samples` times the batch.

    Raises:
        ValueError, TypeError: that names the argument, what was expected and what came
    Source: as of `perturbed`.

    >>> cheapest = lambda costs: torch.nn.functional.one_hot(costs.argmin(-1), costs.shape[-1])
    >>> costs, target = torch.tensor([[1.0, 1.0, 9.0]], requires_grad=True), torch.tensor([[0.0, 1.0, 0.0]])
    >>> noise = torch.Generator().manual_seed(0)
    >>> pliant.fenchel_young_loss(cheapest, costs, target, samples=4000, generator=noise).sum().backward()
    >>> costs.grad.round(decimals=1)
    tensor([[-0.5000,  0.5000,  0.0000]])
    """
    name = "fenchel_young_loss"
    if target.shape != costs.shape:
        shapes = f"{tuple(costs.shape)}, got {tuple(target.shape)}"
        raise ValueError(f"{name}: target must have the shape of costs, {shapes}")
    _, moved, solutions = _draw(name, solver, costs, samples, 1, sigma, least, generator)
    return (costs * target.to(costs.dtype) - (moved * solutions).mean(0)).flatten(1).sum(1)


class _Blackbox(torch.autograd.Function):
    @staticmethod
    def forward(costs: Tensor, solver: Solver, interpolation: float, least: float | None) -> Tensor:
        return _solve("blackbox", solver, costs.detach())

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        costs, ctx.solver, ctx.interpolation, ctx.least = inputs
        ctx.save_for_backward(costs.detach(), output)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        costs, solution = ctx.saved_tensors
        moved = _raised(costs + ctx.interpolation * gradient, ctx.least)
        return (_solve("blackbox", ctx.solver, moved) - solution) / ctx.interpolation, None, None, None


def _draw(
    name: str,
    solver: Solver,
    costs: Tensor,
    samples: int,
    least_samples: int,
    sigma: float,
    least: float | None,
    generator: torch.Generator | None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Noise, the costs with it, and their solutions, (samples, batch, shape…) each."""
    _check_costs(name, costs)
    if samples < least_samples:
        raise ValueError(f"{name}: samples must be at least {least_samples}, got {samples}")
    _check_positive(name, "sigma", sigma)
    shape = (samples, *costs.shape)
    noise = torch.randn(shape, dtype=costs.dtype, device=costs.device, generator=generator)
    moved = costs + sigma * noise
    solvable = _raised(moved.detach(), least)
    return noise, moved, _solve(name, solver, solvable.flatten(0, 1)).view(shape)


def _solve(name: str, solver: Solver, costs: Tensor) -> Tensor:
    with torch.no_grad():
        solution = solver(costs).to(costs.dtype)
    if solution.shape != costs.shape:
        shapes = f"{tuple(costs.shape)}, got {tuple(solution.shape)}"
        raise ValueError(f"{name}: the solver must give the shape of costs, {shapes}")
    return solution


def _raised(costs: Tensor, least: float | None) -> Tensor:
    return costs if least is None else costs.clamp_min(least)


def _check_costs(name: str, costs: Tensor) -> None:
    if not costs.is_floating_point():
        raise TypeError(f"{name}: costs must be floating point, got {costs.dtype}")
    if costs.dim() < 1:
        raise ValueError(f"{name}: costs must have a batch dimension, got shape {tuple(costs.shape)}")


def _check_positive(name: str, argument: str, value: float) -> None:
    if not (value > 0 and math.isfinite(value)):
        raise ValueError(f"{name}: {argument} must be > 0 and finite, got {value}")
