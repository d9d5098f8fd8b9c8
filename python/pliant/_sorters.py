# python/pliant/_sorters.py — the modes of sorting on rows of keys, through a network or a relaxed matrix
"""Both sorters have the same methods: keys (batch, n); P[…, i, r] is the weight of key i at rank r."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from pliant._library import ops
from pliant.relaxation import Relaxation


class NetworkSorter(NamedTuple):
    """Sorts through a comparator network; the fields in the order of the ops' arguments."""

    network: Tensor
    family: str
    parameters: Tensor

    def sort(self, keys: Tensor) -> tuple[Tensor, Tensor]:
        """Values (batch, n) and P (batch, n, n)."""
        return ops.sort(keys, *self)

    def values(self, keys: Tensor) -> Tensor:
        """Values alone."""
        return ops.sort_values(keys, *self)

    def apply(self, keys: Tensor, payload: Tensor, to_ranks: bool) -> Tensor:
        """Pᵀ·payload, for payload (batch, n, columns); not to_ranks: P·payload."""
        return ops.sort_apply(keys, payload, *self, to_ranks)

    def loss(self, keys: Tensor, first: Tensor, last: Tensor, kind: str) -> Tensor:
        """The cross-entropy (batch) of P against ranks shared evenly from first to last, (batch, n)."""
        return ops.sort_loss(keys, first, last, *self, kind)


class MatrixSorter(NamedTuple):
    """Sorts by a relaxed permutation matrix and matrix products."""

    relaxation: Relaxation
    steepness: Tensor  # (1) or (batch)

    def permutation(self, keys: Tensor) -> Tensor:
        """P (batch, n, n)."""
        n = keys.shape[1]
        return ops.relaxed_permutation(
            keys, self.relaxation.name, self.steepness, 0, n, *self.relaxation.settings
        )

    def sort(self, keys: Tensor) -> tuple[Tensor, Tensor]:
        """Values (batch, n) and P (batch, n, n)."""
        keys = _working(keys)
        permutation = self.permutation(keys)
        if keys.shape[1] <= _FEW_KEYS:
            return (keys.unsqueeze(-1) * permutation).sum(-2), permutation
        return (keys.unsqueeze(1) @ permutation).squeeze(1), permutation

    def values(self, keys: Tensor) -> Tensor:
        """Values alone; P is made for them."""
        return self.sort(keys)[0]

    def apply(self, keys: Tensor, payload: Tensor, to_ranks: bool) -> Tensor:
        """Pᵀ·payload, for payload (batch, n, columns); not to_ranks: P·payload."""
        if payload.dtype != keys.dtype:
            raise TypeError(
                f"apply_sort: payload must have the dtype of key, {keys.dtype}, got {payload.dtype}"
            )
        permutation = self.permutation(_working(keys))
        return (permutation.mT if to_ranks else permutation) @ _working(payload)

    def loss(self, keys: Tensor, first: Tensor, last: Tensor, kind: str) -> Tensor:
        """The cross-entropy (batch) of P against ranks shared evenly from first to last, (batch, n)."""
        if kind not in ("bce", "cross_entropy"):
            raise ValueError(f"sort_loss: unknown loss {kind!r}; there are: bce, cross_entropy")
        permutation = self.permutation(_working(keys))
        first, last = first.unsqueeze(-1), last.unsqueeze(-1)
        ranks = torch.arange(keys.shape[1], device=keys.device)
        target = ((first <= ranks) & (ranks <= last)) / (last - first + 1).to(permutation.dtype)
        entropy = -target * _log(permutation)
        if kind == "cross_entropy":
            return entropy.sum(-2).mean(-1)
        return (entropy - (1 - target) * _log(1 - permutation)).mean((-2, -1))


Sorter = NetworkSorter | MatrixSorter

# Up to so many, torch's product of a batch of matrices takes up to four times as long as products and sums.
_FEW_KEYS = 16


def _working(tensor: Tensor) -> Tensor:
    """Float32 for float16 and bfloat16: products of halves would lose what P has."""
    return tensor.float() if tensor.dtype in (torch.float16, torch.bfloat16) else tensor


def _log(weight: Tensor) -> Tensor:
    """The logarithm, at least −100; what is below, be it 0 or rounded to less, has no gradient."""
    above = ~(weight <= math.exp(-100))  # NaN stays NaN
    return torch.where(above, torch.where(above, weight, 1).log(), -100)
