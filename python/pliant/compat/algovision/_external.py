# python/pliant/compat/algovision/_external.py — functions that a program calls instead of saying what they do
"""What cannot be written as expressions is called in each pass, with tensors that have values; the program
then runs on tensors (`Program.on_tensors`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Expected:
    """What a function must give."""

    shapes: tuple[tuple[int, ...], ...]  #: of its results, for each sample
    fills: bool = False  #: whether one number a sample will do for an array

    @property
    def count(self) -> int:
        """How many numbers."""
        return sum(math.prod(shape) for shape in self.shapes)


@dataclass(frozen=True)
class External:
    """A function of variables as one of tensors: first an input of the program, which has its batch and type.

    The results are behind one another in one tensor (batch, numbers), or (batch) for a single number.
    """

    function: Callable[..., Any]
    names: tuple[str, ...]  #: of its parameters that the program gives
    known: dict[str, Any]  #: of the others
    expected: Expected
    place: str  #: for errors

    def __call__(self, like: Tensor, *values: Any) -> Tensor:
        """The results."""
        copies = [x.clone() if isinstance(x, Tensor) else x for x in values]  # it may change them in place
        results = self.function(**dict(zip(self.names, copies, strict=True)), **self.known)
        results = list(results) if isinstance(results, tuple | list) else [results]
        if len(results) != len(self.expected.shapes):
            text = f"there are {len(self.expected.shapes)} variables for {len(results)} values"
            raise ValueError(f"algovision: {self.place}: {text}")
        found = [
            self._in_shape(x, shape, like) for x, shape in zip(results, self.expected.shapes, strict=True)
        ]
        if self.expected.shapes == ((),):
            return found[0]
        return torch.cat([x.reshape(like.shape[0], -1) for x in found], 1)

    def _in_shape(self, result: Any, shape: tuple[int, ...], like: Tensor) -> Tensor:
        """(batch, shape…); numbers and tensors of one stand everywhere."""
        if not isinstance(result, Tensor | int | float):
            what = type(result).__name__
            raise TypeError(f"algovision: {self.place}: the value must be a tensor or a number, got {what}")
        result = torch.as_tensor(result, device=like.device).to(like.dtype)
        wanted = (like.shape[0], *shape)
        if result.dim() == 0:
            return result.expand(wanted)
        if self.expected.fills and result.shape == wanted[:1]:
            return result.reshape(-1, *[1] * len(shape)).expand(wanted)
        if tuple(result.shape) != wanted:
            raise ValueError(
                f"algovision: {self.place}: the value must have shape {wanted}, got {tuple(result.shape)}"
            )
        return result


@dataclass(frozen=True)
class Printer:
    """A function of variables whose result is printed, as an external one."""

    function: Callable[..., Any]
    names: tuple[str, ...]
    known: dict[str, Any]

    def __call__(self, like: Tensor, *values: Any) -> Tensor:
        """Prints, and gives zeros."""
        print(self.function(**dict(zip(self.names, values, strict=True)), **self.known))
        return like.new_zeros(like.shape[0])
