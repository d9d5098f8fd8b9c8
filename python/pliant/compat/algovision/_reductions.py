# python/pliant/compat/algovision/_reductions.py — ATen's reductions, products of matrices and new tensors
"""More of `_operations`. Reductions go over the last dimension, to which others are moved first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from pliant.compat.algovision._errors import NotTraceable
from pliant.compat.algovision._evaluation import NUMBERS
from pliant.compat.algovision._operations import call, operation, times
from pliant.compat.algovision._traced import OPERATIONS, Traced, evaluation_of, ids_of, learned, over_last

# === Reductions ===


def _last(x: Tensor, dims: Any) -> tuple[Tensor, list[int]]:
    """The tensor with these dimensions joined as its last, and which they are."""
    if dims is None or dims == []:
        dims = list(range(x.dim()))
    dims = [k % x.dim() for k in ([dims] if isinstance(dims, int) else dims)]
    kept = [k for k in range(x.dim()) if k not in dims]
    return x.permute(*kept, *dims).reshape(*(x.shape[k] for k in kept), -1), dims


def _reduced(function: Callable[[Any], Tensor], x: Any, dims: Any, keepdim: bool) -> Any:
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
    evaluation = evaluation_of(rows)
    if rows.shape[-1] == 0:
        return _filled(rows, rows.shape[:-1], 0.0)
    found = evaluation.product_rows(rows.ids, times, call("dot"))
    return over_last(call("sum"), rows) if found is None else Traced(evaluation, found)


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


#: Of numbers that a product of matrices is written with.
MOST_PRODUCTS = 4096


@operation("bmm", "matmul")
def batched_product(x: Any, y: Any) -> Any:
    """Σ_k x[…, i, k]·y[…, k, j]."""
    rows = x.shape[-2] if x.dim() > 2 else 1  # for each sample
    count = rows * y.shape[-2] * y.shape[-1]
    if count > MOST_PRODUCTS:
        raise NotTraceable(f"it multiplies matrices with {count} products, which is better left to torch")
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
    return Traced(evaluation, torch.full(tuple(shape), evaluation.constant(float(number)), **NUMBERS), dtype)


OPERATIONS["zeros_like"] = OPERATIONS["empty_like"] = lambda x, **options: _filled(x, x.shape, 0.0)
OPERATIONS["ones_like"] = lambda x, **options: _filled(x, x.shape, 1.0)
OPERATIONS["full_like"] = lambda x, value, **options: _filled(x, x.shape, value)
OPERATIONS["new_zeros"] = OPERATIONS["new_empty"] = lambda x, shape, **options: _filled(x, shape, 0.0)
OPERATIONS["new_ones"] = lambda x, shape, **options: _filled(x, shape, 1.0)
OPERATIONS["new_full"] = lambda x, shape, value, **options: _filled(x, shape, value)


@operation("_to_copy", "to")
def copy_to(x: Any, *targets: Any, dtype: torch.dtype | None = None, **options: Any) -> Any:
    """Another type of floating point or another device is the same number."""
    dtype = next((x for x in targets if isinstance(x, torch.dtype)), dtype)
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


@operation("_local_scalar_dense", "item")
def number_of(x: Any) -> Any:
    """The number itself: of a whole number, if the loops in which it changes are written pass by pass."""
    if isinstance(x, Traced) and x.whole is not None:
        return int(x.whole)
    return value_of(x)


@operation("is_nonzero", "equal", "nonzero", "isnan", "isinf", "isfinite")
def value_of(*args: Any, **options: Any) -> Any:
    """What depends on values."""
    raise NotTraceable("it asks for the value of a number, as float(x), x.item() or a Python `if` do")
