# python/pliant/compat/gendr/_names.py — gendr's names and numbers of distributions, T-conorms and the rest
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pliant

# By their numbers; theirs → ours where they differ.
_DISTRIBUTIONS = (
    "hard", "uniform", "cubic_hermite", "wigner_semicircle", "gaussian", "laplace", "logistic",
    "gudermannian", "cauchy", "reciprocal", "gumbel_max", "gumbel_min", "exponential", "exponential_rev",
    "gamma", "gamma_rev", "levy", "levy_rev",
)  # fmt: skip
_OURS = {"wigner_semicircle": "wigner", "gudermannian": "sech"}
_OTHER_NAMES = {"heaviside": "hard", "hyperbolic_secant": "gudermannian"}
_SHIFTED = ("exponential", "gamma", "levy")
_T_CONORMS = (
    "hard", "max", "probabilistic", "einstein", "hamacher", "frank", "yager", "aczel_alsina", "dombi",
    "schweizer_sklar",
)  # fmt: skip
_BLENDS = ("hard", "softmax")


def _name(argument: str, given: str | int, names: Sequence[str]) -> str:
    """The name of a number, or the name itself."""
    if not isinstance(given, str) and not isinstance(given, bool) and given in range(len(names)):
        return names[given]
    if given not in names:
        listed = ", ".join(f"{number} {name}" for number, name in enumerate(names))
        raise ValueError(f"gendr: unknown {argument} {given!r}; there are: {listed}")
    return str(given)


def distribution(func: str | int, shape: float | None, shift: float | None) -> pliant.Distribution:
    """Their distribution as ours; shape and shift are looked at where theirs has them.

    Raises:
        ValueError: if there is no such distribution, or a shape it needs is not > 0
    """
    name = _name("dist_func", _OTHER_NAMES.get(func, func) if isinstance(func, str) else func, _DISTRIBUTIONS)
    mirrored = name.endswith("_rev")
    family = name.removesuffix("_rev")
    options: dict[str, Any] = {}
    if family == "gamma":
        if shape is None or not shape > 0:
            raise ValueError(f"gendr: {name} needs a dist_shape > 0, got {shape}")
        options["shape"] = shape
    if family in _SHIFTED and shift is not None:
        options["shift"] = -shift if mirrored else shift
    return pliant.Distribution(_OURS.get(name, name), **options)


def t_conorm(func: str | int) -> str:
    """The T-conorm's name, which is ours too, or "hard"."""
    return _name("aggr_alpha_func", func, _T_CONORMS)


def blend(func: str | int) -> str:
    """How colours are put together."""
    return _name("aggr_rgb_func", func, _BLENDS)
