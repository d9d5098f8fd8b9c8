# benchmarks/logic/bench_conv.py — a training step of the convolutional network S of MNIST beside its budget
"""`bench_conv.py [--quick]`: writes benchmarks/results/logic_conv.json.

Processor time of one thread, float32: forward, backward and torch's fused Adam. The budget counts
multiply-adds of vectors of 16 numbers: 3 a gate forward, and 12 on the way back, which runs each gate again
(3), and forms the four sums (5) and the gradients of both inputs (4). Forward has every placement, the way
back the winners alone. What a multiply-add takes is measured on a matrix product in the same process.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import pairs

import pliant

KERNELS, OUTPUTS, POOL, GATES = (16, 48, 144), (144, 36, 9), 4, 7  # of a convolution; outputs of a kernel
WIDTHS, CLASSES, TAU = [40960, 20480, 10240], 10, 6.5
SAMPLES = 16  # of a vector


def network(parametrization: str, grad_factor: float = 1.0) -> nn.Module:
    """The network of the recipe mnist-conv-small."""
    kind = {"parametrization": parametrization}
    return nn.Sequential(
        pliant.nn.LogicConv2d(1, 16, 5, pool=2, **kind),
        pliant.nn.LogicConv2d(16, 48, 3, padding=1, pool=2, groups=2, **kind),
        pliant.nn.LogicConv2d(48, 144, 3, padding=1, pool=2, groups=2, **kind),
        nn.Flatten(),
        pliant.nn.LogicNetwork(1296, WIDTHS, groups=CLASSES, tau=TAU, grad_factor=grad_factor, **kind),
    )


def step(model: nn.Module, batch: int) -> Callable[[], object]:
    """One training step on one batch."""
    x, labels = (torch.rand(batch, 1, 28, 28) > 0.5).float(), torch.randint(CLASSES, (batch,))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, fused=True)

    def call() -> None:
        optimizer.zero_grad()
        F.cross_entropy(model(x), labels).backward()
        optimizer.step()

    return call


def processor_seconds(call: Callable[[], object]) -> float:
    """Of one call."""
    start = time.process_time()
    call()
    return time.process_time() - start


def budget() -> float:
    """Images a second if multiply-adds were all there is, and ran as fast as in torch's matrix product."""
    side = 768
    a, b = torch.rand(side, side), torch.rand(side, side)
    a @ b
    vectors = side**3 / SAMPLES / min(processor_seconds(lambda: a @ b) for _ in range(20))
    winners = GATES * sum(k * o for k, o in zip(KERNELS, OUTPUTS, strict=True))
    operations = 3 * POOL * winners + 12 * winners + 15 * sum(WIDTHS)
    return SAMPLES * vectors / operations


def row(parametrization: str, batch: int, rounds: int, peak: float) -> dict:
    """The step beside the same one layer by layer, which a factor of gradients keeps from being trees."""
    calls = [step(network(parametrization, factor), batch) for factor in (1.0, 1.0000001)]
    times = [[processor_seconds(call) for call in calls] for _ in range(rounds + 1)][1:]
    ours = statistics.median(trees for trees, _ in times)
    return {
        "name": parametrization,
        "batch": batch,
        "ours_ms": 1e3 * ours,
        "images_per_second": batch / ours,
        "budget_images_per_second": peak,
        "layers_ms": 1e3 * statistics.median(layers for _, layers in times),
        "ratio": statistics.median(layers / trees for trees, layers in times),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds, for a first look")
    rounds = 3 if parser.parse_args().quick else 15
    torch.manual_seed(0)
    torch.set_num_threads(1)
    peak = budget()
    rows = []
    for parametrization, batch in (("softmax", 512), ("light_sine", 512), ("light_sine", 128)):
        rows.append(row(parametrization, batch, rounds, peak))
        print(rows[-1], flush=True)
    print("written", pairs.write("logic_conv", rows))


if __name__ == "__main__":
    main()
