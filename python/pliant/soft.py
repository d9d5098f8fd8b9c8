# python/pliant/soft.py — the steps of arithmetic, relaxed: comparisons, choices, clamp, round
"""Elementwise functions whose steps are relaxed, for who needs no whole program. With F the CDF of the
distribution, a step is P(x) = F(beta·x):

| function | relaxed | hard |
|---|---|---|
| `greater(a, b)`, `less(a, b)` | P(a − b), P(b − a) | 1, 0, and ½ at ties |
| `equal(a, b)` | 4·P(−|a − b|)·(1 − P(−|a − b|)); logistic: sech²(beta·(a − b)/2) | 1 or 0 |
| `where(p, a, b)` | b + p·(a − b) | a where p > ½, else b |
| `maximum(a, b)`, `minimum(a, b)` | b + P(a − b)·(a − b), a − P(a − b)·(a − b) | |
| `clamp(x, low, high)` | minimum(maximum(x, low), high) | |
| `sign(x)` | 2·P(x) − 1 | −1, 0, 1 |
| `round(x)` | ⌊x⌋ + (P(f − ½) − P(−½))/(P(½) − P(−½)), f = x − ⌊x⌋ | to the nearest, ties to even |

All take tensors of any shapes that broadcast, and numbers beside a tensor; float32, float64, or halves
(decided in float32), of two dtypes the wider one. As beta → ∞ they tend to the hard functions, wherever
these have no tie. Where an operand is infinite they are the hard ones; NaN gives NaN.

Common arguments: `distribution`, a name of `pliant.distributions()` or a `pliant.Distribution`; `beta`, the
inverse temperature > 0, a number or a tensor of one element that gets a gradient; `softness`, instead of
beta, the difference of which a step is 90 % sure (`pliant.softness.beta`); `straight_through`, for the values
of the hard function with the derivatives of the relaxed one (so with a straight-through Distribution).
Wrong arguments raise TypeError or ValueError, which name function and argument. Gradient: all tensors, and
beta; there is no second derivative. Cost: about 1 ns a number for the decision (gamma: 100) and a few
passes of torch's elementwise functions.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from pliant._library import ops
from pliant.math import Distribution, Number, distribution_of, parameters
from pliant.softness import beta as beta_of_margin

Given = str | Distribution


def _operands(function: str, *values: Tensor | float) -> list[Tensor]:
    """The values as tensors; numbers have the dtype and device of the first tensor."""
    like = next((value for value in values if isinstance(value, Tensor)), None)
    if like is None:
        raise TypeError(f"soft.{function}: expected a tensor, got {type(values[0]).__name__}")
    return [
        value if isinstance(value, Tensor) else torch.as_tensor(value, dtype=like.dtype, device=like.device)
        for value in values
    ]


def _step(
    distribution: Given, beta: Number, softness: float | None, straight_through: bool
) -> tuple[str, Tensor]:
    """What the ops take of a distribution."""
    family = distribution_of(distribution)
    if softness is not None:
        beta = beta_of_margin(softness, distribution=family)
    if straight_through and not family.straight_through:
        family = replace(family, straight_through=True)
    return family.name, parameters(family, beta)


def greater(
    a: Tensor | float,
    b: Tensor | float,
    distribution: Given = "logistic",
    *,
    beta: Number = 10.0,
    softness: float | None = None,
    straight_through: bool = False,
) -> Tensor:
    """How likely a is larger than b: P(a − b), in [0, 1].

    >>> pliant.soft.greater(torch.tensor([0.0, 1.0, 1.1]), 1.0)
    tensor([4.5398e-05, 5.0000e-01, 7.3106e-01])
    >>> pliant.soft.greater(torch.tensor([1.0, 1.3]), 1.0, "cauchy", softness=0.3)
    tensor([0.5000, 0.9000])
    """
    return ops.soft_greater(
        *_operands("greater", a, b), *_step(distribution, beta, softness, straight_through)
    )


def less(
    a: Tensor | float,
    b: Tensor | float,
    distribution: Given = "logistic",
    *,
    beta: Number = 10.0,
    softness: float | None = None,
    straight_through: bool = False,
) -> Tensor:
    """How likely a is smaller than b: P(b − a), in [0, 1].

    >>> pliant.soft.less(torch.tensor([0.9, 1.0]), 1.0, straight_through=True)
    tensor([1.0000, 0.5000])
    """
    return ops.soft_less(*_operands("less", a, b), *_step(distribution, beta, softness, straight_through))


def equal(
    a: Tensor | float,
    b: Tensor | float,
    distribution: Given = "logistic",
    *,
    beta: Number = 10.0,
    softness: float | None = None,
    straight_through: bool = False,
) -> Tensor:
    """How close a and b are: 1 where they are equal. The distribution must be symmetric.

    >>> pliant.soft.equal(torch.tensor([0.9, 1.0]), 1.0)
    tensor([0.7864, 1.0000])
    """
    return ops.soft_equal(*_operands("equal", a, b), *_step(distribution, beta, softness, straight_through))


def where(p: Tensor, a: Tensor | float, b: Tensor | float, *, straight_through: bool = False) -> Tensor:
    """`a` with the chance p in [0, 1], else `b`: b + p·(a − b). Exactly a or b where p is 1 or 0, or bool.

    >>> pliant.soft.where(torch.tensor([0.0, 0.25, 1.0]), 8.0, torch.tensor(4.0))
    tensor([4., 5., 8.])
    """
    if not isinstance(p, Tensor):
        raise TypeError(f"soft.where: p must be a tensor, got {type(p).__name__}")
    if not isinstance(a, Tensor) and not isinstance(b, Tensor):
        a = torch.as_tensor(a, dtype=p.dtype if p.is_floating_point() else None, device=p.device)
    return ops.soft_where(p, *_operands("where", a, b), straight_through)


def maximum(
    a: Tensor | float,
    b: Tensor | float,
    distribution: Given = "logistic",
    *,
    beta: Number = 10.0,
    softness: float | None = None,
    straight_through: bool = False,
) -> Tensor:
    """The larger output of a relaxed swap: b + P(a − b)·(a − b).

    >>> pliant.soft.maximum(torch.tensor([0.9, 2.0]), 1.0)
    tensor([0.9731, 2.0000])
    """
    return ops.soft_maximum(
        *_operands("maximum", a, b), *_step(distribution, beta, softness, straight_through)
    )


def minimum(
    a: Tensor | float,
    b: Tensor | float,
    distribution: Given = "logistic",
    *,
    beta: Number = 10.0,
    softness: float | None = None,
    straight_through: bool = False,
) -> Tensor:
    """The smaller output of a relaxed swap: a − P(a − b)·(a − b), so that maximum + minimum = a + b.

    >>> pliant.soft.minimum(torch.tensor([0.9, 2.0]), 1.0)
    tensor([0.9269, 1.0000])
    """
    return ops.soft_minimum(
        *_operands("minimum", a, b), *_step(distribution, beta, softness, straight_through)
    )


def clamp(
    x: Tensor,
    low: Tensor | float | None = None,
    high: Tensor | float | None = None,
    distribution: Given = "logistic",
    *,
    beta: Number = 10.0,
    softness: float | None = None,
    straight_through: bool = False,
) -> Tensor:
    """X within low … high: minimum(maximum(x, low), high); None is no bound.

    >>> pliant.soft.clamp(torch.tensor([0.1, 0.5, 2.0]), 0.0, 1.0, beta=20.0)
    tensor([0.0881, 0.5000, 1.0000])
    """
    if not isinstance(x, Tensor):
        raise TypeError(f"soft.clamp: x must be a tensor, got {type(x).__name__}")
    bounds = [None if bound is None else _operands("clamp", x, bound)[1] for bound in (low, high)]
    return ops.soft_clamp(x, *bounds, *_step(distribution, beta, softness, straight_through))


def sign(
    x: Tensor,
    distribution: Given = "logistic",
    *,
    beta: Number = 10.0,
    softness: float | None = None,
    straight_through: bool = False,
) -> Tensor:
    """2·P(x) − 1, in [−1, 1].

    >>> pliant.soft.sign(torch.tensor([-1.0, 0.0, 0.1]))
    tensor([-0.9999,  0.0000,  0.4621])
    """
    return ops.soft_sign(*_operands("sign", x), *_step(distribution, beta, softness, straight_through))


def round(
    x: Tensor,
    distribution: Given = "logistic",
    *,
    beta: Number = 10.0,
    softness: float | None = None,
    straight_through: bool = False,
) -> Tensor:
    """X towards the nearest whole number: continuous, exact at whole numbers; beta → 0 is x itself.

    Below beta = 0.1 differences of chances lose digits.

    >>> pliant.soft.round(torch.tensor([1.0, 1.25, 1.5, 1.75]))
    tensor([1.0000, 1.0701, 1.5000, 1.9299])
    """
    return ops.soft_round(*_operands("round", x), *_step(distribution, beta, softness, straight_through))
