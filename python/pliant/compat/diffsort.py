# python/pliant/compat/diffsort.py — the package diffsort 0.2.0 by its names, on our kernels
"""Names, defaults and return values of https://pypi.org/project/diffsort/0.2.0 (Petersen et al., ICML 2021
and ICLR 2022). Change `import diffsort` to `from pliant.compat import diffsort`.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

import pliant

# Theirs → ours; "logistic_phi" is the logistic with the activation replacement trick.
_DISTRIBUTIONS = {
    "logistic": "logistic",
    "logistic_phi": "logistic",
    "gaussian": "gaussian",
    "reciprocal": "reciprocal",
    "cauchy": "cauchy",
    "optimal": "optimal",
}
_NETWORKS = ("bitonic", "odd_even")

# A layer as they write it, k rows: which two wires are compared, (k, n) each, and where the minimum and the
# maximum go, (n, k) each.
Layer = Sequence[np.ndarray] | Sequence[Tensor]


def _distribution(name: str, art_lambda: float) -> pliant.Distribution:
    if name not in _DISTRIBUTIONS:
        raise NotImplementedError(f"softmax method `{name}` unknown; there are: {', '.join(_DISTRIBUTIONS)}")
    return pliant.Distribution(_DISTRIBUTIONS[name], art_lambda=art_lambda if name == "logistic_phi" else 0.0)


def _check_network(name: str) -> None:
    if name not in _NETWORKS:
        raise NotImplementedError(f"Sorting network `{name}` unknown; there are: {', '.join(_NETWORKS)}")


def _matrices(rows: list[tuple[int, int]], n: int) -> tuple[np.ndarray, ...]:
    """A layer whose rows are (low, high); low = high is a wire that stays as it is, half by each way."""
    low, high = np.array(rows, dtype=int).reshape(-1, 2).T
    at = np.arange(len(rows))
    split_a, split_b = np.zeros((len(rows), n)), np.zeros((len(rows), n))
    split_a[at, np.minimum(low, high)] = 1
    split_b[at, np.maximum(low, high)] = 1
    combine_min, combine_max = np.zeros((n, len(rows))), np.zeros((n, len(rows)))
    combine_min[low, at] = combine_max[high, at] = np.where(low == high, 0.5, 1)
    return split_a, split_b, combine_min, combine_max


def _published_bitonic(n: int) -> list[tuple[int, int, int]]:
    """The package's bitonic network, rows (layer, low, high).

    `pliant.network("bitonic", n)` differs at some sizes: this one does not sort them all (22 is the first).
    """
    blocks = (n - 1).bit_length()
    absent = 2**blocks - n
    strides = [(block, 2 ** (block - stage)) for block in range(blocks) for stage in range(block + 1)]
    rows = []
    for layer, (block, stride) in enumerate(strides):
        for wire in range(absent, 2**blocks - stride):
            if wire & stride:
                continue
            pair = (wire - absent, wire - absent + stride)
            rows.append((layer, *(pair[::-1] if wire >> (block + 1) & 1 else pair)))
    return rows


@functools.cache
def _published_network(n: int) -> pliant.Network:
    return pliant.Network(torch.tensor(_published_bitonic(n), dtype=torch.int32))


def _dense(
    comparators: Sequence[Sequence[int]], n: int, idle_first: bool, count: int = 0
) -> list[tuple[np.ndarray, ...]]:
    """The network as matrices, at least `count` layers; wires that a layer leaves alone are first or last."""
    count = max([count, *(layer + 1 for layer, _, _ in comparators)])
    layers: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for layer, low, high in comparators:
        layers[layer].append((low, high))
    dense = []
    for pairs in layers:
        idle = [(wire, wire) for wire in sorted(set(range(n)) - {wire for pair in pairs for wire in pair})]
        dense.append(_matrices(idle + pairs if idle_first else pairs + idle, n))
    return dense


def bitonic_network(n: int) -> list[tuple[np.ndarray, ...]]:
    """Layers of (split_a, split_b, combine_min, combine_max), float64.

    >>> [layer[0].shape for layer in diffsort.bitonic_network(4)]
    [(2, 4), (2, 4), (2, 4)]
    """
    return _dense(_published_bitonic(n), n, idle_first=True)


def odd_even_network(n: int) -> list[tuple[np.ndarray, ...]]:
    """Layers of (split_a, split_b, combine_min, combine_max), float64.

    >>> len(diffsort.odd_even_network(5))
    5
    """
    return _dense(pliant.network("odd_even", n).tolist(), n, idle_first=False, count=n)


def get_sorting_network(type: str, n: int, device: torch.device | str) -> list[list[Tensor]]:
    """The network's layers as float32 tensors on `device`.

    Raises:
        NotImplementedError: if there is no such network
    """
    _check_network(type)
    layers = bitonic_network(n) if type == "bitonic" else odd_even_network(n)
    return [[torch.from_numpy(matrix).float().to(device) for matrix in layer] for layer in layers]


def _network(layers: Sequence[Layer]) -> pliant.Network:
    """The comparators of a network of matrices."""
    rows: list[Tensor] = []
    for layer in layers:
        split_a, split_b, combine_min, combine_max = map(torch.as_tensor, layer)
        pairs = torch.stack([combine_min.argmax(0), combine_max.argmax(0)], dim=1)
        compared = split_a.argmax(1) != split_b.argmax(1)
        numbers = torch.full((int(compared.sum()), 1), len(rows))
        rows.append(torch.cat([numbers, pairs[compared].cpu()], dim=1).int())
    return pliant.Network(torch.cat(rows))


def sort(
    sorting_network: Sequence[Layer],
    vectors: Tensor,
    steepness: float = 10.0,
    art_lambda: float = 0.25,
    distribution: str = "cauchy",
) -> tuple[Tensor, Tensor]:
    """Sorts the rows of a matrix through a network of matrices; `pliant.sort` takes it ready-made.

    Args:
        sorting_network: what `get_sorting_network` gives
        vectors: (batch, n)
        steepness: inverse temperature
        art_lambda: of "logistic_phi"
        distribution: "logistic", "logistic_phi", "gaussian", "reciprocal", "cauchy" or "optimal"

    Returns:
        the sorted rows (batch, n) and the permutation matrices (batch, n, n)

    Raises:
        NotImplementedError: if there is no such distribution

    >>> network = diffsort.get_sorting_network("odd_even", 3, "cpu")
    >>> diffsort.sort(network, torch.tensor([[3.0, 1.0, 2.0]]), steepness=1e6)[0]
    tensor([[1.0000, 2.0000, 3.0000]])
    """
    return pliant.sort(
        vectors,
        method=_network(sorting_network),
        distribution=_distribution(distribution, art_lambda),
        steepness=steepness,
    )


class DiffSortNet(torch.nn.Module):
    """Sorts the rows of a matrix: forward(vectors (batch, size)) → (sorted rows, permutation matrices).

    Args:
        sorting_network_type: "odd_even" or "bitonic"
        size: how many values a row has
        device: of `sorting_network`; the sorting itself follows its input
        steepness: inverse temperature
        art_lambda: of "logistic_phi"
        interpolation_type: the older name of distribution
        distribution: as for `sort`

    Raises:
        NotImplementedError: if there is no such network, or, at the first call, no such distribution

    >>> sorted_rows, permutation = diffsort.DiffSortNet("bitonic", 3)(torch.tensor([[3.0, 1.0, 2.0]]))
    >>> permutation.shape
    torch.Size([1, 3, 3])
    """

    def __init__(
        self,
        sorting_network_type: str,
        size: int,
        device: str = "cpu",
        steepness: float = 10.0,
        art_lambda: float = 0.25,
        interpolation_type: str | None = None,
        distribution: str = "cauchy",
    ) -> None:
        super().__init__()
        _check_network(sorting_network_type)
        if interpolation_type is not None:
            if distribution not in (None, "cauchy", interpolation_type):
                raise ValueError(
                    "DiffSortNet: interpolation_type is the older name of distribution, and they differ: "
                    f"{interpolation_type!r} and {distribution!r}"
                )
            distribution = interpolation_type
        self.sorting_network_type, self.size, self.device = sorting_network_type, size, device
        self.steepness, self.art_lambda, self.distribution = steepness, art_lambda, distribution

    @property
    def sorting_network(self) -> list[list[Tensor]]:
        """The network as matrices. Only made when asked for: `forward` has no need of them."""
        return get_sorting_network(self.sorting_network_type, self.size, self.device)

    def forward(self, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """The sorted rows (batch, size) and the permutation matrices (batch, size, size)."""
        if vectors.dim() != 2 or vectors.shape[1] != self.size:
            raise ValueError(
                f"DiffSortNet: vectors must have shape (batch, {self.size}), got {tuple(vectors.shape)}"
            )
        distribution = _distribution(self.distribution, self.art_lambda)
        return pliant.sort(
            vectors, method=self._method(), distribution=distribution, steepness=self.steepness
        )

    def _method(self) -> str | pliant.Network:
        if self.sorting_network_type == "odd_even" or self.size == 1:
            return "odd_even"
        return _published_network(self.size)
