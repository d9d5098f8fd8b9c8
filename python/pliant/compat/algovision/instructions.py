# python/pliant/compat/algovision/instructions.py — Let, LetInt, Print by their published names
"""Statements that write to one name, or several."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from pliant.compat.algovision._errors import NotTraceable
from pliant.compat.algovision._operations import where
from pliant.compat.algovision._statement import AlgoModule
from pliant.compat.algovision._traced import Traced, whole_tensor
from pliant.compat.algovision._whole import Whole, as_value
from pliant.from_python.values import Value

if TYPE_CHECKING:
    from pliant.compat.algovision._trace import Trace


class Let(AlgoModule):
    """Writes a value to a variable, or to a part of it.

    ======================================  ==========================
    ``Let("a", value)``                     a = value
    ``Let("a", [i, …], value)``             a[i, …] = value
    ``Let("a", "x", [i, …])``               a = x[i, …]
    ``Let("a", [i, …], "x", [j, …])``       a[i, …] = x[j, …]
    ``Let(["a", "b"], function)``           a, b = function(…)
    ======================================  ==========================

    Args:
        value: the name of a variable; a function of variables, whose tensors begin with the batch; a number; a
            tensor without the batch
        i, j: an int; a name; a function that gives an int; None or a slice. On the left also one tensor of weights
            in [0, 1], without the batch, or a name or function of such: a becomes (1 - w)·a + w·value
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        self.index_variable: list | None = None
        self.index_value: list | None = None
        match args:
            case [str(), value]:
                self.variable, self.value = args[0], value
            case [[*names], value] if all(isinstance(name, str) for name in names):
                self.variable, self.value = list(names), value
                if not callable(value) or isinstance(value, Tensor):
                    raise TypeError(f"Let of several variables takes a function, got {type(value).__name__}")
            case [str(), list(index), value]:
                self.variable, self.index_variable, self.value = args[0], index, value
            case [str(), str(value), list(index)]:
                self.variable, self.value, self.index_value = args[0], value, index
            case [str(), list(left), str(value), list(right)]:
                self.variable, self.index_variable, self.value, self.index_value = args[0], left, value, right
            case _:
                raise TypeError(
                    f"Let takes (name, value), (name, [index], value), (name, name, [index]), (name, [index], "
                    f"name, [index]) or ([names], function), got {args!r}"
                )
        if not callable(self.value) and not isinstance(self.value, str | int | float | Tensor):
            raise TypeError(
                f"Let: the value must be a name, a function, a number or a tensor, got {type(self.value).__name__}"
            )

    def written(self) -> set[str]:
        """Its targets."""
        return {self.variable} if isinstance(self.variable, str) else set(self.variable)

    def _write(self, trace: Trace) -> None:
        for name in self.written():
            trace.require(
                trace.is_declared(name),
                f"Let at {self.origin} writes to '{name}', which is not declared; there are: {trace.known()}",
            )
        with trace.evaluation():
            result = self._result(trace)
            if isinstance(result, tuple | list) and not (
                self.variable in trace.wholes if isinstance(self.variable, str) else False
            ):
                self._write_several(trace, list(result))
                return
            if self.index_value:
                result = self._read(trace, result)
            if not isinstance(self.variable, str):
                self._write_several(trace, [result])
            elif self.variable in trace.wholes:
                self._write_whole(trace, result)
            elif self.index_variable:
                self._write_places(trace, result)
            else:
                self._write_values(trace, {self.variable: result})

    def _result(self, trace: Trace) -> Any:
        if isinstance(self.value, str):
            return trace.state(self.value)
        if isinstance(self.value, Tensor):
            return trace.as_traced(self.value.unsqueeze(0).expand(trace.batch, *self.value.shape))
        return trace.call(self.value) if callable(self.value) else self.value

    # === Writing ===

    def _write_whole(self, trace: Trace, result: Any) -> None:
        if self.index_variable or not isinstance(result, int | list | Whole):
            raise TypeError(
                f"algovision: Let at {self.origin}: '{self.variable}' is a whole number, and can be set to one alone"
            )
        trace.set_whole(self.variable, result)

    def _write_several(self, trace: Trace, results: list[Any]) -> None:
        names = self.variable if isinstance(self.variable, list) else [self.variable]
        if self.index_variable is not None or self.index_value is not None:
            raise ValueError(
                f"algovision: Let at {self.origin}: a function that gives several values cannot be indexed"
            )
        if len(names) != len(results):
            raise ValueError(
                f"algovision: Let at {self.origin}: there are {len(names)} variables for {len(results)} values"
            )
        self._write_values(trace, dict(zip(names, results, strict=True)))

    def _write_values(self, trace: Trace, results: dict[str, Any]) -> None:
        """All values are found before the first is written."""
        real = {name: value for name, value in results.items() if name in trace.shapes}
        what = f"Let at {self.origin}: the value of"
        parts = {
            name: trace.part(self._number(x), trace.shapes[name], f"{what} '{name}'")
            for name, x in real.items()
        }
        texts = trace.lines.values(parts.values())
        targets = [trace.names[name] for name in parts]
        for k, part in enumerate(parts.values()):
            if not trace.lines.names_read(part).isdisjoint(targets[:k]):  # written before it would be read
                texts = [trace.lines.own(x, trace.shapes[name]) for name, x in zip(parts, texts, strict=True)]
                break
        for name, text in zip(parts, texts, strict=True):
            trace.lines.assign(trace.names[name], "", text)
        for name in results.keys() - real.keys():
            trace.set_whole(name, results[name])

    def _number(self, value: Any) -> Any:
        if isinstance(value, Tensor | int | float | Whole):
            return value
        raise TypeError(
            f"algovision: Let at {self.origin}: the value must be a tensor or a number, got {type(value).__name__}"
        )

    # === Indices ===

    def _items(self, trace: Trace, index: list[Any], shape: tuple[int, ...], name: str) -> list[Any]:
        """Each an int, a Whole, a slice or a tensor."""
        found = []
        for item in index:
            if isinstance(item, str):
                item = trace.state(item)
            elif callable(item) and not isinstance(item, Tensor):
                item = trace.call(item)
            elif isinstance(item, Tensor):
                item = trace.as_traced(item.unsqueeze(0).expand(trace.batch, *item.shape))
            if item is None:
                item = slice(None)
            if not isinstance(item, int | Whole | slice | Traced):
                raise TypeError(
                    f"algovision: Let at {self.origin}: an index of '{name}' must be an int, None, a slice or weights, "
                    f"got {type(item).__name__}"
                )
            found.append(item)
        if len(found) > len(shape):
            raise ValueError(
                f"algovision: Let at {self.origin}: {len(found)} indices for '{name}' of shape {shape}"
            )
        return found

    def _read(self, trace: Trace, value: Any) -> Any:
        if not isinstance(value, Traced):
            raise TypeError(
                f"algovision: Let at {self.origin}: '{self.value}' is a whole number, and has no index"
            )
        shape = tuple(value.shape[1:])
        items = self._items(trace, self.index_value or [], shape, self.value)
        if any(isinstance(item, Traced) for item in items):
            raise TypeError(
                f"algovision: Let at {self.origin}: weights cannot be an index of a value; take their mean in a function"
            )
        self._check_range(items, shape, self.value)
        return value[(slice(None), *items)]

    def _check_range(self, items: list[Any], shape: tuple[int, ...], name: str) -> None:
        for item, size in zip(items, shape, strict=False):
            if isinstance(item, int) and not -size <= item < size:
                raise IndexError(
                    f"algovision: Let at {self.origin}: index {item} is out of range for '{name}' of shape {shape}"
                )

    def _write_places(self, trace: Trace, value: Any) -> None:
        name = self.variable
        shape = trace.shapes[name]
        items = self._items(trace, self.index_variable or [], shape, name)
        if any(isinstance(item, Traced) for item in items):
            return self._write_weighted(trace, items, self._number(value))
        self._check_range(items, shape, name)
        value = self._spread(trace, self._number(value), items, shape)
        for places, index in self._boxes(items, shape):
            here = value if not isinstance(value, Tensor) else value[places] if places else value
            size = tuple(here.shape[1:]) if isinstance(here, Tensor) else ()
            part = trace.part(here, size, f"Let at {self.origin}: the value of '{name}'")
            trace.lines.assign(trace.names[name], index, trace.lines.value(part))
        return None

    def _spread(self, trace: Trace, value: Any, items: list[Any], shape: tuple[int, ...]) -> Any:
        """The value in the shape of what is written, (batch, …); the published package also takes what has the first
        dimensions of the variable, or all of them.
        """
        if isinstance(value, Whole):
            value = whole_tensor(value)
        if not isinstance(value, Tensor) or value.dim() == 0:
            return value
        value = trace.as_traced(value)
        meta = torch.empty((trace.batch, *shape), device="meta")
        known = tuple(0 if isinstance(item, Whole) else item for item in items)
        wanted = tuple(meta[(slice(None), *known)].shape)
        if tuple(value.shape) == wanted:
            return value
        full = value.reshape(*value.shape, *[1] * (len(shape) + 1 - value.dim()))
        try:
            full = full.expand(trace.batch, *shape)
        except RuntimeError:
            raise ValueError(
                f"algovision: Let at {self.origin}: the value for a part of '{self.variable}' must have shape {wanted} with the "
                f"batch first, got {tuple(value.shape)}"
            ) from None
        return full[(slice(None), *items)]

    def _boxes(self, items: list[Any], shape: tuple[int, ...]) -> Iterable[tuple[tuple, str]]:
        """What the language can write at once: places in the value, and the index. Slices with steps are places one by one."""
        choices: list[list[tuple[Any, str]]] = []
        for item, size in zip(items, shape, strict=False):
            if isinstance(item, slice):
                where_to = range(size)[item]
                if where_to.step == 1 or len(where_to) == 0:
                    whole = len(where_to) == size
                    choices.append(
                        [
                            (
                                slice(None),
                                ":" if whole else f"{where_to.start} : {max(where_to.stop, where_to.start)}",
                            )
                        ]
                    )
                else:
                    choices.append([(k, str(place)) for k, place in enumerate(where_to)])
            elif isinstance(item, Whole) and item.least is not None and item.least < 0:
                int(item)
            else:
                choices.append([(None, as_value(item if isinstance(item, Whole) else item % size).text)])
        for chosen in itertools.product(*choices):
            places = tuple(place for place, _ in chosen if place is not None)
            # A full range keeps what lies behind.
            yield ((slice(None), *places) if places else ()), f"[{', '.join(text for _, text in chosen)}]"

    def _write_weighted(self, trace: Trace, items: list[Any], value: Any) -> None:
        """A becomes where(w, value, a): it stays where w is 0, whatever the value is there."""
        name, shape = self.variable, trace.shapes[self.variable]
        weights = items[0]
        if len(items) != 1:
            raise ValueError(f"algovision: Let at {self.origin}: weights must be the only index of '{name}'")
        if weights.dim() > len(shape) + 1 or tuple(weights.shape[1:]) != shape[: weights.dim() - 1]:
            raise ValueError(
                f"algovision: Let at {self.origin}: weights for '{name}' must have its shape {shape} behind the batch, got "
                f"{tuple(weights.shape)}"
            )
        rank = len(shape) + 1
        weights = weights.reshape(*weights.shape, *[1] * (rank - weights.dim()))
        value = whole_tensor(value) if isinstance(value, Whole) else value
        if isinstance(value, Tensor) and 0 < value.dim() < rank:
            value = value.reshape(*value.shape, *[1] * (rank - value.dim()))
        mixed = where(weights, value, trace.state(name))
        part = trace.part(mixed, shape, f"Let at {self.origin}: the value of '{name}'")
        trace.lines.assign(trace.names[name], "", trace.lines.value(part))


class LetInt(AlgoModule):
    """Writes a whole number, or a list of them, to a variable that is one.

    Args:
        variable: its name
        value: an int, a list of ints, the name of another, or a function of whole numbers and shapes
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) != 2 or not isinstance(args[0], str):
            raise TypeError(f"LetInt takes a name and a value, got {args!r}")
        self.variable, value = args
        if isinstance(value, Iterable) and not isinstance(value, str | Tensor):
            value = list(value)
        whole = isinstance(value, str | int) or callable(value) and not isinstance(value, Tensor)
        if not whole and not (isinstance(value, list) and all(isinstance(x, int) for x in value)):
            raise TypeError(f"LetInt: the value must be an int, ints, a name or a function, got {value!r}")
        self.value = value

    def written(self) -> set[str]:
        """Its target."""
        return {self.variable}

    def _write(self, trace: Trace) -> None:
        trace.require(
            self.variable in trace.wholes,
            f"LetInt at {self.origin} writes to '{self.variable}', which is no whole number",
        )
        with trace.evaluation():
            value = self.value
            if isinstance(value, str):
                value = trace.state(value)
            elif callable(value):
                value = trace.call(value)
            if isinstance(value, tuple | range):
                value = list(value)
            if not isinstance(value, int | list | Whole):
                raise TypeError(
                    f"algovision: LetInt at {self.origin}: the value must be an int or a list of ints, got {type(value).__name__}"
                )
            trace.set_whole(self.variable, value)


class Print(AlgoModule):
    """Prints what a function of variables gives, when the algorithm has run.

    Args:
        function: of the values at this place
    """

    def __init__(self, function: Callable) -> None:
        super().__init__()
        if not callable(function):
            raise TypeError(f"Print takes a function, got {type(function).__name__}")
        self.function = function

    def _write(self, trace: Trace) -> None:
        if trace.conditional:
            raise NotTraceable("inside of If and While there is no one value to print")
        with trace.evaluation():
            arguments = {}
            for name in trace.parameters(self.function):
                value = trace.state(name)
                if isinstance(value, Whole):
                    value = int(value)
                arguments[name] = value if not isinstance(value, Traced) else self._kept(trace, name)
        trace.printed.append((self.function, arguments))

    def _kept(self, trace: Trace, name: str) -> Value:
        """A copy that is there at the end of the program."""
        return trace.lines.own(Value(trace.names[name]), trace.shapes[name])
