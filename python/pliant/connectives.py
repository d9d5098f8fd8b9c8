# python/pliant/connectives.py — relaxed "or" and "and" of any number of answers: T-conorms and T-norms
from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pliant._library import ops
from pliant.math import Number, read_families, vector_of

_FAMILIES = read_families(ops.t_norms())


def t_norms() -> list[dict[str, Any]]:
    """What T-norms there are, with their properties (pliant/math/t_norm.h, `TNormFamily`).

    >>> [family["name"] for family in pliant.t_norms() if family["idempotent"] or family["nilpotent"]]
    ['max', 'yager']
    """
    return [dict(family) for family in _FAMILIES.values()]


def t_norm_parameters(t_norm: str, p: Number | None) -> Tensor:
    """What the ops take beside the name: (p,), float64; the family's own p where none is given."""
    if p is None:
        p = float(_FAMILIES.get(t_norm, {}).get("default_p", 0.0))
    if isinstance(p, Tensor):
        return p.to("cpu", torch.float64).reshape(1)
    return vector_of(float(p))


def t_conorm(x: Tensor, dim: int = -1, *, t_norm: str = "probabilistic", p: Number | None = None) -> Tensor:
    """The relaxed "or" of the numbers along a dimension: ⊥(x_1, …, x_n).

    Args:
        x: numbers in [0, 1], any shape of at least one dimension; float32, float64, or float16/bfloat16
            (worked on in float32)
        dim: what is or-ed
        t_norm: a name of `pliant.t_norms()`
        p: its parameter, in the family's range (`p_low` … `p_high` of `pliant.t_norms()`); a number, or a
            tensor of one element that gets a gradient. None: the family's `default_p`. Families without a p
            do not look at it.

    Returns:
        The shape of x without `dim`, in [0, 1]. Of no numbers 0. NaN gives NaN.

    Raises:
        ValueError, TypeError: they name the argument

    Gradient: x and p. Equal largest numbers of "max" share it evenly; where the slope is infinite (x = 0 of
    yager, aczel_alsina and dombi with p < 1), it is 1e30, in float16 inf.
    Cost: 1 to 9 ns a number, 2 to 15 for the gradient.
    Source: GenDR (Petersen et al., CVPR 2022); Klement, Mesiar, Pap: Triangular norms (2000).

    >>> pliant.t_conorm(torch.tensor([[0.5, 0.5], [0.0, 0.25]]))
    tensor([0.7500, 0.2500])
    >>> pliant.t_conorm(torch.tensor([0.3, 0.4]), t_norm="yager", p=2)
    tensor(0.5000)
    """
    return ops.t_conorm(x.movedim(dim, -1), t_norm, t_norm_parameters(t_norm, p))


def t_norm(x: Tensor, dim: int = -1, *, t_norm: str = "probabilistic", p: Number | None = None) -> Tensor:
    """The relaxed "and" of the numbers along a dimension: T(x_1, …, x_n) = 1 − ⊥(1 − x_1, …, 1 − x_n).

    Arguments, errors, gradient and cost are those of `pliant.t_conorm`, whose dual it is ("max" is the
    minimum here). Small results keep their relative accuracy. Of no numbers 1.

    >>> pliant.t_norm(torch.tensor([[0.5, 0.5], [1.0, 0.25]]))
    tensor([0.2500, 0.2500])
    >>> pliant.t_norm(torch.tensor([0.3, 0.4]), t_norm="max")
    tensor(0.3000)
    """
    return ops.t_norm(x.movedim(dim, -1), t_norm, t_norm_parameters(t_norm, p))
