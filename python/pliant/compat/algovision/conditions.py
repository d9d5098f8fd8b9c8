# python/pliant/compat/algovision/conditions.py — relaxed conditions by their published names
"""Each takes the names of variables, functions of variables, or literals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import torch

from pliant.compat.algovision._external import Expected
from pliant.compat.algovision._operations import call, complement, infix, relaxed
from pliant.compat.algovision._reductions import cosine
from pliant.compat.algovision._statement import caller
from pliant.compat.algovision._traced import Traced, computed, over_last, whole_tensor
from pliant.compat.algovision._whole import Whole, as_value
from pliant.from_python import values
from pliant.from_python.values import Value

if TYPE_CHECKING:
    from pliant.compat.algovision._trace import Trace


class Condition:
    """How much something holds: a number in [0, 1] for each sample.

    Conditions combine by `&`, `|` and `~`: products, probabilistic sums, and what is left to 1.
    """

    def __init__(self, left: Any, right: Any, beta: Any = None) -> None:
        self.left = left
        self.right = right
        self.beta = beta
        self.origin = caller()

    def traced(self, trace: Trace) -> Any:
        """The number."""
        left, right = (trace.operand(x, lambda: self.expected) for x in (self.left, self.right))
        if all(isinstance(x, int | Whole) for x in (left, right)) and self.sign:
            return _exact(left, self.sign, right)
        left, right = _tensors(trace, left, right)
        return self._holds(left, right, trace.settings.or_own("beta", self.beta), trace)

    #: In the language, for whole numbers.
    sign = ""
    #: What a function that the program must call gives; None if that is not known.
    expected: ClassVar[Expected | None] = Expected(((),))

    def _holds(self, left: Any, right: Any, beta: Any, trace: Trace) -> Any:
        return relaxed(left, beta, self.sign, right)

    def __and__(self, other: Any) -> Condition:
        return Both(self, other)

    def __or__(self, other: Any) -> Condition:
        return Either(self, other)

    def __invert__(self) -> Condition:
        return Not(self)

    def __rand__(self, other: Any) -> Condition:
        return Both(other, self)

    def __ror__(self, other: Any) -> Condition:
        return Either(other, self)


def traced_condition(condition: Any, trace: Trace) -> Traced:
    """A condition, or a function of the state, as a traced tensor."""
    if isinstance(condition, Condition):
        found = condition.traced(trace)
    elif callable(condition):
        found = condition(_State(trace))
    else:
        raise TypeError(f"algovision: a condition must be a Condition, got {type(condition).__name__}")
    if isinstance(found, Whole):
        return whole_tensor(found)
    return found


class _State:
    """What a function that is used as a condition takes: state["name"]."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace

    def __getitem__(self, name: str) -> Any:
        return self._trace.state(name)


def _exact(left: int | Whole, sign: str, right: int | Whole) -> Traced:
    """Whole numbers are known before any sample is: nothing to relax."""
    text = f"{as_value(left).within(values.SUM)} {sign} {as_value(right).within(values.SUM)}"
    return whole_tensor(Whole(Value(text, binding=values.COMPARISON), frozenset()))


def _tensors(trace: Trace, *operands: Any) -> list[Any]:
    """Whole numbers as tensors; a tensor has the type that the algorithm works in."""
    found = [whole_tensor(x) if isinstance(x, Whole) else x for x in operands]
    if not any(isinstance(x, Traced) for x in found):
        found[0] = trace.as_traced(found[0], batched=True)
    return found


class Eq(Condition):
    """left = right: sech²(β(left - right)/2), 1 where they are equal."""

    sign = "=="


class NEq(Condition):
    """left ≠ right: 1 - sech²(β(left - right)/2)."""

    sign = "!="


class LT(Condition):
    """left < right: σ(β(right - left)); `LEq` is the same, a half for equal numbers."""

    sign = "<"


class GT(Condition):
    """left > right: σ(β(left - right)); `GEq` is the same, a half for equal numbers."""

    sign = ">"


LEq = LT
GEq = GT


class CatProbEq(Condition):
    """Whether two distributions over the last dimension are the same: sech(β(1 - cosine))."""

    expected = None

    def _holds(self, left: Any, right: Any, beta: Any, trace: Trace) -> Any:
        if isinstance(beta, int | float) and beta == trace.settings.unit:
            return over_last(call("same"), left, right)
        far = beta * (1 - cosine(left, right))
        small = torch.exp(-far.abs())
        return 2 * small / (1 + small * small)


class CosineSimilarity(Condition):
    """The cosine between the last dimensions, which must not be negative: it is used as a chance."""

    expected = None

    def _holds(self, left: Any, right: Any, beta: Any, trace: Trace) -> Any:
        return computed(call("truth"), cosine(left, right))


class IsTrue(Condition):
    """A variable in [0, 1] as it is."""

    def __init__(self, var: Any) -> None:
        super().__init__(left=var, right=None)

    def traced(self, trace: Trace) -> Any:
        """The number."""
        (value,) = _tensors(trace, trace.operand(self.left, lambda: self.expected))
        return computed(call("truth"), value)


class IsFalse(IsTrue):
    """1 less a variable in [0, 1]."""

    def traced(self, trace: Trace) -> Any:
        """The number."""
        return computed(complement, super().traced(trace))


class Both(Condition):
    """The product of two conditions."""

    text = staticmethod(infix("and", values.AND))

    def traced(self, trace: Trace) -> Any:
        """The number."""
        return computed(self.text, traced_condition(self.left, trace), traced_condition(self.right, trace))


class Either(Both):
    """a + b - a·b."""

    text = staticmethod(infix("or", values.OR))


class Not(Condition):
    """1 less a condition."""

    def __init__(self, condition: Condition) -> None:
        super().__init__(condition, None)

    def traced(self, trace: Trace) -> Any:
        """The number."""
        return computed(complement, traced_condition(self.left, trace))
