# python/pliant/compat/algovision/control_structures.py — If, While, For by their published names
"""Statements that hold other statements."""

from __future__ import annotations

import builtins
import types
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from torch import Tensor

from pliant.compat.algovision._arrays import Part
from pliant.compat.algovision._errors import NeedsWhole, NotTraceable, Wrong
from pliant.compat.algovision._operations import STEEP, call
from pliant.compat.algovision._statement import AlgoModule, all_statements, all_written
from pliant.compat.algovision._trace import MOST_PASSES
from pliant.compat.algovision._traced import Traced, computed, ids_of
from pliant.compat.algovision._whole import Whole, as_value
from pliant.compat.algovision.conditions import traced_condition
from pliant.compat.algovision.instructions import Print
from pliant.from_python import values
from pliant.from_python.values import Value

if TYPE_CHECKING:
    from pliant.compat.algovision._trace import Trace


def _rounded(p: Value) -> Value:
    """1 where p > ½, else 0; the margin of 1e-17 decides a half."""
    return Value(f"{STEEP} * ({p.within(values.SUM)} - 0.5 - 1e-17) > 0", binding=values.COMPARISON)


def _statements(given: Any, what: str) -> list[AlgoModule]:
    """None, a statement or a list of them."""
    found = [] if given is None else [given] if isinstance(given, AlgoModule) else given
    if not isinstance(found, list | tuple) or not all(isinstance(x, AlgoModule) for x in found):
        raise TypeError(f"{what} must be None, a statement or a list of statements, got {given!r}")
    return list(found)


class If(AlgoModule):
    """Both branches run, each on the state before; what they wrote becomes p·true + (1 - p)·false.

    Args:
        condition: of one number a sample; or of an array, for variables that begin with its shape
        if_true, if_false: a statement, a list of statements, or None
        epsilon: accepted; both branches always run
        hard: whether p is rounded to 0 or 1; as the Algorithm if None
        debug: accepted
    """

    def __init__(
        self, condition: Any, if_true: Any = None, if_false: Any = None, epsilon: Any = None,
        hard: Any = None, debug: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.condition = condition
        self.if_true = if_true
        self.if_false = if_false
        self.epsilon = epsilon
        self.hard = hard
        self.debug = debug
        self._true = _statements(if_true, "If: if_true")
        self._false = _statements(if_false, "If: if_false")

    def parts(self) -> list[AlgoModule]:
        """Both branches."""
        return [*self._true, *self._false]

    def _write(self, trace: Trace) -> None:
        with trace.evaluation() as evaluation:
            p = traced_condition(self.condition, trace)
            if trace.settings.or_own("hard", self.hard):
                p = computed(_rounded, trace.as_traced(p))
            part, shape = _chance(evaluation, trace, p)
            value = trace.lines.value(part)
            if shape:
                value = trace.lines.own(value, shape)
        if shape:
            self._write_places(trace, value, shape)
        else:
            self._write_branches(trace, value)

    def _write_branches(self, trace: Trace, p: Value) -> None:
        before = dict(trace.wholes)
        trace.conditional += 1
        trace.lines.open(f"if {p.text}")
        for statement in self._true:
            statement.write(trace)
        then, trace.wholes = trace.wholes, dict(before)
        if self._false:
            trace.lines.otherwise()
            for statement in self._false:
                statement.write(trace)
        trace.lines.close()
        trace.conditional -= 1
        self._merge_wholes(trace, then)

    def _merge_wholes(self, trace: Trace, then: dict[str, Any]) -> None:
        """Whole numbers must not depend on what was decided."""
        for name, other in list(trace.wholes.items()):
            was = then[name]
            if isinstance(was, Whole) or isinstance(other, Whole):
                if was is not other:
                    loops = frozenset().union(*(x.loops for x in (was, other) if isinstance(x, Whole)))
                    trace.wholes[name] = Whole(Value(trace.names[name], "whole"), loops)
            elif was != other:
                what = f"the whole number '{name}' differs between the branches"
                raise Wrong(ValueError, f"{what}: {was} and {other}")

    def _write_places(self, trace: Trace, p: Value, shape: tuple[int, ...]) -> None:
        """A condition for each place: both branches run, and every place takes its own mixture."""
        written = sorted(name for name in all_written(self.parts()) if name in trace.shapes)
        for name in written:
            if trace.shapes[name][: len(shape)] != shape:
                what = f"a condition of shape {shape} for each sample cannot decide on '{name}'"
                raise Wrong(ValueError, f"{what} of shape {trace.shapes[name]}")
        before, wholes = self._copies(trace, written), dict(trace.wholes)
        trace.conditional += 1
        for statement in self._true:
            statement.write(trace)
        then, whole_then, trace.wholes = self._copies(trace, written), trace.wholes, wholes
        for name in written:
            trace.lines.write(f"{trace.names[name]} = {before[name].text}")
        for statement in self._false:
            statement.write(trace)
        trace.conditional -= 1
        self._merge_wholes(trace, whole_then)
        for name in written:
            with trace.evaluation() as evaluation:
                chance = Traced(evaluation, evaluation.variable(p.text, shape))
                chance = chance.reshape(*chance.shape, *[1] * (len(trace.shapes[name]) - len(shape)))
                yes = Traced(evaluation, evaluation.variable(then[name].text, trace.shapes[name]))
                mixed = computed(call("where"), chance, yes, trace.state(name))
                part = trace.part(mixed, trace.shapes[name], f"'{name}'")
                trace.lines.assign(trace.names[name], "", trace.lines.value(part))

    def _copies(self, trace: Trace, names: Sequence[str]) -> dict[str, Value]:
        return {name: trace.lines.own(Value(trace.names[name]), trace.shapes[name]) for name in names}


class While(AlgoModule):
    """A loop that pass k comes to with the chance P_k: the result is s₀ + Σ P_k·(s_k - s_{k-1}).

    Args:
        condition: of one number a sample
        *sequence: statements
        max_iter: passes, after which the last state stands for all that would follow
        epsilon: the loop ends for a sample when it goes on with this chance or less
        hard: accepted; a loop is always relaxed, as in the published package
        debug: accepted

    None is the value of the Algorithm.
    """

    def __init__(
        self, condition: Any, *sequence: AlgoModule, max_iter: Any = None, epsilon: Any = None,
        hard: Any = None, debug: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.condition = condition
        self.sequence = tuple(_statements(sequence, "While: the sequence"))
        self.max_iter = max_iter
        self.epsilon = epsilon
        self.hard = hard
        self.debug = debug

    def parts(self) -> list[AlgoModule]:
        """The body."""
        return list(self.sequence)

    def _write(self, trace: Trace) -> None:
        settings = trace.settings
        changed = {name for name in all_written(self.sequence) if name in trace.wholes}
        trace.forget_wholes(changed, frozenset())
        trace.conditional += 1
        lines = len(trace.lines.lines)
        condition = self._condition(trace)
        again = ""  # a variable that the condition is kept in, where it takes lines of its own
        own_epsilon = settings.or_own("epsilon", self.epsilon) != settings.least_epsilon
        if len(trace.lines.lines) > lines or own_epsilon:
            again = trace.lines.own(condition, ()).text
            condition = Value(again)
        if own_epsilon:
            condition, chance = self._at_least(trace, again)
        head, passes = self._bounded(trace, condition)
        trace.lines.open(f"while {head}")
        if own_epsilon:
            trace.lines.write(f"{chance} = {chance} * {again}")
        for statement in self.sequence:
            statement.write(trace)
        if passes:
            trace.lines.write(f"{passes} = {passes} + 1")
        if again:
            trace.lines.write(f"{again} = {self._condition(trace).text}")
        trace.lines.close()
        trace.conditional -= 1
        trace.forget_wholes(changed, frozenset())

    def _condition(self, trace: Trace) -> Value:
        with trace.evaluation() as evaluation:
            part, shape = _chance(evaluation, trace, traced_condition(self.condition, trace))
            if shape:
                raise NotTraceable(
                    f"its condition has shape {shape} for each sample instead of being one number"
                )
            return trace.lines.value(part)

    def _bounded(self, trace: Trace, condition: Value) -> tuple[str, str]:
        """With a bound on the passes of its own: a whole number counts them, which is no decision."""
        most = trace.settings.or_own("max_iter", self.max_iter)
        if most == trace.settings.max_iter:
            return condition.text, ""
        passes = trace.lines.take("passes")
        trace.lines.write(f"int {passes} = 0")
        return f"{passes} < {int(max(0, min(most, MOST_PASSES)))} and {condition.within(values.NOT)}", passes

    def _at_least(self, trace: Trace, again: str) -> tuple[Value, str]:
        """With an epsilon of its own: the chance of being here is kept and compared steeply."""
        chance = trace.lines.take("chance")
        trace.lines.write(f"var {chance} = 1")
        epsilon = float(trace.settings.or_own("epsilon", self.epsilon))
        return Value(
            f"{again} and {STEEP} * ({chance} * {again} - {epsilon!r}) > 0", binding=values.AND
        ), chance


def _chance(evaluation: Any, trace: Trace, p: Any) -> tuple[Part, tuple[int, ...]]:
    """A condition as a part of the program, and its shape for each sample."""
    if not isinstance(p, Traced):
        p = trace.as_traced(p, batched=True)
    ids = ids_of(evaluation, p, p.dim())
    samples = evaluation.sample_dimension(ids)
    if samples not in (None, 0) or ids.dim() and ids.shape[0] != trace.batch:
        raise Wrong(ValueError, f"the condition must have shape (batch,), got {tuple(p.shape)}")
    shape = tuple(ids.shape[1:])
    elements = evaluation.elements(ids, 0 if ids.dim() else None)
    return evaluation.arrays.part(elements), shape


class For(AlgoModule):
    """A loop over whole numbers that are known before any sample is.

    Args:
        var: the name of the number, which must not exist around the loop
        range_or_list: how many passes; or the numbers; or the name of a whole number or a list; or a function
            of whole numbers and shapes that gives either
        *sequence: statements
    """

    def __init__(self, var: str, range_or_list: Any, *sequence: AlgoModule) -> None:
        super().__init__()
        if not isinstance(var, str):
            raise TypeError(f"For: var must be a name, got {type(var).__name__}")
        if isinstance(range_or_list, Iterable) and not isinstance(range_or_list, str | Tensor):
            range_or_list = list(range_or_list)
        self.var = var
        self.range_or_list = range_or_list
        self.sequence = tuple(_statements(sequence, "For: the sequence"))

    def parts(self) -> list[AlgoModule]:
        """The body."""
        return list(self.sequence)

    def _write(self, trace: Trace) -> None:
        if trace.is_declared(self.var):
            raise Wrong(ValueError, f"the number of the loop, '{self.var}', must not exist around it")
        numbers = self._numbers(trace)
        shown = any(isinstance(x, Print) for x in all_statements(self.sequence)) and not trace.prints_inside
        if isinstance(numbers, _Range):
            self._write_rolled(trace, numbers)
        elif _is_even(numbers) and len(numbers) > 1 and id(self) not in trace.unrolled and not shown:
            self._write_rolled(trace, _Range(numbers[0], len(numbers), numbers[1] - numbers[0]))
        else:
            self._write_each(trace, numbers, shown)

    def _numbers(self, trace: Trace) -> list[int] | _Range:
        given = self.range_or_list
        with trace.evaluation():
            if isinstance(given, str):
                given = trace.state(given)
            elif callable(given):
                given = self._called(trace, given)
        if isinstance(given, Whole):
            return _Range(0, given, 1)
        if isinstance(given, int):
            return list(range(given))
        if isinstance(given, _Range):
            return given
        if isinstance(given, Iterable) and not isinstance(given, Tensor):
            given = list(given)
            if all(isinstance(x, int) for x in given):
                return given
        raise Wrong(TypeError, f"the numbers of the loop must be an int or a list of ints, got {given!r}")

    def _called(self, trace: Trace, function: Any) -> Any:
        """range(…) of a whole number that no one knows yet is a range all the same."""
        try:
            return trace.call(function)
        except NeedsWhole:
            if not isinstance(function, types.FunctionType):
                raise
            names = {"range": _symbolic_range, **function.__globals__}
            again = types.FunctionType(
                function.__code__, names, function.__name__, function.__defaults__, function.__closure__
            )
            return trace.call(again)

    def _write_rolled(self, trace: Trace, numbers: _Range) -> None:
        changed = {name for name in all_written(self.sequence) if name in trace.wholes}
        loops = frozenset([id(self)]) if not isinstance(numbers.count, Whole) else frozenset()
        trace.forget_wholes(changed, loops)
        name = trace.lines.take(self.var)
        low, high, value, least = numbers.text(name)
        trace.lines.open(f"for {name} in {low} .. {high}", name)
        trace.wholes[self.var] = Whole(value, loops, least)
        trace.repeated += 1
        for statement in self.sequence:
            statement.write(trace)
        trace.repeated -= 1
        del trace.wholes[self.var]
        trace.lines.close()
        trace.forget_wholes(changed, loops)

    def _write_each(self, trace: Trace, numbers: list[int], shown: bool) -> None:
        for k in numbers:
            if not shown:  # what is printed must be there at the end of the program
                name = trace.lines.take(self.var)
                trace.lines.open(f"for {name} in {k} .. {k + 1}", name)
            trace.wholes[self.var] = k
            for statement in self.sequence:
                statement.write(trace)
            del trace.wholes[self.var]
            if not shown:
                trace.lines.close()


class _Range:
    """first, first + step, …; whole numbers, known or not."""

    def __init__(self, first: int | Whole, count: int | Whole, step: int) -> None:
        self.first, self.count, self.step = first, count, step

    def text(self, name: str) -> tuple[str, str, Value, int | None]:
        """Bounds of the loop over `name`, the number of a pass, and its least value."""
        least = self.first if isinstance(self.first, int) else self.first.least
        if self.step == 1:
            high = self.count if isinstance(self.first, int) and self.first == 0 else self.first + self.count
            return as_value(self.first).text, as_value(high).text, Value(name, "whole"), least
        moved = Whole(Value(name, "whole"), frozenset(), 0) * self.step + self.first
        low = (
            least
            if self.step > 0 or least is None or isinstance(self.count, Whole)
            else least + (self.count - 1) * self.step
        )
        return "0", as_value(self.count).text, moved.value, low


def _symbolic_range(*bounds: Any) -> Any:
    """`range` of whole numbers of which some are not known."""
    if not any(isinstance(x, Whole) for x in bounds):
        return builtins.range(*bounds)
    first, last, step = (0, *bounds, 1) if len(bounds) == 1 else (*bounds, 1)[:3]
    if step == 1:
        return _Range(first, last - first, 1)
    if step == -1:
        return _Range(first, first - last, -1)
    raise NotTraceable("it takes a range with steps of a whole number that changes in a loop")


def _is_even(numbers: list[int]) -> bool:
    """Whether they lie at equal distances."""
    steps = {b - a for a, b in zip(numbers, numbers[1:], strict=False)}
    return len(steps) <= 1 and 0 not in steps
