# python/pliant/selection.py — soft top-k masks, quantiles and medians, O(n log n)
"""All of them take x of any batch shape, along `dim`; float32, float64, or float16/bfloat16 (worked on in
float32), rows of up to 2³¹ − 1 numbers. They compare with the Laplace distribution: an item counts as above a
threshold b with the weight F(steepness·(x − b)), F(u) = ½·exp(u) for u ≤ 0 and 1 − F(−u) above.

steepness: inverse temperature in 1/unit of x, > 0; → ∞ is the hard selection. A number; or a tensor
    of one element; or a tensor of the batch shape, one for each sample. Tensors get their gradients.

−inf and +inf are infinitely far from all finite numbers, tie among each other and get no gradient, so masked
items may be −inf. A NaN makes all results of its row NaN.

Source: Struski et al., LapSum: One Method to Differentiate Them All (ICML 2025).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from pliant._fast import compared
from pliant._library import ops
from pliant._sort_call import Rows
from pliant.math import Number, vector_of


def soft_topk_mask(
    x: Tensor, k: Number, dim: int = -1, largest: bool = True, *, steepness: Number = 10.0
) -> Tensor:
    """How much each item belongs to the k largest: weights that sum to k.

    Args:
        x: (…, n, …), n along `dim`
        k: in [0, n], need not be whole; a number, or a tensor: a scalar, or of the batch shape
        dim: what to select along
        largest: False selects the smallest
        steepness: see `pliant.selection`

    Returns:
        mask, the shape and dtype of x, in [0, 1]; its sum along `dim` is k to rounding. All 0 for k = 0 and
        all 1 for k = n, without a gradient. Ties share alike: of four equal numbers each gets k/4.

    Raises:
        ValueError, TypeError: they name the argument, what was expected and what came

    Gradient: x, k, steepness. Cost: O(batch · n log n), one sort.

    >>> pliant.soft_topk_mask(torch.tensor([1.0, 4.0, 2.0, 3.0]), 2, steepness=2.0)
    tensor([0.0249, 0.9751, 0.1839, 0.8161])
    """
    call = Rows("soft_topk_mask", x, dim)
    keys, number, _ = compared(call, call.keys if largest else -call.keys, steepness)
    mask = ops.lap_mask(keys, ops.ascending_order(keys.detach()), _masses(call, k), number)
    mask = mask.squeeze(1) if len(call.batch_shape) == 1 else mask.reshape(*call.batch_shape, call.n)
    if mask.dtype != x.dtype:
        mask = mask.to(x.dtype)
    return mask if call.last else mask.movedim(-1, dim)


def soft_quantile(
    x: Tensor,
    q: Number | Sequence[float],
    dim: int = -1,
    keepdim: bool = False,
    *,
    steepness: Number = 10.0,
) -> Tensor:
    """Quantiles to which every number near them contributes: `torch.quantile` in the hard limit.

    The number b below which the mass is r + ½, Σ_i F(steepness·(b − x_i)) = r + ½, stands for the item of
    rank r = 0 … n − 1; a quantile interpolates linearly between two of them. It moves with weights ≥ 0 that
    sum to 1 of the numbers around it; the flatter, the more it is like the mean.

    Args:
        x: (…, n, …), n along `dim`
        q: in [0, 1]; a number, or several: a list or a tensor (count)
        dim: what to take quantiles along
        keepdim: keeps `dim`, with size 1
        steepness: see `pliant.selection`

    Returns:
        the batch shape; for several q, (count, batch shape…), as torch.quantile does

    Raises:
        ValueError, TypeError: they name the argument, what was expected and what came

    Gradient: x, q, steepness. Cost: O(batch · n (log n + count)), one sort.

    >>> x = torch.tensor([9.0, 1.0, 2.0, 4.0])
    >>> pliant.soft_quantile(x, [0.0, 0.5, 1.0], steepness=50.0)
    tensor([1., 3., 9.])
    """
    call = Rows("soft_quantile", x, dim)
    numbers, several = _fractions(q)
    keys, number, stretch = compared(call, call.keys, steepness)
    quantiles = ops.soft_quantile(keys, numbers, number)[0]
    if stretch is not None:
        quantiles = quantiles / stretch
    if several:
        quantiles = quantiles.T.reshape(len(numbers), *call.batch_shape)
    else:
        quantiles = (
            quantiles.squeeze(1) if len(call.batch_shape) == 1 else quantiles.reshape(call.batch_shape)
        )
    if quantiles.dtype != x.dtype:
        quantiles = quantiles.to(x.dtype)
    return quantiles.unsqueeze(dim if dim < 0 else dim - x.dim()) if keepdim else quantiles


def soft_median(x: Tensor, dim: int = -1, keepdim: bool = False, *, steepness: Number = 10.0) -> Tensor:
    """`pliant.soft_quantile` of ½; for an even n, the mean of the middle two in the hard limit.

    >>> x = torch.tensor([[9.0, 1.0, 2.0], [7.0, 5.0, 6.0]])
    >>> pliant.soft_median(x, steepness=50.0)
    tensor([2., 6.])
    """
    return soft_quantile(x, 0.5, dim, keepdim, steepness=steepness)


def _masses(call: Rows, k: Number) -> Tensor:
    """K of each row, (batch, 1) float64."""
    if isinstance(k, Tensor):
        if k.dim() != 0 and k.shape != call.batch_shape:
            raise ValueError(
                f"{call.caller}: k must be one number or have the batch shape {tuple(call.batch_shape)}, "
                f"got shape {tuple(k.shape)}"
            )
        k = k.to(call.keys.device, torch.float64)
        return (k.expand(len(call.keys)) if k.dim() == 0 else k).reshape(-1, 1)
    if not isinstance(k, int | float):
        raise TypeError(f"{call.caller}: k must be a number or a tensor, got {type(k).__name__}")
    if not 0 <= k <= call.n:
        raise ValueError(f"{call.caller}: k must be in [0, n], n = {call.n}, got {k}")
    return vector_of(float(k)).to(call.keys.device).expand(len(call.keys), 1)


def _fractions(q: Number | Sequence[float]) -> tuple[Tensor, bool]:
    """Q as the op takes it, (count) float64 on the CPU, and whether there may be several."""
    numbers = (q,) if isinstance(q, int | float) else q
    if isinstance(numbers, list | tuple) and all(isinstance(number, int | float) for number in numbers):
        return vector_of(*map(float, numbers)), numbers is q
    given = torch.as_tensor(q, dtype=torch.float64, device="cpu")
    if given.dim() > 1:
        raise ValueError(
            f"soft_quantile: q must be a number or one dimension of them, got shape {tuple(given.shape)}"
        )
    return given.reshape(-1), given.dim() == 1
