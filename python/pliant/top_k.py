# python/pliant/top_k.py — relaxed top-k: attribution, values, and the top-k cross-entropy, as functions
"""What the functions share:

method: a name of `pliant.selection_methods()`, a `pliant.Network` whose last wires get the largest values, or
    a `pliant.Relaxation`
distribution: a name of `pliant.distributions()`, or a `pliant.Distribution`; only networks look at it
steepness: inverse temperature in 1/unit of the scores, > 0; a number, or a tensor of one element that gets a
    gradient

Source: Petersen et al., Differentiable Top-k Classification Learning (ICML 2022).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from pliant._constants import shared
from pliant._fast import OrderedRows, wide
from pliant._library import ops
from pliant._sort_call import Rows
from pliant.math import Distribution, Number, distribution_of, parameters, sort_scale
from pliant.networks import Network, selection_network
from pliant.relaxation import Relaxation, kind_of, methods, relaxation_of


def topk(
    x: Tensor,
    k: int,
    dim: int = -1,
    largest: bool = True,
    *,
    method: str | Network | Relaxation = "splitter_selection",
    distribution: str | Distribution = "cauchy",
    steepness: Number = 10.0,
) -> tuple[Tensor, Tensor]:
    """Relaxed top-k: the k largest (or smallest) values, and which items they are.

    Args:
        x: (…, n, …), n along `dim`
        k: 1 … n
        dim: along which
        largest: False takes the smallest
        method, distribution, steepness: see `pliant.top_k`

    Returns:
        values, as x but k along `dim`, the largest (smallest) first, as torch.topk; and attribution
        (batch shape…, n, k), […, i, j] = weight of item i for being the (j + 1)-th. Columns sum to 1, rows to
        at most 1. values = x·attribution.

    Raises:
        ValueError, TypeError: they name the argument, what was expected and what came

    Gradient: x, steepness, and the distribution's shift, shape and art_lambda.
    Cost: O(batch · comparators · k).

    >>> values, attribution = pliant.topk(torch.tensor([3.0, 1.0, 4.0, 1.5]), 2, steepness=1e6)
    >>> values
    tensor([4.0000, 3.0000])
    >>> attribution.argmax(0)
    tensor([2, 0])
    """
    rows = Rows("topk", x, dim)
    ranker = _ranker("topk", rows.n, k, method, distribution, steepness)
    values, attribution = ranker.select(rows.keys, largest)
    if len(rows.batch_shape) != 1:
        values = values.reshape(*rows.batch_shape, k)
        attribution = attribution.reshape(*rows.batch_shape, rows.n, k)
    return values if rows.last else values.movedim(-1, dim), attribution


def apply_topk(
    key: Tensor,
    payload: Tensor,
    k: int,
    largest: bool = True,
    *,
    method: str | Network | Relaxation = "splitter_selection",
    distribution: str | Distribution = "cauchy",
    steepness: Number = 10.0,
) -> Tensor:
    """The payloads of the k items with the largest keys, relaxed: attributionᵀ·payload, without attribution.

    Args:
        key: (batch shape…, n)
        payload: (batch shape…, n, columns), the dtype of key
        k: 1 … n
        largest: False takes the smallest
        method, distribution, steepness: see `pliant.top_k`

    Returns:
        (batch shape…, k, columns), that of the largest (smallest) key first

    Raises:
        ValueError, TypeError: they name the argument, what was expected and what came

    Gradient: key, payload, steepness, and the distribution's shift, shape and art_lambda.
    Cost: O(batch · comparators · columns).

    >>> key, payload = torch.tensor([3.0, 1.0, 4.0]), torch.tensor([[30.0], [10.0], [40.0]])
    >>> pliant.apply_topk(key, payload, 2, steepness=1e6)
    tensor([[40.0000],
            [30.0000]])
    """
    rows = Rows("apply_topk", key, -1)
    if payload.shape[:-1] != key.shape:
        raise ValueError(
            "apply_topk: payload must have the shape of key and one dimension more, got "
            f"{tuple(payload.shape)} for key {tuple(key.shape)}"
        )
    if payload.dtype != key.dtype:
        raise TypeError(f"apply_topk: payload must have the dtype of key, {key.dtype}, got {payload.dtype}")
    ranker = _ranker("apply_topk", rows.n, k, method, distribution, steepness)
    out = ranker.apply(rows.keys if largest else -rows.keys, rows.rows(payload))
    return out.reshape(*rows.batch_shape, k, payload.shape[-1])


class _Ranker(NamedTuple):
    """What ranks the k largest of n, in the order of the arguments of the op `topk_loss`."""

    network: Tensor
    family: str
    parameters: Tensor  # of a relaxation the first is its steepness
    relaxation: str  # "" for a network
    power: float
    tolerance: float
    iterations: int
    implicit: bool


class _TopK(NamedTuple):
    """The k largest of n, ranks descending; keys (batch, n)."""

    n: int
    k: int
    ranker: _Ranker

    def select(self, keys: Tensor, largest: bool) -> tuple[Tensor, Tensor]:
        """The values (batch, k) and the attribution (batch, n, k)."""
        if not self.ranker.relaxation:
            return ops.topk(keys, *self.ranker[:3], self.k, largest)
        attribution = self._columns(keys if largest else -keys)
        return (keys.unsqueeze(1) @ attribution).squeeze(1), attribution

    def apply(self, keys: Tensor, payload: Tensor) -> Tensor:
        """(batch, k, columns) from payload (batch, n, columns)."""
        if self.ranker.relaxation:
            return self._columns(keys).mT @ payload
        ranks = ops.sort_apply(keys, payload, *self.ranker[:3], True)
        return ranks[:, self.n - self.k :].flip(1)

    def _columns(self, keys: Tensor) -> Tensor:
        """The attribution by a relaxation, (batch, n, k)."""
        steepness, settings = self.ranker.parameters[:1], self.ranker[4:]
        first = self.n - self.k
        columns = ops.relaxed_permutation(keys, self.ranker.relaxation, steepness, first, self.k, *settings)
        return columns.flip(-1)


class _LapTopK(NamedTuple):
    """The k largest by differences of neighbouring masks, with the methods of `_TopK`."""

    caller: str
    k: int
    steepness: Number

    @property
    def ranker(self) -> _Ranker:
        """As the op `topk_loss` takes it, which has its own way through the masks."""
        numbers = parameters(distribution_of("cauchy"), self.steepness)
        return _Ranker(_NO_NETWORK, "cauchy", numbers, "lapsum", *_UNUSED)

    def select(self, keys: Tensor, largest: bool) -> tuple[Tensor, Tensor]:
        columns = self._columns(keys if largest else -keys)
        values = (wide(keys).unsqueeze(1) @ columns).squeeze(1)
        return values.to(keys.dtype), columns.to(keys.dtype)

    def apply(self, keys: Tensor, payload: Tensor) -> Tensor:
        return (self._columns(keys).mT @ wide(payload)).to(keys.dtype)

    def _columns(self, keys: Tensor) -> Tensor:
        rows = OrderedRows(self.caller, wide(keys), self.steepness)
        return rows.columns(keys.shape[1] - self.k, self.k).flip(-1)


def selection_methods() -> list[str]:
    """The names that `method` takes where the k largest are wanted; `pliant.methods()` says more of most.

    >>> pliant.selection_methods()[:2]
    ['splitter_selection', 'odd_even']
    """
    others = (m["name"] for m in methods() if m["kind"] != "network" and m["permutation"])
    return [*ops.selection_names(), *others]


def _ranker(
    caller: str,
    n: int,
    k: int,
    method: str | Network | Relaxation,
    distribution: str | Distribution,
    steepness: Number,
) -> _TopK | _LapTopK:
    """What ranks the k largest of n."""
    if not 1 <= k <= n:
        raise ValueError(f"{caller}: k must be in 1 … {n}, the number of values, got {k}")
    if not isinstance(steepness, int | float | Tensor):
        raise TypeError(f"{caller}: steepness must be a number or a tensor, got {type(steepness).__name__}")
    if isinstance(steepness, Tensor) and steepness.numel() != 1:
        raise ValueError(f"{caller}: steepness must be one number, got shape {tuple(steepness.shape)}")
    if isinstance(method, str) and method not in _METHODS:
        raise ValueError(f"{caller}: unknown method {method!r}; there are: {', '.join(_METHODS)}")
    kind = "network" if method == _METHODS[0] else kind_of(method)
    if kind == "lapsum":
        return _LapTopK(caller, k, steepness)
    family = distribution_of(distribution)
    if kind == "network" and not isinstance(method, Relaxation):
        numbers = parameters(family, steepness * sort_scale(family))
        return _TopK(n, k, _Ranker(selection_network(method, n, k), family.name, numbers, "", *_UNUSED))
    relaxation = relaxation_of(method)
    numbers = parameters(distribution_of("cauchy"), steepness)
    return _TopK(n, k, _Ranker(_NO_NETWORK, "cauchy", numbers, relaxation.name, *relaxation.settings))


_METHODS = selection_methods()
_UNUSED = Relaxation("softsort").settings  # what a network does not look at
_NO_NETWORK = torch.empty(0, 3, dtype=torch.int32, device="cpu")


def topk_cross_entropy(
    scores: Tensor,
    target: Tensor,
    p_k: Sequence[float] | Tensor = (0.2, 0.2, 0.2, 0.2, 0.2),
    *,
    m: int | None = None,
    method: str | Network | Relaxation = "splitter_selection",
    distribution: str | Distribution = "logistic",
    steepness: Number = 1.0,
    top1_mode: str = "sm",
    softmax_over_classes: bool = False,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    """Cross-entropy of the event that the label is among the k largest scores, k drawn from P_K.

    Args:
        scores: (classes), (batch, classes) or (batch, classes, …), as torch's cross_entropy; ±inf is taken as
            ±1e30 (float64: ±1e300)
        target: class indices, without the dimension of the classes; or of the shape of scores: bool, every
            class that is right (the loss is averaged over them), or floating point, a weight >= 0 for each
            class. Not indices: no torch.compile(fullgraph=True), as the number of targets is in the data
        p_k: P_K(1) … P_K(K), >= 0, sum 1; a tensor gets its gradient. [1] is plain cross-entropy in the modes
            "sm" (but for its bounded logarithm) and "smce".
        m: candidates: the targets, then the largest of the other scores; the rest neither counts nor gets a
            gradient. None (or the number of classes): all, in their order. K … classes, and at least the
            number of targets of a sample.
        method, distribution, steepness: see `pliant.top_k`
        top1_mode: where the chance to be the very first comes from: "sm", a softmax over the candidates;
            "smce", a cross-entropy of its own with weight P_K(1); "sort", the relaxation, as for other ranks
        softmax_over_classes: the softmax is over all classes instead of the candidates; a score of +inf then
            gives NaN, as in torch
        weight: (classes), a factor >= 0 for each class
        ignore_index: a target that counts nothing
        label_smoothing: in [0, 1]; so much of the weight goes to all candidates alike (cost: m times as much)
        reduction: "mean" (weighted, as in torch), "sum" or "none"

    Returns:
        a scalar, or for "none" the shape of the class indices

    Raises:
        ValueError, TypeError: they name the argument, what was expected and what came; NaN among scores

    With A[y, j] the weight of class y for being the j-th largest, q = Σ_k P_K(k)·Σ_{j≤k} A[y, j], and
    L = −ln(q·(1 − 2e-7) + 1e-7); in "sm" softmax_y stands for A[y, 1] in the term k = 1.

    Gradient: scores, steepness, the distribution's shift, shape and art_lambda, and p_k.
    Cost: O(classes + m·log m + comparators) a sample; the gradient is found in the forward pass.
    Source: Petersen et al., Differentiable Top-k Classification Learning (ICML 2022).

    >>> scores = torch.tensor([[2.0, 1.0, 3.0, 0.0]])
    >>> pliant.topk_cross_entropy(scores, torch.tensor([0]), p_k=[0.5, 0.5], steepness=10.0)
    tensor(0.4806)
    """
    sets = _LossRows(scores, target, ignore_index)
    numbers = _p_k(p_k)
    candidates = sets.classes if m is None else m
    k = len(numbers)
    if not 1 <= k <= candidates <= sets.classes:
        raise ValueError(
            f"topk_cross_entropy: there must be 1 <= len(p_k) <= m <= classes, got len(p_k) = {k}, "
            f"m = {candidates} and {sets.classes} classes"
        )
    _check_reduction("topk_cross_entropy", reduction)
    by = _ranker("topk_cross_entropy", candidates, k, method, distribution, steepness)
    loss, counts, *_ = ops.topk_loss(
        sets.scores,
        sets.targets,
        sets.weights,
        weight,
        *by.ranker,
        numbers,
        candidates,
        top1_mode,
        softmax_over_classes,
        label_smoothing,
        ignore_index,
    )
    if reduction == "none":
        return loss.reshape(sets.shape)
    return loss.sum() / counts.sum() if reduction == "mean" else loss.sum()


def check_topk_cross_entropy(p_k: Sequence[float], **options: Any) -> None:
    """Checks options as a call would: by a call on an empty batch of as many classes as it needs."""
    m = options["m"] or max(len(p_k), 1)
    topk_cross_entropy(torch.empty(0, m), torch.empty(0, dtype=torch.int64), p_k, **options)


class _LossRows:
    """Scores as (batch, classes), and the targets of each row as the op takes them."""

    def __init__(self, scores: Tensor, target: Tensor, ignore_index: int) -> None:
        if not isinstance(scores, Tensor) or not isinstance(target, Tensor):
            raise TypeError(
                "topk_cross_entropy: scores and target must be tensors, got "
                f"{type(scores).__name__} and {type(target).__name__}"
            )
        if scores.dim() == 0:
            raise ValueError("topk_cross_entropy: scores must have a dimension of classes, got a scalar")
        axis = 0 if scores.dim() == 1 else 1
        self.classes = scores.shape[axis]
        self.shape = scores.shape[:axis] + scores.shape[axis + 1 :]
        self.scores = _rows(scores, axis)
        self.weights: Tensor | None = None
        if not target.is_floating_point() and target.dtype != torch.bool:
            self.targets = self._indices(target)
        elif target.shape == scores.shape:
            self.targets, self.weights = _weighted_targets(_rows(target, axis), ignore_index)
        else:
            raise ValueError(
                f"topk_cross_entropy: a target of dtype {target.dtype} must have the shape of scores, "
                f"{tuple(scores.shape)}, got {tuple(target.shape)}"
            )

    def _indices(self, target: Tensor) -> Tensor:
        if target.shape != self.shape:
            raise ValueError(
                f"topk_cross_entropy: target must have the shape of scores without the classes, "
                f"{tuple(self.shape)}, got {tuple(target.shape)}"
            )
        return target.to(torch.int64).reshape(-1, 1)


def _rows(tensor: Tensor, axis: int) -> Tensor:
    """(…, classes, …) as (batch, classes)."""
    if tensor.dim() == 2:
        return tensor
    return tensor.movedim(axis, -1).reshape(-1, tensor.shape[axis])


def _weighted_targets(target: Tensor, ignore_index: int) -> tuple[Tensor, Tensor]:
    """The classes with a weight, (batch, as many as the fullest row has), and their weights."""
    if not (target >= 0).all():
        raise ValueError("topk_cross_entropy: a floating-point target must be >= 0 everywhere")
    counts = (target > 0).sum(-1, keepdim=True)
    most = max(int(counts.max()), 1) if len(target) > 0 else 1
    weights, classes = target.double().topk(most)
    absent = weights == 0
    if target.dtype == torch.bool:
        weights = weights / counts.clamp(min=1)
    return classes.masked_fill(absent, ignore_index), weights


def _p_k(p_k: Sequence[float] | Tensor) -> Tensor:
    """P_K as the op takes it, float64 on the CPU; a tensor keeps its gradient."""
    if isinstance(p_k, Tensor):
        if p_k.dim() != 1:
            raise ValueError(f"topk_cross_entropy: p_k must have shape (K), got {tuple(p_k.shape)}")
        return p_k.to("cpu", torch.float64)
    return _shared_p_k(*p_k)


@shared
def _shared_p_k(*numbers: float) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64, device="cpu")


def smooth_topk_svm(
    scores: Tensor, target: Tensor, k: int, tau: float = 1.0, reduction: str = "mean"
) -> Tensor:
    """The smooth top-k SVM loss, exact, margin 1: τ·ln(1 + exp(1/τ − z_y)·σ_k/σ_{k−1}), z = scores/(k·τ).

    σ_i is the i-th elementary symmetric polynomial of exp(z_j), j ≠ y.

    Args:
        scores: (batch, classes), finite
        target: (batch), class indices
        k: 1 … classes − 1
        tau: temperature, > 0; → 0 is the hard top-k hinge
        reduction: "mean", "sum" or "none"

    Returns:
        a scalar, or (batch) for "none"

    Raises:
        ValueError, TypeError: they name the argument, what was expected and what came

    Gradient: scores. Cost: O(classes · k) a sample; nothing is subtracted, so nothing cancels.
    Source: Berrada et al., Smooth Loss Functions for Deep Top-k Classification (ICLR 2018).

    >>> pliant.smooth_topk_svm(torch.tensor([[2.0, 1.0, 3.0, 0.0]]), torch.tensor([0]), 2)
    tensor(1.0633)
    """
    _check_reduction("smooth_topk_svm", reduction)
    return _reduced(ops.smooth_topk_svm(scores, target, k, tau)[0], reduction)


def truncated_topk_entropy(scores: Tensor, target: Tensor, k: int, reduction: str = "mean") -> Tensor:
    """The truncated top-k entropy, ln(1 + Σ_J exp(o_j − o_y)), J all but y and the k − 1 largest others.

    Args:
        scores: (batch, classes)
        target: (batch), class indices
        k: 1 … classes − 1; 1 is cross-entropy
        reduction: "mean", "sum" or "none"

    Returns:
        a scalar, or (batch) for "none"

    Raises:
        ValueError: it names the argument, what was expected and what came

    Gradient: scores, through torch. Cost: O(classes · log k) a sample.
    Source: Lapin et al., Loss Functions for Top-k Error (CVPR 2016).

    >>> pliant.truncated_topk_entropy(torch.tensor([[2.0, 1.0, 3.0, 0.0]]), torch.tensor([0]), 2)
    tensor(0.4076)
    """
    _check_reduction("truncated_topk_entropy", reduction)
    if scores.dim() != 2 or target.shape != scores.shape[:1]:
        raise ValueError(
            "truncated_topk_entropy: scores must have shape (batch, classes) and target (batch), got "
            f"{tuple(scores.shape)} and {tuple(target.shape)}"
        )
    if not 1 <= k < scores.shape[1]:
        raise ValueError(
            f"truncated_topk_entropy: k must be in 1 … {scores.shape[1] - 1}, less than the number of "
            f"classes, got {k}"
        )
    label = target.unsqueeze(1)
    others = scores.scatter(1, label, -torch.inf)
    rest = others.scatter(1, others.topk(k - 1).indices, -torch.inf).logsumexp(1)
    return _reduced(torch.nn.functional.softplus(rest - scores.gather(1, label).squeeze(1)), reduction)


def _check_reduction(caller: str, reduction: str) -> None:
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{caller}: reduction must be 'mean', 'sum' or 'none', got {reduction!r}")


def _reduced(loss: Tensor, reduction: str) -> Tensor:
    if reduction == "none":
        return loss
    return loss.mean() if reduction == "mean" else loss.sum()
