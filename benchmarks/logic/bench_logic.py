# benchmarks/logic/bench_logic.py — a training step of a logic gate network beside its peers
"""`bench_logic.py [--quick]`: writes benchmarks/results/logic.json.

A step is forward, backward and torch's fused Adam, float32, of 6 layers of 8,000 gates on 400 inputs, batch
100, 10 classes, tau 10, random wiring, on two threads: the size of MNIST's small network.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import pairs
from pliant.compat import difflogic as compat

import pliant

INPUTS, WIDTHS, CLASSES, TAU, BATCH = 400, [8000] * 6, 10, 10.0, 100


def ours(parametrization: str) -> nn.Module:
    """All layers in one module."""
    return pliant.nn.LogicNetwork(
        INPUTS, WIDTHS, parametrization=parametrization, init="gaussian", groups=CLASSES, tau=TAU
    )


def in_sequence(layer: Callable[[int, int], nn.Module], group_sum: nn.Module) -> nn.Module:
    """A layer after the other, as the packages have it."""
    sizes = zip([INPUTS, *WIDTHS], WIDTHS, strict=False)
    return nn.Sequential(*(layer(*size) for size in sizes), group_sum)


def with_our_layers() -> nn.Module:
    """The published package's names on our kernels."""
    return in_sequence(compat.LogicLayer, compat.GroupSum(CLASSES, TAU))


def difflogic() -> nn.Module:
    """The published package's Python implementation."""
    from difflogic import GroupSum, LogicLayer

    return in_sequence(lambda *size: LogicLayer(*size, device="cpu"), GroupSum(CLASSES, TAU, device="cpu"))


def torchlogix(parametrization: str) -> nn.Module:
    """A later package in plain torch."""
    from torchlogix.layers import GroupSum, LogicDense

    options = {"parametrization": parametrization, "parametrization_kwargs": {"weight_init": "random"}}
    return in_sequence(lambda *size: LogicDense(*size, **options), GroupSum(CLASSES, TAU))


OURS = {
    "softmax": lambda: ours("softmax"),
    "light": lambda: ours("light"),
    "compat.difflogic": with_our_layers,
}
PEERS = {
    ("softmax", "difflogic"): difflogic,
    ("softmax", "torchlogix"): lambda: torchlogix("raw"),
    ("light", "difflogic"): difflogic,
    ("light", "torchlogix"): lambda: torchlogix("light"),
    ("compat.difflogic", "difflogic"): difflogic,
}


def step(model: nn.Module) -> Callable[[], object]:
    """One training step on one batch."""
    x, labels = torch.rand(BATCH, INPUTS), torch.randint(CLASSES, (BATCH,))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, fused=True)

    def call() -> None:
        optimizer.zero_grad()
        F.cross_entropy(model(x), labels).backward()
        optimizer.step()

    return call


def row(name: str, peer: str, budget: float) -> dict:
    """Our step beside a peer's, or alone where that is not installed."""
    call = step(OURS[name]())
    found = {"name": name, "peer": peer, "version": pairs.peer_version(peer)}
    found["scratch_mb"] = pairs.scratch_mb(call)
    if found["version"] is None:
        return found | {"ours_ms": pairs.median_ms(call, budget)}
    # difflogic prints in every call.
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        return found | pairs.alternate(call, step(PEERS[name, peer]()), budget)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a second a row, for a first look")
    budget = 1.0 if parser.parse_args().quick else 20.0
    torch.manual_seed(0)
    torch.set_num_threads(pairs.THREADS)
    rows = []
    for name, peer in PEERS:
        rows.append(row(name, peer, budget))
        print(rows[-1], flush=True)
    print("written", pairs.write("logic", rows))


if __name__ == "__main__":
    main()
