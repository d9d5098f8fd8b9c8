# python/pliant/compat/difftopk.py — the package difftopk 0.2.0 by its names, on our kernels
"""Names, defaults and return values of https://pypi.org/project/difftopk/0.2.0 (Petersen et al., ICML
2022). Change `import difftopk` to `from pliant.compat import difftopk`. No sparse extension is needed;
float64 and half precision work, and so do k = m and m = n. NeuralSort's hard=True is one-hot for each rank
(the package's was for each item).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

import pliant
from pliant.compat import diffsort
from pliant.compat.diffsort import Layer, _dense, _distribution, _network, _published_network

_NETWORKS = {
    "bitonic": "bitonic",
    "bitonic__non_sparse": "bitonic",
    "splitter_selection": "splitter_selection",
    "odd_even": "odd_even",
}
_RELAXATIONS = ("neuralsort", "softsort")
_MODES = ("sm", "smce", "sort")


def _method(name: str, size: int) -> str | pliant.Network:
    """The package's bitonic network differs from ours at some sizes."""
    return _published_network(size) if name == "bitonic" and size > 1 else name


def get_sorting_network(
    type: str, n: int, device: torch.device | str, k: int | None = None
) -> list[list[Tensor]]:
    """A network's layers as float32 matrices (split_a, split_b, combine_min, combine_max) on `device`.

    Args:
        type: "bitonic" or "odd_even"; or "sparse_bitonic" or "sparse_splitter_selection", whose matrices are
            dense here
        n: how many values are sorted
        device: of the matrices
        k: of "sparse_splitter_selection": how many of the largest

    Raises:
        NotImplementedError: if there is no such network

    >>> len(difftopk.get_sorting_network("sparse_splitter_selection", 6, "cpu", 3))
    6
    """
    if type != "sparse_splitter_selection":
        return diffsort.get_sorting_network(type.removeprefix("sparse_"), n, device)
    rows = pliant.selection_network("splitter_selection", n, n if k is None else k).tolist()
    return [
        [torch.from_numpy(matrix).float().to(device) for matrix in layer]
        for layer in _dense(rows, n, idle_first=True)
    ]


def topk(
    sorting_network: Sequence[Layer],
    vectors: Tensor,
    k: int,
    steepness: float = 10.0,
    art_lambda: float = 0.25,
    distribution: str = "cauchy",
    sparse: bool = False,
) -> tuple[None, Tensor]:
    """(None, X (batch, n, k)) through a network of matrices; `pliant.topk` takes it ready-made.

    Args:
        sorting_network: what `get_sorting_network` gives
        vectors: (batch, n)
        k: how many of the largest
        steepness: inverse temperature
        art_lambda: of "logistic_phi"
        distribution: as for `DiffTopkNet`
        sparse: not looked at

    Raises:
        NotImplementedError: if there is no such distribution

    >>> network = difftopk.get_sorting_network("odd_even", 3, "cpu")
    >>> difftopk.topk(network, torch.tensor([[3.0, 1.0, 2.0]]), 1, steepness=1e6)[1].argmax(1)
    tensor([[0]])
    """
    _, attribution = pliant.topk(
        vectors,
        k,
        method=_network(sorting_network),
        distribution=_distribution(distribution, art_lambda),
        steepness=steepness,
    )
    return None, attribution.flip(-1)


class DiffTopkNet(torch.nn.Module):
    """forward(vectors (batch, size)) → (None, X (batch, size, k)), the largest in the last column.

    Args:
        sorting_network_type: "bitonic", "odd_even" or "splitter_selection"
        size: how many values a row has
        k: how many of the largest
        sparse: not looked at: there is one kernel
        device: not looked at: the kernel follows its input
        steepness: inverse temperature
        art_lambda: of the distribution "logistic_phi"
        interpolation_type: the older name of distribution
        distribution: "logistic", "logistic_phi", "gaussian", "reciprocal", "cauchy" or "optimal"

    Raises:
        NotImplementedError: if there is no such network, or, at the first call, no such distribution

    >>> _, x = difftopk.DiffTopkNet("odd_even", 3, 1)(torch.tensor([[3.0, 1.0, 2.0]]))
    >>> x.shape
    torch.Size([1, 3, 1])
    """

    def __init__(
        self,
        sorting_network_type: str,
        size: int,
        k: int,
        sparse: bool = False,
        device: str = "cpu",
        steepness: float = 10.0,
        art_lambda: float = 0.25,
        interpolation_type: str | None = None,
        distribution: str = "cauchy",
    ) -> None:
        super().__init__()
        if sorting_network_type not in ("bitonic", "odd_even", "splitter_selection"):
            raise NotImplementedError(
                f"Sorting network `{sorting_network_type}` unknown; there are: bitonic, odd_even, "
                "splitter_selection"
            )
        self.sorting_network_type, self.size, self.k, self.sparse = sorting_network_type, size, k, sparse
        self.steepness, self.art_lambda = steepness, art_lambda
        self.distribution = distribution if interpolation_type is None else interpolation_type

    def forward(self, vectors: Tensor) -> tuple[None, Tensor]:
        """The attribution of each row's values to its top k ranks, ascending."""
        assert len(vectors.shape) == 2, vectors.shape
        assert vectors.shape[1] == self.size, (vectors.shape, self.size)
        _, attribution = pliant.topk(
            vectors,
            self.k,
            method=_method(self.sorting_network_type, self.size),
            distribution=_distribution(self.distribution, self.art_lambda),
            steepness=self.steepness,
        )
        return None, attribution.flip(-1)


class NeuralSort(torch.nn.Module):
    """forward(scores (batch, n)) → (batch, n, n), [item, rank ascending]; tau is the temperature."""

    def __init__(self, tau: float = 1.0, hard: bool = False) -> None:
        super().__init__()
        self.tau, self.hard = tau, hard

    def forward(self, scores: Tensor) -> Tensor:
        """The relaxed permutation matrix; hard: one-hot ranks with its gradient."""
        return _hardened(pliant.sort(scores, method="neuralsort", steepness=1 / self.tau)[1], self.hard, 1)


class SoftSort(torch.nn.Module):
    """forward(scores (batch, n)) → (batch, n, n), [rank descending, item]; tau is the temperature."""

    def __init__(self, tau: float = 1.0, hard: bool = False, pow: float = 1.0) -> None:
        super().__init__()
        self.tau, self.hard, self.pow = tau, hard, pow

    def forward(self, scores: Tensor) -> Tensor:
        """The relaxed permutation matrix, transposed; hard: one-hot ranks with its gradient."""
        relaxation = pliant.Relaxation("softsort", power=self.pow)
        matrix = pliant.sort(scores, descending=True, method=relaxation, steepness=1 / self.tau)[1]
        return _hardened(matrix.mT, self.hard, 2)


def _hardened(soft: Tensor, hard: bool, items: int) -> Tensor:
    """One-hot along the items, with the gradient of what came, if it is to be hard."""
    if not hard:
        return soft
    one_hot = torch.zeros_like(soft).scatter_(items, soft.argmax(items, keepdim=True), 1.0)
    return (one_hot - soft).detach() + soft


class TopKCrossEntropyLoss(torch.nn.Module):
    """forward(outputs (batch, n), labels (batch)) → scalar; `pliant.topk_cross_entropy` has all of it.

    Args:
        diffsort_method: "bitonic", "bitonic__non_sparse", "splitter_selection", "odd_even", "neuralsort" or
            "softsort"
        inverse_temperature: the steepness
        p_k: P_K(1) … P_K(K), sum 1
        n: number of classes
        m: candidates; None: all classes
        distribution: of the networks; None is an error at the first call, as in the package
        art_lambda: of "logistic_phi"
        device: not looked at
        top1_mode: "sm", "smce" or "sort"

    Raises:
        NotImplementedError: if there is no such method or, at the first call, distribution
        AssertionError: if p_k does not sum to 1 or the mode is unknown

    >>> loss = difftopk.TopKCrossEntropyLoss("odd_even", 1.0, [0.5, 0.5], 4, distribution="logistic")
    >>> loss(torch.tensor([[2.0, 1.0, 3.0, 0.0]]), torch.tensor([0]))
    tensor(0.9691)
    """

    def __init__(
        self,
        diffsort_method: str,
        inverse_temperature: float,
        p_k: list[float],
        n: int,
        m: int | None = None,
        distribution: str | None = None,
        art_lambda: float = 0.25,
        device: str = "cpu",
        top1_mode: str = "sm",
    ) -> None:
        super().__init__()
        assert 0.9999 < sum(p_k) < 1.0001, f"P_K does not sum up to 1: {p_k} sums up to {sum(p_k)}."
        assert top1_mode in _MODES, top1_mode
        if diffsort_method not in (*_NETWORKS, *_RELAXATIONS):
            raise NotImplementedError(
                f"{diffsort_method}; there are: {', '.join((*_NETWORKS, *_RELAXATIONS))}"
            )
        self.diffsort_method, self.inverse_temperature = diffsort_method, inverse_temperature
        self.p_k, self.k, self.n, self.m = p_k, len(p_k), n, m
        self.distribution, self.art_lambda = distribution, art_lambda
        self.device, self.top1_mode = device, top1_mode

    def forward(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """The mean loss of the batch."""
        options: dict[str, Any] = {"method": self.diffsort_method}
        if self.diffsort_method in _NETWORKS:
            size = self.n if self.m is None else self.m
            options["method"] = _method(_NETWORKS[self.diffsort_method], size)
            options["distribution"] = _distribution(str(self.distribution), self.art_lambda)
        return pliant.topk_cross_entropy(
            outputs,
            labels,
            self.p_k,
            m=self.m,
            steepness=self.inverse_temperature,
            top1_mode=self.top1_mode,
            **options,
        )


class SmoothTopKLoss(torch.nn.Module):
    """forward(scores (batch, num_classes), labels (batch)) → scalar: `pliant.smooth_topk_svm`."""

    def __init__(self, num_classes: int, k: int, tau: float = 1, device: str = "cpu") -> None:
        super().__init__()
        self.num_classes, self.k, self.tau = num_classes, k, tau

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor:
        """The mean loss of the batch."""
        return pliant.smooth_topk_svm(scores, labels, self.k, self.tau)


class SmoothHardTopKLoss(SmoothTopKLoss):
    """SmoothTopKLoss, but the hard top-k hinge where the k-th and the next score are far apart."""

    THRESHOLD = 1000.0  # the gap is at least k·tau times its logarithm

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor:
        """The mean loss of the batch."""
        top = scores.topk(self.k + 1).values.detach()
        hard = top[:, -2] - top[:, -1] >= self.k * self.tau * math.log(self.THRESHOLD)
        loss = torch.where(hard, 0, pliant.smooth_topk_svm(scores, labels, self.k, self.tau, "none"))
        return (loss + torch.where(hard, self._hinge(scores, labels), 0)).mean()

    def _hinge(self, scores: Tensor, labels: Tensor) -> Tensor:
        """max(0, 1 + mean of the k largest o_j − (sum of the k − 1 largest o_j + o_y)/k), j ≠ y."""
        label = labels.unsqueeze(1)
        others = scores.scatter(1, label, -torch.inf).topk(self.k).values
        right = (others[:, :-1].sum(1) + scores.gather(1, label).squeeze(1)) / self.k
        return torch.relu(others.mean(1) + 1 - right)
