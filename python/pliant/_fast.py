# python/pliant/_fast.py — the ops of sorting without a matrix, on rows
"""What the functions of `pliant.selection` and `pliant.ranking` share: rows (batch, n), sorted once."""

from __future__ import annotations

import torch
from torch import Tensor

from pliant._constants import shared
from pliant._library import ops
from pliant.math import Number


class OrderedRows:
    """Rows (batch, n) with their order, which any number of ops then shares."""

    def __init__(self, caller: str, rows: Tensor, steepness: Number) -> None:
        self.rows, self.order = rows, ops.ascending_order(rows.detach())
        self.steepness = _number(caller, steepness)

    def fast_values(self, regularization: str = "l2") -> Tensor:
        """Soft values (batch, n), ascending: torchsort.soft_sort(rows, regularization, 1/steepness)."""
        return ops.fast_sort(self.rows, self.order, self.steepness, regularization)

    def fast_ranks(self, regularization: str = "l2") -> Tensor:
        """Soft ranks (batch, n) from 1: torchsort.soft_rank(rows, regularization, 1/steepness)."""
        return ops.fast_rank(self.rows, self.order, self.steepness, regularization)

    def lap_ranks(self) -> Tensor:
        """Soft ranks (batch, n) from 1, ½ + Σ_j F(steepness·(x_i − x_j)), F the Laplace distribution's."""
        return ops.lap_rank(self.rows, self.order, self.steepness)

    def top_masks(self, k: Tensor) -> Tensor:
        """Membership (batch, count, n) of the top k (batch, count), float64, that sums to k over n."""
        return ops.lap_mask(self.rows, self.order, k, self.steepness)

    def thresholds(self, k: Tensor) -> Tensor:
        """The numbers (batch, count) with so much of the mass above, k (batch, count) float64."""
        return ops.lap_threshold(self.rows, self.order, k, self.steepness)

    def permutation(self) -> Tensor:
        """P (batch, n, n), [i, r] = weight of item i at rank r, ascending; doubly stochastic.

        Its columns are the differences of the masks of the top n − r and of the top n − r − 1.
        """
        batch, n = self.rows.shape
        k = torch.arange(n, -1, -1, dtype=torch.float64, device=self.rows.device).expand(batch, n + 1)
        masks = self.top_masks(k)
        return (masks[:, :-1] - masks[:, 1:]).transpose(1, 2)


def _number(caller: str, steepness: Number) -> Tensor:
    """The steepness as the ops take it: float64, one number, on the CPU; a tensor keeps its gradient."""
    if isinstance(steepness, Tensor):
        if steepness.numel() != 1:
            raise ValueError(
                f"{caller}: steepness must be one number, got a tensor of shape {tuple(steepness.shape)}"
            )
        return steepness.to("cpu", torch.float64).reshape(1)
    if not isinstance(steepness, int | float):
        raise TypeError(f"{caller}: steepness must be a number or a tensor, got {type(steepness).__name__}")
    if not 0 < steepness < float("inf"):
        raise ValueError(f"{caller}: steepness must be > 0 and finite, got {steepness}")
    # A compiled graph takes the number as an input, so that an annealed steepness compiles nothing anew.
    return _vector(steepness) if torch.compiler.is_compiling() else _shared_vector(steepness)


def _vector(number: float) -> Tensor:
    return torch.tensor([number], dtype=torch.float64, device="cpu")


_shared_vector = shared(_vector)
