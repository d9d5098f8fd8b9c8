# python/pliant/sorting.py — relaxed sorting, as functions
"""All of them take keys of any batch shape, sorted along `dim`; float32, float64, or float16/bfloat16 (worked
on in float32). What they share:

method: a name of `pliant.methods()`, a `pliant.Network` or a `pliant.Relaxation`. Only a network has
    comparisons and looks at `distribution`. Of a relaxation and of "lapsum" all modes make the matrix P, in
    its cost; a relaxation's P may have rows that do not sum to 1. "fast" and "fast_kl" have sorted values and
    ranks alone, in O(n log n), and no P: `return_permutation=False`; what wants P is a ValueError.
distribution: a name of `pliant.distributions()`, or a `pliant.Distribution`. A conditional swap of a and b
    has the weight F(steepness·(b − a)), F its CDF.
steepness: inverse temperature in 1/unit of the keys, > 0; → ∞ is the hard sort. A number; or a tensor of one
    element; or a tensor of the batch shape, one for each sample ("fast" and "fast_kl": one for all). Tensors
    get their gradients. (sinkhorn standardises the keys of each set: its unit is their standard deviation.
    The sorted values of "fast" and "fast_kl" have it in units of the keys: of keys twice as large, twice.)
mask: bool, the shape of the keys: which items take part
lengths: integers, the batch shape: how many items of each row take part, 1 … n; the first ones
    Either makes sets ragged: each is sorted by itself, networks being of its own size.

Sources: those of `pliant.methods()`. Networks: Petersen et al., Differentiable Sorting Networks for Scalable
Sorting and Ranking Supervision (ICML 2021); Monotonic Differentiable Sorting Networks (ICLR 2022).
"""

from __future__ import annotations

from typing import Literal, overload

import torch
from torch import Tensor

from pliant._library import ops
from pliant._sort_call import Options, SortCall, mean_of_sets
from pliant._sorters import Sorter
from pliant.math import Distribution, Number
from pliant.networks import Network
from pliant.relaxation import Relaxation


@overload
def sort(
    x: Tensor,
    dim: int = -1,
    descending: bool = False,
    *,
    method: str | Network | Relaxation = "odd_even",
    distribution: str | Distribution = "cauchy",
    steepness: Number = 10.0,
    return_permutation: Literal[True] = True,
    mask: Tensor | None = None,
    lengths: Tensor | None = None,
) -> tuple[Tensor, Tensor]: ...
@overload
def sort(
    x: Tensor,
    dim: int = -1,
    descending: bool = False,
    *,
    method: str | Network | Relaxation = "odd_even",
    distribution: str | Distribution = "cauchy",
    steepness: Number = 10.0,
    return_permutation: bool,
    mask: Tensor | None = None,
    lengths: Tensor | None = None,
) -> tuple[Tensor, Tensor | None]: ...
def sort(
    x: Tensor,
    dim: int = -1,
    descending: bool = False,
    *,
    method: str | Network | Relaxation = "odd_even",
    distribution: str | Distribution = "cauchy",
    steepness: Number = 10.0,
    return_permutation: bool = True,
    mask: Tensor | None = None,
    lengths: Tensor | None = None,
) -> tuple[Tensor, Tensor | None]:
    """Relaxed sort, with the relaxed permutation matrix.

    Args:
        x: (…, n, …), n along `dim`
        dim: what to sort along
        descending: flips the ranks
        method, distribution, steepness, mask, lengths: see `pliant.sorting`
        return_permutation: False saves the work for the matrix and gives None for it

    Returns:
        values, the shape of x, relaxed ascending; and permutation (batch shape…, n, n), doubly stochastic
        where the method is,
        […, i, r] = weight of input i at rank r. values = x·P. In ragged sets a set's values and ranks come
        first, and all else is 0.

    Raises:
        ValueError, TypeError: they name the argument, what was expected and what came

    Gradient: x, steepness, and the distribution's shift, shape and art_lambda.
    Cost: O(batch · comparators · n); without the permutation O(batch · comparators).

    >>> values, permutation = pliant.sort(torch.tensor([3.0, 1.0, 2.0]), steepness=100.0)
    >>> values
    tensor([1.0064, 2.0000, 2.9936])
    >>> permutation.sum(0)
    tensor([1.0000, 1.0000, 1.0000])
    """
    call = SortCall("sort", x, dim, Options(method, distribution, steepness, mask, lengths))

    def both(keys: Tensor, sorter: Sorter) -> tuple[Tensor, ...]:
        return _ranks_flipped(sorter.sort(keys), descending)

    def alone(keys: Tensor, sorter: Sorter) -> tuple[Tensor, ...]:
        return _ranks_flipped((sorter.values(keys),), descending)

    values, *permutation = call.run(both, ("r", "ir")) if return_permutation else call.run(alone, ("r",))
    return call.unkeys(values), call.unrows(permutation[0]) if permutation else None


def sort_values(
    x: Tensor,
    dim: int = -1,
    descending: bool = False,
    *,
    method: str | Network | Relaxation = "odd_even",
    distribution: str | Distribution = "cauchy",
    steepness: Number = 10.0,
    mask: Tensor | None = None,
    lengths: Tensor | None = None,
) -> Tensor:
    """The values of `pliant.sort` alone.   Cost: O(batch · comparators)

    >>> pliant.sort_values(torch.tensor([3.0, 1.0, 2.0]), descending=True, steepness=1e6)
    tensor([3.0000, 2.0000, 1.0000])
    """
    return sort(
        x,
        dim,
        descending,
        method=method,
        distribution=distribution,
        steepness=steepness,
        return_permutation=False,
        mask=mask,
        lengths=lengths,
    )[0]


def soft_rank(
    x: Tensor,
    dim: int = -1,
    descending: bool = False,
    *,
    method: str | Network | Relaxation = "odd_even",
    distribution: str | Distribution = "cauchy",
    steepness: Number = 10.0,
    mask: Tensor | None = None,
    lengths: Tensor | None = None,
) -> Tensor:
    """Relaxed ranks Σ_r r·P[i, r], from 1 (the smallest; descending: the largest) to n, without the matrix P.

    "fast" and "fast_kl" have ranks of their own; descending they are n + 1 less those.

    Args:
        x: (…, n, …), n along `dim`
        dim: what to rank along
        descending: the largest has rank 1
        method, distribution, steepness, mask, lengths: see `pliant.sorting`

    Returns:
        ranks, the shape of x; 0 for items that take no part

    Raises:
        ValueError, TypeError: they name the argument, what was expected and what came

    Gradient: x, steepness, and the distribution's shift, shape and art_lambda. Cost: O(batch · comparators).

    >>> pliant.soft_rank(torch.tensor([3.0, 1.0, 2.0]), steepness=1e6)
    tensor([3.0000, 1.0000, 2.0000])
    """
    call = SortCall("soft_rank", x, dim, Options(method, distribution, steepness, mask, lengths))

    def mode(keys: Tensor, sorter: Sorter) -> tuple[Tensor, ...]:
        return (sorter.ranks(keys, descending),)

    (ranks,) = call.run(mode, ("i",))
    ranks = call.unrows(ranks)
    return ranks if call.last else ranks.movedim(-1, dim)


def apply_sort(
    key: Tensor,
    payload: Tensor,
    dim: int = -1,
    descending: bool = False,
    *,
    method: str | Network | Relaxation = "odd_even",
    distribution: str | Distribution = "cauchy",
    steepness: Number = 10.0,
    mask: Tensor | None = None,
    lengths: Tensor | None = None,
) -> Tensor:
    """Payloads in the relaxed order of their keys, out[r] = Σ_i P[i, r]·payload[i], without the matrix P.

    Args:
        key: (…, n, …), n along `dim`
        payload: the shape of key and one dimension more, the columns; the dtype of key
        dim: what to sort along, a dimension of key
        descending: flips the ranks
        method, distribution, steepness, mask, lengths: see `pliant.sorting`

    Returns:
        out, the shape of payload. In ragged sets a set's rows come first, and all else is 0.

    Raises:
        ValueError, TypeError: they name the argument, what was expected and what came

    Gradient: key, payload, steepness, and the distribution's shift, shape and art_lambda.
    Cost: O(batch · comparators · columns).

    >>> pliant.apply_sort(torch.tensor([2.0, 1.0]), torch.tensor([[20.0, 8.0], [10.0, 5.0]]), steepness=1e6)
    tensor([[10.0000,  5.0000],
            [20.0000,  8.0000]])
    """
    call = SortCall("apply_sort", key, dim, Options(method, distribution, steepness, mask, lengths))
    if payload.shape[:-1] != key.shape or payload.dim() != key.dim() + 1:
        raise ValueError(
            "apply_sort: payload must have the shape of key and one dimension more, "
            f"got {tuple(payload.shape)} for key {tuple(key.shape)}"
        )
    axis = dim % key.dim()

    def mode(keys: Tensor, sorter: Sorter, rows: Tensor) -> tuple[Tensor, ...]:
        out = sorter.apply(keys, rows, to_ranks=True)
        return (out.flip(1) if descending else out,)

    columns = call.rows(payload if call.last else payload.movedim(axis, -2))
    if payload.dtype == key.dtype:
        columns = columns.to(call.keys.dtype)
    (out,) = call.run(mode, ("r",), columns)
    out = call.unrows(out)
    return out if call.last else out.movedim(-2, axis)


def permutation_loss(
    scores: Tensor,
    labels: Tensor,
    dim: int = -1,
    *,
    loss: str = "bce",
    ties: bool = False,
    method: str | Network | Relaxation = "odd_even",
    distribution: str | Distribution = "cauchy",
    steepness: Number = 10.0,
    mask: Tensor | None = None,
    lengths: Tensor | None = None,
) -> Tensor:
    """How far the relaxed permutation matrix of the scores is from the permutation that sorts the labels.

    Args:
        scores: (…, n, …), n along `dim`
        labels: the shape of scores; integers or floating point; only their order counts
        dim: what is sorted along
        loss: "bce", the papers': the binary cross-entropy, the mean over all n² entries, logarithms ≥ −100;
            or "cross_entropy": −ln of the weight of the right item, the mean over the n ranks
        ties: True: equal labels share their ranks evenly; False: they take them in order of position
        method, distribution, steepness, mask, lengths: see `pliant.sorting`

    Returns:
        a scalar: the mean over the sets of each set's own loss, whatever its length

    Raises:
        ValueError, TypeError: they name the argument, what was expected and what came

    Gradient: scores, steepness, and the distribution's shift, shape and art_lambda.
    Cost: O(batch · comparators · n), with no matrix in memory.

    >>> pliant.permutation_loss(torch.tensor([0.1, 0.9, 0.5]), torch.tensor([1, 3, 2]), steepness=1e3)
    tensor(0.0009)
    """
    call = SortCall("permutation_loss", scores, dim, Options(method, distribution, steepness, mask, lengths))

    def mode(keys: Tensor, sorter: Sorter, rows: Tensor) -> tuple[Tensor, ...]:
        return (sorter.loss(keys, *_target_ranks(rows, ties), loss),)

    (losses,) = call.run(mode, ("",), call.rows_of_labels(labels))
    return mean_of_sets(losses, scores.dtype)


def perturb(x: Tensor, *, seed: int, step: int = 0, scale: Number = 1.0) -> Tensor:
    """Scores with Gumbel noise, x + scale·G, G = −ln(−ln U): orders that are drawn, not computed.

    Sorted, by any method, it is a draw from the Plackett-Luce distribution with the scores x/scale; with
    method="neuralsort" that is stochastic NeuralSort.

    Args:
        x: (…, n), floating point
        seed, step: the same ones give the same noise, on any number of threads; the rows' noise differs
        scale: how much; a number, or a tensor that gets a gradient

    Returns:
        the shape and dtype of x

    Raises:
        ValueError, TypeError: they name the argument

    Gradient: x, scale. Cost: about 15 ns a number.
    Source: Grover et al., Stochastic Optimization of Sorting Networks via Continuous Relaxations (ICLR 2019).

    >>> x = torch.tensor([0.1, 0.2, 0.3])
    >>> drawn = pliant.sort(pliant.perturb(x, seed=1, step=7), method="neuralsort")[1]
    >>> torch.equal(pliant.perturb(x, seed=1, step=7), pliant.perturb(x, seed=1, step=8))
    False
    """
    if not isinstance(x, Tensor):
        raise TypeError(f"perturb: x must be a tensor, got {type(x).__name__}")
    return x + scale * ops.gumbel_noise(x.detach(), seed, step)


def _ranks_flipped(results: tuple[Tensor, ...], descending: bool) -> tuple[Tensor, ...]:
    """Ranks are the last dimension of each result."""
    return tuple(result.flip(-1) for result in results) if descending else tuple(results)


def _target_ranks(labels: Tensor, ties: bool) -> tuple[Tensor, Tensor]:
    """The first and the last rank, from 0, that each item of (batch, n) labels may take."""
    ordered, order = labels.sort(stable=True, dim=-1)
    if ties:
        labels = labels.contiguous()
        return torch.searchsorted(ordered, labels), torch.searchsorted(ordered, labels, right=True) - 1
    ranks = order.argsort(dim=-1)
    return ranks, ranks
