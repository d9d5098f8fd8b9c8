# python/pliant/networks.py — comparator networks: those that the library knows, and a user's own
from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import torch
from torch import Tensor

from pliant._constants import shared
from pliant._library import ops

F = TypeVar("F", bound=Callable[..., Tensor])


def _constant_when_compiled(function: F) -> F:
    """What torch.compiler.assume_constant_result does, without the two seconds that it takes to load."""
    function._dynamo_marked_constant = True  # type: ignore[attr-defined]
    return function


@shared
def _made(kind: str, n: int) -> Tensor:
    return ops.network(kind, n)


@_constant_when_compiled  # a compiled graph holds the tensor that was made
def network(kind: str, n: int) -> Tensor:
    """The comparators of the sorting network `kind` for n values; made once for each kind and size.

    Args:
        kind: a name of `pliant.methods()` of the kind "network"
        n: from 1 to 2²⁰

    Returns:
        int32 (comparators, 3) by layer; a row is (layer, low wire, high wire), the smaller value goes to
        `low`. It is shared between calls: do not change it.

    Raises:
        ValueError: if the kind is unknown (the text lists the kinds) or n out of its range

    Cost: O(comparators), once.
    Source: Knuth, The Art of Computer Programming, volume 3, section 5.3.4.

    >>> pliant.network("odd_even", 3).tolist()
    [[0, 0, 1], [1, 1, 2], [2, 0, 1]]
    """
    return _made(kind, n)


def _in_layers(pairs: Iterable[Sequence[int]]) -> list[tuple[int, int, int]]:
    """Each pair in the first layer after those that touch its wires."""
    free: dict[int, int] = {}  # the first layer in which a wire is free
    rows = []
    for low, high in pairs:
        layer = max(free.get(low, 0), free.get(high, 0))
        free[low] = free[high] = layer + 1
        rows.append((layer, low, high))
    return sorted(rows, key=lambda row: row[0])


def _as_rows(given: list[tuple[int, ...]]) -> Tensor:
    """Pairs or rows as the ops take them."""
    widths = {len(row) for row in given}
    if widths not in (set(), {2}, {3}):
        raise ValueError("Network: comparators must be pairs (low, high) or rows (layer, low, high)")
    rows = _in_layers(given) if widths == {2} else given
    return torch.tensor(rows, dtype=torch.int32).reshape(-1, 3)


class Network:
    """A comparator network of your own, for every argument `method`.

    Args:
        comparators: pairs (low, high) in the order in which they run, packed into layers; or rows
            (layer, low, high) by layer; or an int32 tensor of such rows. The smaller of the two values goes
            to the wire `low`, the larger to `high`. Whether the network sorts is up to you.

    Raises:
        ValueError: if the list is malformed: wires that are equal or negative, a wire used twice in a layer
            or never, layers with gaps; the text names the comparator

    >>> mine = pliant.Network([(0, 1), (2, 3), (0, 2), (1, 3), (1, 2)])
    >>> mine
    Network(size=4, layers=3, comparators=5)
    >>> pliant.sort_values(torch.tensor([4.0, 2.0, 3.0, 1.0]), method=mine, steepness=1e6)
    tensor([1.0000, 2.0000, 3.0000, 4.0000])
    """

    def __init__(self, comparators: Iterable[Sequence[int]] | Tensor) -> None:
        if not isinstance(comparators, Tensor):
            comparators = _as_rows([tuple(row) for row in comparators])
        with torch.inference_mode(False):  # what is made in it could not be saved for a gradient later
            self.comparators = comparators.clone()
        self.size = int(self.comparators[:, 1:].max()) + 1 if len(self.comparators) > 0 else 1
        self._selections: dict[int, Tensor] = {}
        self._check()

    def selection(self, n: int, k: int) -> Tensor:
        """The comparators that its last k wires need (`pliant.selection_network`)."""
        if k not in self._selections:
            self._selections[k] = ops.without_dead_comparators(self.comparators, n, k)
        return self._selections[k]

    def _check(self) -> None:
        """By the op, which checks its network before it looks at the (empty) batch."""
        plain = torch.ones(4, dtype=torch.float64)
        ops.sort_values(torch.empty(0, self.size), self.comparators, "cauchy", plain)

    @property
    def layers(self) -> int:
        """How many layers there are."""
        return int(self.comparators[-1, 0]) + 1 if len(self.comparators) > 0 else 0

    def __repr__(self) -> str:
        return f"Network(size={self.size}, layers={self.layers}, comparators={len(self.comparators)})"


def comparators_of(method: object, n: int) -> Tensor:
    """The comparators that a method means for n values. The ops check that they fit."""
    return method.comparators if isinstance(method, Network) else network(str(method), n)


@shared
def _made_selection(kind: str, n: int, k: int) -> Tensor:
    return ops.selection_network(kind, n, k)


@_constant_when_compiled
def selection_network(method: str | Network, n: int, k: int) -> Tensor:
    """The comparators that bring the k largest of n values to the last k wires, ascending.

    Args:
        method: "splitter_selection" or the name of a sorting network, or a network of your own for n values
        n: from 1 to 2²⁰
        k: 1 … n

    Returns:
        int32 (comparators, 3) as from `pliant.network`; each has a path to one of the last k wires. It is
        shared between calls: do not change it.

    Raises:
        ValueError: if the method is unknown or for another n, or k or n out of its range

    Source: splitter selection: Petersen et al., Differentiable Top-k Classification Learning (ICML 2022).

    >>> len(pliant.selection_network("splitter_selection", 16, 5)), len(pliant.network("bitonic", 16))
    (48, 80)
    """
    if isinstance(method, Network):
        return method.selection(n, k)
    return _made_selection(method, n, k)
