# python/pliant/ranking.py — losses of soft ranks for learning to rank, and the exact NDCG
"""All of them take scores of any batch shape, ranked along `dim`; float32, float64, or float16/bfloat16
(worked on in float32). Soft ranks are ½ + Σ_j F(steepness·(x_i − x_j)), F the CDF of the Laplace
distribution, found for all items of a set in O(n log n).

steepness: inverse temperature in 1/unit of the scores, > 0; → ∞ gives the ranks. A number; or a tensor of one
    element; or a tensor of the batch shape, one for each set. Tensors get their gradients.
mask: bool, the shape of the scores: which items take part; the others may hold anything
lengths: integers, the batch shape: how many items of each row take part, 1 … n; the first ones

Scores of ±inf tie among each other and get no gradient; a NaN makes the loss NaN.
"""

from __future__ import annotations

import torch
from torch import Tensor

from pliant._constants import shared
from pliant._fast import compared, wide
from pliant._library import ops
from pliant._sort_call import Rows, mean_of_sets
from pliant.math import Number

_GAINS = ("exponential", "linear")


def spearman_loss(
    scores: Tensor,
    targets: Tensor,
    dim: int = -1,
    *,
    steepness: Number = 10.0,
    mask: Tensor | None = None,
    lengths: Tensor | None = None,
) -> Tensor:
    """1 − Spearman's ρ: the correlation of the soft ranks of the scores with the ranks of the targets.

    Args:
        scores: (…, n, …), n along `dim`
        targets: the shape of scores; integers or floating point, without NaN; equal ones have the
            mean of their ranks
        dim: what is ranked along
        steepness, mask, lengths: see `pliant.ranking`

    Returns:
        a scalar in [0, 2]: the mean over the sets. Where all targets of a set are equal, it has no ρ and
        counts as ρ = 0. Where all scores are, ρ = 0 too, with the gradient of ranks of full spread.

    Raises:
        ValueError, TypeError: they name the argument, what was expected and what came

    Gradient: scores, steepness. Cost: O(batch · n log n); the gradient is found in the forward pass.

    >>> scores, targets = torch.tensor([0.1, 0.9, 0.5]), torch.tensor([10, 30, 20])
    >>> pliant.spearman_loss(scores, targets, steepness=100.0)
    tensor(0.)
    >>> pliant.spearman_loss(-scores, targets, steepness=100.0)
    tensor(2.)
    """
    call = Rows("spearman_loss", scores, dim)
    valid = call.valid_items(mask, lengths)
    truth = _rows_of(call, targets, "targets")
    keys, number, _ = compared(call, wide(call.keys), steepness)
    return mean_of_sets(ops.spearman_loss(keys, truth, valid, number)[0], scores.dtype)


def ndcg_loss(
    scores: Tensor,
    relevance: Tensor,
    k: int | None = None,
    dim: int = -1,
    *,
    gain: str = "exponential",
    steepness: Number = 10.0,
    mask: Tensor | None = None,
    lengths: Tensor | None = None,
) -> Tensor:
    """1 − NDCG@k with soft ranks: Σ_i gain_i·m_i/log₂(1 + rank_i) over its largest value.

    Ranks count from the largest score, 1; m is the soft membership of the top k (`pliant.soft_topk_mask`), 1
    without a k.

    Args:
        scores: (…, n, …), n along `dim`
        relevance: the shape of scores; finite numbers ≥ 0
        k: how many of the first ranks count, ≥ 1; None: all
        dim: what is ranked along
        gain: "exponential", 2^relevance − 1; or "linear", relevance itself
        steepness, mask, lengths: see `pliant.ranking`

    Returns:
        a scalar: the mean over the sets. A set with nothing relevant has an NDCG of 0, as in `pliant.ndcg`.

    Raises:
        ValueError, TypeError: they name the argument, what was expected and what came

    Gradient: scores, steepness. Cost: O(batch · n log n); the gradient is found in the forward pass.
    Source: with other ranks, Qin et al., A general approximation framework for direct optimization of
    information retrieval measures (2010).

    >>> relevance = torch.tensor([3, 0, 1])
    >>> pliant.ndcg_loss(torch.tensor([0.9, 0.1, 0.5]), relevance, steepness=100.0)
    tensor(0.)
    >>> pliant.ndcg_loss(torch.tensor([0.1, 0.9, 0.5]), relevance, steepness=100.0)
    tensor(0.4587)
    """
    call = Rows("ndcg_loss", scores, dim)
    valid = call.valid_items(mask, lengths)
    worth = _rows_of(call, relevance, "relevance")
    keys, number, _ = compared(call, wide(call.keys), steepness)
    losses = ops.ndcg_loss(keys, worth, valid, number, gain, _cutoff(call, k))[0]
    return mean_of_sets(losses, scores.dtype)


def ndcg(
    scores: Tensor,
    relevance: Tensor,
    k: int | None = None,
    dim: int = -1,
    *,
    gain: str = "exponential",
    mask: Tensor | None = None,
    lengths: Tensor | None = None,
) -> Tensor:
    """Normalised discounted cumulative gain at k: Σ_i gain_i/log₂(1 + rank_i) of the k largest scores, over
    its largest value.

    Args:
        scores: (…, n, …), n along `dim`; of equal ones the first comes first
        relevance: the shape of scores; numbers ≥ 0
        k: how many of the first ranks count, ≥ 1; None: all
        dim: what is ranked along
        gain: "exponential", 2^relevance − 1; or "linear", relevance itself
        mask, lengths: see `pliant.ranking`

    Returns:
        the batch shape, in [0, 1]; the mean over sets is its `.mean()`. 0 where nothing is relevant, NaN
        where a score is.

    Raises:
        ValueError, TypeError: they name the argument, what was expected and what came

    No gradient. Cost: O(batch · n log n).
    Source: Järvelin, Kekäläinen, Cumulated gain-based evaluation of IR techniques (2002); log₂(1 + rank).

    >>> pliant.ndcg(torch.tensor([0.1, 0.9, 0.5]), torch.tensor([3, 0, 1]), k=2)
    tensor(0.0827)
    """
    call = Rows("ndcg", scores, dim)
    valid = call.valid_items(mask, lengths)
    gains = _gains(call, relevance, gain, valid)
    keys = call.keys.detach()
    if valid is not None:  # what takes no part has no gain: it may stand anywhere behind the others
        keys = torch.where(valid, keys, float("-inf"))
        behind = (~valid).to(torch.uint8).argsort(dim=-1, stable=True)
        gains, keys = gains.gather(-1, behind), keys.gather(-1, behind)
    order = keys.argsort(dim=-1, descending=True, stable=True)
    found = gains.gather(-1, order)[:, : _cutoff(call, k)]
    result = _normalised((found * _discounts(found)).sum(-1), gains, k)
    return torch.where(keys.isnan().any(-1), float("nan"), result).reshape(call.batch_shape)


def _rows_of(call: Rows, tensor: Tensor, name: str) -> Tensor:
    """What comes with the scores, in their shape, as rows without a gradient."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{call.caller}: {name} must be a tensor, got {type(tensor).__name__}")
    if tensor.shape != call.shape:
        raise ValueError(
            f"{call.caller}: {name} must have the shape of scores, {tuple(call.shape)}, "
            f"got {tuple(tensor.shape)}"
        )
    rows = tensor.detach()
    return call.rows(rows if call.last else rows.movedim(call.dim, -1))


def _gains(call: Rows, relevance: Tensor, gain: str, valid: Tensor | None) -> Tensor:
    """What each item is worth, (batch, n); 0 for those that take no part."""
    if gain not in _GAINS:
        raise ValueError(f"{call.caller}: unknown gain {gain!r}; there are: {', '.join(_GAINS)}")
    rows = _rows_of(call, relevance, "relevance")
    rows = rows.to(torch.float64 if call.keys.dtype == torch.float64 else torch.float32)
    if valid is not None:
        rows = torch.where(valid, rows, 0)
    if not torch.compiler.is_compiling() and not (rows >= 0).all():
        if rows.isnan().any():
            raise ValueError(f"{call.caller}: relevance must not be NaN")
        raise ValueError(f"{call.caller}: relevance must be >= 0, got {rows.min().item()}")
    return rows if gain == "linear" else torch.exp2(rows) - 1


def _cutoff(call: Rows, k: int | None) -> int:
    if k is None:
        return call.n
    if not isinstance(k, int):
        raise TypeError(f"{call.caller}: k must be an integer or None, got {type(k).__name__}")
    if k < 1:
        raise ValueError(f"{call.caller}: k must be >= 1, got {k}")
    return min(k, call.n)


def _discounts(gains: Tensor) -> Tensor:
    """1/log₂(1 + rank) of the ranks 1 … n."""
    if torch.compiler.is_compiling():
        return _discounts_of(gains.shape[-1], gains.dtype, gains.device)
    return _shared_discounts(gains.shape[-1], gains.dtype, gains.device)


def _discounts_of(n: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    return 1 / torch.log2(torch.arange(2, n + 2, dtype=dtype, device=device))


_shared_discounts = shared(_discounts_of, most=64)


def _normalised(found: Tensor, gains: Tensor, k: int | None) -> Tensor:
    """Over what the best order of the gains would have; 0 where that is 0."""
    best = gains.sort(dim=-1, descending=True).values[:, :k]
    ideal = (best * _discounts(best)).sum(-1)
    return found / ideal.masked_fill(ideal <= 0, 1)  # without a gain, nothing was found
