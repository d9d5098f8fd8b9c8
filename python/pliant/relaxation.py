# python/pliant/relaxation.py — relaxations of the permutation matrix without a network, and all methods
from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import torch

from pliant._constants import shared
from pliant._library import ops

_METHODS = {method["name"]: method for method in json.loads(ops.methods())}


def methods() -> list[dict[str, Any]]:
    """What `method` takes by name, with properties (pliant/sorting/method.h, `Method`).

    Returns:
        a dict for each: name; kind, "network", "relaxation", "lapsum" or "projection"; permutation, whether
        it has the matrix P, without which there are sorted values and ranks alone; doubly_stochastic, whether
        the rows of P sum to 1, as its columns always do; monotone, whether raising a key never lowers a
        sorted value, a network's with a distribution that is monotonic as a swap; cost, source and, of what
        is no network, the formula, as text; of a projection, the regularization, "l2" or "kl"

    >>> [method["name"] for method in pliant.methods()]
    ['odd_even', 'bitonic', 'batcher', 'neuralsort', 'softsort', 'sinkhorn', 'lapsum', 'fast', 'fast_kl']
    """
    return [dict(method) for method in _METHODS.values()]


@dataclass(frozen=True)
class Relaxation:
    """A relaxation of the permutation matrix with its settings, for every argument `method` that sorts.

    Args:
        name: a name of `pliant.methods()` of the kind "relaxation"
        power: of softsort's distances, > 0
        tolerance: sinkhorn stops when no row of P sums to less or more than 1 by more than this, > 0 …
        iterations: … or after so many iterations, > 0
        implicit: how sinkhorn's gradient is taken. True: from the linear system that holds where rows and
            columns sum to 1, which the iterations must have reached; in O(n³) at most. False: through the
            iterations one by one, right for any number of them; 16·n·iterations bytes more a thread.

    Raises:
        ValueError: if the name is unknown (the text lists the names) or a number is out of its range

    >>> squared = pliant.Relaxation("softsort", power=2.0)
    >>> pliant.sort_values(torch.tensor([3.0, 1.0, 2.0]), method=squared, steepness=100.0)
    tensor([1., 2., 3.])
    """

    name: str
    power: float = 1.0
    tolerance: float = 1e-6
    iterations: int = 1000
    implicit: bool = True

    def __post_init__(self) -> None:
        one = torch.ones(1, dtype=torch.float64, device="cpu")
        with torch.inference_mode(False):
            ops.relaxed_permutation(torch.empty(0, 1, device="cpu"), self.name, one, 0, 1, *self.settings)

    @property
    def settings(self) -> tuple[float, float, int, bool]:
        """What the op takes beside the name, the steepness and the columns, in its order."""
        return self.power, self.tolerance, self.iterations, self.implicit


_PLAIN = {name: Relaxation(name) for name, method in _METHODS.items() if method["kind"] == "relaxation"}


def kind_of(method: object) -> str:
    """The kind, as in `methods`, of a method.

    Raises:
        ValueError: if it is the name of none (the text lists the names)
    """
    if isinstance(method, Relaxation):
        return "relaxation"
    if not isinstance(method, str):
        return "network"
    if method not in _METHODS:
        raise ValueError(f"unknown method {method!r}; there are: {', '.join(_METHODS)}")
    return str(_METHODS[method]["kind"])


def relaxation_of(method: object) -> Relaxation:
    """The relaxation that a method of this kind means."""
    return method if isinstance(method, Relaxation) else _PLAIN[str(method)]


def regularization_of(method: object) -> str:
    """That of a projection."""
    return str(_METHODS[str(method)]["regularization"])


def _vector(steepness: float) -> torch.Tensor:
    return torch.tensor([steepness], dtype=torch.float64, device="cpu")


_shared_vector = shared(_vector)


def steepness_vector(steepness: float | torch.Tensor) -> torch.Tensor:
    """A steepness, or one for each row, as the op takes it: float64 on the CPU, with its gradient."""
    if isinstance(steepness, torch.Tensor):
        return steepness.reshape(-1).to("cpu", torch.float64)
    # A compiled graph takes the number as an input, so that an annealed steepness compiles nothing anew.
    return _vector(steepness) if torch.compiler.is_compiling() else _shared_vector(steepness)
