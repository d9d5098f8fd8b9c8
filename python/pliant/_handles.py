# python/pliant/_handles.py — numbers, arrays and conditions of a program that is being written in Python
from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Iterator
from dataclasses import dataclass

# How strongly an expression binds; parts that bind less stand in parentheses.
OR, AND, NOT, COMPARISON, SUM, PRODUCT, SIGN, ATOM = range(8)
_LONGEST = 20_000  # characters of an expression: `r = r + r` doubles them


@dataclass(eq=False)
class Name:
    """A declared name: an input, a size, a var, an int or the number of a loop."""

    text: str
    kind: str
    write: Callable[[Name, Expression, Operand], None]  # of the builder that it belongs to
    live: bool = True


class Expression:
    """What the program will compute, where it is used: numbers, arrays, whole numbers and conditions.

    `+ - * /` and comparisons work as for tensors; conditions are joined by `& | ~` and are no Python bools.
    What is still needed after a write has to be copied: `low = p.var("low", ys[k])`.
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, text: str, binding: int, names: frozenset[Name] = frozenset()) -> None:
        if len(text) > _LONGEST:
            raise ValueError(
                f"Builder: an expression of more than {_LONGEST} characters; keep in a var what it repeats"
            )
        self.text, self.binding, self.names = text, binding, names

    def within(self, least: int) -> str:
        """The text, in parentheses unless it binds that strongly."""
        return self.text if self.binding >= least else f"({self.text})"

    def __bool__(self) -> bool:
        raise TypeError(
            "Builder: what a program decides is not known while it is written: use p.If and p.While, & | ~, "
            "and no chained comparisons"
        )

    def __iter__(self) -> Iterator[Expression]:
        raise TypeError("Builder: an expression cannot be iterated over: use p.For")

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def __add__(self, other: Operand) -> Expression:
        return _binary(self, "+", other, SUM)

    def __radd__(self, other: Operand) -> Expression:
        return _binary(other, "+", self, SUM)

    def __sub__(self, other: Operand) -> Expression:
        return _binary(self, "-", other, SUM)

    def __rsub__(self, other: Operand) -> Expression:
        return _binary(other, "-", self, SUM)

    def __mul__(self, other: Operand) -> Expression:
        return _binary(self, "*", other, PRODUCT)

    def __rmul__(self, other: Operand) -> Expression:
        return _binary(other, "*", self, PRODUCT)

    def __truediv__(self, other: Operand) -> Expression:
        return _binary(self, "/", other, PRODUCT)

    def __rtruediv__(self, other: Operand) -> Expression:
        return _binary(other, "/", self, PRODUCT)

    def __neg__(self) -> Expression:
        return Expression("-" + self.within(SIGN), SIGN, self.names)

    def __lt__(self, other: Operand) -> Expression:
        return _binary(self, "<", other, COMPARISON)

    def __le__(self, other: Operand) -> Expression:
        return _binary(self, "<=", other, COMPARISON)

    def __gt__(self, other: Operand) -> Expression:
        return _binary(self, ">", other, COMPARISON)

    def __ge__(self, other: Operand) -> Expression:
        return _binary(self, ">=", other, COMPARISON)

    def __eq__(self, other: Operand) -> Expression:  # type: ignore[override]
        return _binary(self, "==", other, COMPARISON)

    def __ne__(self, other: Operand) -> Expression:  # type: ignore[override]
        return _binary(self, "!=", other, COMPARISON)

    def __and__(self, other: Operand) -> Expression:
        return _binary(self, "and", other, AND)

    def __or__(self, other: Operand) -> Expression:
        return _binary(self, "or", other, OR)

    def __invert__(self) -> Expression:
        return Expression("not " + self.within(NOT), NOT, self.names)


Operand = Expression | int | float


class Variable(Expression):
    """An input, a variable or a whole number: `x.set(value)`, `x += 1`. Of arrays also `a[i, j]`, `a[:, k]`,
    `a[low:high]` and `a[weights]`, to read and to write.
    """

    def __init__(self, name: Name) -> None:
        super().__init__(name.text, ATOM, frozenset([name]))
        self._name = name

    def set(self, value: Operand) -> None:
        """The variable becomes the value."""
        self._name.write(self._name, self, value)

    def __getitem__(self, index: object) -> Expression:
        parts = [_index(part) for part in (index if isinstance(index, tuple) else (index,))]
        names = self.names.union(*(part.names for part in parts))
        return Expression(f"{self.text}[{', '.join(part.text for part in parts)}]", ATOM, names)

    def __setitem__(self, index: object, value: Operand) -> None:
        self._name.write(self._name, self[index], value)

    def __iadd__(self, value: Operand) -> Variable:
        self.set(self + value)
        return self

    def __isub__(self, value: Operand) -> Variable:
        self.set(self - value)
        return self

    def __imul__(self, value: Operand) -> Variable:
        self.set(self * value)
        return self


def expression_of(value: Operand) -> Expression:
    """A number as it would be written, or the expression."""
    if isinstance(value, Expression):
        return value
    if not isinstance(value, numbers.Real):
        raise TypeError(f"Builder: expected a number or an expression, got {type(value).__name__}")
    if not math.isfinite(value):
        raise ValueError(f"Builder: a number must be finite, got {value}")
    text = str(int(value)) if isinstance(value, numbers.Integral) else repr(float(value))
    return Expression(text, SIGN if text.startswith("-") else ATOM)


def _binary(left: Operand, symbol: str, right: Operand, binding: int) -> Expression:
    a, b = expression_of(left), expression_of(right)
    # Of equal binding only the left part goes without parentheses; comparisons do not chain.
    least = binding + 1 if binding == COMPARISON else binding
    return Expression(f"{a.within(least)} {symbol} {b.within(binding + 1)}", binding, a.names | b.names)


def _index(part: object) -> Expression:
    if not isinstance(part, slice):
        return expression_of(part)  # type: ignore[arg-type]
    if part.step is not None:
        raise ValueError("Builder: a range of places has no step")
    if part.start is None and part.stop is None:
        return Expression(":", ATOM)
    if part.stop is None:
        raise ValueError("Builder: a range of places needs its end: a[low:high]")
    low, high = expression_of(0 if part.start is None else part.start), expression_of(part.stop)
    return Expression(f"{low.within(SUM)} : {high.within(SUM)}", ATOM, low.names | high.names)
