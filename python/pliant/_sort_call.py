# python/pliant/_sort_call.py — what all sorting functions do around their op: shapes, steepness, ragged sets
from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from pliant._sorters import LapSorter, NetworkSorter, ProjectionSorter, RelaxationSorter, Sorter
from pliant.math import Distribution, Number, distribution_of, parameters, sort_scale
from pliant.networks import Network, comparators_of
from pliant.relaxation import Relaxation, kind_of, relaxation_of, steepness_vector


class Options(NamedTuple):
    """The arguments that all sorting functions share."""

    method: str | Network | Relaxation
    distribution: str | Distribution
    steepness: Number
    mask: Tensor | None = None
    lengths: Tensor | None = None


def _check_steepness(caller: str, steepness: object) -> None:
    if not isinstance(steepness, int | float | Tensor):
        raise TypeError(f"{caller}: steepness must be a number or a tensor, got {type(steepness).__name__}")


def comparison_parameters(caller: str, distribution: Distribution, steepness: Number) -> Tensor:
    """The parameters of a comparison as the ops take them; a tensor of one element keeps its gradient."""
    _check_steepness(caller, steepness)
    return parameters(distribution, steepness * sort_scale(distribution))


def check_options(caller: str, options: Options, permutation: bool) -> None:
    """Checks method, distribution and steepness as a call would: by the op, on an empty batch.

    permutation: the method must have the matrix P.
    """
    n = options.method.size if isinstance(options.method, Network) else 2
    distribution_of(options.distribution)
    with torch.no_grad():
        SortCall(caller, torch.empty(0, n), -1, options).run(
            lambda keys, sorter: (sorter.sort(keys)[0] if permutation else sorter.values(keys),), ("r",)
        )


class Rows:
    """The sets of one call as rows (batch, n)."""

    def __init__(self, caller: str, x: Tensor, dim: int) -> None:
        if not isinstance(x, Tensor):
            raise TypeError(f"{caller}: the values to sort must be a tensor, got {type(x).__name__}")
        if x.dim() == 0:
            raise ValueError(f"{caller}: the values to sort must have at least one dimension, got a scalar")
        self.caller, self.dim, self.shape = caller, dim, x.shape
        self.last = dim in (-1, x.dim() - 1)  # a view that changes nothing still costs a node in the graph
        moved = x if self.last else x.movedim(dim, -1)
        self.batch_shape, self.n = moved.shape[:-1], moved.shape[-1]
        if self.n == 0:
            raise ValueError(
                f"{caller}: there must be at least one value to sort, got shape {tuple(x.shape)}"
            )
        self.keys = self.rows(moved)

    def rows(self, moved: Tensor) -> Tensor:
        """(batch shape…, n, …) as (batch, n, …)."""
        if len(self.batch_shape) == 1:
            return moved
        return moved.reshape(math.prod(self.batch_shape), *moved.shape[len(self.batch_shape) :])

    def rows_of_labels(self, labels: Tensor) -> Tensor:
        """Labels, which have the shape of the scores, as rows."""
        if not isinstance(labels, Tensor):
            raise TypeError(f"{self.caller}: labels must be a tensor, got {type(labels).__name__}")
        if labels.shape != self.shape:
            raise ValueError(
                f"{self.caller}: labels must have the shape of scores, {tuple(self.shape)}, "
                f"got {tuple(labels.shape)}"
            )
        return self.rows(labels if self.last else labels.movedim(self.dim, -1))

    def valid_items(self, mask: Tensor | None, lengths: Tensor | None) -> Tensor | None:
        """Which items take part, (batch, n) bool, at least one in every set; None if all."""
        if mask is not None and lengths is not None:
            raise ValueError(f"{self.caller}: give mask or lengths, not both")
        if mask is not None:
            return self._rows_of_mask(mask)
        return None if lengths is None else self._rows_up_to(lengths)

    def _rows_of_mask(self, mask: Tensor) -> Tensor:
        if mask.dtype != torch.bool:
            raise TypeError(f"{self.caller}: mask must be bool, got {mask.dtype}")
        if mask.shape != self.shape:
            raise ValueError(
                f"{self.caller}: mask must have the shape of the values, {tuple(self.shape)}, "
                f"got {tuple(mask.shape)}"
            )
        valid = self.rows(mask.movedim(self.dim, -1))
        if not valid.any(-1).all():
            row = int((~valid.any(-1)).nonzero()[0])
            raise ValueError(
                f"{self.caller}: mask must leave at least one item in every set, set {row} has none"
            )
        return valid

    def _rows_up_to(self, lengths: Tensor) -> Tensor:
        if lengths.is_floating_point() or lengths.dtype == torch.bool:
            raise TypeError(f"{self.caller}: lengths must be integers, got {lengths.dtype}")
        if lengths.shape != self.batch_shape:
            raise ValueError(
                f"{self.caller}: lengths must have the batch shape {tuple(self.batch_shape)}, "
                f"got {tuple(lengths.shape)}"
            )
        outside = lengths[(lengths < 1) | (lengths > self.n)]
        if len(outside) > 0:
            raise ValueError(f"{self.caller}: lengths must be in 1 … {self.n}, got {int(outside[0])}")
        return torch.arange(self.n, device=lengths.device) < lengths.reshape(-1, 1)


def mean_of_sets(losses: Tensor, dtype: torch.dtype) -> Tensor:
    """The mean of the losses (batch) of the sets, in the dtype of the scores."""
    mean = losses.mean()
    return mean if mean.dtype == dtype else mean.to(dtype)


class Items(NamedTuple):
    """Which items of each row take part."""

    lengths: Tensor  # (batch,)
    positions: Tensor  # (batch, n): those of the items that take part, in order, then the others


def _items(valid: Tensor) -> Items:
    return Items(valid.sum(-1), (~valid).to(torch.uint8).argsort(dim=-1, stable=True))


# A mode of sorting, on rows: (keys (batch, n), sorter, tensors (batch, n, …)) → results.
Mode = Callable[..., tuple[Tensor, ...]]


class SortCall(Rows):
    """The keys of one call as rows (batch, n), what sorts them, and the way back to the caller's shape."""

    def __init__(self, caller: str, x: Tensor, dim: int, options: Options) -> None:
        super().__init__(caller, x, dim)
        self.options, self.dtype = options, x.dtype
        self.kind = kind_of(options.method)
        self.stretch: Tensor | None = None
        _check_steepness(caller, options.steepness)
        if self.kind == "network":
            self.distribution = distribution_of(options.distribution)
            self.parameters = self._parameters()
        else:
            self.steepness = self._steepness()
        valid = self.valid_items(options.mask, options.lengths)
        self.items = None if valid is None else _items(valid)

    def unrows(self, rows: Tensor) -> Tensor:
        """(batch, …) as (batch shape…, …), in the dtype of the caller's keys."""
        if len(self.batch_shape) != 1:
            rows = rows.reshape(*self.batch_shape, *rows.shape[1:])
        return rows if rows.dtype == self.dtype else rows.to(self.dtype)

    def unkeys(self, keys: Tensor) -> Tensor:
        """Keys as the ops have them, (batch, n), as the caller has them."""
        moved = self.unrows(keys if self.stretch is None else keys / self.stretch)
        return moved if self.last else moved.movedim(-1, self.dim)

    def _each_sample(self) -> Tensor | None:
        """The steepness as a tensor of the batch shape, checked; None if there is one for all."""
        steepness = self.options.steepness
        if not isinstance(steepness, Tensor) or (steepness.numel() == 1 and steepness.dim() <= 1):
            return None
        if steepness.shape != self.batch_shape:
            raise ValueError(
                f"{self.caller}: steepness must be one number or have the batch shape "
                f"{tuple(self.batch_shape)}, got shape {tuple(steepness.shape)}"
            )
        if not torch.compiler.is_compiling() and not ((steepness > 0) & steepness.isfinite()).all():
            raise ValueError(f"{self.caller}: steepness must be > 0 and finite, got {steepness.tolist()}")
        return steepness

    def _parameters(self) -> Tensor:
        """One steepness goes to the op. One for each sample is a scaling of its keys, and the op's is 1."""
        steepness, each = self.options.steepness, self._each_sample()
        if each is not None:
            self._stretch(each)
            steepness = 1.0
        return comparison_parameters(self.caller, self.distribution, steepness)

    def _stretch(self, steepness: Tensor) -> None:
        """Scales the keys: s·|x|^power = |s^(1/power)·x|^power (but ART's ε = 1e-10 moves a little)."""
        if self.keys.dtype in (torch.float16, torch.bfloat16):
            self.keys = self.keys.float()
        power = 1 - self.distribution.art_lambda
        self.stretch = (steepness.reshape(-1, 1) ** (1 / power)).to(self.keys)
        self.keys = self.keys * self.stretch

    def _steepness(self) -> Number:
        """Of what is no network: one, or one for each row, (batch)."""
        each = self._each_sample()
        if each is None:
            return self.options.steepness
        if self.kind == "projection" and each.numel() != 1:
            raise ValueError(
                f"{self.caller}: method {self.options.method!r} takes one steepness for all samples, "
                f"got shape {tuple(each.shape)}"
            )
        return each.reshape(-1)

    def _sorter(self, n: int, rows: Tensor | None = None) -> Sorter:
        """For n keys a row; of some rows, where they are given."""
        method = self.options.method
        if self.kind == "network":
            return NetworkSorter(comparators_of(method, n), self.distribution.name, self.parameters)
        steepness = self.steepness
        if rows is not None and isinstance(steepness, Tensor) and steepness.numel() > 1:
            steepness = steepness[rows.to(steepness.device)]
        if self.kind == "lapsum":
            return LapSorter(self.caller, steepness)
        if self.kind == "projection":
            return ProjectionSorter(self.caller, method, steepness)
        return RelaxationSorter(relaxation_of(method), steepness_vector(steepness))

    def run(self, mode: Mode, axes: tuple[str, ...], *others: Tensor) -> tuple[Tensor, ...]:
        """The results of mode(keys, sorter, *others), each (batch, …).

        Args:
            mode: one op call on rows
            axes: for each result what its dimensions after the batch are: "i" items, "r" ranks
            others: (batch, n, …), taken apart in ragged sets as the keys are
        """
        if self.items is None or len(self.keys) == 0:
            return mode(self.keys, self._sorter(self.n), *others)
        return self._run_ragged(self.items, mode, axes, others)

    def _run_ragged(
        self, items: Items, mode: Mode, axes: tuple[str, ...], others: tuple[Tensor, ...]
    ) -> tuple[Tensor, ...]:
        """Sets of one length go together; what no set fills is 0."""
        whole: list[Tensor] = []
        for length in items.lengths.unique().tolist():
            chosen = (items.lengths == length).nonzero().squeeze(-1)
            positions = items.positions[chosen, :length]
            parts = [tensor[chosen.unsqueeze(-1), positions] for tensor in (self.keys, *others)]
            results = mode(parts[0], self._sorter(length, chosen), *parts[1:])
            if not whole:
                whole = [self._zeros(result, names) for result, names in zip(results, axes, strict=True)]
            for out, result, names in zip(whole, results, axes, strict=True):
                out[_places(chosen, positions, names)] = result
        return tuple(whole)

    def _zeros(self, part: Tensor, names: str) -> Tensor:
        return part.new_zeros(len(self.keys), *[self.n] * len(names), *part.shape[1 + len(names) :])


def _places(chosen: Tensor, positions: Tensor, names: str) -> tuple[Tensor, ...]:
    """The index of the results for the rows `chosen`; the ranks of a set are the first of its row."""
    sets, length = positions.shape
    ranks = torch.arange(length, device=chosen.device).expand(sets, length)
    index = [chosen.reshape([-1] + [1] * len(names))]
    for axis, name in enumerate(names):
        shape = [sets] + [1] * len(names)
        shape[1 + axis] = length
        index.append((positions if name == "i" else ranks).reshape(shape))
    return tuple(index)
