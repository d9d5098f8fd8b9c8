# python/pliant/_sorters.py — the modes of sorting on rows of keys: by network, relaxed matrix or projection
"""All sorters have the same methods: keys (batch, n); P[…, i, r] is the weight of key i at rank r."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import NoReturn

import torch
from torch import Tensor

from pliant._constants import shared
from pliant._fast import OrderedRows, stretched, wide
from pliant._library import ops
from pliant.math import Number
from pliant.relaxation import Relaxation, methods, regularization_of


class Sorter(ABC):
    """What sorts the rows of a call."""

    @abstractmethod
    def sort(self, keys: Tensor) -> tuple[Tensor, Tensor]:
        """Values (batch, n) and P (batch, n, n)."""

    @abstractmethod
    def values(self, keys: Tensor) -> Tensor:
        """Values alone."""

    @abstractmethod
    def apply(self, keys: Tensor, payload: Tensor, to_ranks: bool) -> Tensor:
        """Pᵀ·payload, for payload (batch, n, columns); not to_ranks: P·payload."""

    @abstractmethod
    def loss(self, keys: Tensor, first: Tensor, last: Tensor, kind: str) -> Tensor:
        """The cross-entropy (batch) of P against ranks shared evenly from first to last, (batch, n)."""

    def ranks(self, keys: Tensor, descending: bool) -> Tensor:
        """Ranks (batch, n) from 1, P·(1 … n); descending: P·(n … 1)."""
        make = _ranks if torch.compiler.is_compiling() else _shared_ranks
        payload = make(keys.shape[1], descending, keys.dtype, keys.device).expand(len(keys), -1, 1)
        return self.apply(keys, payload, to_ranks=False).squeeze(-1)


def _ranks(n: int, descending: bool, dtype: torch.dtype, device: torch.device) -> Tensor:
    """The ranks 1 … n, or n … 1, as a column (1, n, 1)."""
    ranks = torch.arange(1, n + 1, dtype=dtype, device=device)
    return (ranks.flip(0) if descending else ranks).reshape(1, n, 1)


_shared_ranks = shared(_ranks, most=64)


class NetworkSorter(Sorter):
    """Sorts through a comparator network, by the ops for it."""

    def __init__(self, network: Tensor, family: str, parameters: Tensor) -> None:
        self.arguments = network, family, parameters

    def sort(self, keys: Tensor) -> tuple[Tensor, Tensor]:
        return ops.sort(keys, *self.arguments)

    def values(self, keys: Tensor) -> Tensor:
        return ops.sort_values(keys, *self.arguments)

    def apply(self, keys: Tensor, payload: Tensor, to_ranks: bool) -> Tensor:
        return ops.sort_apply(keys, payload, *self.arguments, to_ranks)

    def loss(self, keys: Tensor, first: Tensor, last: Tensor, kind: str) -> Tensor:
        return ops.sort_loss(keys, first, last, *self.arguments, kind)


class MatrixSorter(Sorter):
    """Sorts by a relaxed permutation matrix and matrix products."""

    @abstractmethod
    def permutation(self, keys: Tensor) -> Tensor:
        """P (batch, n, n), of keys that are no halves."""

    def sort(self, keys: Tensor) -> tuple[Tensor, Tensor]:
        keys = wide(keys)
        permutation = self.permutation(keys)
        if keys.shape[1] <= _FEW_KEYS:
            return (keys.unsqueeze(-1) * permutation).sum(-2), permutation
        return (keys.unsqueeze(1) @ permutation).squeeze(1), permutation

    def values(self, keys: Tensor) -> Tensor:
        return self.sort(keys)[0]

    def apply(self, keys: Tensor, payload: Tensor, to_ranks: bool) -> Tensor:
        if payload.dtype != keys.dtype:
            raise TypeError(
                f"apply_sort: payload must have the dtype of key, {keys.dtype}, got {payload.dtype}"
            )
        permutation = self.permutation(wide(keys))
        return (permutation.mT if to_ranks else permutation) @ wide(payload)

    def loss(self, keys: Tensor, first: Tensor, last: Tensor, kind: str) -> Tensor:
        if kind not in ("bce", "cross_entropy"):
            raise ValueError(f"sort_loss: unknown loss {kind!r}; there are: bce, cross_entropy")
        permutation = self.permutation(wide(keys))
        first, last = first.unsqueeze(-1), last.unsqueeze(-1)
        ranks = torch.arange(keys.shape[1], device=keys.device)
        target = ((first <= ranks) & (ranks <= last)) / (last - first + 1).to(permutation.dtype)
        entropy = -target * _log(permutation)
        if kind == "cross_entropy":
            return entropy.sum(-2).mean(-1)
        return (entropy - (1 - target) * _log(1 - permutation)).mean((-2, -1))


class RelaxationSorter(MatrixSorter):
    """Sorts by a relaxation; steepness (1) or (batch)."""

    def __init__(self, relaxation: Relaxation, steepness: Tensor) -> None:
        self.relaxation, self.steepness = relaxation, steepness

    def permutation(self, keys: Tensor) -> Tensor:
        name, n = self.relaxation.name, keys.shape[1]
        return ops.relaxed_permutation(keys, name, self.steepness, 0, n, *self.relaxation.settings)


# Up to so many, torch's product of a batch of matrices takes up to four times as long as products and sums.
_FEW_KEYS = 16


class LapSorter(MatrixSorter):
    """Sorts by the differences of neighbouring top-k masks; one steepness, or a tensor (batch) of them."""

    def __init__(self, caller: str, steepness: Number) -> None:
        self.caller, self.steepness = caller, steepness

    def permutation(self, keys: Tensor) -> Tensor:
        steepness = self.steepness
        if isinstance(steepness, Tensor) and steepness.numel() != 1:
            keys, steepness = stretched(keys, steepness.reshape(-1, 1).to(keys)), 1.0
        return OrderedRows(self.caller, keys, steepness).permutation()


class ProjectionSorter(Sorter):
    """Sorts by projection onto the permutahedron: values and ranks; all else is a ValueError."""

    def __init__(self, caller: str, method: object, steepness: Number) -> None:
        self.caller, self.method, self.steepness = caller, method, steepness
        self.regularization = regularization_of(method)

    def values(self, keys: Tensor) -> Tensor:
        return OrderedRows(self.caller, keys, self.steepness).fast_values(self.regularization)

    def ranks(self, keys: Tensor, descending: bool) -> Tensor:
        rows = OrderedRows(self.caller, wide(keys), self.steepness)
        ranks = rows.fast_ranks(self.regularization)
        # As with any P that is doubly stochastic.
        return keys.shape[1] + 1 - ranks if descending else ranks

    def sort(self, keys: Tensor) -> tuple[Tensor, Tensor]:
        self._refuse()

    def apply(self, keys: Tensor, payload: Tensor, to_ranks: bool) -> Tensor:
        self._refuse()

    def loss(self, keys: Tensor, first: Tensor, last: Tensor, kind: str) -> Tensor:
        self._refuse()

    def _refuse(self) -> NoReturn:
        having = ", ".join(method["name"] for method in methods() if method["permutation"])
        raise ValueError(
            f"{self.caller}: method {self.method!r} has sorted values and ranks, but no permutation matrix: "
            f"take sort_values or soft_rank, or a method that has one: {having}"
        )


def _log(weight: Tensor) -> Tensor:
    """The logarithm, at least −100; what is below, be it 0 or rounded to less, has no gradient."""
    above = ~(weight <= math.exp(-100))  # NaN stays NaN
    return torch.where(above, torch.where(above, weight, 1).log(), -100)
