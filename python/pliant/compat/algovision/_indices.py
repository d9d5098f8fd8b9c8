# python/pliant/compat/algovision/_indices.py — the lists of indices of Let
"""An index is an int, a name, a function that gives an int, None or a slice; or a tensor of weights."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from pliant.compat.algovision._errors import NeedsWhole, NotTraceable, Wrong
from pliant.compat.algovision._external import Expected
from pliant.compat.algovision._traced import Traced
from pliant.compat.algovision._whole import Whole

if TYPE_CHECKING:
    from pliant.compat.algovision._trace import Trace


def index_items(trace: Trace, index: list[Any], shape: tuple[int, ...], name: str) -> list[Any]:
    """Each an int, a `Whole`, a slice or a traced tensor.

    Raises:
        Wrong: for something else, too many, or an int out of range
    """
    if len(index) > len(shape):
        raise Wrong(ValueError, f"there are {len(index)} indices for '{name}' of shape {shape}")
    found = []
    for given, size in zip(index, shape, strict=False):
        if isinstance(given, Tensor):
            item: Any = trace.as_traced(given)
            item = item.unsqueeze(0).expand(trace.batch, *item.shape)
        else:
            item = slice(None) if given is None else _operand(trace, given, shape)
        if not isinstance(item, int | Whole | slice | Traced):
            what = f"an index of '{name}' must be an int, None, a slice or weights"
            raise Wrong(TypeError, f"{what}, got {type(item).__name__}")
        if isinstance(item, int) and not -size <= item < size:
            raise Wrong(IndexError, f"index {item} is out of range for '{name}' of shape {shape}")
        found.append(item)
    return found


def _operand(trace: Trace, given: Any, shape: tuple[int, ...]) -> Any:
    """One that cannot be written must give weights: whole numbers do not come out of a program."""
    try:
        return trace.operand(given)
    except NeedsWhole:
        raise
    except NotTraceable:
        return trace.operand(given, lambda: Expected((shape,)))


def part_shape(items: list[Any], shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of what stands at an index of whole numbers and slices."""
    known = tuple(0 if isinstance(item, Whole) else item for item in items)
    return tuple(torch.empty(shape, device="meta")[known].shape)


def boxes(items: list[Any], shape: tuple[int, ...]) -> Iterator[tuple[tuple, str]]:
    """What the language writes at once: where it stands in a value with the batch first, and its index.

    Slices with steps are places one by one.
    """
    choices = [_choices(item, size) for item, size in zip(items, shape, strict=False)]
    for chosen in itertools.product(*choices):
        places = tuple(place for place, _ in chosen if place is not None)
        yield (slice(None), *places), f"[{', '.join(text for _, text in chosen)}]"


def _choices(item: Any, size: int) -> list[tuple[Any, str]]:
    if isinstance(item, Whole):
        return [(None, item.as_index().text)]
    if isinstance(item, int):
        return [(None, str(item % size))]
    places = range(size)[item]
    if places.step == 1 and len(places) == size:
        return [(slice(None), ":")]
    if places.step == 1 and len(places) > 0:
        return [(slice(None), f"{places.start} : {places.stop}")]
    return [(k, str(place)) for k, place in enumerate(places)]
