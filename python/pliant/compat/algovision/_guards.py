# python/pliant/compat/algovision/_guards.py — whether what functions use is what it was when they were called
"""A function of an algorithm is called once, and not again while all that it refers to stays the same."""

from __future__ import annotations

import dis
import enum
import operator
import types
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

_FIXED = (
    int, float, complex, str, bytes, type(None), slice, range, enum.Enum, types.ModuleType, type,
    types.BuiltinFunctionType, torch.dtype, torch.device, torch.Size, np.generic,
)  # fmt: skip
#: Things that are looked at, at most.
MOST_SEEN = 4000


class Guards:
    """What was found behind some values: names, cells, contents, attributes, how often tensors were written.

    `certain` is whether a change of any of it would be seen.
    """

    def __init__(self, roots: list[Any]) -> None:
        self.certain = True
        self._cells: list[tuple[types.CellType, Any]] = []
        self._names: list[tuple[Mapping[str, Any], str, Any]] = []
        self._tensors: list[tuple[Tensor, int]] = []
        self._contents: list[tuple[Any, tuple, tuple]] = []  # what holds others, its keys, its values
        self._seen: dict[int, Any] = {}
        for root in roots:
            self._look(root)

    def hold(self) -> bool:
        """Whether nothing has changed."""
        if not self.certain:
            return False
        for cell, value in self._cells:
            if _content(cell) is not value:
                return False
        for names, name, value in self._names:
            if names.get(name) is not value:
                return False
        for tensor, version in self._tensors:
            if tensor._version != version:
                return False
        for holder, keys, values in self._contents:
            found = holder.values() if isinstance(holder, dict) else holder
            if len(holder) != len(values) or not all(map(operator.is_, found, values)):
                return False
            if isinstance(holder, dict) and tuple(holder) != keys:
                return False
        return True

    def _look(self, value: Any) -> None:
        if isinstance(value, _FIXED) or id(value) in self._seen or not self.certain:
            return
        self._seen[id(value)] = value
        self.certain = len(self._seen) < MOST_SEEN
        match value:
            case Tensor():
                self._look_at_tensor(value)
            case list() | tuple() | set() | frozenset():
                self._contents.append((value, (), tuple(value)))
                for item in value:
                    self._look(item)
            case dict():
                self._look_into(value)
            case types.FunctionType():
                self._look_at_function(value)
            case types.MethodType():
                self._look(value.__func__)
                self._look(value.__self__)
            case _ if hasattr(value, "__dict__") and not hasattr(value, "__array__"):
                self._look_into(vars(value))
            case _:
                self.certain = False

    def _look_at_tensor(self, tensor: Tensor) -> None:
        if tensor.is_inference():
            self.certain = False
        else:
            self._tensors.append((tensor, tensor._version))

    def _look_into(self, mapping: dict) -> None:
        self._contents.append((mapping, tuple(mapping), tuple(mapping.values())))
        for item in list(mapping.values()):
            self._look(item)

    def _look_at_function(self, function: types.FunctionType) -> None:
        for cell in function.__closure__ or ():
            self._cells.append((cell, _content(cell)))
            self._look(_content(cell))
        self._look(function.__defaults__)
        self._look(function.__kwdefaults__)
        names = _names_of(function.__code__)
        for name in names & function.__globals__.keys():
            value = function.__globals__[name]
            self._names.append((function.__globals__, name, value))
            self._look(value)


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not set yet
        return None


def _names_of(code: types.CodeType) -> set[str]:
    """The global names that a function reads, with those of functions inside of it."""
    inner = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    found = {x.argval for x in dis.get_instructions(code) if x.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    return found.union(*(_names_of(constant) for constant in inner))
