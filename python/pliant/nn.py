# python/pliant/nn.py — the functions as modules: they own the options and a learnable steepness
"""Every module can be copied, pickled, and saved by its state_dict; the C++ modules have the same names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict, Unpack

import torch
from torch import Tensor

from pliant import sorting
from pliant._sort_call import Options, check_options
from pliant.encoding import Thermometer as Thermometer
from pliant.isaac_modules import IsaacConv2d as IsaacConv2d
from pliant.isaac_modules import IsaacLinear as IsaacLinear
from pliant.learned_wiring import LearnedWiring as LearnedWiring
from pliant.logic_conv_modules import LogicConv2d as LogicConv2d
from pliant.logic_conv_modules import OrPool2d as OrPool2d
from pliant.logic_modules import GroupSum as GroupSum
from pliant.logic_modules import LogicDense as LogicDense
from pliant.logic_modules import LogicNetwork as LogicNetwork
from pliant.math import Distribution, Number
from pliant.networks import Network
from pliant.relaxation import Relaxation
from pliant.top_k import check_topk_cross_entropy, topk_cross_entropy


class _Shared(TypedDict):
    """The options that all sorting functions take by name."""

    method: str | Network | Relaxation
    distribution: str | Distribution
    steepness: Number


class _SortOptions(TypedDict, total=False):
    """The arguments that all sorting modules take by name."""

    method: str | Network | Relaxation
    distribution: str | Distribution
    steepness: float
    learn_steepness: bool


class _SortModule(torch.nn.Module):
    """What the sorting modules share: their options, checked when the module is made, and the steepness.

    `steepness` is a float, or with learn_steepness a parameter, a float64 scalar.
    """

    steepness: float | torch.nn.Parameter
    _wants_permutation = True

    def __init__(
        self,
        dim: int = -1,
        *,
        method: str | Network | Relaxation = "odd_even",
        distribution: str | Distribution = "cauchy",
        steepness: float = 10.0,
        learn_steepness: bool = False,
    ) -> None:
        super().__init__()
        self._check(Options(method, distribution, steepness))
        self.dim, self.method, self.distribution = dim, method, distribution
        if learn_steepness:
            self.steepness = torch.nn.Parameter(torch.tensor(steepness, dtype=torch.float64))
        else:
            self.steepness = float(steepness)

    def set_steepness(self, steepness: float) -> None:
        """Another steepness from now on, as annealing does; a learnable one goes on from there.

        >>> module = pliant.nn.Sort()
        >>> module.set_steepness(20.0)
        >>> module
        Sort(dim=-1, method='odd_even', distribution='cauchy', steepness=20.0)
        """
        self._check(Options(self.method, self.distribution, steepness))
        if isinstance(self.steepness, torch.nn.Parameter):
            with torch.no_grad():
                self.steepness.fill_(steepness)
        else:
            self.steepness = float(steepness)

    def _check(self, options: Options) -> None:
        check_options(type(self).__name__, options, self._wants_permutation)

    @property
    def options(self) -> _Shared:
        """The arguments that the functions take by name."""
        return {"method": self.method, "distribution": self.distribution, "steepness": self.steepness}

    def extra_repr(self) -> str:
        steepness = self.steepness.item() if isinstance(self.steepness, Tensor) else self.steepness
        shown = {"dim": self.dim, **self.options, "steepness": steepness}
        return ", ".join(f"{name}={value!r}" for name, value in shown.items())


class Sort(_SortModule):
    """`pliant.sort` as a module: forward(x) → (values, permutation).

    Args:
        dim: what to sort along
        descending: flips the ranks
        method, distribution, steepness: see `pliant.sorting`
        learn_steepness: makes steepness a parameter

    >>> module = pliant.nn.Sort(method="bitonic", learn_steepness=True)
    >>> values, permutation = module(torch.tensor([[3.0, 1.0, 2.0]]))
    >>> [name for name, _ in module.named_parameters()]
    ['steepness']
    """

    def __init__(self, dim: int = -1, descending: bool = False, **options: Unpack[_SortOptions]) -> None:
        super().__init__(dim, **options)
        self.descending = descending

    def forward(
        self, x: Tensor, mask: Tensor | None = None, lengths: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """See `pliant.sort`."""
        return sorting.sort(x, self.dim, self.descending, **self.options, mask=mask, lengths=lengths)


class SoftRank(_SortModule):
    """`pliant.soft_rank` as a module: forward(x) → ranks from 1 to n. Arguments as for `Sort`.

    >>> pliant.nn.SoftRank(steepness=1e6)(torch.tensor([3.0, 1.0, 2.0]))
    tensor([3.0000, 1.0000, 2.0000])
    """

    _wants_permutation = False

    def __init__(self, dim: int = -1, descending: bool = False, **options: Unpack[_SortOptions]) -> None:
        super().__init__(dim, **options)
        self.descending = descending

    def forward(self, x: Tensor, mask: Tensor | None = None, lengths: Tensor | None = None) -> Tensor:
        """See `pliant.soft_rank`."""
        return sorting.soft_rank(x, self.dim, self.descending, **self.options, mask=mask, lengths=lengths)


class ApplySort(_SortModule):
    """`pliant.apply_sort` as a module: forward(key, payload) → payload by key. Arguments as for `Sort`.

    >>> module = pliant.nn.ApplySort(steepness=1e6)
    >>> module(torch.tensor([2.0, 1.0]), torch.tensor([[20.0], [10.0]])).squeeze(-1)
    tensor([10.0000, 20.0000])
    """

    def __init__(self, dim: int = -1, descending: bool = False, **options: Unpack[_SortOptions]) -> None:
        super().__init__(dim, **options)
        self.descending = descending

    def forward(
        self, key: Tensor, payload: Tensor, mask: Tensor | None = None, lengths: Tensor | None = None
    ) -> Tensor:
        """See `pliant.apply_sort`."""
        return sorting.apply_sort(
            key, payload, self.dim, self.descending, **self.options, mask=mask, lengths=lengths
        )


class PermutationLoss(_SortModule):
    """`pliant.permutation_loss` as a module: forward(scores, labels) → scalar.

    Args:
        dim: what is sorted along
        loss: "bce" or "cross_entropy"
        ties: whether equal labels share their ranks
        method, distribution, steepness, learn_steepness: as for `Sort`

    >>> loss = pliant.nn.PermutationLoss(steepness=1e3)
    >>> loss(torch.tensor([0.1, 0.9, 0.5]), torch.tensor([1, 3, 2]))
    tensor(0.0009)
    """

    def __init__(
        self, dim: int = -1, *, loss: str = "bce", ties: bool = False, **options: Unpack[_SortOptions]
    ) -> None:
        super().__init__(dim, **options)
        self.loss, self.ties = loss, ties

    def forward(
        self, scores: Tensor, labels: Tensor, mask: Tensor | None = None, lengths: Tensor | None = None
    ) -> Tensor:
        """See `pliant.permutation_loss`."""
        return sorting.permutation_loss(
            scores,
            labels,
            self.dim,
            loss=self.loss,
            ties=self.ties,
            **self.options,
            mask=mask,
            lengths=lengths,
        )


class TopKCrossEntropy(torch.nn.Module):
    """`pliant.topk_cross_entropy` as a module: forward(scores, target) → loss.

    Args:
        p_k … reduction: as for the function; `weight` is a buffer
        learn_steepness: the steepness is a parameter, a float64 scalar
        learn_p_k: P_K is the softmax of the parameter `p_k_logits`, float64 (K); every p_k must then be > 0

    Raises:
        ValueError: when the module is made, or its input comes

    >>> loss = pliant.nn.TopKCrossEntropy([0.5, 0.5], m=3)
    >>> loss
    TopKCrossEntropy(p_k=[0.5, 0.5], m=3, method='splitter_selection', distribution='logistic', steepness=1.0)
    >>> loss(torch.tensor([[2.0, 1.0, 3.0, 0.0]]), torch.tensor([0]))
    tensor(0.8228)
    """

    steepness: float | torch.nn.Parameter
    weight: Tensor | None

    def __init__(
        self,
        p_k: Sequence[float] = (0.2, 0.2, 0.2, 0.2, 0.2),
        *,
        m: int | None = None,
        method: str | Network | Relaxation = "splitter_selection",
        distribution: str | Distribution = "logistic",
        steepness: float = 1.0,
        learn_steepness: bool = False,
        learn_p_k: bool = False,
        top1_mode: str = "sm",
        softmax_over_classes: bool = False,
        weight: Tensor | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        reduction: str = "mean",
    ) -> None:
        super().__init__()
        self.options: dict[str, Any] = {
            "m": m,
            "method": method,
            "distribution": distribution,
            "top1_mode": top1_mode,
            "softmax_over_classes": softmax_over_classes,
            "ignore_index": ignore_index,
            "label_smoothing": label_smoothing,
            "reduction": reduction,
        }
        check_topk_cross_entropy(p_k, steepness=steepness, **self.options)
        self.p_k = list(p_k)
        self.register_buffer("weight", weight)
        self.steepness = (
            torch.nn.Parameter(torch.tensor(steepness, dtype=torch.float64))
            if learn_steepness
            else float(steepness)
        )
        self.p_k_logits: torch.nn.Parameter | None = None
        if learn_p_k:
            if min(p_k) <= 0:
                raise ValueError(f"TopKCrossEntropy: with learn_p_k every p_k must be > 0, got {list(p_k)}")
            self.p_k_logits = torch.nn.Parameter(torch.tensor(self.p_k, dtype=torch.float64).log())

    def forward(self, scores: Tensor, target: Tensor) -> Tensor:
        """The loss of scores (batch, classes, …) and target."""
        p_k = self.p_k if self.p_k_logits is None else self.p_k_logits.softmax(0)
        return topk_cross_entropy(
            scores, target, p_k, steepness=self.steepness, weight=self.weight, **self.options
        )

    def extra_repr(self) -> str:
        """What the repr shows of the options."""
        steepness = self.steepness.item() if isinstance(self.steepness, Tensor) else self.steepness
        shown = {"p_k": self.p_k, **{name: self.options[name] for name in ("m", "method", "distribution")}}
        return ", ".join(f"{name}={value!r}" for name, value in {**shown, "steepness": steepness}.items())
