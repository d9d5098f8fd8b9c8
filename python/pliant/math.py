# python/pliant/math.py — relaxed comparisons: distributions and the decision function
from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pliant._constants import shared
from pliant._library import ops

Number = float | Tensor


def read_families(text: str) -> dict[str, dict[str, Any]]:
    """A list of the library, as JSON, by name, with its infinities as numbers."""
    infinities = {"inf": float("inf"), "-inf": float("-inf")}
    families = json.loads(text)
    return {f["name"]: {key: infinities.get(value, value) for key, value in f.items()} for f in families}


_FAMILIES = read_families(ops.distributions())


@dataclass(frozen=True)
class Distribution:
    """A family of distributions with its settings, for every argument `distribution` of the library.

    Args:
        name: one of `pliant.distributions()`
        shape: in [0.01, 1000]; only gamma and gamma_rev look at it
        shift: added to the argument; finite
        art_lambda: activation replacement trick (Petersen et al., ICML 2021), in [0, 1): the argument is
            sign(x)·|x|^(1 − λ)
        straight_through: hard decisions, 0, 1, or 1/2 at ties, with the gradient of the relaxed ones at the
            hard values (error-free swaps: Kim et al., ICLR 2024). Sorted values are then exact.

    The numbers may be tensors of one element, which then get their gradients. The shape's is a difference of
    four neighbouring shapes in double: off by less than 1e-9 of the largest that there is.

    Raises:
        ValueError: if the name is unknown (the text lists the names) or a number is out of its range

    >>> art = pliant.Distribution("logistic", art_lambda=0.25)
    >>> pliant.sort(torch.tensor([2.0, 1.0]), distribution=art)[0]
    tensor([1.0000, 2.0000])
    """

    name: str
    shape: Number = 1.0
    shift: Number = 0.0
    art_lambda: Number = 0.0
    straight_through: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.art_lambda < 1:
            raise ValueError(f"Distribution: art_lambda must be in [0, 1), got {self.art_lambda}")
        ops.decide(torch.empty(0), self.name, parameters(self).detach())  # checks the rest


def distribution_of(distribution: str | Distribution) -> Distribution:
    """A distribution from what users give for one."""
    if isinstance(distribution, Distribution):
        return distribution
    return _PLAIN.get(distribution) or Distribution(distribution)


def _number(value: Number) -> Tensor:
    """A float64 CPU scalar that keeps the gradient of `value`."""
    if not isinstance(value, Tensor):
        return torch.tensor(value, dtype=torch.float64, device="cpu")
    return value.to("cpu", torch.float64).reshape(())


def parameters(distribution: Distribution, scale: Number = 1.0, power: Number = 1.0) -> Tensor:
    """What the ops take beside the name: (scale, power, shift, shape), and 1 if straight-through, float64."""
    power = power * (1 - distribution.art_lambda)
    numbers: list[Number] = [scale, power, distribution.shift, distribution.shape]
    if distribution.straight_through:
        numbers.append(1.0)
    plain = [number for number in numbers if not isinstance(number, Tensor)]
    if len(plain) < len(numbers):
        return torch.stack([_number(number) for number in numbers])
    return vector_of(*plain)


def _vector(*numbers: float) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64, device="cpu")


_shared_vector = shared(_vector)


def vector_of(*numbers: float) -> Tensor:
    """The numbers as a float64 CPU tensor, which nobody may change."""
    # A compiled graph takes the numbers as inputs, so that an annealed steepness compiles nothing anew.
    return _vector(*numbers) if torch.compiler.is_compiling() else _shared_vector(*numbers)


_PLAIN = {name: Distribution(name) for name in _FAMILIES}  # made once: a Distribution checks itself


def sort_scale(distribution: Distribution) -> float:
    """The scale per unit of the steepness of the sorting papers."""
    return float(_FAMILIES[distribution.name]["sort_scale"])


def distributions() -> list[dict[str, Any]]:
    """What distributions there are, with their properties (pliant/math/distribution.h, `Family`).

    >>> [family["name"] for family in pliant.distributions() if family["monotonic_swap"]][:2]
    ['hard', 'cauchy']
    """
    return [dict(family) for family in _FAMILIES.values()]


def decide(
    x: Tensor, distribution: str | Distribution = "cauchy", *, scale: Number = 1.0, power: Number = 1.0
) -> Tensor:
    """The relaxed answer to "is x > 0?": F(scale·sign(x)·|x|^power + shift), F the CDF of the distribution.

    Args:
        x: any shape; float32, float64, or float16/bfloat16 (worked on in float32)
        distribution: a name of `pliant.distributions()`, or a `pliant.Distribution`
        scale: inverse temperature, > 0; a number, or a tensor of one element that gets a gradient
        power: > 0; 2 asks about the squared argument. The activation replacement trick comes on top.

    Returns:
        p in [0, 1], the shape and dtype of x. NaN gives NaN.

    Raises:
        ValueError, TypeError: they name the argument

    Gradient: x, scale, power, and the distribution's shift, shape and art_lambda. Cost: about 1 ns a value
    (gamma: 100).
    Source: GenDR (Petersen et al., CVPR 2022), table 1, and the papers on sorting.

    >>> pliant.decide(torch.tensor([-1.0, 0.0, 1.0]), "cauchy")
    tensor([0.2500, 0.5000, 0.7500])
    """
    family = distribution_of(distribution)
    return ops.decide(x, family.name, parameters(family, scale, power))
