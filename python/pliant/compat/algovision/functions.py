# python/pliant/compat/algovision/functions.py — Min, ArgMin, Max, ArgMax of tensors of one shape
"""Modules that are called inside of the functions of an algorithm, or anywhere else, on tensors."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class _Choice(torch.nn.Module):
    """Weights softmax(±β·x) over tensors of one shape, in a new last dimension."""

    smallest = False

    def __init__(self, beta: Any) -> None:
        super().__init__()
        if beta is None:
            raise ValueError(f"{type(self).__name__}: beta must be given, it is not taken from an Algorithm")
        self.beta = beta

    def _weights(self, tensors: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        if not tensors:
            raise ValueError(f"{type(self).__name__} takes at least one tensor")
        stacked = torch.stack(tensors, -1)
        keys = self.beta * stacked
        return torch.softmax(-keys if self.smallest else keys, -1), stacked


class ArgMax(_Choice):
    """softmax(βx): how much each tensor is the largest, (…, count).

    Args:
        beta: inverse temperature
    """

    def forward(self, *tensors: Tensor) -> Tensor:
        """The weights."""
        return self._weights(tensors)[0]


class ArgMin(ArgMax):
    """softmax(-βx): how much each tensor is the smallest, (…, count).

    Args:
        beta: inverse temperature
    """

    smallest = True


class Max(_Choice):
    """Σ softmax(βx)·x.

    Args:
        beta: inverse temperature
    """

    def forward(self, *tensors: Tensor) -> Tensor:
        """The mean under the weights."""
        weights, stacked = self._weights(tensors)
        return (weights * stacked).sum(-1)


class Min(Max):
    """Σ softmax(-βx)·x.

    Args:
        beta: inverse temperature
    """

    smallest = True
