# python/pliant/compat/algovision/_whole.py — whole numbers that are names of a program
"""Loop numbers and integer variables, as the functions of an algorithm see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from pliant.compat.algovision._errors import NeedsWhole
from pliant.from_python import values
from pliant.from_python.values import Value


class Whole:
    """A whole number that is the same for all samples, but not in every pass of a loop.

    Arithmetic with + - * gives another one. What needs its value raises `NeedsWhole`: then the loop is
    written pass by pass.
    """

    #: Makes a traced tensor of one; set by `_traced`.
    as_tensor: ClassVar[Callable[[Whole], Any]]

    def __init__(self, value: Value, loops: frozenset[int], least: int | None = None) -> None:
        self.value = value
        self.loops = loops  #: the loops in which it changes
        self.least = least  #: a lower bound

    def __index__(self) -> int:
        raise NeedsWhole(self.value.text, self.loops)

    def as_index(self) -> Value:
        """The text of a place that it stands for.

        Raises:
            NeedsWhole: if it might be negative, which counts from the end, and its loops can be unrolled
        """
        if self.loops and (self.least is None or self.least < 0):
            int(self)
        return self.value

    def __repr__(self) -> str:
        return f"Whole({self.value.text})"

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        """In arithmetic with tensors it is a number of the program."""

        def converted(x: Any) -> Any:
            if isinstance(x, Whole):
                return cls.as_tensor(x)
            return type(x)(converted(y) for y in x) if type(x) in (list, tuple) else x

        return func(*converted(tuple(args)), **{k: converted(v) for k, v in (kwargs or {}).items()})

    # === Arithmetic ===

    def __add__(self, other: Any) -> Any:
        return _combined(self, other, " + ", values.SUM, values.PRODUCT, lambda a, b: a + b)

    def __radd__(self, other: Any) -> Any:
        return _combined(other, self, " + ", values.SUM, values.PRODUCT, lambda a, b: a + b)

    def __sub__(self, other: Any) -> Any:
        bound = (lambda a, b: a - b) if isinstance(other, int) else (lambda a, b: None)
        return _combined(self, other, " - ", values.SUM, values.PRODUCT, bound)

    def __rsub__(self, other: Any) -> Any:
        return _combined(other, self, " - ", values.SUM, values.PRODUCT, lambda a, b: None)

    def __mul__(self, other: Any) -> Any:
        return _combined(self, other, " * ", values.PRODUCT, values.SIGN, _product_bound)

    def __rmul__(self, other: Any) -> Any:
        return _combined(other, self, " * ", values.PRODUCT, values.SIGN, _product_bound)

    def __neg__(self) -> Whole:
        return Whole(Value("-" + self.value.within(values.SIGN), "whole", (), values.SIGN), self.loops)

    def __pos__(self) -> Whole:
        return self

    def __float__(self) -> float:
        return float(self.__index__())

    def __bool__(self) -> bool:
        return bool(self.__index__())

    __int__ = __index__
    __hash__ = None  # type: ignore[assignment]


def _needs_value(name: str) -> Callable[..., Any]:
    def method(self: Whole, *others: Any) -> Any:
        return getattr(int(self), name)(*others)

    return method


# All else that an int can do takes its value.
for _name in (
    "eq ne lt le gt ge truediv rtruediv floordiv rfloordiv mod rmod pow rpow divmod rdivmod and rand or ror "
    "xor rxor lshift rlshift rshift rrshift abs invert round"
).split():
    setattr(Whole, f"__{_name}__", _needs_value(f"__{_name}__"))


def _product_bound(a: int, b: int) -> int | None:
    return a * b if a >= 0 and b >= 0 else None


def _combined(
    left: Any,
    right: Any,
    sign: str,
    binding: int,
    right_binding: int,
    bound: Callable[[int, int], int | None],
) -> Any:
    """The text of left ∘ right; NotImplemented if one is no whole number, so that tensors have their say."""
    for number, whole in ((left, right), (right, left)):
        if isinstance(number, float):
            int(whole)
        if not isinstance(number, int | Whole):
            return NotImplemented
    a, b = as_value(left), as_value(right)
    text = a.within(binding) + sign + b.within(right_binding)
    least = [x if isinstance(x, int) else x.least for x in (left, right)]
    loops = frozenset().union(*(x.loops for x in (left, right) if isinstance(x, Whole)))
    low = None if None in least else bound(*least)
    return Whole(Value(text, "whole", (), binding), loops, low)


def as_value(number: int | Whole) -> Value:
    """The text of a whole number."""
    if isinstance(number, Whole):
        return number.value
    return Value(str(int(number)), "whole", (), values.ATOM if number >= 0 else values.SIGN)
