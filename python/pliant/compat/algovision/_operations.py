# python/pliant/compat/algovision/_operations.py — ATen's functions in the words of the language
"""Fills `OPERATIONS`. What the language has no word for is said with others: a hard choice is a comparison so
steep that it has no width in floating point.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from pliant.compat.algovision._errors import NotTraceable
from pliant.compat.algovision._traced import (
    OPERATIONS,
    Traced,
    computed,
    evaluation_of,
    ids_of,
    learned,
    over_last,
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
OPERATIONS["reciprocal"] = lambda x: 1 / x
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
    if isinstance(exponent, Tensor) and exponent.numel() == 1 and not exponent.requires_grad:
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


# === Reductions ===


def _last(x: Tensor, dims: Any) -> tuple[Tensor, list[int]]:
    """The tensor with these dimensions joined as its last, and which they are."""
    if dims is None or dims == []:
        dims = list(range(x.dim()))
    dims = [k % x.dim() for k in ([dims] if isinstance(dims, int) else dims)]
    kept = [k for k in range(x.dim()) if k not in dims]
    return x.permute(*kept, *dims).reshape(*(x.shape[k] for k in kept), -1), dims


def _reduced(function: Callable[[Tensor], Tensor], x: Any, dims: Any, keepdim: bool) -> Any:
    if x.dim() == 0:
        x, dims, keepdim = x.unsqueeze(0), [0], False
    joined, dims = _last(x, dims)
    result = function(joined)
    for k in sorted(dims) if keepdim else ():
        result = result.unsqueeze(k)
    return result


def reduction(word: str) -> Callable[..., Any]:
    """A reduction that the language has over the last dimension."""

    def reduce(x: Any, dims: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
        return _reduced(lambda rows: over_last(call(word), rows), x, dims, keepdim)

    return reduce


@operation("sum")
def total(x: Any, dims: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The sum, of a product as a scalar product."""
    return _reduced(_row_sum, x, dims, keepdim)


def _row_sum(rows: Traced) -> Traced:
    factors = evaluation_of(rows).factors(rows.ids, times)
    return (
        over_last(call("sum"), rows)
        if factors is None
        else over_last(call("dot"), *(Traced(rows.evaluation, x) for x in factors))
    )


OPERATIONS["prod"] = reduction("product")
OPERATIONS["logsumexp"] = reduction("logsumexp")


@operation("mean")
def mean(x: Any, dims: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The sum over the count."""
    return _reduced(lambda rows: rows.sum(-1) / rows.shape[-1], x, dims, keepdim)


@operation("var")
def variance(x: Any, dims: Any = None, correction: Any = 1, keepdim: bool = False, **options: Any) -> Any:
    """The mean square distance from the mean."""
    correction = options.get("unbiased", 1 if correction is None else correction)
    square = lambda rows: ((rows - rows.mean(-1, keepdim=True)) ** 2).sum(-1)  # noqa: E731
    return _reduced(lambda rows: square(rows) / (rows.shape[-1] - correction), x, dims, keepdim)


OPERATIONS["std"] = lambda *args, **options: variance(*args, **options).sqrt()


@operation("linalg_vector_norm", "norm")
def norm(x: Any, order: Any = 2, dims: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Of order 1 or 2."""
    if order not in (1, 2, None):
        raise NotTraceable(f"it takes a norm of order {order}")
    power_sum = (lambda r: r.abs().sum(-1)) if order == 1 else (lambda r: (r * r).sum(-1).sqrt())
    return _reduced(power_sum, x, dims, keepdim)


def _fold(function: Callable[[Any, Any], Any]) -> Callable[[Tensor], Tensor]:
    def fold(rows: Tensor) -> Tensor:
        result, *rest = rows.unbind(-1)
        for row in rest:
            result = function(result, row)
        return result

    return fold


@operation("amax")
def largest(x: Any, dims: Any = None, keepdim: bool = False) -> Any:
    """The largest, exactly."""
    return _reduced(_fold(OPERATIONS["maximum"]), x, dims, keepdim)


@operation("amin")
def smallest(x: Any, dims: Any = None, keepdim: bool = False) -> Any:
    """The smallest, exactly."""
    return _reduced(_fold(OPERATIONS["minimum"]), x, dims, keepdim)


def _extremum(take: Callable[..., Any]) -> Callable[..., Any]:
    def extremum(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
        if isinstance(dim, Tensor):
            return OPERATIONS["maximum" if take is largest else "minimum"](x, dim)
        # Where it stands would be an index by value.
        return take(x) if dim is None else (take(x, dim, keepdim), None)

    return extremum


OPERATIONS["max"], OPERATIONS["min"] = _extremum(largest), _extremum(smallest)


@operation("cumsum")
def running_sum(x: Any, dim: int, *, dtype: Any = None) -> Any:
    """All partial sums."""
    total, *rest = x.unbind(dim)
    sums = [total]
    for row in rest:
        sums.append(sums[-1] + row)
    return torch.stack(sums, dim)


@operation("_softmax", "softmax")
def softmax(x: Any, dim: int, half_to_float: bool = False) -> Any:
    """The language's argmax is the softmax of β·x."""
    base, factor = x.scaled or (x, 1.0)
    ratio = factor / evaluation_of(x).unit
    if abs(ratio) != 1:
        base, ratio = base * ratio, 1.0
    word = call("argmax" if ratio > 0 else "argmin")
    return over_last(word, base.movedim(dim, -1), keep=True).movedim(-1, dim)


@operation("_log_softmax", "log_softmax")
def log_softmax(x: Any, dim: int, half_to_float: bool = False) -> Any:
    """X less its logsumexp."""
    return x - x.logsumexp(dim, keepdim=True)


def cosine(x: Any, y: Any) -> Traced:
    """Of the angle between rows."""
    return over_last(call("cosine"), x, y)


# === Products of matrices ===


@operation("bmm", "matmul")
def batched_product(x: Any, y: Any) -> Any:
    """Σ_k x[…, i, k]·y[…, k, j]."""
    return (x.unsqueeze(-2) * y.transpose(-1, -2).unsqueeze(-3)).sum(-1)


OPERATIONS["mm"] = lambda x, y: batched_product(x, y)
OPERATIONS["mv"] = lambda x, y: (x * y).sum(-1)
OPERATIONS["dot"] = lambda x, y: (x * y).sum(-1)
OPERATIONS["addmm"] = lambda bias, x, y, *, beta=1, alpha=1: beta * bias + alpha * batched_product(x, y)


@operation("linear")
def linear(x: Any, weight: Tensor, bias: Tensor | None = None) -> Any:
    """x·weightᵀ + bias, along the last dimension."""
    evaluation = evaluation_of(x, weight, bias)
    weight = learned(evaluation, weight)
    product = batched_product(x.unsqueeze(-2), weight.t()).squeeze(-2)
    return product if bias is None else product + learned(evaluation, bias)


# === New tensors, copies, padding ===


def _filled(x: Traced, shape: Sequence[int], number: float, dtype: torch.dtype | None = None) -> Traced:
    evaluation = evaluation_of(x)
    return Traced(
        evaluation, torch.full(tuple(shape), evaluation.constant(float(number)), dtype=torch.float64), dtype
    )


OPERATIONS["zeros_like"] = OPERATIONS["empty_like"] = lambda x, **options: _filled(x, x.shape, 0.0)
OPERATIONS["ones_like"] = lambda x, **options: _filled(x, x.shape, 1.0)
OPERATIONS["full_like"] = lambda x, value, **options: _filled(x, x.shape, value)
OPERATIONS["new_zeros"] = OPERATIONS["new_empty"] = lambda x, shape, **options: _filled(x, shape, 0.0)
OPERATIONS["new_ones"] = lambda x, shape, **options: _filled(x, shape, 1.0)
OPERATIONS["new_full"] = lambda x, shape, value, **options: _filled(x, shape, value)


@operation("_to_copy", "to")
def copy_to(x: Any, *, dtype: torch.dtype | None = None, **options: Any) -> Any:
    """Another type of floating point or another device is the same number."""
    if dtype is not None and not dtype.is_floating_point and dtype != x.dtype:
        raise NotTraceable(f"it converts numbers to {dtype}")
    return Traced(evaluation_of(x), x.ids.clone(), None if dtype is not None else x.dtype)


@operation("constant_pad_nd")
def pad(x: Any, widths: Sequence[int], value: float = 0) -> Any:
    """Room around a tensor, filled with a number."""
    evaluation = evaluation_of(x)
    ids = torch.constant_pad_nd(x.ids, widths, evaluation.constant(float(value)))
    return Traced(evaluation, ids, x.dtype)


@operation("copy", "fill")
def copy(x: Any, y: Any, non_blocking: bool = False) -> Any:
    """What y has, in the shape of x."""
    if not isinstance(x, Traced):
        raise NotTraceable("it writes numbers of the program to a tensor from outside")
    evaluation = evaluation_of(x)
    return Traced(evaluation, ids_of(evaluation, y, x.dim()).expand(x.shape).contiguous(), x.dtype)


OPERATIONS["zero"] = lambda x: torch.zeros_like(x)


@operation("_local_scalar_dense", "is_nonzero", "item", "equal", "nonzero", "isnan", "isinf", "isfinite")
def value_of(*args: Any, **options: Any) -> Any:
    """What depends on values."""
    raise NotTraceable("it asks for the value of a number, as float(x), x.item() or a Python `if` do")
