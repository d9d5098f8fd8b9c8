# python/pliant/logic_conv.py — convolutions of logic gates, OR pooling, and learned wiring
"""A kernel of a convolution is a complete binary tree of gates of two inputs. Its 2^depth leaves are taps,
(channel, row, column) in the receptive field; gates, taps and parameters are shared by all placements. A
kernel's gates are numbered level by level from the leaves to the root: with the leaves as the first 2^depth
nodes, gate g reads nodes 2g and 2g + 1, and is node 2^depth + g.

Source: Petersen et al., Convolutional Differentiable Logic Gate Networks (NeurIPS 2024).
"""

from __future__ import annotations

import functools

from torch import Tensor

from pliant._library import ops

#: A number for rows and columns alike, or one of each.
Pair = int | tuple[int, int]


def pair(number: Pair) -> tuple[int, int]:
    """(rows, columns)."""
    return (number, number) if isinstance(number, int) else (number[0], number[1])


@functools.cache
def conv_tap_kinds() -> tuple[str, ...]:
    """The kinds of `conv_taps`.

    >>> pliant.conv_tap_kinds()
    ('random', 'consecutive')
    """
    return tuple(ops.conv_tap_kinds())


def conv_taps(
    kind: str,
    channels: int,
    kernels: int,
    *,
    depth: int = 3,
    kernel_size: Pair = 3,
    channels_per_kernel: int = 2,
    groups: int = 1,
    seed: int = 0,
) -> Tensor:
    """Which taps the leaves of a convolution's kernels read.

    Args:
        kind: "random": a kernel reads channels_per_kernel channels, drawn so that all are read about equally
            often, each leaf one of them and a place in the receptive field; "consecutive": neighbouring
            channels, as many leaves each, places at random.
        channels: of the input.
        kernels: how many there are.
        depth: of the trees, 1 … 8.
        kernel_size: rows and columns of the receptive field.
        channels_per_kernel: a kernel reads at most so many channels.
        groups: divides channels and kernels; a group's kernels read its channels.
        seed: of what is drawn at random.

    Returns:
        int32 (3, kernels, 2^depth): channel, row and column of each leaf. Leaf 0, which kernels begin by
        passing, reads each channel equally often, or once more; the two leaves of a gate are never the same
        tap, unless there is but one.

    Raises:
        ValueError: the kind is unknown, or the sizes do not fit.

    After Petersen et al. (NeurIPS 2024), where a kernel reads 2 channels, in 8 groups or more.

    >>> pliant.conv_taps("random", 1, 1, depth=1, kernel_size=2).tolist()
    [[[0, 0]], [[1, 1]], [[1, 0]]]
    """
    return ops.conv_taps(kind, channels, kernels, depth, pair(kernel_size), channels_per_kernel, groups, seed)


def logic_conv2d(
    x: Tensor,
    taps: Tensor,
    coefficients: Tensor,
    *,
    kernel_size: Pair,
    stride: Pair = 1,
    padding: Pair = 0,
    pool: int = 1,
    sigmoid: bool = False,
    grad_factor: float = 1.0,
) -> Tensor:
    """A convolution whose kernels are trees of gates, with OR pooling behind it in one pass.

    Args:
        x: (batch, channels, rows, columns), in [0, 1]; float32 or float64 (half types are computed in
            float32).
        taps: int32 (3, kernels, 2^depth), depth 1 … 8: channel, row and column of each leaf.
        coefficients: (4, kernels·(2^depth − 1)), a kernel's gates one after the other.
        kernel_size: rows and columns of the receptive field.
        stride: between placements, ≥ 1.
        padding: rows and columns of zeros on each side.
        pool: an output is the largest of pool × pool placements; 1: no pooling. Placements that fill no pool
            are left out, as in torch.nn.MaxPool2d.
        sigmoid: the gates' outputs are σ of their multilinear form.
        grad_factor: multiplies the gradient of x.

    Returns:
        (batch, kernels, rows, columns). It is stored with the batch last, in rows of a multiple of 16, which
        the next layer reads as it is; `flatten(1)` of it is a view.

    Raises:
        TypeError: x is not floating point, or taps not int32.
        ValueError: shapes or sizes do not fit, or a tap is outside the channels or the receptive field.

    Gradient: x, coefficients; of a pool, to its largest placement, the first of equal ones. The bits do not
    depend on the number of threads. NaN is never the largest, unless it stands first.

    >>> gate = torch.tensor([[0.0], [0.0], [0.0], [1.0]])  # AND of a pixel and the one right of it
    >>> taps = torch.tensor([[[0, 0]], [[0, 0]], [[0, 1]]], dtype=torch.int32)
    >>> x = torch.tensor([[[[1.0, 1.0, 0.0, 1.0]]]])
    >>> pliant.logic_conv2d(x, taps, gate, kernel_size=(1, 2))
    tensor([[[[1., 0., 0.]]]])
    """
    y, _ = ops.logic_conv2d(
        x, taps, coefficients, pair(kernel_size), pair(stride), pair(padding), pool, sigmoid, grad_factor
    )
    return y


def or_pool2d(x: Tensor, size: int = 2) -> Tensor:
    """The OR of size × size pixels: their maximum, which the maximum t-conorm makes of OR.

    Args:
        x: (batch, channels, rows, columns); float32 or float64 (half types are computed in float32).
        size: of a pool, 1 … 15. Pixels that fill no pool are left out.

    Returns:
        (batch, channels, ⌊rows/size⌋, ⌊columns/size⌋), stored as by `logic_conv2d`.

    Raises:
        TypeError, ValueError: they name the argument.

    Gradient: to the largest, the first of equal ones, row by row.

    >>> pliant.or_pool2d(torch.tensor([[[[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]]]))
    tensor([[[[1., 0.]]]])
    """
    y, _ = ops.or_pool2d(x, size)
    return y


def wiring_candidates(in_features: int, slots: int, candidates: int, *, seed: int = 0) -> Tensor:
    """Features that the slots of a learned wiring choose from, drawn at random.

    Args:
        in_features: features of x.
        slots: how many features are chosen.
        candidates: for each slot, different ones; at most in_features.
        seed: of the draw.

    Returns:
        int32 (candidates, slots). In the first row each feature stands equally often, or once more.

    Raises:
        ValueError: there are fewer features than candidates.

    >>> pliant.wiring_candidates(4, 4, 2)[0].sort().values.tolist()
    [0, 1, 2, 3]
    """
    return ops.wiring_candidates(in_features, slots, candidates, seed)


def logic_select(x: Tensor, candidates: Tensor, weights: Tensor, *, hard: bool = False) -> Tensor:
    """Learned wiring: each slot is a weighted sum of its candidates, or the one of the largest weight.

    Args:
        x: (batch, features); float32 or float64 (half types are computed in float32).
        candidates: int32 (K, slots): features, of `wiring_candidates`.
        weights: (K, slots).
        hard: give the candidate of the largest weight, the first of equal ones; the gradient then is that of
            the weighted sum (straight through).

    Returns:
        (batch, slots), stored by feature as `logic_dense` has it.

    Raises:
        TypeError: x is not floating point, or candidates not int32.
        ValueError: shapes do not fit, or a candidate is not a feature.

    Gradient: x, weights. The bits do not depend on the number of threads. Cost: O(batch · K · slots), of
    `hard` O(batch · slots).

    Source: LILogicNet (2025); Mommen et al. (2025).

    >>> x = torch.tensor([[0.0, 1.0, 0.5]])
    >>> candidates = torch.tensor([[0, 1], [1, 2]], dtype=torch.int32)
    >>> weights = torch.tensor([[0.25, 0.5], [0.75, 0.5]])
    >>> pliant.logic_select(x, candidates, weights)
    tensor([[0.7500, 0.7500]])
    >>> pliant.logic_select(x, candidates, weights, hard=True)
    tensor([[1., 1.]])
    """
    return ops.logic_select(x, candidates, weights, hard)
