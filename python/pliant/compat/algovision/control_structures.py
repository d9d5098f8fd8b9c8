# python/pliant/compat/algovision/control_structures.py — If, While, For by their published names
"""Statements that hold other statements."""

from __future__ import annotations

import builtins
import types
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from torch import Tensor

from pliant.compat.algovision._arrays import Part
from pliant.compat.algovision._errors import NeedsWhole, NotTraceable, Wrong
from pliant.compat.algovision._operations import STEEP
from pliant.compat.algovision._places import Places
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
        places = Places(trace, self.parts(), shape)
        before, wholes = places.copies(), dict(trace.wholes)
        trace.conditional += 1
        for statement in self._true:
            statement.write(trace)
        then, whole_then, trace.wholes = places.copies(), trace.wholes, wholes
        places.restore(before)
        for statement in self._false:
            statement.write(trace)
        trace.conditional -= 1
        self._merge_wholes(trace, whole_then)
        places.mix(p, then)


class While(AlgoModule):
    """A loop that pass k comes to with the chance P_k: the result is s₀ + Σ P_k·(s_k - s_{k-1}).

    Args:
        condition: of one number a sample; or of an array, for variables that begin with its shape
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
        changed = {name for name in all_written(self.sequence) if name in trace.wholes}
        trace.forget_wholes(changed, frozenset())
        trace.conditional += 1
        lines = len(trace.lines.lines)
        condition, shape = self._condition(trace)
        epsilon = float(trace.settings.or_own("epsilon", self.epsilon))
        if shape:
            self._write_places(trace, condition, shape, epsilon)
        elif len(trace.lines.lines) > lines or epsilon != trace.settings.least_epsilon:
            self._write_kept(trace, condition, epsilon)
        else:
            self._write_loop(trace, condition, [])
        trace.conditional -= 1
        trace.forget_wholes(changed, frozenset())

    def _condition(self, trace: Trace) -> tuple[Value, tuple[int, ...]]:
        with trace.evaluation() as evaluation:
            part, shape = _chance(evaluation, trace, traced_condition(self.condition, trace))
            return trace.lines.value(part), shape

    def _write_loop(self, trace: Trace, condition: Value, first: list[str], last: Any = None) -> None:
        """The loop; `first` are lines at the begin of its body, and `last` writes some at its end."""
        head, passes = self._bounded(trace, condition)
        trace.lines.open(f"while {head}")
        for line in first:
            trace.lines.write(line)
        for statement in self.sequence:
            statement.write(trace)
        if passes:
            trace.lines.write(f"{passes} = {passes} + 1")
        if last is not None:
            last()
        trace.lines.close()

    def _write_kept(self, trace: Trace, condition: Value, epsilon: float) -> None:
        """With the condition in a variable: it takes lines of its own, or the loop has an epsilon of its own;
        then the chance of being here is kept as well, and compared steeply.
        """
        again = trace.lines.own(condition, ()).text
        head, first = Value(again), []
        if epsilon != trace.settings.least_epsilon:
            chance = trace.lines.own(Value("1"), ()).text
            steep = f"{STEEP} * ({chance} * {again} - {epsilon!r}) > 0"
            head = Value(f"{again} and {steep}", binding=values.AND)
            first = [f"{chance} = {chance} * {again}"]
        self._write_loop(trace, head, first, lambda: trace.lines.assign(again, "", self._condition(trace)[0]))

    def _write_places(self, trace: Trace, condition: Value, shape: tuple[int, ...], epsilon: float) -> None:
        """A chance for each place: the sums of what the passes change are kept, and stand at the end."""
        places = Places(trace, self.sequence, shape)
        chance, sums = trace.lines.own(condition, shape), places.copies()
        before = places.copies()
        again = trace.lines.own(places.goes_on(chance, epsilon), ()).text
        first = [f"{value.text} = {trace.names[name]}" for name, value in before.items()]

        def last() -> None:
            places.add_pass(chance, before, sums)
            here = trace.lines.own(self._condition(trace)[0], shape)
            trace.lines.assign(chance.text, "", Value(f"{chance.text} * {here.text}"))
            trace.lines.assign(again, "", places.goes_on(chance, epsilon))

        self._write_loop(trace, Value(again), first, last)
        places.restore(sums)

    def _bounded(self, trace: Trace, condition: Value) -> tuple[str, str]:
        """With a bound on the passes of its own: a whole number counts them, which is no decision."""
        most = trace.settings.or_own("max_iter", self.max_iter)
        if most == trace.settings.max_iter:
            return condition.text, ""
        passes = trace.lines.take("passes")
        trace.lines.write(f"int {passes} = 0")
        return f"{passes} < {int(max(0, min(most, MOST_PASSES)))} and {condition.within(values.NOT)}", passes


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
