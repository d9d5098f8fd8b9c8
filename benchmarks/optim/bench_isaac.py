# benchmarks/optim/bench_isaac.py — what ISAAC adds to a training step, beside the plain step and isaac 0.1.1
"""`bench_isaac.py [--quick] [--processor-time]`: writes benchmarks/results/isaac.json.

A step is forward, backward and torch's fused SGD at batch 60, in float32; networks are 784-n-n-n-n-10 with
ReLU, every layer conditioned. Plain (torch's own layers), ours and the package's step run in turn. For all
three malloc keeps what is freed: gradients of 10 MB given back to the system at each step would cost more
than what is measured.

On a machine that others use, --processor-time counts the time of the processor instead of the clock's, on one
thread alone: threads that wait for each other would count their waiting.
"""

from __future__ import annotations

import argparse
import ctypes
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import pairs

import pliant
from pliant.optim import isaac_cost

BATCH, INPUTS, CLASSES = 60, 784, 10
WIDTHS = (100, 400, 1600)
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # of mallopt

Linear = Callable[[int, int], torch.nn.Module]


def step(linear: Linear, width: int, batch: tuple[torch.Tensor, torch.Tensor]) -> Callable[[], object]:
    """One step of training a network of such layers; the rate is so small that nothing changes."""
    torch.manual_seed(0)
    sizes = [INPUTS, width, width, width, width, CLASSES]
    layers: list[torch.nn.Module] = []
    for inputs, outputs in zip(sizes, sizes[1:], strict=False):
        layers += [linear(inputs, outputs), torch.nn.ReLU()]
    network = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-6, fused=True)

    def call() -> None:
        optimizer.zero_grad()
        F.cross_entropy(network(batch[0]), batch[1]).backward()
        optimizer.step()

    return call


def floor(width: int) -> float:
    """The overhead by count."""
    sizes = [INPUTS, width, width, width, width, CLASSES]
    costs = [
        isaac_cost(BATCH, a, b, gradient_of_input=i > 0)
        for i, (a, b) in enumerate(zip(sizes, sizes[1:], strict=False))
    ]
    return sum(cost.extra for cost in costs) / sum(cost.plain for cost in costs)


def linears() -> dict[str, Linear]:
    """What makes a layer: torch's, ours, and the package's where it is installed."""
    found: dict[str, Linear] = {
        "plain": torch.nn.Linear,
        "ours": lambda a, b: pliant.nn.IsaacLinear(a, b, damping=1.0),
    }
    if pairs.peer_version("isaac") is not None:
        import isaac

        found["peer"] = lambda a, b: isaac.Linear(a, b, la=1.0)
    return found


def timed(call: Callable[[], object], repeats: int, clock: Callable[[], float]) -> float:
    """Seconds of one call."""
    start = clock()
    for _ in range(repeats):
        call()
    return (clock() - start) / repeats


def row(width: int, threads: int, budget: float, clock: Callable[[], float]) -> dict:
    """Medians over rounds in which each step is timed once."""
    torch.set_num_threads(threads)
    batch = torch.rand(BATCH, INPUTS), torch.randint(CLASSES, (BATCH,))
    calls = {name: step(linear, width, batch) for name, linear in linears().items()}
    repeats = pairs.repeats_for(calls["plain"])
    for call in calls.values():
        call()
    rounds: list[dict[str, float]] = []
    end = time.perf_counter() + budget
    while len(rounds) < 30 or time.perf_counter() < end:
        rounds.append({name: timed(call, repeats, clock) for name, call in calls.items()})
    found = {"width": width, "threads": threads, "floor": floor(width), "rounds": len(rounds)}
    found["plain_ms"] = 1e3 * statistics.median(r["plain"] for r in rounds)
    for name in calls.keys() - {"plain"}:
        ratios = [r[name] / r["plain"] - 1 for r in rounds]
        low, middle, high = statistics.quantiles(ratios, n=4)
        best = min(r[name] for r in rounds) / min(r["plain"] for r in rounds) - 1
        found[name] = {"overhead": middle, "low": low, "high": high, "best": best}
    return found | {"version": pairs.peer_version("isaac")}


def main() -> None:
    """Every width on one thread and on two."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two seconds a row, for a first look")
    parser.add_argument("--processor-time", action="store_true", help="on one thread, not by the clock")
    options = parser.parse_args()
    budget = 2.0 if options.quick else 12.0
    clock = time.process_time if options.processor_time else time.perf_counter
    libc = ctypes.CDLL(None)
    for option in (TRIM_THRESHOLD, MMAP_THRESHOLD):
        libc.mallopt(option, 1 << 30)
    rows = []
    for width in WIDTHS:
        for threads in (1,) if options.processor_time else (1, pairs.THREADS):
            rows.append(row(width, threads, budget, clock))
            print(rows[-1], flush=True)
    print("written", pairs.write("isaac", rows, clock="processor" if options.processor_time else "wall"))


if __name__ == "__main__":
    main()
