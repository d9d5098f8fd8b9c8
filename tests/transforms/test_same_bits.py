# tests/transforms/test_same_bits.py — every op at 1, 2 and 4 threads, and on every SIMD target
import os
import subprocess
import sys

import pytest
import torch

from tests.conftest import ROOT
from tests.transforms.calls import Call, calls
from tests.transforms.support import differentiable, weighted

# These stand on torch's matrix products, whose last digits depend on the number of threads.
ON_GEMM = {"isaac_linear", "isaac_conv2d", "isaac_factorise", "isaac_solve"}
# A sum of that many numbers by torch is cut among threads.
ON_SUMS = {"silhouette_iou_loss", "voxel_iou"}


def enlarged(call: Call) -> list[torch.Tensor]:
    """The data with as many rows as several threads share, each row another."""
    rows = len(call.data) if call.rows is None else call.rows
    many = []
    for tensor in call.data[:rows]:
        repeated = tensor.repeat(400 // tensor.shape[0] + 1, *[1] * (tensor.dim() - 1))
        factors = torch.linspace(0.9, 1.0, len(repeated), dtype=tensor.dtype)
        many.append(repeated * factors.reshape(-1, *[1] * (tensor.dim() - 1)))
    return [*many, *call.data[rows:]]


def results_of(call: Call, tensors: list[torch.Tensor]) -> list[torch.Tensor]:
    """Values and gradients."""
    inputs = [tensor.detach().clone().requires_grad_() for tensor in tensors]
    if not differentiable(call):
        return list(call(*[tensor.detach() for tensor in inputs]))
    results = call(*inputs)
    total = weighted(results)
    return [*results, *torch.autograd.grad(total, inputs, materialize_grads=True)]


@pytest.mark.parametrize("name", sorted(set(calls()) - ON_GEMM - ON_SUMS))
def test_bits_do_not_depend_on_the_number_of_threads(name, threads):
    call = calls()[name]
    for dtype in (torch.float32, torch.float64):
        tensors = [*(tensor.to(dtype) for tensor in enlarged(call)), *call.learned]
        found = []
        for count in (1, 2, 4):
            threads(count)
            found.append(results_of(call, tensors))
        for other in found[1:]:
            for one, two in zip(found[0], other, strict=True):
                assert torch.equal(one.nan_to_num(), two.nan_to_num())


PROGRAM = """
import sys, torch
from tests.transforms.calls import calls
from tests.transforms.test_same_bits import results_of
found = {}
for name, call in calls().items():
    for dtype in (torch.float32, torch.float64):
        tensors = [*(tensor.to(dtype) for tensor in call.data), *call.learned]
        found[name, str(dtype)] = [result.detach() for result in results_of(call, tensors)]
torch.save(found, sys.argv[1])
"""
# By how much a number may change with the instruction set, of the largest in its tensor.
BOUNDS = {"torch.float32": 1e-5, "torch.float64": 1e-13}


def targets() -> list[str]:
    """What this CPU has: an unknown name makes the library list them."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'python'}", "PLIANT_SIMD": "?"}
    run = subprocess.run(
        [sys.executable, "-c", "from pliant._library import ops"],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    return run.stderr.strip().split("have: ")[1].split("\n")[0].split(", ")


def test_the_instruction_set_changes_the_last_digits_alone(tmp_path):
    known, found = targets(), {}
    assert known[0] != known[-1]
    for target in known:
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'python'}", "PLIANT_SIMD": target}
        path = tmp_path / target
        subprocess.run([sys.executable, "-c", PROGRAM, path], check=True, env=environment)
        found[target] = torch.load(path)
    best = found.pop(known[0])
    for target, others in found.items():
        for (name, dtype), results in best.items():
            for one, other in zip(results, others[name, dtype], strict=True):
                if one.is_floating_point() and one.numel():
                    scale = one.nan_to_num().abs().max().clamp(min=1)
                    off = (one.nan_to_num() - other.nan_to_num()).abs().max() / scale
                    assert off <= BOUNDS[dtype], (target, name, dtype, float(off))
                else:
                    assert torch.equal(one, other), (target, name, dtype)
