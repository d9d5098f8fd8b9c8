# python/pliant/compat/algovision/instructions.py — Let, LetInt, Print by their published names
"""Statements that write to one name, or several."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from torch import Tensor

from pliant.compat.algovision._errors import Wrong
from pliant.compat.algovision._external import Expected
from pliant.compat.algovision._indices import boxes, index_items, part_shape
from pliant.compat.algovision._operations import where
from pliant.compat.algovision._statement import AlgoModule
from pliant.compat.algovision._trace import is_function
from pliant.compat.algovision._traced import Traced
from pliant.compat.algovision._whole import Whole
from pliant.from_python.values import Value

if TYPE_CHECKING:
    from pliant.compat.algovision._trace import Trace


def number(value: Any) -> Any:
    """A value for a real variable."""
    if isinstance(value, Tensor | int | float | Whole):
        return value
    raise Wrong(TypeError, f"the value must be a tensor or a number, got {type(value).__name__}")


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
        value: the name of a variable; a function of variables, whose tensors begin with the batch; a number;
            a tensor without the batch
        i, j: an int; a name; a function that gives an int; None or a slice. On the left also one tensor of
            weights in [0, 1], without the batch, or a name or function of such, with it: a becomes
            (1 - w)·a + w·value
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        self.variable: str | list[str]
        self.index_variable: list | None = None
        self.index_value: list | None = None
        match args:
            case [str() as variable, value]:
                self.variable, self.value = variable, value
            case [[*names], value] if all(isinstance(name, str) for name in names):
                self.variable, self.value = names, value
                if not is_function(value):
                    raise TypeError(f"Let of several variables takes a function, got {type(value).__name__}")
            case [str() as variable, list() as index, value]:
                self.variable, self.index_variable, self.value = variable, index, value
            case [str() as variable, str() as value, list() as index]:
                self.variable, self.value, self.index_value = variable, value, index
            case [str() as variable, list() as left, str() as value, list() as right]:
                self.variable, self.index_variable, self.value, self.index_value = (
                    variable,
                    left,
                    value,
                    right,
                )
            case _:
                raise TypeError(
                    "Let takes (name, value), (name, [index], value), (name, name, [index]), "
                    f"(name, [index], name, [index]) or ([names], function), got {args!r}"
                )
        if not is_function(self.value) and not isinstance(self.value, str | int | float | Tensor):
            what = type(self.value).__name__
            raise TypeError(f"Let: the value must be a name, a function, a number or a tensor, got {what}")

    def written(self) -> set[str]:
        """Its targets."""
        return {self.variable} if isinstance(self.variable, str) else set(self.variable)

    def _write(self, trace: Trace) -> None:
        for name in self.written():
            if not trace.is_declared(name):
                raise Wrong(ValueError, f"'{name}' is not declared; there are: {trace.known()}")
        with trace.evaluation():
            result = self._result(trace)
            if self.index_value:
                result = self._read(trace, result)
            if isinstance(self.variable, list):
                self._write_several(trace, result)
            elif self.variable in trace.wholes:
                self._write_whole(trace, self.variable, result)
            elif self.index_variable:
                self._write_places(trace, number(result))
            else:
                self._write_values(trace, {self.variable: result})

    def _result(self, trace: Trace) -> Any:
        if isinstance(self.value, str):
            return trace.state(self.value)
        if isinstance(self.value, Tensor):
            tensor = trace.as_traced(self.value)
            return tensor.unsqueeze(0).expand(trace.batch, *tensor.shape)
        return (
            trace.call(self.value, lambda: self._expected(trace)) if is_function(self.value) else self.value
        )

    def _expected(self, trace: Trace) -> Expected | None:
        """Of a function; whole numbers cannot come out of the program."""
        names = [self.variable] if isinstance(self.variable, str) else self.variable
        if any(name in trace.wholes for name in names):
            return None
        shapes = tuple(trace.shapes[name] for name in names)
        if not self.index_variable:
            return Expected(shapes)
        items = index_items(trace, self.index_variable, shapes[0], names[0])
        weighted = any(isinstance(item, Traced) for item in items)
        return Expected(shapes if weighted else (part_shape(items, shapes[0]),), fills=True)

    # === Writing ===

    def _write_whole(self, trace: Trace, name: str, result: Any) -> None:
        if self.index_variable or not isinstance(result, int | list | Whole):
            raise Wrong(TypeError, f"'{name}' is a whole number, and can be set to one alone")
        trace.set_whole(name, result)

    def _write_several(self, trace: Trace, results: Any) -> None:
        results = list(results) if isinstance(results, tuple | list) else [results]
        if len(self.variable) != len(results):
            raise Wrong(ValueError, f"there are {len(self.variable)} variables for {len(results)} values")
        self._write_values(trace, dict(zip(self.variable, results, strict=True)))

    def _write_values(self, trace: Trace, results: dict[str, Any]) -> None:
        """All values are found before the first is written."""
        real = {name: number(value) for name, value in results.items() if name in trace.shapes}
        parts = {
            name: trace.part(x, trace.shapes[name], f"the value of '{name}'") for name, x in real.items()
        }
        texts = trace.lines.values(parts.values())
        targets = [trace.names[name] for name in parts]
        for k, part in enumerate(parts.values()):
            if not trace.lines.names_read(part).isdisjoint(targets[:k]):  # written before it would be read
                texts = [trace.lines.own(x, trace.shapes[name]) for name, x in zip(parts, texts, strict=True)]
                break
        for target, text in zip(targets, texts, strict=True):
            trace.lines.assign(target, "", text)
        for name in [name for name in results if name not in real]:
            trace.set_whole(name, results[name])

    # === Indices ===

    def _read(self, trace: Trace, value: Any) -> Any:
        if not isinstance(value, Traced):
            raise Wrong(TypeError, f"'{self.value}' is a whole number, and has no index")
        items = index_items(trace, self.index_value or [], tuple(value.shape[1:]), str(self.value))
        if any(isinstance(item, Traced) for item in items):
            raise Wrong(
                TypeError,
                "weights cannot be an index of what is read; take the mean under them in a function",
            )
        return value[(slice(None), *items)]

    def _write_places(self, trace: Trace, value: Any) -> None:
        name = str(self.variable)
        shape = trace.shapes[name]
        items = index_items(trace, self.index_variable or [], shape, name)
        if any(isinstance(item, Traced) for item in items):
            return self._write_weighted(trace, items, value)
        value = self._spread(trace, value, items, shape)
        for places, index in boxes(items, shape):
            here = value[places] if value.dim() > 1 else value
            size = tuple(here.shape[1:])
            part = trace.part(here, size, f"the value of '{name}'")
            trace.lines.assign(trace.names[name], index, trace.lines.value(part))
        return None

    def _spread(self, trace: Trace, value: Any, items: list[Any], shape: tuple[int, ...]) -> Any:
        """The value in the shape of what is written, (batch, …); the published package also takes what has
        the first dimensions of the variable, or all of them.
        """
        value = trace.as_traced(value, batched=True)
        if value.dim() == 0:
            return value
        wanted = (trace.batch, *part_shape(items, shape))
        if tuple(value.shape) in ((trace.batch,), wanted):
            return value
        full = value.reshape(*value.shape, *[1] * (len(shape) + 1 - value.dim()))
        try:
            full = full.expand(trace.batch, *shape)
        except RuntimeError:
            what = f"the value for a part of '{self.variable}' must have shape {wanted} with the batch first"
            raise Wrong(ValueError, f"{what}, got {tuple(value.shape)}") from None
        return full[(slice(None), *items)]

    def _write_weighted(self, trace: Trace, items: list[Any], value: Any) -> None:
        """A becomes where(w, value, a): it stays where w is 0, whatever the value is there."""
        name = str(self.variable)
        shape, rank = trace.shapes[name], len(trace.shapes[name]) + 1
        weights = items[0]
        if len(items) != 1:
            raise Wrong(ValueError, f"weights must be the only index of '{name}'")
        if weights.dim() > rank or tuple(weights.shape[1:]) != shape[: weights.dim() - 1]:
            what = f"weights for '{name}' must have its shape {shape} behind the batch"
            raise Wrong(ValueError, f"{what}, got {tuple(weights.shape)}")
        weights = weights.reshape(*weights.shape, *[1] * (rank - weights.dim()))
        value = trace.as_traced(value, batched=True)
        if value.dim() > 0:
            value = value.reshape(*value.shape, *[1] * (rank - value.dim()))
        part = trace.part(where(weights, value, trace.state(name)), shape, f"the value of '{name}'")
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
        ints = isinstance(value, list) and all(isinstance(x, int) for x in value)
        if not (isinstance(value, str | int) or is_function(value) or ints):
            raise TypeError(f"LetInt: the value must be an int, ints, a name or a function, got {value!r}")
        self.value = value

    def written(self) -> set[str]:
        """Its target."""
        return {self.variable}

    def _write(self, trace: Trace) -> None:
        if self.variable not in trace.wholes:
            raise Wrong(
                ValueError, f"'{self.variable}' is no whole number; there are: {', '.join(trace.wholes)}"
            )
        with trace.evaluation():
            value = trace.operand(self.value)
            value = list(value) if isinstance(value, tuple | range) else value
            ints = isinstance(value, list) and all(isinstance(x, int) for x in value)
            if not (isinstance(value, int | Whole) or ints):
                raise Wrong(TypeError, f"the value must be an int or a list of ints, got {value!r}")
            trace.set_whole(self.variable, value)


class Print(AlgoModule):
    """Prints what a function of variables gives: when the algorithm has run, or if one of its Prints stands
    inside of If or While, on the way, for which the program runs on tensors.

    Args:
        function: of the values at this place
    """

    def __init__(self, function: Callable) -> None:
        super().__init__()
        if not callable(function):
            raise TypeError(f"Print takes a function, got {type(function).__name__}")
        self.function = function

    def _write(self, trace: Trace) -> None:
        if trace.prints_inside:
            with trace.evaluation():
                trace.print_from_inside(self.function)
            return
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
