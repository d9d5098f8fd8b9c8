# python/pliant/_fast.py — the ops of sorting without a matrix, on rows
"""What the functions of `pliant.selection` and `pliant.ranking` share: rows (batch, n), sorted once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from pliant._constants import shared
from pliant._library import ops
from pliant.math import Number

if TYPE_CHECKING:
    from pliant._sort_call import Rows


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

    def top_masks(self, k: Tensor) -> Tensor:
        """Membership (batch, count, n) of the top k (batch, count), float64, that sums to k over n."""
        return ops.lap_mask(self.rows, self.order, k, self.steepness)

    def permutation(self) -> Tensor:
        """P (batch, n, n), [i, r] = weight of item i at rank r, ascending; doubly stochastic."""
        return self.columns(0, self.rows.shape[1])

    def columns(self, first: int, count: int) -> Tensor:
        """Columns (batch, n, count) of `permutation`, r = first … first + count − 1.

        They are the differences of the masks of the top n − r and of the top n − r − 1.
        """
        batch, n = self.rows.shape
        most = n - first
        k = torch.arange(most, most - count - 1, -1, dtype=torch.float64, device=self.rows.device)
        masks = self.top_masks(k.expand(batch, count + 1))
        return (masks[:, :-1] - masks[:, 1:]).transpose(1, 2)


class Compared(NamedTuple):
    """Rows of keys as Laplace distributions compare them."""

    keys: Tensor
    steepness: Tensor  # of all rows, as the ops take it
    stretch: Tensor | None  # (batch, 1): what each row was multiplied by, where it has its own steepness


def compared(call: Rows, keys: Tensor, steepness: Number) -> Compared:
    """The keys of a call; a steepness of the batch shape is one of each row, which stretches its keys."""
    if not isinstance(steepness, Tensor) or (steepness.numel() == 1 and steepness.dim() <= 1):
        return Compared(keys, _number(call.caller, steepness), None)
    keys = wide(keys)
    stretch = _stretch(call, steepness).to(keys)
    return Compared(stretched(keys, stretch), _number(call.caller, 1.0), stretch)


def wide(keys: Tensor) -> Tensor:
    """Keys in the dtype that the ops work in: ranks of halves would not all be numbers."""
    return keys.float() if keys.dtype in (torch.float16, torch.bfloat16) else keys


def stretched(keys: Tensor, stretch: Tensor) -> Tensor:
    """Keys (batch, n) times a number of each row (batch, 1), and infinite ones as they are."""
    # Of an infinite key times the stretch, even a gradient of 0 would be none.
    infinite = keys.isinf()
    return torch.where(infinite, keys, torch.where(infinite, 0, keys) * stretch)


def _stretch(call: Rows, steepness: Tensor) -> Tensor:
    """One steepness for each sample, (batch, 1)."""
    if steepness.shape != call.batch_shape:
        raise ValueError(
            f"{call.caller}: steepness must be one number or have the batch shape {tuple(call.batch_shape)}, "
            f"got shape {tuple(steepness.shape)}"
        )
    if not torch.compiler.is_compiling() and not ((steepness > 0) & steepness.isfinite()).all():
        raise ValueError(f"{call.caller}: steepness must be > 0 and finite, got {steepness.tolist()}")
    return steepness.reshape(-1, 1)


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
