# python/pliant/compat/algovision/_operations.py — ATen's functions in the words of the language
"""Fills `OPERATIONS`. What the language has no word for is said with others: a hard choice is a comparison so
steep that it has no width in floating point.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from pliant.compat.algovision._errors import NotTraceable
from pliant.compat.algovision._traced import (
    OPERATIONS,
    Traced,
    computed,
    evaluation_of,
)
from pliant.from_python import values
from pliant.from_python.values import Value

#: x > 0 is 1e30·x − 1e9 > 0: 0 at 0, 1 for all x > 1e-20.
STEEP, MARGIN = "1e30", "1e9"


def operation(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Makes a function the meaning of these names of ATen."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        OPERATIONS.update(dict.fromkeys(names, function))
        return function

    return add


# === Texts ===


def literal(number: float) -> Value:
    """A number in the language, which has no word for infinity."""
    if math.isinf(number):
        return Value("1 / 0" if number > 0 else "-1 / 0", binding=values.PRODUCT)
    return Value(repr(number), binding=values.SIGN if math.copysign(1, number) < 0 else values.ATOM)


def call(name: str) -> Callable[..., Value]:
    """name(a, b, …)."""
    return lambda *operands: Value(f"{name}({', '.join(x.text for x in operands)})")


def infix(sign: str, binding: int, *, comparison: bool = False) -> Callable[[Value, Value], Value]:
    """Operators bind from the left; what is compared is no comparison itself."""

    def text(left: Value, right: Value) -> Value:
        first = left.within(binding + 1 if comparison else binding)
        return Value(f"{first} {sign} {right.within(binding + 1)}", binding=binding)

    return text


plus, minus = infix("+", values.SUM), infix("-", values.SUM)
times, over = infix("*", values.PRODUCT), infix("/", values.PRODUCT)
less = infix("<", values.COMPARISON, comparison=True)


def negative(x: Value) -> Value:
    """-x."""
    return Value("-" + x.within(values.SIGN), binding=values.SIGN)


def complement(x: Value) -> Value:
    """1 - x."""
    return Value(f"1 - {x.within(values.PRODUCT)}", binding=values.SUM)


# === Arithmetic ===


def _with_alpha(other: Any, alpha: Any) -> Any:
    return other if alpha == 1 else other * alpha


@operation("add")
def add(x: Any, y: Any, *, alpha: Any = 1) -> Any:
    """X + alpha·y."""
    return computed(plus, x, _with_alpha(y, alpha))


@operation("sub", "subtract")
def subtract(x: Any, y: Any, *, alpha: Any = 1) -> Any:
    """X - alpha·y."""
    return computed(minus, x, _with_alpha(y, alpha))


@operation("rsub")
def reverse_subtract(x: Any, y: Any, alpha: Any = 1) -> Any:
    """Y - alpha·x."""
    return computed(minus, y, _with_alpha(x, alpha))


@operation("mul", "multiply", "logical_and", "bitwise_and", "__and__")
def multiply(x: Any, y: Any) -> Any:
    """x·y, which is the conjunction of 0 and 1."""
    return _multiple(computed(times, x, y, dtype=_truth(x, y)), x, y)


@operation("div", "true_divide", "divide")
def divide(x: Any, y: Any, *, rounding_mode: str | None = None) -> Any:
    """X / y."""
    if rounding_mode is not None:
        raise NotTraceable("it rounds a quotient")
    return _multiple(computed(over, x, y), x, 1 / y if _is_number(y) and y != 0 else None)


@operation("neg")
def negate(x: Any) -> Any:
    """-x."""
    return _multiple(computed(negative, x), x, -1)


def _is_number(x: Any) -> bool:
    return isinstance(x, int | float)


def _multiple(result: Traced, x: Any, y: Any) -> Traced:
    """The result with what it is a multiple of, if one of the factors is a number."""
    for base, factor in ((x, y), (y, x)):
        if isinstance(base, Traced) and _is_number(factor) and base.shape == result.shape:
            inner, already = base.scaled or (base, 1.0)
            result.scaled = inner, already * factor
    return result


@operation("logical_or", "bitwise_or", "__or__")
def either(x: Any, y: Any) -> Any:
    """X + y - x·y."""
    return computed(infix("or", values.OR), x, y, dtype=_truth(x, y))


@operation("logical_not", "bitwise_not")
def invert(x: Any) -> Any:
    """1 - x."""
    return computed(complement, x, dtype=torch.bool)


def _truth(*operands: Any) -> torch.dtype | None:
    tensors = [x for x in operands if isinstance(x, Tensor)]
    return torch.bool if all(x.dtype == torch.bool for x in tensors) else None


for _name in ("exp", "log", "sqrt", "abs"):
    OPERATIONS[_name] = functools.partial(computed, call(_name))
OPERATIONS["reciprocal"] = lambda x: computed(over, 1.0, x)
OPERATIONS["rsqrt"] = lambda x: 1 / x.sqrt()
OPERATIONS["square"] = lambda x: x * x
OPERATIONS["exp2"] = lambda x: (x * math.log(2)).exp()
OPERATIONS["log2"] = lambda x: x.log() / math.log(2)
OPERATIONS["log10"] = lambda x: x.log() / math.log(10)
OPERATIONS["log1p"] = lambda x: (1 + x).log()
OPERATIONS["expm1"] = lambda x: x.exp() - 1


@operation("pow")
def power(x: Any, exponent: Any) -> Any:
    """Whole powers by multiplication, others by exp and log."""
    if isinstance(exponent, Traced):
        return (exponent * (x.log() if isinstance(x, Tensor) else math.log(x))).exp()
    if isinstance(exponent, Tensor) and exponent.dim() == 0 and not exponent.requires_grad:
        exponent = float(exponent)
    if isinstance(exponent, Tensor):
        return (exponent * x.log()).exp()
    if exponent == 0.5:
        return x.sqrt()
    if exponent != int(exponent) or abs(exponent) > 64:
        return (exponent * x.log()).exp()
    if exponent < 0:
        return 1 / power(x, -exponent)
    if exponent == 0:
        return torch.ones_like(x)
    half = power(x, exponent // 2) if exponent > 1 else None
    whole = x if half is None else half * half
    return whole * x if exponent % 2 and half is not None else whole


# === Smooth functions of the logistic ===


@operation("sigmoid")
def sigmoid(x: Any) -> Any:
    """The chance that x > 0, at inverse temperature 1."""
    return relaxed(x, 1.0)


@operation("tanh")
def tanh(x: Any) -> Any:
    """2σ(2x) - 1."""
    return 2 * sigmoid(2 * x) - 1


@operation("softplus")
def softplus(x: Any, beta: float = 1, threshold: float = 20) -> Any:
    """log(1 + e^βx)/β."""
    return torch.logsumexp(torch.stack([x * beta, torch.zeros_like(x)], -1), -1) / beta


@operation("cosh")
def cosh(x: Any) -> Any:
    """(e^x + e^-x)/2."""
    return (x.exp() + (-x).exp()) / 2


@operation("sinh")
def sinh(x: Any) -> Any:
    """(e^x - e^-x)/2."""
    return (x.exp() - (-x).exp()) / 2


def relaxed(x: Traced, beta: float, sign: str = ">", other: Any = 0) -> Traced:
    """How much x ∘ other holds at inverse temperature `beta`, whatever that of the program is."""
    unit = evaluation_of(x, other).unit
    if beta != unit:
        x, other = (beta / unit) * subtract(x, other), 0
    return computed(infix(sign, values.COMPARISON, comparison=True), x, other)


# === Hard choices ===


def step(x: Any) -> Traced:
    """1 where x > 0, else 0."""
    text = lambda a: Value(f"{STEEP} * {a.within(values.SIGN)} - {MARGIN} > 0", binding=values.COMPARISON)  # noqa: E731
    return computed(text, x, dtype=torch.bool)


OPERATIONS["gt"] = OPERATIONS["greater"] = lambda x, y: step(x - y)
OPERATIONS["lt"] = OPERATIONS["less"] = lambda x, y: step(y - x)
OPERATIONS["ge"] = OPERATIONS["greater_equal"] = lambda x, y: invert(step(y - x))
OPERATIONS["le"] = OPERATIONS["less_equal"] = lambda x, y: invert(step(x - y))
OPERATIONS["ne"] = OPERATIONS["not_equal"] = lambda x, y: step((x - y).abs())
OPERATIONS["eq"] = lambda x, y: invert(step((x - y).abs()))
OPERATIONS["sign"] = OPERATIONS["sgn"] = lambda x: step(x).to(x.dtype) - step(-x)


@operation("where")
def where(condition: Any, x: Any, y: Any) -> Any:
    """X where the condition holds, else y."""
    return computed(call("where"), condition, x, y)


OPERATIONS["masked_fill"] = lambda x, mask, value: where(mask, value, x)
OPERATIONS["relu"] = lambda x: where(step(x), x, 0.0)
OPERATIONS["maximum"] = lambda x, y: where(step(x - y), x, y)
OPERATIONS["minimum"] = lambda x, y: where(step(y - x), x, y)
OPERATIONS["threshold"] = lambda x, threshold, value: where(step(x - threshold), x, value)
OPERATIONS["leaky_relu"] = lambda x, slope=0.01: where(step(x), x, slope * x)
OPERATIONS["hardtanh"] = lambda x, low=-1.0, high=1.0: clamp(x, low, high)


@operation("clamp")
def clamp(x: Any, min: Any = None, max: Any = None) -> Any:
    """X within bounds."""
    if min is not None:
        x = where(step(min - x), min, x)
    return x if max is None else where(step(x - max), max, x)


OPERATIONS["clamp_min"] = lambda x, low: clamp(x, low)
OPERATIONS["clamp_max"] = lambda x, high: clamp(x, None, high)
