# python/pliant/compat/algovision/_arrays.py — arrays of a program, and where a tensor's numbers lie in them
"""A traced tensor holds numbers of elements instead of values (`_traced`). Here these are read back: which
part of which array they are, or of which parts a new one must be put together.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from pliant.compat.algovision._errors import NotTraceable
from pliant.from_python.values import Value

#: Dimensions that an array of the language may have, and arguments that a `stack` is written with.
MOST_DIMENSIONS, MOST_STACKED = 4, 64
#: Parts that an array is put together from.
MOST_PARTS = 4096


@dataclass(eq=False)
class Source:
    """Something with numbers: an array of the program, a constant, or what is computed from others."""

    shape: tuple[int, ...]
    start: int = 0  #: the number of its first element
    name: str | None = None  #: in the program, if it has one
    constant: float | None = None
    operands: list[Part] = field(default_factory=list)
    text: Callable[..., Value] | None = None  #: of the texts of the operands
    assembled: list[tuple[str, Part]] | None = None  #: operands[0] everywhere, then these at these places
    wants_name: bool = False  #: it is read at an index

    @property
    def count(self) -> int:
        """How many numbers."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Part:
    """A source, or what stands there at an index."""

    source: Source
    index: str = ""

    @property
    def whole(self) -> bool:
        """Whether it is all of the source."""
        return not self.index

    @property
    def is_number(self) -> bool:
        """Whether it is one place."""
        return not self.source.shape or (bool(self.index) and ":" not in self.index)


class Arrays:
    """The sources of one evaluation, with their elements numbered. Element 0 is the number 0."""

    def __init__(self) -> None:
        self._sources: list[Source] = []
        self._starts: list[int] = []
        self._next = 0
        self._constants: dict[tuple[float, float], Source] = {}
        self._put_together: dict[tuple[tuple[int, ...], bytes], Part] = {}
        self.constant(0.0)

    def add(self, source: Source) -> Source:
        """Numbers its elements."""
        source.start = self._next
        self._sources.append(source)
        self._starts.append(source.start)
        self._next += max(1, source.count)
        return source

    def constant(self, number: float) -> Source:
        """The source of a number; 0 and -0 differ."""
        key = (number, math.copysign(1.0, number))
        if key not in self._constants:
            self._constants[key] = self.add(Source((), constant=float(number)))
        return self._constants[key]

    def owner(self, element: int) -> Source:
        """The source that an element is of."""
        return self._sources[int(np.searchsorted(self._starts, element, "right")) - 1]

    # === From elements to text ===

    def single(self, element: int) -> Part:
        """One number."""
        source = self.owner(element)
        return Part(source, _index(np.unravel_index(element - source.start, source.shape)))

    def part(self, elements: np.ndarray) -> Part:
        """An array of elements; put together anew if they do not lie beside each other in one source."""
        if elements.ndim == 0:
            return self.single(int(elements))
        found = self._box(elements)
        if found is not None:
            return found
        key = (elements.shape, elements.tobytes())
        if key not in self._put_together:
            self._put_together[key] = self._assemble(elements)
        return self._put_together[key]

    def _box(self, elements: np.ndarray) -> Part | None:
        """The elements as ranges of one source, if that is what they are."""
        if elements.size == 0:
            return None
        first = int(elements.flat[0])
        source = self.owner(first)
        if source.constant is not None:
            return None
        strides = np.array([_step(elements, k) for k in range(elements.ndim)])
        grid = first + sum(
            stride * np.arange(n).reshape([-1 if j == k else 1 for j in range(elements.ndim)])
            for k, (stride, n) in enumerate(zip(strides, elements.shape, strict=True))
        )
        if not np.array_equal(grid, elements):
            return None
        return _ranges(source, first - source.start, strides, elements.shape)

    def _assemble(self, elements: np.ndarray) -> Part:
        """An array put together from a constant everywhere and boxes."""
        fill = self._background(elements)
        parts = self._cut(elements, fill)
        last = elements.ndim - 1
        rows = [isinstance(place[-1], int) and _is_full(place[:-1], elements.shape) for place, _ in parts]
        arrays = last == 0 or any(not part.is_number for _, part in parts)
        if all(rows) and arrays and len(parts) == elements.shape[-1] <= MOST_STACKED:
            operands = [part for _, part in parts]
            return Part(self.add(Source(elements.shape, operands=operands, text=_stack)))
        if elements.ndim > MOST_DIMENSIONS:
            raise NotTraceable(
                f"it makes an array of {last + 1} dimensions, the language has {MOST_DIMENSIONS}"
            )
        placed = [
            (f"[{', '.join(_place(k, n) for k, n in zip(place, elements.shape, strict=True))}]", part)
            for place, part in parts
        ]
        everywhere = Part(self.owner(fill))
        operands = [everywhere, *(part for _, part in placed)]
        return Part(self.add(Source(elements.shape, operands=operands, assembled=placed)))

    def _background(self, elements: np.ndarray) -> int:
        """The element of the most frequent constant."""
        known = [source.start for source in self._constants.values()]
        found, counts = np.unique(elements[np.isin(elements, known)], return_counts=True)
        return int(found[counts.argmax()]) if len(found) else self.constant(0.0).start

    def _cut(self, elements: np.ndarray, fill: int) -> list[tuple[tuple[int | slice, ...], Part]]:
        """As few boxes as there can be with some dimensions cut into single places, and where each goes; what
        is `fill` around a box is left out.
        """
        rank = elements.ndim
        cuts = [c for n in range(rank + 1) for c in itertools.combinations(reversed(range(rank)), n)]
        cuts.sort(key=lambda cut: math.prod(elements.shape[k] for k in cut))
        for cut in cuts:
            parts = self._cut_along(elements, cut, fill)
            if parts is not None:
                return parts
        raise NotTraceable(f"it makes an array out of more than {MOST_PARTS} parts")

    def _cut_along(
        self, elements: np.ndarray, cut: tuple[int, ...], fill: int
    ) -> list[tuple[tuple[int | slice, ...], Part]] | None:
        if math.prod(elements.shape[k] for k in cut) > MOST_PARTS:
            return None
        choices = [range(n) if k in cut else (None,) for k, n in enumerate(elements.shape)]
        parts = []
        for at in itertools.product(*choices):
            inner = elements[tuple(slice(None) if place is None else place for place in at)]
            rest = np.argwhere(inner != fill)
            if len(rest) == 0:
                continue
            region = [slice(int(a), int(b) + 1) for a, b in zip(rest.min(0), rest.max(0), strict=True)]
            inner = inner[tuple(region)]
            uniform = (inner == inner.flat[0]).all()
            part = self.single(int(inner.flat[0])) if uniform else self._box(inner)
            if part is None:
                return None
            ranges = iter(region)
            parts.append((tuple(next(ranges) if place is None else place for place in at), part))
        return parts


def _is_full(place: tuple[int | slice, ...], shape: tuple[int, ...]) -> bool:
    return all(k == slice(0, n) for k, n in zip(place, shape, strict=False))


def _place(place: int | slice, size: int) -> str:
    return _range(place.start, place.stop, size) if isinstance(place, slice) else str(place)


def _step(elements: np.ndarray, dimension: int) -> int:
    """How far the second place of a dimension is from the first."""
    if elements.shape[dimension] == 1:
        return 0
    first = elements[(0,) * elements.ndim]
    return int(elements[tuple(int(k == dimension) for k in range(elements.ndim))] - first)


def _ranges(source: Source, first: int, strides: np.ndarray, shape: tuple[int, ...]) -> Part | None:
    """A grid of elements as an index of the source, None if it is transposed or has gaps."""
    if not source.shape or 1 in shape and shape != source.shape:
        return None
    low = np.unravel_index(first, source.shape)
    unit = [math.prod(source.shape[k + 1 :]) for k in range(len(source.shape))]
    index, taken = [], 0
    for start, n, step in zip(low, source.shape, unit, strict=True):
        here = (
            taken < len(shape) and (strides[taken] == step or shape[taken] == 1) and start + shape[taken] <= n
        )
        if here and (shape[taken] > 1 or n == 1):
            index.append(_range(int(start), int(start) + shape[taken], n))
            taken += 1
        else:
            index.append(str(int(start)))
    if taken < len(shape):
        return None
    return Part(source, "" if set(index) == {":"} else f"[{', '.join(index)}]")


def _range(low: int, high: int, size: int) -> str:
    return ":" if (low, high) == (0, size) else f"{low} : {high}"


def _index(places: tuple[np.intp, ...]) -> str:
    return f"[{', '.join(str(int(place)) for place in places)}]" if places else ""


def _stack(*values: Value) -> Value:
    return Value(f"stack({', '.join(value.text for value in values)})")
