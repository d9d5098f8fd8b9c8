# python/pliant/compat/algovision/core.py — Algorithm, and what it declares, by their published names
"""An algorithm is written as one program (`pliant.program`) at its first call with inputs of new shapes."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pliant.compat.algovision._errors import NeedsWhole, Wrong, blamed
from pliant.compat.algovision._guards import Guards
from pliant.compat.algovision._statement import AlgoModule, all_statements, all_written
from pliant.compat.algovision._trace import MOST_PASSES, Settings, Trace, is_function, unit_of
from pliant.compat.algovision._whole import Whole
from pliant.compat.algovision.control_structures import If, While
from pliant.compat.algovision.instructions import Print
from pliant.from_python.relax import with_origin
from pliant.from_python.values import Value
from pliant.program import Program

VARIABLE_REGEX = r"^[_a-zA-Z][_a-zA-Z0-9]*$"
#: Bytes that the state of the samples that run together may take.
MEMORY = 1 << 33


class _Named:
    """Something with a name."""

    def __init__(self, name: str) -> None:
        what = type(self).__name__
        if not isinstance(name, str):
            raise TypeError(f"{what}: the name must be a str, got {type(name).__name__}")
        if not re.match(VARIABLE_REGEX, name):
            raise ValueError(f"{what}: the name must match {VARIABLE_REGEX}, got {name!r}")
        self.name = name


class _Checked(_Named):
    """A tensor whose shape behind the batch and type may be given."""

    def __init__(self, name: str, shape: Any = None, dtype: torch.dtype | None = None) -> None:
        super().__init__(name)
        self.shape = shape
        self.dtype = dtype

    def checks(self, x: Tensor) -> None:
        """ValueError or TypeError unless the tensor is as promised."""
        what = f"{type(self).__name__} '{self.name}'"
        if self.shape is not None and tuple(x.shape[1:]) != tuple(self.shape):
            raise ValueError(
                f"{what} must have shape (batch, {', '.join(map(str, self.shape))}), got {tuple(x.shape)}"
            )
        if self.dtype is not None and x.dtype != self.dtype:
            raise TypeError(f"{what} must be {self.dtype}, got {x.dtype}")


class Input(_Checked):
    """A tensor that the algorithm is called with, (batch, …).

    Args:
        name: of the variable
        shape: behind the batch, checked if given
        dtype: checked if given
    """


class Output(_Checked):
    """A variable that the algorithm gives back.

    Args:
        name: of the variable
        shape: behind the batch, checked if given
        dtype: checked if given
    """


class Variable(_Named):
    """A real variable.

    Args:
        name: of the variable
        initial_value: a tensor without the batch, of which every sample gets a copy; or a function of what
            was declared before that gives one
    """

    def __init__(self, name: str, initial_value: Tensor | Callable) -> None:
        super().__init__(name)
        if not isinstance(initial_value, Tensor) and not callable(initial_value):
            raise TypeError(
                f"Var '{name}' must be a tensor or a function, got {type(initial_value).__name__}"
            )
        self.initial_value = initial_value


class VariableInt(_Named):
    """A whole number, the same for all samples, or a list of them.

    Args:
        name: of the variable
        initial_value: an int, ints, or a function of what was declared before that gives one or a list
    """

    def __init__(self, name: str, initial_value: Any) -> None:
        super().__init__(name)
        if isinstance(initial_value, Iterable) and not isinstance(initial_value, str | Tensor):
            initial_value = list(initial_value)
        ints = isinstance(initial_value, list) and all(isinstance(x, int) for x in initial_value)
        function = callable(initial_value) and not isinstance(initial_value, Tensor)
        if not (isinstance(initial_value, int) or ints or function):
            raise TypeError(f"VarInt '{name}' must be an int, ints or a function, got {initial_value!r}")
        self.initial_value = initial_value


Var = Variable
VarInt = VariableInt


@dataclass
class _Written:
    """An algorithm as a program."""

    program: Program | None
    origins: list[str]
    trace: Trace
    outputs: list[tuple[str, Any]]  # ("known", an int or ints), ("input", which) or ("result", its name)
    guards: Guards | None = None

    def arguments(self, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """What the program is called with: the inputs, and the tensors from outside, for each sample."""
        batch, device, dtype = inputs[0].shape[0], inputs[0].device, self.trace.dtype
        outside = []
        for captured in self.trace.captured:
            x = captured.tensor.to(device, dtype)
            outside.append(x if captured.batched else x.unsqueeze(0).expand(batch, *x.shape))
        return *(x.to(dtype) for x in inputs), *outside


class Algorithm(torch.nn.Module):
    """A relaxed algorithm: called with a tensor for each `Input`, it gives one for each `Output`, or the one.

    Args:
        *sequence: Input, Output, Var, VarInt and statements, in any order of these kinds
        beta: inverse temperature of the conditions that have none of their own
        max_iter: passes of a While, after which its last state stands for all that would follow
        epsilon: a While ends for a sample when it goes on with this chance or less
        hard: whether the conditions of If are rounded to 0 or 1
        debug: whether the program is printed when it is written

    Raises:
        ValueError, TypeError: with the place of the statement in the script

    Gradient: inputs, and tensors that the functions use. See docs/algovision.md for what differs from the
    published package.

    >>> algorithm = algovision.Algorithm(
    ...     algovision.Input("limit"),
    ...     algovision.Var("x", torch.tensor(0.0)),
    ...     algovision.While(algovision.LT("x", "limit"), algovision.Let("x", lambda x: x + 1)),
    ...     algovision.Output("x"),
    ... )
    >>> algorithm(torch.tensor([3.5]))
    tensor([4.0000])
    """

    def __init__(
        self, *sequence: Any, beta: Any = 10.0, max_iter: float = 2**10, epsilon: float = 1e-5,
        hard: bool = False, debug: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        kinds: dict[type, list[Any]] = {Input: [], Output: [], Variable: [], VariableInt: [], AlgoModule: []}
        for element in sequence:
            kind = next((kind for kind in kinds if isinstance(element, kind)), None)
            if kind is None:
                raise SyntaxError(f"Algorithm takes declarations and statements, got {element!r}")
            kinds[kind].append(element)
        self.inputs, self.outputs, self.variables, self.variable_ints, self.algo_modules = kinds.values()
        if not self.inputs:
            raise ValueError("Algorithm: there must be at least one Input")
        if not self.outputs:
            raise ValueError("Algorithm: there must be at least one Output")
        self.beta = beta
        self.max_iter = max_iter
        self.epsilon = epsilon
        self.hard = hard
        self.debug = debug
        self._written: dict[Any, _Written] = {}

    def forward(self, *inputs: Tensor) -> Any:
        """The relaxed algorithm.

        Args:
            *inputs: (batch, …) each, in the order of the `Input`s; whole numbers and truths are taken as real
        """
        self._check(inputs)
        written = self._find(inputs)
        results = self._run(written, inputs)
        for function, arguments in written.trace.printed:
            shown = {name: results[x.text] if isinstance(x, Value) else x for name, x in arguments.items()}
            print(function(**shown))
        of = {"known": lambda x: x, "input": inputs.__getitem__, "result": results.__getitem__}
        outputs = tuple(of[kind](x) for kind, x in written.outputs)
        for output, x in zip(self.outputs, outputs, strict=True):
            if isinstance(x, Tensor):
                output.checks(x)
        return outputs[0] if len(outputs) == 1 else outputs

    def _run(self, written: _Written, inputs: tuple[Tensor, ...]) -> dict[str, Tensor]:
        """The results of the program by their names."""
        if written.program is None:
            return {}
        try:
            found = written.program(*written.arguments(inputs))
        except ValueError as error:
            raise with_origin(error, written.origins) from None
        return dict(
            zip(written.program.outputs, found if isinstance(found, tuple) else (found,), strict=True)
        )

    def __getstate__(self) -> dict[str, Any]:
        """A copy writes its programs itself."""
        return {**self.__dict__, "_written": {}}

    def program(self, *inputs: Tensor) -> Program:
        """The program that such inputs are run with; its `text` can be read."""
        self._check(inputs)
        program = self._find(inputs).program
        if program is None:
            raise ValueError("Algorithm: no output is a tensor, so there is no program")
        return program

    def arguments(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """What the program is called with: these inputs, and the tensors from outside that functions use.

        `algorithm.program(x).hard(*algorithm.arguments(x))` runs the algorithm as it stands.
        """
        self._check(inputs)
        return self._find(inputs).arguments(inputs)

    def _check(self, inputs: tuple[Tensor, ...]) -> None:
        if len(inputs) != len(self.inputs):
            names = ", ".join(x.name for x in self.inputs)
            raise ValueError(f"Algorithm takes {names}, got {len(inputs)} inputs")
        for declared, x in zip(self.inputs, inputs, strict=True):
            if not isinstance(x, Tensor):
                raise TypeError(
                    f"Algorithm: input '{declared.name}' must be a tensor, got {type(x).__name__}"
                )
            if x.dim() == 0 or x.shape[0] != inputs[0].shape[0]:
                what = f"Algorithm: input '{declared.name}' must begin with the batch of the first input"
                raise ValueError(f"{what}, got shape {tuple(x.shape)}")
            declared.checks(x)

    # === Writing the program ===

    def _find(self, inputs: tuple[Tensor, ...]) -> _Written:
        """The program for these shapes, written now or before."""
        if inputs[0].shape[0] == 0:  # written for a sample, run for none
            inputs = tuple(x.new_zeros(1, *x.shape[1:]) for x in inputs)
        beta = id(self.beta) if isinstance(self.beta, Tensor) else self.beta
        shapes = tuple((x.shape, x.dtype, x.device) for x in inputs)
        key = shapes, beta, self.max_iter, self.epsilon, self.hard, torch.is_grad_enabled()
        known = self._written.get(key)
        if known is None or known.guards is None or not known.guards.hold():
            if len(self._written) >= 64:
                self._written.clear()
            guards = Guards([self.variables, self.variable_ints, self.algo_modules, self.beta])
            known = self._written[key] = self._write_rolled(inputs)
            known.guards = guards
            # What was computed from tensors with a gradient belongs to one call.
            guards.certain &= all(x.tensor.is_leaf for x in known.trace.captured)
        return known

    def _write_rolled(self, inputs: tuple[Tensor, ...]) -> _Written:
        """With as few loops written pass by pass as can be."""
        unrolled: set[int] = set()
        while True:
            try:
                return self._write(inputs, unrolled)
            except NeedsWhole as error:
                unrolled |= error.loops

    def _write(self, inputs: tuple[Tensor, ...], unrolled: set[int]) -> _Written:
        given = [*inputs, *(x.initial_value for x in self.variables if isinstance(x.initial_value, Tensor))]
        types = [x.dtype for x in given if x.is_floating_point()]
        dtype = functools.reduce(torch.promote_types, types) if types else torch.get_default_dtype()
        trace = Trace(self._settings(), inputs[0].shape[0], dtype, inputs[0].device, unrolled)
        deciding = [x for x in all_statements(self.algo_modules) if isinstance(x, If | While)]
        trace.prints_inside = any(isinstance(x, Print) for x in all_statements(deciding))
        trace.declare_inputs([x.name for x in self.inputs], inputs, all_written(self.algo_modules))
        self._declare(trace)
        for statement in self.algo_modules:
            statement.write(trace)
        return self._finish(trace)

    def _declare(self, trace: Trace) -> None:
        """Variables, then whole numbers, but for those that the functions of variables take."""
        waiting = list(self.variable_ints)
        for variable in self.variables:
            value = variable.initial_value
            needed = trace.parameters(value) if is_function(value) else []
            for whole in [x for x in waiting if x.name in needed]:
                self._declare_whole(trace, whole)
                waiting.remove(whole)
            self._declare_real(trace, variable)
        for whole in waiting:
            self._declare_whole(trace, whole)

    def _settings(self) -> Settings:
        loops = [x for x in all_statements(self.algo_modules) if isinstance(x, While)]
        epsilons = [float(self.epsilon if x.epsilon is None else x.epsilon) for x in loops]
        least = min(epsilons, default=float(self.epsilon))
        return Settings(self.beta, self.max_iter, self.epsilon, self.hard, unit_of(self.beta), least)

    def _declare_real(self, trace: Trace, variable: Variable) -> None:
        with trace.declaring("Var", variable.name), trace.evaluation():
            value = variable.initial_value
            value = value.detach() if isinstance(value, Tensor) else trace.call(value)
            if not isinstance(value, Tensor):
                raise Wrong(TypeError, f"the function must give a tensor, got {type(value).__name__}")
            value = trace.as_traced(value)
            shape = tuple(value.shape[1:] if trace.is_batched(value) else value.shape)
            text = trace.lines.value(trace.part(value, shape, "the tensor"))
            trace.declare(variable.name, shape, text)

    def _declare_whole(self, trace: Trace, variable: VariableInt) -> None:
        with trace.declaring("VarInt", variable.name), trace.evaluation():
            value = variable.initial_value
            value = trace.call(value) if is_function(value) else value
            value = list(value) if isinstance(value, tuple | range | list) else value
            if not isinstance(value, int | list):
                raise Wrong(TypeError, f"the function must give an int or ints, got {type(value).__name__}")
            trace.declare_whole(variable.name, value)

    def _finish(self, trace: Trace) -> _Written:
        outputs: list[tuple[str, Any]] = []
        given = [x.name for x in self.inputs]
        changed = all_written(self.algo_modules)
        for output in self.outputs:
            with blamed(f"Output '{output.name}'", trace.unrolled):
                if not trace.is_declared(output.name):
                    raise Wrong(ValueError, f"it is not declared; there are: {trace.known()}")
                known = trace.wholes.get(output.name)
                if isinstance(known, Whole):
                    known = int(known)
                if known is not None:
                    outputs.append(("known", known))
                elif output.name in given and output.name not in changed:
                    outputs.append(("input", given.index(output.name)))
                else:
                    outputs.append(("result", trace.names[output.name]))
        names = [x for kind, x in outputs if kind == "result"]
        for _, arguments in trace.printed:
            names += [x.text for x in arguments.values() if isinstance(x, Value)]
        if not names:
            return _Written(None, [], trace, outputs)
        text = trace.text("algorithm", list(dict.fromkeys(names)))
        if self.debug:
            print(text)
        program = Program(
            text,
            beta=trace.settings.unit,
            epsilon=trace.settings.least_epsilon,
            max_passes=int(max(0, min(self.max_iter, MOST_PASSES))),
            truncate=True,
            functions=trace.functions,
            memory=MEMORY,
        )
        return _Written(program, trace.lines.origins, trace, outputs)
