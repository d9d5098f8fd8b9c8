# python/pliant/compat/algovision/_places.py — If and While with a condition for each place of an array
"""The language decides once a sample. Where a condition has a shape, what is decided is written out: all is
done for all places, and each takes its own mixture.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from pliant.compat.algovision._errors import Wrong
from pliant.compat.algovision._operations import STEEP, call
from pliant.compat.algovision._reductions import largest
from pliant.compat.algovision._statement import AlgoModule, all_written
from pliant.compat.algovision._traced import Traced, computed, running
from pliant.from_python import values
from pliant.from_python.values import Value

if TYPE_CHECKING:
    from pliant.compat.algovision._trace import Trace


class Places:
    """The variables that some statements write to, and a condition of this shape for each sample.

    Raises:
        Wrong: for a variable that does not begin with the shape
    """

    def __init__(self, trace: Trace, statements: Iterable[AlgoModule], shape: tuple[int, ...]) -> None:
        self.trace = trace
        self.shape = shape
        self.names = sorted(name for name in all_written(statements) if name in trace.shapes)
        for name in self.names:
            if trace.shapes[name][: len(shape)] != shape:
                what = f"a condition of shape {shape} for each sample cannot decide on '{name}'"
                raise Wrong(ValueError, f"{what} of shape {trace.shapes[name]}")

    def copies(self) -> dict[str, Value]:
        """The variables as they are now."""
        lines, shapes = self.trace.lines, self.trace.shapes
        return {name: lines.own(Value(self.trace.names[name]), shapes[name]) for name in self.names}

    def restore(self, kept: dict[str, Value]) -> None:
        """The variables as they were."""
        for name, value in kept.items():
            self.trace.lines.assign(self.trace.names[name], "", value)

    def mix(self, p: Value, yes: dict[str, Value]) -> None:
        """Each variable becomes p·yes + (1 - p)·itself."""
        for name in self.names:
            shape = self.trace.shapes[name]
            with self.trace.evaluation():
                mixed = _mixture(self._chance(p, shape), _array(yes[name], shape), self.trace.state(name))
                self._assign(self.trace.names[name], mixed, shape)

    def add_pass(self, p: Value, before: dict[str, Value], sums: dict[str, Value]) -> None:
        """Each sum grows by p·(variable - before), not where p is 0."""
        for name in self.names:
            shape = self.trace.shapes[name]
            with self.trace.evaluation():
                total = _array(sums[name], shape)
                grown = total + (self.trace.state(name) - _array(before[name], shape))
                self._assign(sums[name].text, _mixture(self._chance(p, shape), grown, total), shape)

    def goes_on(self, p: Value, epsilon: float) -> Value:
        """1 where some place of the sample has a chance of more than epsilon, else 0."""
        with self.trace.evaluation():
            most = largest(_array(p, self.shape), list(range(1, len(self.shape) + 1)))
            part = self.trace.part(most, (), "the chance")
            chance = self.trace.lines.value(part).within(values.SUM)
        return Value(f"{STEEP} * ({chance} - {epsilon!r}) > 0", binding=values.COMPARISON)

    def _chance(self, p: Value, shape: Sequence[int]) -> Any:
        chance = _array(p, self.shape)
        return chance.reshape(*chance.shape, *[1] * (len(shape) - len(self.shape)))

    def _assign(self, target: str, value: Traced, shape: tuple[int, ...]) -> None:
        self.trace.lines.assign(target, "", self.trace.lines.value(self.trace.part(value, shape, target)))


def _array(name: Value, shape: Sequence[int]) -> Traced:
    evaluation = running()
    return Traced(evaluation, evaluation.variable(name.text, shape))


def _mixture(p: Traced, yes: Any, no: Any) -> Traced:
    return computed(call("where"), p, yes, no)
