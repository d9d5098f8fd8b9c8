# python/pliant/compat/algovision/_guards.py — whether what functions use is what it was when they were called
"""A function is called once and then left alone as long as all that it refers to stays the same."""

from __future__ import annotations

import types
from typing import Any

from torch import Tensor, nn

from pliant.compat.algovision._statement import AlgoModule
from pliant.compat.algovision.conditions import Condition

_PLAIN = (int, float, complex, str, bytes, bool, type(None), slice, range)
_FIXED = (types.ModuleType, type, types.BuiltinFunctionType)


class _Unknown(Exception):
    """Something whose changes cannot be seen."""


def fingerprint(values: list[Any]) -> tuple | None:
    """What the values, and functions among them, refer to; None if that can change unseen."""
    try:
        return tuple(_of(value, set()) for value in values)
    except _Unknown:
        return None


def _of(value: Any, seen: set[int]) -> Any:
    if isinstance(value, slice):
        return ("slice", value.start, value.stop, value.step)
    if isinstance(value, _PLAIN):
        return type(value), value
    if isinstance(value, Tensor):
        return id(value), value._version if not value.is_inference() else None
    if isinstance(value, _FIXED):
        return id(value)
    if id(value) in seen:
        return id(value)
    seen = seen | {id(value)}
    if isinstance(value, list | tuple | set | frozenset):
        return type(value), tuple(_of(item, seen) for item in value)
    if isinstance(value, dict):
        return dict, tuple((_of(key, seen), _of(item, seen)) for key, item in value.items())
    if isinstance(value, types.FunctionType):
        return _of_function(value, seen)
    if isinstance(value, AlgoModule | Condition) or _is_declaration(value):
        return id(value), tuple((name, _of(item, seen)) for name, item in vars(value).items())
    if isinstance(value, nn.Module):
        return _of_module(value, seen)
    raise _Unknown


def _is_declaration(value: Any) -> bool:
    return type(value).__module__ == "pliant.compat.algovision.core" and hasattr(value, "initial_value")


def _of_function(function: types.FunctionType, seen: set[int]) -> Any:
    code, found = function.__code__, [id(function.__code__)]
    for cell in function.__closure__ or ():
        try:
            found.append(_of(cell.cell_contents, seen))
        except ValueError:
            found.append(None)  # not set yet
    found.append(_of(function.__defaults__ or (), seen))
    names = set(code.co_names)
    for constant in code.co_consts:  # functions inside of it
        if isinstance(constant, types.CodeType):
            names |= set(constant.co_names)
    for name in sorted(names):
        if name in function.__globals__:
            found.append((name, _of(function.__globals__[name], seen)))
    return tuple(found)


def _of_module(module: nn.Module, seen: set[int]) -> Any:
    plain = {name: item for name, item in vars(module).items() if not name.startswith("_")}
    inner = [*module.parameters(recurse=False), *module.buffers(recurse=False), *module.children()]
    return id(module), _of(plain, seen), tuple(_of(item, seen) for item in inner)
