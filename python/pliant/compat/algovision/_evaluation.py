# python/pliant/compat/algovision/_evaluation.py — what a function does to traced tensors, as sources
"""One evaluation of one function of an algorithm."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pliant.compat.algovision._arrays import MOST_DIMENSIONS, Arrays, Part, Source
from pliant.compat.algovision._errors import NotTraceable
from pliant.from_python.values import Value

#: A tensor of numbers of elements has (sample + 1)·STRIDE + element, or the element alone where it is the
#: same for all samples.
STRIDE = float(1 << 28)
#: What such a tensor is, wherever the algorithm runs.
NUMBERS: dict[str, Any] = {"dtype": torch.float64, "device": "cpu"}

Text = Callable[..., Value]


@dataclass
class Captured:
    """A tensor from outside of the algorithm, which becomes an input of the program."""

    tensor: Tensor
    batched: bool  # it has a row for each sample
    name: str


class Evaluation:
    """The arrays that a function sees and makes, for a batch of this size.

    `capture(tensor, batched)` gives the name of the input that a tensor from outside becomes; `unit` is the
    inverse temperature that the program runs with.
    """

    def __init__(
        self,
        batch: int,
        dtype: torch.dtype,
        device: torch.device,
        unit: float,
        capture: Callable[[Tensor, bool], str],
    ) -> None:
        self.batch = batch
        self.dtype = dtype
        self.device = device
        self.unit = unit
        self.capture = capture
        self.arrays = Arrays()

    # === Tensors of element numbers ===

    def ids_of(self, source: Source, batched: bool) -> Tensor:
        """The numbers of a source: (batch, shape…), or its shape where it is the same for all samples."""
        ids = source.start + torch.arange(source.count, **NUMBERS).reshape(source.shape)
        if not batched:
            return ids
        samples = STRIDE * torch.arange(1, self.batch + 1, **NUMBERS)
        return samples.reshape(-1, *[1] * ids.dim()) + ids

    def variable(self, name: str, shape: Sequence[int], batched: bool = True) -> Tensor:
        """The numbers of an array of the program."""
        return self.ids_of(self.arrays.add(Source(tuple(shape), name=name)), batched)

    def constant(self, number: float) -> float:
        """The element of a number."""
        if math.isnan(number):
            raise NotTraceable("it has the constant NaN")
        return float(self.arrays.constant(float(number)).start)

    def lift(self, tensor: Tensor, dimensions: int) -> Tensor:
        """The numbers of a tensor from outside, where it meets tensors with so many dimensions."""
        if tensor.is_complex():
            raise NotTraceable("it has complex numbers")
        if tensor.numel() == 0 or not tensor.requires_grad and (tensor == tensor.reshape(-1)[0]).all():
            number = float(tensor.reshape(-1)[0]) if tensor.numel() else 0.0
            return torch.full(tensor.shape, self.constant(number), **NUMBERS)
        rows = tensor.dim() == dimensions and tensor.dim() > 0 and tensor.shape[0] == self.batch
        batched = rows and not bool((tensor == tensor[:1]).all())
        shape = tensor.shape[1:] if batched else tensor.shape
        if len(shape) > MOST_DIMENSIONS:
            raise NotTraceable(
                f"it has a tensor of {len(shape)} dimensions, the language has {MOST_DIMENSIONS}"
            )
        return self.variable(self.capture(tensor, batched), shape, batched)

    def sample_dimension(self, *tensors: Tensor) -> int | None:
        """Which dimension the samples lie along in tensors of one shape, None if there are none.

        Raises:
            NotTraceable: if a row has numbers of several samples
        """
        samples = [torch.floor(ids / STRIDE) for ids in tensors]
        if not any((x > 0).any() for x in samples):
            return None
        rank = tensors[0].dim()
        for k, n in enumerate(tensors[0].shape):
            if n != self.batch:
                continue
            row = torch.arange(1.0, n + 1, **NUMBERS).reshape([-1 if j == k else 1 for j in range(rank)])
            if all(((x == row) | (x == 0)).all() for x in samples):
                return k
        raise NotTraceable("it mixes numbers of several samples of the batch")

    def elements(self, ids: Tensor, samples: int | None) -> np.ndarray:
        """The elements of each sample, without its dimension."""
        first = ids if samples is None else ids.select(samples, 0)
        elements = torch.remainder(first, STRIDE)
        if samples is not None and not (torch.remainder(ids, STRIDE) == elements.unsqueeze(samples)).all():
            raise NotTraceable("it does something else for each sample of the batch")
        return elements.numpy().astype(np.int64)

    # === What is computed ===

    def elementwise(self, text: Text, *operands: Tensor) -> Tensor:
        """A new source, place by place of its operands."""
        ids = [x.contiguous() for x in torch.broadcast_tensors(*operands)]
        shape = ids[0].shape
        samples = self.sample_dimension(*ids)
        if samples is None and _repeats(ids):
            return self.elementwise(text, *(x[:1] for x in ids)).expand(shape).contiguous()
        inner = tuple(n for k, n in enumerate(shape) if k != samples)
        if 0 in shape:
            return torch.full(shape, self.constant(0.0), **NUMBERS)
        elements = [self.elements(x, samples) for x in ids]
        single = [bool((e == e.flat[0]).all()) for e in elements]
        stored = () if all(single) else _stored_shape(inner)
        parts = [
            self.arrays.single(int(e.flat[0])) if one else self.arrays.part(e.reshape(stored))
            for e, one in zip(elements, single, strict=True)
        ]
        made = self.arrays.add(Source(stored, operands=parts, text=text))
        found = self.ids_of(made, samples is not None)
        if samples is None:
            return found.reshape(shape) if stored else found.expand(shape).contiguous()
        if not stored:
            return (
                found.reshape([-1 if k == samples else 1 for k in range(len(shape))])
                .expand(shape)
                .contiguous()
            )
        return found.reshape(self.batch, *inner).movedim(0, samples)

    def over_last(self, text: Text, *operands: Tensor, keep: bool = False) -> Tensor:
        """A source from rows of the last dimension of its operands: a number each, or with `keep` a row."""
        ids = torch.broadcast_tensors(*operands)
        shape = ids[0].shape
        samples = self.sample_dimension(*ids)
        if samples == len(shape) - 1 or not shape:
            raise NotTraceable("it reduces over the samples of the batch")
        if 0 in shape:
            raise NotTraceable("it reduces an array without places")
        if samples is None and len(shape) > 1 and _repeats(ids):
            first = self.over_last(text, *(x[:1] for x in ids), keep=keep)
            return first.expand(shape[0], *first.shape[1:]).contiguous()
        inner = tuple(n for k, n in enumerate(shape) if k != samples)
        stored = (*_stored_shape(inner[:-1], MOST_DIMENSIONS - 1), inner[-1])
        parts = [self.arrays.part(self.elements(x, samples).reshape(stored)) for x in ids]
        made = self.arrays.add(Source(stored if keep else stored[:-1], operands=parts, text=text))
        found = self.ids_of(made, samples is not None)
        inner = inner if keep else inner[:-1]
        return (
            found.reshape(inner) if samples is None else found.reshape(self.batch, *inner).movedim(0, samples)
        )

    def product_rows(self, ids: Tensor, product: Text, text: Text) -> Tensor | None:
        """`text` of the two arrays whose `product` these numbers are, one a row; None if they are none."""
        samples = self.sample_dimension(ids)
        if samples != 0 or 0 in ids.shape:
            return None
        elements = self.elements(ids, samples)
        source = self.arrays.owner(int(elements.flat[0]))
        whole = source.start + np.arange(source.count).reshape(source.shape)
        if source.text is not product or elements.shape != whole.shape or (elements != whole).any():
            return None
        if any(x.is_number for x in source.operands):
            return None
        made = self.arrays.add(Source(source.shape[:-1], operands=source.operands, text=text))
        return self.ids_of(made, True)

    def read(self, ids: Tensor, places: dict[int, Value]) -> Tensor:
        """What stands at whole numbers that no one knows yet, in these dimensions."""
        samples = self.sample_dimension(ids)
        if samples in places:
            raise NotTraceable("it reads one sample of the batch")
        inner = [k for k in range(ids.dim()) if k != samples]
        whole = Part(self._named(self.elements(ids, samples)))
        index = ", ".join(places[k].text if k in places else ":" for k in inner)
        shape = tuple(ids.shape[k] for k in inner if k not in places)
        made = self.arrays.add(
            Source(shape, operands=[whole], text=lambda array: Value(f"{array.text}[{index}]"))
        )
        found = self.ids_of(made, samples is not None)
        return found if samples is None else found.movedim(0, samples - sum(k < samples for k in places))

    def _named(self, elements: np.ndarray) -> Source:
        """A source that is this array, and has or will have a name."""
        part = self.arrays.part(elements)
        if part.whole and part.source.shape == elements.shape:
            part.source.wants_name = True
            return part.source
        return self.arrays.add(Source(elements.shape, operands=[part], text=lambda x: x, wants_name=True))


def _repeats(ids: Sequence[Tensor]) -> bool:
    """Whether all along the first dimension is the same, of which there is more than one."""
    return ids[0].dim() > 0 and ids[0].shape[0] > 1 and all(bool((x == x[:1]).all()) for x in ids)


def _stored_shape(shape: tuple[int, ...], most: int = MOST_DIMENSIONS) -> tuple[int, ...]:
    """How an array with this shape is kept: without dimensions of one place, the first ones joined if there
    are more than the language has.
    """
    shape = tuple(n for n in shape if n != 1)
    if len(shape) <= most:
        return shape
    first = len(shape) - most + 1
    return (math.prod(shape[:first]), *shape[first:])
