# python/pliant/compat/algovision/_traced.py — tensors that write down what is done to them
"""A function of an algorithm is called once, with tensors that have no values. What it does to them arrives
as ATen calls: those that only move numbers are done for real, on the numbers of the elements; those that
compute become expressions of the program (`_operations`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from pliant.compat.algovision._arrays import Source
from pliant.compat.algovision._errors import NotTraceable
from pliant.compat.algovision._evaluation import NUMBERS, Evaluation
from pliant.compat.algovision._whole import Whole

#: ATen's name of a function → what it means for traced tensors; filled by `_operations`.
OPERATIONS: dict[str, Callable[..., Any]] = {}

#: Functions that move numbers and change none.
MOVES = frozenset(
    "_conj _reshape_alias _unsafe_view alias cat channel_shuffle chunk clone contiguous detach diag_embed "
    "diagonal expand flip gather im2col index index_select lift_fresh movedim narrow permute pixel_shuffle "
    "pixel_unshuffle real reflection_pad1d reflection_pad2d repeat repeat_interleave replication_pad1d "
    "replication_pad2d reshape roll rot90 select slice split split_with_sizes squeeze stack swapaxes t "
    "take_along_dim transpose tril triu unbind unfold unsafe_split unsqueeze view".split()
)


class Traced(Tensor):
    """A tensor of a program: for each of its numbers, which element of which array it is."""

    evaluation: Evaluation
    ids: Tensor
    scaled: tuple[Traced, float] | None = None  #: what it is a multiple of, and which
    whole: Whole | None = None  #: what it is, if it is that

    @staticmethod
    def __new__(cls, evaluation: Evaluation, ids: Tensor, dtype: torch.dtype | None = None) -> Traced:
        return Tensor._make_wrapper_subclass(
            cls, ids.shape, strides=ids.stride(), dtype=dtype or evaluation.dtype, device=evaluation.device
        )

    def __init__(self, evaluation: Evaluation, ids: Tensor, dtype: torch.dtype | None = None) -> None:
        self.evaluation = evaluation
        self.ids = ids

    def __repr__(self, **_: Any) -> str:  # type: ignore[override]
        return f"Traced{tuple(self.shape)}"

    def __format__(self, specification: str) -> str:
        raise NotTraceable("it makes a text of a tensor")

    def __getitem__(self, index: Any) -> Any:
        items = index if isinstance(index, tuple) else (index,)
        if not any(isinstance(item, Whole) for item in items):
            return super().__getitem__(index)
        return _read(self, items)

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        if Whole in types:
            return NotImplemented  # which makes itself a tensor first
        with torch._C.DisableTorchFunctionSubclass():
            if func is torch.nn.functional.linear:  # which would transpose the weight before it is seen
                return OPERATIONS["linear"](*args, **(kwargs or {}))
            return func(*args, **(kwargs or {}))

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]  # torch declares it as an attribute
        cls, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        name = func.overloadpacket.__name__
        if name in OPERATIONS:
            return OPERATIONS[name](*_with_learned(name, args), **(kwargs or {}))
        if name in MOVES:
            return _move(func, args, kwargs or {})
        if name.endswith("_") and name[:-1] in OPERATIONS:
            return _in_place(args[0], OPERATIONS[name[:-1]](*args, **(kwargs or {})))
        raise NotTraceable(f"it calls {name} of torch, which the language has no words for")


def evaluation_of(*values: Any) -> Evaluation:
    """The evaluation that the first traced tensor belongs to; all must belong to one."""
    found = [x.evaluation for x in values if isinstance(x, Traced)]
    if any(x is not found[0] for x in found):
        raise NotTraceable("it keeps a tensor of another evaluation")
    return found[0]


def ids_of(evaluation: Evaluation, x: Any, dimensions: int) -> Tensor:
    """Numbers of elements of a traced tensor, a tensor from outside, or a number."""
    if isinstance(x, Traced):
        evaluation_of(x, Traced(evaluation, x.ids))
        return x.ids
    if isinstance(x, Tensor):
        return evaluation.lift(x, dimensions)
    return torch.tensor(evaluation.constant(float(x)), **NUMBERS)


def computed(text: Callable[..., Any], *operands: Any, dtype: torch.dtype | None = None) -> Traced:
    """A tensor computed place by place."""
    evaluation = evaluation_of(*operands)
    dimensions = max(x.dim() for x in operands if isinstance(x, Tensor))
    ids = [ids_of(evaluation, x, dimensions) for x in operands]
    return Traced(evaluation, evaluation.elementwise(text, *ids), dtype)


def over_last(text: Callable[..., Any], *operands: Any, keep: bool = False) -> Traced:
    """A tensor computed from rows along the last dimension."""
    evaluation = evaluation_of(*operands)
    dimensions = max(x.dim() for x in operands if isinstance(x, Tensor))
    ids = [ids_of(evaluation, x, dimensions) for x in operands]
    return Traced(evaluation, evaluation.over_last(text, *ids, keep=keep))


def learned(evaluation: Evaluation, x: Any, dimensions: int = -1) -> Any:
    """A tensor from outside that has a gradient as a traced one, so that it keeps it; else x as it is."""
    if isinstance(x, Tensor) and not isinstance(x, Traced) and x.requires_grad:
        return Traced(evaluation, evaluation.lift(x, dimensions))
    return x


def _with_learned(name: str, args: tuple) -> tuple:
    """Matrices that a sample is multiplied by have no row for each of them."""
    tensors = [x for x in args if isinstance(x, Tensor)]
    if not any(x.requires_grad for x in tensors):
        return args
    dimensions = -1 if name in ("mm", "mv", "addmm") else max(x.dim() for x in tensors)
    evaluation = evaluation_of(*tensors)
    return tuple(learned(evaluation, x, dimensions) for x in args)


def _tensors(values: Any) -> list[Tensor]:
    found = []
    tree_map(lambda x: found.append(x) if isinstance(x, Tensor) else None, values)
    return found


def _move(func: Any, args: tuple, kwargs: dict) -> Any:
    """The same on the numbers of the elements. Tensors of whole numbers among the arguments are places."""
    name = func.overloadpacket.__name__
    tensors = [x for x in _tensors((args, kwargs)) if isinstance(x, Traced)]
    evaluation = evaluation_of(*tensors)
    if name in ("index", "index_select", "gather", "take_along_dim") and not isinstance(args[0], Traced):
        raise NotTraceable("it uses numbers of the program as an index of a tensor")
    joins = name in ("cat", "stack")
    if not joins and any(isinstance(x, Traced) for x in _tensors((args[1:], kwargs))):
        raise NotTraceable("it uses numbers of the program as an index of a tensor")
    dimensions = max(x.dim() for x in tensors)

    def replaced(x: Any) -> Any:
        if isinstance(x, Traced):
            return x.ids
        return evaluation.lift(x, dimensions) if joins and isinstance(x, Tensor) else x

    if name in ("view", "_unsafe_view", "_reshape_alias"):
        func, args = torch.ops.aten.reshape.default, args[:2]
    result = func(*tree_map(replaced, args), **tree_map(replaced, kwargs))
    dtype = tensors[0].dtype
    return tree_map(lambda x: Traced(evaluation, x, dtype) if isinstance(x, Tensor) else x, result)


def _in_place(target: Any, value: Traced) -> Any:
    if not isinstance(target, Traced):
        raise NotTraceable("it writes numbers of the program to a tensor from outside")
    target.ids.copy_(value.ids.expand(target.ids.shape))
    return target


def _read(tensor: Traced, items: tuple) -> Traced:
    """An index with whole numbers that are not known: the known rest first."""
    rest: list[Any] = []
    wholes: dict[int, Any] = {}
    dropped = sum(x is not None and x is not Ellipsis for x in items)
    dimension = 0
    for item in items:
        if item is Ellipsis:
            rest.extend([slice(None)] * (tensor.dim() - dropped))
            dimension += tensor.dim() - dropped
        elif isinstance(item, Whole):
            wholes[dimension] = item.as_index()
            rest.append(slice(None))
            dimension += 1
        else:
            if isinstance(item, Tensor | list):
                raise NotTraceable("it mixes a whole number of a loop with a tensor in an index")
            rest.append(item)
            dimension += not isinstance(item, int)
    known = tensor[tuple(rest)] if any(x != slice(None) for x in rest) else tensor
    evaluation = evaluation_of(tensor)
    return Traced(evaluation, evaluation.read(known.ids, wholes), tensor.dtype)


def whole_tensor(whole: Whole) -> Traced:
    """A whole number as a tensor without dimensions."""
    evaluation = running()
    source = evaluation.arrays.add(Source((), text=lambda: whole.value))
    made = Traced(evaluation, evaluation.ids_of(source, False))
    made.whole = whole
    return made


_RUNNING: ContextVar[Evaluation] = ContextVar("running")


def running() -> Evaluation:
    """The evaluation that runs."""
    return _RUNNING.get()


@contextmanager
def current(evaluation: Evaluation) -> Iterator[None]:
    """In which it is the one that runs."""
    token = _RUNNING.set(evaluation)
    try:
        yield
    finally:
        _RUNNING.reset(token)


Whole.as_tensor = staticmethod(whole_tensor)
