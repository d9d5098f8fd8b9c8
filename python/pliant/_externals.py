# python/pliant/_externals.py — Python functions that programs on tensors call
from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

import pliant._library  # noqa: F401 — defines call_external

_functions: dict[str, Callable[..., Tensor]] = {}
_next_key = itertools.count()
_library = torch.library.Library("pliant", "IMPL")


def _call_external(key: str, arguments: Sequence[Tensor]) -> Tensor:
    """Arrays arrive as (batch, shape…), whole numbers as tensors without dimensions."""
    values = [int(x) if x.dim() == 0 else x for x in arguments]
    result = _functions[key](*values)
    if not isinstance(result, Tensor):
        raise TypeError(f"an external function must give a tensor, got {type(result).__name__}")
    return result


_library.impl("call_external", _call_external, "CompositeImplicitAutograd")


@contextmanager
def registered(functions: Mapping[str, Callable[..., Tensor]]) -> Iterator[list[str]]:
    """Keys for the functions, in their order, by which ops.call_external finds them meanwhile."""
    keys = [f"{next(_next_key)}" for _ in functions]
    _functions.update(zip(keys, functions.values(), strict=True))
    try:
        yield keys
    finally:
        for key in keys:
            del _functions[key]
