# benchmarks/optim/bench_rounded_gram.py — what Gram matrices of bfloat16 numbers spare
"""`bench_rounded_gram.py [--quick]`: writes benchmarks/results/isaac_rounded_gram.json.

The conditioned gradient of one layer, the backward op alone, by a Gram matrix of float32 numbers and by one
of rounded numbers in turn; on one thread. The damping is so large that rounding is allowed.
"""

from __future__ import annotations

import argparse
import functools
import math
import sys
from collections.abc import Callable
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import pairs
from pliant._library import ops
from pliant.nn import IsaacConv2d, IsaacLinear

DAMPING = 100.0
LINEAR = [  # rows, inputs, outputs
    (60, 400, 400), (60, 1600, 1600), (256, 1024, 1024), (512, 2048, 2048), (4000, 512, 512),
    (8000, 256, 256),
]  # fmt: skip
CONVOLUTIONS = [(64, 3, 64, 32), (64, 32, 64, 16)]  # samples, channels in and out, side; kernels 3 × 3


def gradient(layer: torch.nn.Module, x: torch.Tensor) -> Callable[[], object]:
    """The layer's weight gradient, for an upstream gradient of noise."""
    layer(x).sum().backward()
    if layer.gram == "bfloat16" and layer.counts["rounded_gram"] != 1:
        raise RuntimeError("the damping is too small for the benchmark")
    shape = (layer.stride, layer.padding, layer.dilation, layer.groups) if x.dim() == 4 else ()
    op = ops.isaac_conv2d_backward if x.dim() == 4 else ops.isaac_linear_backward
    weight = layer.weight.detach()
    grad = torch.randn_like(layer(x).detach())
    # Rows of new memory each time: a layer would otherwise take the factor of the call before.
    return lambda: op(grad, x.clone(), weight, None, *shape, *layer._settings()[:-1], 0, [False, True, False])


def row(name: str, layer: Callable[..., torch.nn.Module], x: torch.Tensor, budget: float) -> dict:
    """Both ways in turn."""
    calls = [gradient(layer(damping=DAMPING, gram=gram), x) for gram in ("bfloat16", "float32")]
    return {"layer": name, **pairs.alternate(*calls, budget=budget)}


def main() -> None:
    """Every layer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a second a row, for a first look")
    budget = 1.0 if parser.parse_args().quick else 6.0
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rows = []
    for count, inputs, outputs in LINEAR:
        x = torch.rand(count, inputs) / math.sqrt(inputs / 400)
        name = f"{count} rows, {inputs} → {outputs}"
        rows.append(row(name, functools.partial(IsaacLinear, inputs, outputs, False), x, budget))
        print(rows[-1], flush=True)
    for samples, channels, outputs, side in CONVOLUTIONS:
        x = torch.rand(samples, channels, side, side)
        name = f"{samples} images {side} × {side}, {channels} → {outputs} channels"
        shape = {"in_channels": channels, "out_channels": outputs, "kernel_size": 3, "padding": 1}
        rows.append(row(name, functools.partial(IsaacConv2d, **shape, bias=False), x, budget))
        print(rows[-1], flush=True)
    print("written", pairs.write("isaac_rounded_gram", rows))


if __name__ == "__main__":
    main()
