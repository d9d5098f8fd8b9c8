# experiments/optim/example.py — the published package's example at its whole length
"""The example of isaac 0.1.1 over all of its 30 epochs on MNIST: 784-400-400-400-400-10, batch 100, plain
descent at 0.1 beside the first three layers conditioned at λ = 10 with a rate of 1. Here images are drawn
with replacement, and the best validation's network is tested. Seeds share weights and batches.
"""

from __future__ import annotations

import sys

from experiments.optim.digits import FIGURES
from experiments.optim.mnist import METHODS, PROGRAM
from experiments.rows import Row
from experiments.runner import Experiment, Job, main

CHOSEN = ("gradient descent, 0.1", "ISAAC, λ = 10, 1")
SEEDS = (0, 1, 2)
BUDGET = {"data": "mnist", "batch": 100, "steps": 16500, "validate-every": 550}


def job(method: str, seed: int) -> Job:
    """A run of the method."""
    return Job({"method": method}, {**BUDGET, **METHODS[method]}, seed, PROGRAM)


def plan(rows: list[Row]) -> list[Job]:
    """Each seed in turn."""
    return [job(method, seed) for seed in SEEDS for method in CHOSEN]


EXPERIMENT = Experiment("example", "optim", plan, FIGURES)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT))
