# python/pliant/compat/gendr/cuda/generalized_renderer.py — gendr's distributions and T-conorms, one number at
# a time
"""For plots; `pliant.decide` and `pliant.t_conorm` take whole tensors."""

from __future__ import annotations

import torch
from torch import Tensor

import pliant
from pliant.compat.gendr._names import distribution, t_conorm


def _decided(function_id: int, sign: float, x: float, scale: float, shape: float, shift: float) -> tuple:
    family = distribution(function_id, shape, shift)
    # A step looks at the side only.
    signed = torch.tensor(sign if family.name == "hard" else sign * x, dtype=torch.float64)
    signed.requires_grad_()
    return signed, pliant.decide(signed, family, scale=1 / scale)


def sigmoid_forward(
    function_id: int, sign: float, x: float, scale: float, dist_shape: float, dist_shift: float
) -> float:
    """The coverage F(sign·x/scale) of a distance x ≥ 0, sign 1 inside and −1 outside.

    Args:
        function_id: number of the distribution, 0 … 17
        dist_shape: of 14 and 15, > 0
        dist_shift: of 12 to 17

    >>> gendr.cuda.generalized_renderer.sigmoid_forward(1, -1, 0.8, 1.0, 0.0, 0.0)
    0.1
    """
    return round(_decided(function_id, sign, x, scale, dist_shape, dist_shift)[1].item(), 15)


def sigmoid_backward(
    function_id: int, sign: float, x: float, scale: float, dist_shape: float, dist_shift: float
) -> float:
    """The derivative of `sigmoid_forward` with respect to sign·x."""
    signed, coverage = _decided(function_id, sign, x, scale, dist_shape, dist_shift)
    return torch.autograd.grad(coverage, signed)[0].item()


def _pair(t_conorm_id: int, a: float, b: float, p: float) -> tuple[Tensor, Tensor]:
    name = t_conorm(t_conorm_id)
    if name == "hard":
        raise ValueError(f"gendr: {t_conorm_id}, hard, is no T-conorm")
    both = torch.tensor([a, b], dtype=torch.float64, requires_grad=True)
    return both, pliant.t_conorm(both, t_norm=name, p=p)


def t_conorm_forward(
    t_conorm_id: int, a_existing: float, b_new: float, face_id: int, t_conorm_p: float
) -> float:
    """⊥(a, b).

    Args:
        t_conorm_id: number of the T-conorm, 1 … 9
        a_existing, b_new: in [0, 1]
        face_id: not looked at
        t_conorm_p: its parameter

    >>> gendr.cuda.generalized_renderer.t_conorm_forward(2, 0.5, 0.5, 0, 0.0)
    0.75
    """
    return _pair(t_conorm_id, a_existing, b_new, t_conorm_p)[1].item()


def t_conorm_backward(
    t_conorm_id: int, a_all: float, b_current: float, number_of_faces: int, t_conorm_p: float
) -> float:
    """∂A/∂b for A, the ⊥ of b and all others.

    Args:
        t_conorm_id: number of the T-conorm, 1 … 9
        a_all, b_current: A and b in [0, 1], b ≤ A
        number_of_faces: not looked at
        t_conorm_p: its parameter

    >>> gendr.cuda.generalized_renderer.t_conorm_backward(2, 0.75, 0.5, 2, 0.0)
    0.5
    """
    name = t_conorm(t_conorm_id)
    if a_all >= 1 and name != "max":
        return 0.0
    # With a generator h, ∂A/∂b = h′(b)/h′(A): the ratio of the two slopes of ⊥(A, b), which may not be full.
    # Yager's depends on b/A only.
    smaller = 0.5 ** (1 + 1 / t_conorm_p) if name == "yager" else 1.0
    both, value = _pair(t_conorm_id, a_all * smaller, b_current * smaller, t_conorm_p)
    of_all, of_current = torch.autograd.grad(value, both)[0].tolist()
    return of_current / of_all
