# tests/transforms/support.py — what torch's transforms make of each op, tried: the rows of the support table
"""A probe gives "yes" if a transform gives what the plain call gives, "none" if there is nothing to try (no
gradient), or the first line of the error that says why not. A wrong result is an AssertionError.

`python -m tests.transforms.support` writes the table, support.json.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tests.transforms.calls import Call, calls

TABLE = Path(__file__).with_name("support.json")
YES, NONE = "yes", "none"
REFUSALS = (NotImplementedError, ValueError, TypeError, RuntimeError)


def floats(results: tuple[Tensor, ...]) -> list[Tensor]:
    """The results that may have a gradient."""
    return [result for result in results if result.is_floating_point()]


def leaves(call: Call) -> tuple[Tensor, ...]:
    """The tensors of a call, each with a gradient wanted."""
    return tuple(tensor.clone().requires_grad_() for tensor in call.tensors)


def weighted(results: tuple[Tensor, ...]) -> Tensor:
    """A sum of the results in which no two numbers count the same."""
    total = torch.zeros((), dtype=torch.float64)
    for result in floats(results):
        weights = torch.linspace(0.5, 1.5, result.numel(), dtype=result.dtype).reshape(result.shape)
        total = total + (weights * result).sum()
    return total


def gradients(call: Call, tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Of `weighted` by each tensor."""
    return torch.autograd.grad(weighted(call(*tensors)), tensors, materialize_grads=True)


def same(found: Any, expected: Any, tolerance: float = 1e-10) -> None:
    """Raises AssertionError if two tuples of tensors differ."""
    for one, two in zip(found, expected, strict=True):
        torch.testing.assert_close(one, two, rtol=tolerance, atol=tolerance, equal_nan=True)


def differentiable(call: Call) -> bool:
    """Whether there is a gradient."""
    try:
        results = call(*leaves(call))
        if any(result.requires_grad for result in results):
            weighted(results).backward()
            return True
    except NotImplementedError:
        pass
    return False


def gradient(call: Call) -> str:
    """torch.autograd, against finite differences along one direction."""
    tensors = leaves(call)
    if not any(result.requires_grad for result in call(*tensors)):
        return NONE
    slopes = gradients(call, tensors)
    if call.conditioned:
        return YES
    direction = [torch.randn_like(tensor) for tensor in tensors]
    step = 1e-6
    ends = [
        weighted(call(*(t.detach() + sign * step * d for t, d in zip(tensors, direction, strict=True))))
        for sign in (1, -1)
    ]
    expected = (ends[0] - ends[1]) / (2 * step)
    total = sum((s * d).sum() for s, d in zip(slopes, direction, strict=True))
    torch.testing.assert_close(total, expected, rtol=1e-4, atol=1e-6)
    return YES


def func_grad(call: Call) -> str:
    """torch.func.grad and torch.func.vjp, against torch.autograd."""
    if not differentiable(call):
        return NONE
    expected = gradients(call, leaves(call))
    every = tuple(range(len(call.tensors)))
    same(torch.func.grad(lambda *t: weighted(call(*t)), argnums=every)(*call.tensors), expected)
    _, back = torch.func.vjp(lambda *t: weighted(call(*t)), *call.tensors)
    same(back(torch.ones((), dtype=torch.float64)), expected)
    return YES


def forward_mode(call: Call) -> str:
    """torch.func.jvp, against torch.autograd."""
    if not differentiable(call):
        return NONE
    slopes = gradients(call, leaves(call))
    tangents = tuple(torch.randn_like(tensor) for tensor in call.tensors)
    expected = sum((s * t).sum() for s, t in zip(slopes, tangents, strict=True))
    _, found = torch.func.jvp(lambda *t: weighted(call(*t)), call.tensors, tangents)
    torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-8)
    return YES


def double_backward(call: Call) -> str:
    """A gradient of a gradient, against finite differences of the first."""
    if not differentiable(call):
        return NONE
    tensors = leaves(call)

    def squares(create: bool, at: tuple[Tensor, ...]) -> Tensor:
        slopes = torch.autograd.grad(weighted(call(*at)), at, create_graph=create, materialize_grads=True)
        return sum(slope.square().sum() for slope in slopes)

    total = squares(True, tensors)
    if not total.requires_grad:  # linear: the second derivative is 0, and torch knows
        return YES
    second = torch.autograd.grad(total, tensors, materialize_grads=True)
    direction, step = [torch.randn_like(tensor) for tensor in tensors], 1e-6
    ends = [
        squares(False, tuple(
            (t.detach() + sign * step * d).requires_grad_() for t, d in zip(tensors, direction, strict=True)
        ))
        for sign in (1, -1)
    ]  # fmt: skip
    found = sum((s * d).sum() for s, d in zip(second, direction, strict=True))
    torch.testing.assert_close(found, (ends[0] - ends[1]) / (2 * step), rtol=1e-3, atol=1e-4)
    return YES


def per_sample(call: Call) -> str:
    """torch.func.vmap, over all data and over the first tensor alone, and of the gradient; against a loop."""
    copies = [torch.stack([tensor, tensor * 0.8, tensor * 0.9]) for tensor in call.data]
    learned, functions = call.learned, [call]
    if differentiable(call):
        every = tuple(range(len(call.tensors)))
        functions.append(torch.func.grad(lambda *t: weighted(call(*t)), argnums=every))
    for function in functions:
        for batched in {1, len(copies)}:
            data = [*copies[:batched], *call.data[batched:]]
            axes = (*[0] * batched, *[None] * (len(call.tensors) - batched))
            found = torch.func.vmap(function, in_dims=axes)(*data, *learned)
            loop = [
                function(*[copy[i] for copy in copies[:batched]], *call.data[batched:], *learned)
                for i in range(3)
            ]
            same(found, [torch.stack(parts) for parts in zip(*loop, strict=True)])
    return YES


def compiled(call: Call) -> str:
    """torch.compile(fullgraph=True), forward and back."""
    torch._dynamo.reset()
    graph = torch.compile(lambda *t: call(*t), fullgraph=True, backend="aot_eager", dynamic=False)
    if not differentiable(call):
        same(graph(*call.tensors), call(*call.tensors))
        return YES
    tensors = leaves(call)
    results = graph(*tensors)
    same(results, call(*call.tensors))
    found = torch.autograd.grad(weighted(results), tensors, materialize_grads=True)
    same(found, gradients(call, leaves(call)))
    return YES


class Module(torch.nn.Module):
    """A call as torch.export takes it."""

    def __init__(self, call: Call) -> None:
        super().__init__()
        self.call = call

    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """The results of the call."""
        return self.call(*tensors)


def exported(call: Call) -> str:
    """torch.export.export, and the program that it gives."""
    program = torch.export.export(Module(call), call.tensors, strict=False)
    same(program.module()(*call.tensors), call(*call.tensors))
    return YES


def autocast(call: Call) -> str:
    """Autocast to bfloat16 on float32 data, and where what came before has made the first tensor bfloat16."""
    single = [tensor.float() for tensor in call.data]
    expected = floats(call(*single, *call.learned))
    half = [single[0].bfloat16(), *single[1:]]
    near = floats(call(half[0].float(), *single[1:], *call.learned))
    with torch.autocast("cpu", torch.bfloat16):
        found = floats(call(*single, *call.learned))
        mixed = floats(call(*half, *call.learned))
    same([part.float() for part in found], [part.float() for part in expected], 0.05)
    same([part.float() for part in mixed], [part.float() for part in near], 0.05)
    if differentiable(call):
        inputs = [tensor.requires_grad_() for tensor in half]
        with torch.autocast("cpu", torch.bfloat16):
            total = weighted(call(*inputs, *call.learned))
        found = torch.autograd.grad(total, inputs, materialize_grads=True)
        assert all(part.isfinite().all() for part in found)
        assert [part.dtype for part in found] == [part.dtype for part in half]
    return YES


def halves(call: Call) -> str:
    """bfloat16 and float16 in and out, and gradients of them."""
    for dtype, tolerance in ((torch.bfloat16, 2e-2), (torch.float16, 2e-3)):
        half = [tensor.to(dtype) for tensor in call.data]
        found = floats(call(*half, *call.learned))
        expected = floats(call(*[tensor.float() for tensor in half], *call.learned))
        same([part.float() for part in found], [part.float() for part in expected], tolerance)
        if differentiable(call):
            inputs = tuple(tensor.requires_grad_() for tensor in half)
            slopes = torch.autograd.grad(
                weighted(call(*inputs, *call.learned)), inputs, materialize_grads=True
            )
            assert all(slope.dtype == dtype and slope.isfinite().all() for slope in slopes)
    return YES


def spread(tensor: Tensor) -> Tensor:
    """The same numbers in other strides, with others between."""
    wide = torch.full((*tensor.shape, 2), 7.0, dtype=tensor.dtype)
    if tensor.dim() > 1:
        wide = wide.transpose(0, -2).contiguous().transpose(0, -2)
    wide[..., 0] = tensor
    return wide[..., 0]


def layouts(call: Call) -> str:
    """Strided, expanded and negated views, and no samples at all."""
    same(call(*map(spread, call.tensors)), call(*call.tensors))
    alike = [tensor[:1].expand_as(tensor) for tensor in call.data]
    same(call(*alike, *call.learned), call(*[t.contiguous() for t in alike], *call.learned))
    same(call(*[torch._neg_view(-tensor) for tensor in call.tensors]), call(*call.tensors))
    rows = len(call.data) if call.rows is None else call.rows
    if rows:
        none = (*[tensor[:0] for tensor in call.data[:rows]], *call.tensors[rows:])
        assert all(not result.isnan().any() for result in floats(call(*none)))
        if differentiable(call):
            empty = tuple(tensor.clone().requires_grad_() for tensor in none)
            assert all(slope.eq(0).all() for slope in gradients(call, empty))
    return YES


PROBES: dict[str, Callable[[Call], str]] = {
    "gradient": gradient,
    "compile": compiled,
    "export": exported,
    "vmap": per_sample,
    "func.grad, vjp": func_grad,
    "func.jvp": forward_mode,
    "double backward": double_backward,
    "autocast": autocast,
    "halves": halves,
    "layouts": layouts,
}


def first_line(error: BaseException) -> str:
    """What an error says, of the one that began it: a compiler wraps them."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error).strip().split("\n")[0]


def tried(probe: Callable[[Call], str], call: Call) -> str:
    """What the probe finds; an error's first line is the reason."""
    torch.manual_seed(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", message=".*torch.jit.script", category=DeprecationWarning)
            warnings.filterwarnings("ignore", message="There is a performance drop")
            return probe(call)
    except REFUSALS as error:
        return first_line(error)


def row(call: Call) -> dict[str, str]:
    """What every probe finds of one op."""
    return {column: tried(probe, call) for column, probe in PROBES.items()}


def main() -> None:
    """Writes the table."""
    rows = {name: row(call) for name, call in sorted(calls().items())}
    TABLE.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main())
