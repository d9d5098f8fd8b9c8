# python/pliant/compat/algovision/_trace.py — an algorithm as a program, for inputs of given shapes
"""Walks the statements of an algorithm once and writes the program."""

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pliant.compat.algovision._arrays import Part
from pliant.compat.algovision._errors import NeedsWhole, NotTraceable, Wrong, blamed
from pliant.compat.algovision._evaluation import Captured, Evaluation
from pliant.compat.algovision._external import Expected, External, Printer
from pliant.compat.algovision._traced import Traced, current, ids_of, running, whole_tensor
from pliant.compat.algovision._whole import Whole, as_value
from pliant.compat.algovision._writer import Writer, shape_text
from pliant.from_python.values import Value

#: That the language takes.
MOST_PASSES = 1 << 30


@dataclass(frozen=True)
class Settings:
    """What an algorithm gives to statements that do not say otherwise."""

    beta: Any
    max_iter: float
    epsilon: float
    hard: bool
    unit: float  #: the inverse temperature that the program runs with
    least_epsilon: float  #: that it runs with: the least of all its loops

    def or_own(self, name: str, own: Any) -> Any:
        """The statement's own value if it has one."""
        return getattr(self, name) if own is None else own


class Trace:
    """The program as it is written, and what is known of its names."""

    def __init__(
        self, settings: Settings, batch: int, dtype: torch.dtype, device: torch.device, unrolled: set[int]
    ):
        self.settings = settings
        self.batch = batch
        self.dtype = dtype
        self.device = device
        self.unrolled = unrolled  #: loops that are written pass by pass
        self.lines = Writer()
        self.shapes: dict[str, tuple[int, ...]] = {}  #: of each real variable
        self.names: dict[str, str] = {}  #: in the program, of variables and whole numbers
        self.wholes: dict[str, int | list[int] | Whole] = {}
        self.captured: list[Captured] = []
        self.functions: dict[str, Callable] = {}  #: that the program calls
        self.first = ""  #: the name of its first input
        self.inputs: list[str] = []  #: the head of the program
        self.printed: list[tuple[Callable, dict[str, Any]]] = []
        self.prints_inside = False  #: whether a Print stands inside of If or While
        self.conditional = 0  #: how many If and While are around what is written
        self.repeated = 0  #: how many For loops around it are written once

    # === Names ===

    def is_declared(self, name: str) -> bool:
        """Whether a variable, an input or a whole number is called so."""
        return name in self.shapes or name in self.wholes

    @contextmanager
    def declaring(self, kind: str, name: str) -> Iterator[None]:
        """Errors inside are about a declaration, of a name that is new."""
        self.lines.origin = f"{kind} '{name}'"
        with blamed(self.lines.origin, self.unrolled):
            if self.is_declared(name):
                raise Wrong(ValueError, f"it is defined for the second time; there are: {self.known()}")
            yield

    def declare_inputs(self, names: Sequence[str], tensors: Sequence[Tensor], changed: set[str]) -> None:
        """The arguments of the program, and copies of those that are written to."""
        for name, x in zip(names, tensors, strict=True):
            with self.declaring("Input", name):
                self.names[name] = self.lines.take(f"{name}_given" if name in changed else name)
                self.shapes[name] = tuple(x.shape[1:])
                self.input(self.names[name], self.shapes[name])
        self.first = self.names[names[0]]
        for name in names:
            if name in changed:
                self.declare(name, self.shapes[name], Value(self.names[name]))

    def known(self) -> str:
        """All names, for errors."""
        return ", ".join([*self.shapes, *self.wholes])

    def input(self, name: str, shape: Sequence[int]) -> None:
        """One more argument of the program."""
        sizes = [self.lines.take_outermost(f"n{len(self.inputs)}_{k}") for k in range(len(shape))]
        self.inputs.append(name + (f"[{', '.join(sizes)}]" if sizes else ""))

    def capture(self, tensor: Tensor, batched: bool) -> str:
        """The input that a tensor from outside becomes; one for each tensor."""
        for known in self.captured:
            if known.tensor is tensor and known.batched == batched:
                return known.name
        name = self.lines.take_outermost("given")
        self.captured.append(Captured(tensor, batched, name))
        self.input(name, tensor.shape[1:] if batched else tensor.shape)
        return name

    # === Evaluating ===

    @contextmanager
    def evaluation(self) -> Iterator[Evaluation]:
        """In which functions are called."""
        made = Evaluation(self.batch, self.dtype, self.device, self.settings.unit, self.capture)
        with current(made):
            yield made

    def state(self, name: str) -> Any:
        """What a function sees under this name: a traced tensor, an int, a list of ints, or a `Whole`."""
        if not self.is_declared(name):
            raise Wrong(ValueError, f"'{name}' is read but not declared; there are: {self.known()}")
        if name in self.wholes:
            found = self.wholes[name]
            return list(found) if isinstance(found, list) else found
        evaluation = running()
        return Traced(evaluation, evaluation.variable(self.names[name], self.shapes[name]))

    def call(self, function: Callable, expected: Callable[[], Expected | None] = lambda: None) -> Any:
        """The function of the variables that its parameters name.

        What it does is written as expressions. If that cannot be and it is known what is `expected` of it,
        the program calls it.
        """
        arguments = {name: self.state(name) for name in self.parameters(function)}
        random = torch.get_rng_state()
        try:
            return self._traced(function, arguments, random)
        except NotTraceable as error:
            torch.set_rng_state(random)
            can_unroll = isinstance(error, NeedsWhole) and not error.loops <= self.unrolled
            wanted = None if can_unroll else expected()
            if wanted is None:
                raise
            return self._called(function, arguments, wanted, error.reason)

    def _traced(self, function: Callable, arguments: dict[str, Any], random: Tensor) -> Any:
        before = {name: x.ids.clone() for name, x in arguments.items() if isinstance(x, Traced)}
        try:
            result = function(**arguments)
        except (Wrong, NotTraceable):
            raise
        except NotImplementedError as error:
            raise NotTraceable(f"torch cannot trace it ({error})") from error
        except Exception as error:
            error.add_note(f"in a function of {self.lines.origin}, called with {arguments}")
            raise
        if not torch.equal(random, torch.get_rng_state()):
            raise NotTraceable("it draws random numbers")
        for name, ids in before.items():
            if not torch.equal(ids, arguments[name].ids):
                raise NotTraceable(f"it changes '{name}' in place")
        return result

    def _called(self, function: Callable, arguments: dict[str, Any], wanted: Expected, why: str) -> Any:
        """The results of a function that the program calls, as parts of a variable."""
        place = self.lines.origin
        warnings.warn(
            f"algovision: {place} cannot be written as a program: {why}. It is called in each pass instead, "
            "and the algorithm runs on tensors, at some 15 µs a step, there and back.",
            stacklevel=2,
        )
        names, known, values = self._split(arguments)
        made = External(function, names, known, wanted, place)
        stored = () if wanted.shapes == ((),) else (wanted.count,)
        name = self.lines.own(self.external(made, values), stored).text
        evaluation = running()
        whole = Traced(evaluation, evaluation.variable(name, stored))
        if not stored:
            return whole
        parts = whole.split([math.prod(shape) for shape in wanted.shapes], 1)
        results = [part.reshape(self.batch, *shape) for part, shape in zip(parts, wanted.shapes, strict=True)]
        return results[0] if len(results) == 1 else tuple(results)

    def _split(self, arguments: dict[str, Any]) -> tuple[tuple[str, ...], dict[str, Any], list[str]]:
        """Arguments of a function: the names of those that the program gives, the known others, and the texts
        of the former.
        """
        values: dict[str, str] = {}
        known: dict[str, Any] = {}
        for name, argument in arguments.items():
            if isinstance(argument, Traced):
                values[name] = self.names[name]
            elif isinstance(argument, Whole):
                values[name] = argument.value.text
            else:
                known[name] = argument
        return tuple(values), known, list(values.values())

    def external(self, function: Callable, values: Sequence[str]) -> Value:
        """A call of a function of tensors."""
        name = self.lines.take_outermost("function")
        self.functions[name] = function
        return Value(f"{name}({', '.join([self.first, *values])})")

    def print_from_inside(self, function: Callable) -> None:
        """Prints where the program is."""
        names, known, values = self._split({name: self.state(name) for name in self.parameters(function)})
        self.lines.own(self.external(Printer(function, names, known), values), ())

    def parameters(self, function: Callable) -> list[str]:
        """The variables that a function takes: its parameters, but for those with a default that are none."""
        found = []
        for parameter in inspect.signature(function).parameters.values():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                continue
            if parameter.default is parameter.empty or self.is_declared(parameter.name):
                found.append(parameter.name)
        return found

    def is_batched(self, value: Traced) -> bool:
        """Whether the first dimension is that of the samples."""
        return running().sample_dimension(value.ids) == 0

    def operand(self, value: Any, expected: Callable[[], Expected | None] = lambda: None) -> Any:
        """Of a condition or an index: the name of a variable, a function, or a literal."""
        if isinstance(value, str):
            return self.state(value)
        return self.call(value, expected) if is_function(value) else value

    def as_traced(self, value: Any, batched: bool = False) -> Traced:
        """A number or a tensor as a traced one; `batched` if it can have a row for each sample."""
        evaluation = running()
        if isinstance(value, Traced):
            return value
        if isinstance(value, Whole):
            return whole_tensor(value)
        dimensions = value.dim() if batched and isinstance(value, Tensor) else -1
        return Traced(evaluation, ids_of(evaluation, value, dimensions))

    def part(self, value: Any, shape: tuple[int, ...], what: str) -> Part:
        """A result as what is written to an array of this shape.

        Raises:
            ValueError: if the result has another shape
        """
        evaluation = running()
        if isinstance(value, Whole):
            value = whole_tensor(value)
        if not isinstance(value, Tensor):
            return Part(evaluation.arrays.constant(float(value)))
        ids = ids_of(evaluation, value, len(shape) + 1)
        samples = evaluation.sample_dimension(ids)
        full = (self.batch, *shape)
        if tuple(ids.shape) == full and samples in (None, 0):
            samples = 0
        elif samples is not None or tuple(ids.shape) not in ((), shape):
            expected = f"{full} with the batch first" + (f", or {shape}" if shape else "")
            raise Wrong(ValueError, f"{what} must have shape {expected}, got {tuple(ids.shape)}")
        elements = evaluation.elements(ids, samples)
        if elements.size and (elements == elements.flat[0]).all():
            return evaluation.arrays.single(int(elements.flat[0]))
        return evaluation.arrays.part(elements)

    # === Writing ===

    def declare(self, name: str, shape: tuple[int, ...], value: Value) -> None:
        """A variable of the whole program."""
        self.names[name] = self.lines.take(name)
        self.shapes[name] = shape
        self.lines.write(f"var {self.names[name]}{shape_text(shape)} = {value.text}")

    def declare_whole(self, name: str, value: int | list[int] | Whole) -> None:
        """A whole number; a list of them is known wherever it is read and has no place in the program."""
        self.wholes[name] = value
        if not isinstance(value, list):
            self.names[name] = self.lines.take(name)
            self.lines.write(f"int {self.names[name]} = {as_value(value).text}")

    def set_whole(self, name: str, value: int | list[int] | Whole) -> None:
        """A new value for a whole number or a list."""
        was = self.wholes[name]
        if isinstance(was, list) != isinstance(value, list):
            kinds = [("a list" if isinstance(x, list) else "a single whole number") for x in (was, value)]
            raise Wrong(TypeError, f"'{name}' is {kinds[0]} and cannot become {kinds[1]}")
        if isinstance(value, list):
            if value != was and (self.conditional or self.repeated):
                raise NotTraceable(f"it changes the list '{name}' in a loop or under a condition")
            self.wholes[name] = value
            return
        self.lines.write(f"{self.names[name]} = {as_value(value).text}")
        if isinstance(value, Whole):
            value = Whole(Value(self.names[name], "whole"), value.loops, value.least)
        self.wholes[name] = value

    def forget_wholes(self, names: set[str], loops: frozenset[int]) -> None:
        """These are changed in a loop: what they are is known in no pass of it."""
        for name in names:
            if name in self.wholes and not isinstance(self.wholes[name], list):
                self.wholes[name] = Whole(Value(self.names[name], "whole"), loops)

    def text(self, name: str, outputs: Sequence[str]) -> str:
        """The whole program."""
        if self.functions:
            self.lines.lines.insert(0, f"  external {', '.join(self.functions)}")
            self.lines.origins.insert(0, "the declarations")
        body = "\n".join(self.lines.lines)
        return f"program {name}({', '.join(self.inputs)}) {{\n{body}\n  return {', '.join(outputs)}\n}}"


def unit_of(beta: Any) -> float:
    """The inverse temperature of a run: the algorithm's, where that is a number that a program takes."""
    if isinstance(beta, int | float) and 0 < beta < math.inf:
        return float(beta)
    return 1.0


def is_function(value: Any) -> bool:
    """Whether this is called with variables: modules are, tensors are not."""
    return callable(value) and not isinstance(value, Tensor | Whole)
