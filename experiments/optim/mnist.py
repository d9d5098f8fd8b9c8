# experiments/optim/mnist.py — the package's example on MNIST, two epochs
"""The example of isaac 0.1.1: 784-400-400-400-400-10, batch 100, the first three layers conditioned at
λ = 10 with a rate of 1 beside one of 0.1 for plain descent; here over 2 of its 30 epochs, and with plain
descent at 0.3 and 1 and Adam at 0.001. Three seeds, which share weights and batches. Images are drawn with
replacement.
"""

from __future__ import annotations

import sys

from experiments.optim.digits import FIGURES, PROGRAM
from experiments.rows import Row
from experiments.runner import Experiment, Job, main

METHODS: dict[str, dict[str, object]] = {
    "gradient descent, 0.1": {"optimizer": "descent", "learning-rate": 0.1},
    "gradient descent, 0.3": {"optimizer": "descent", "learning-rate": 0.3},
    "gradient descent, 1": {"optimizer": "descent", "learning-rate": 1.0},
    "Adam, 0.001": {"optimizer": "adam", "learning-rate": 0.001},
    "ISAAC, λ = 10, 1": {"optimizer": "isaac", "damping": 10.0, "learning-rate": 1.0},
    "ISAAC, λ = 1, 1": {"optimizer": "isaac", "damping": 1.0, "learning-rate": 1.0},
}
SEEDS = (0, 1, 2)
BUDGET = {"data": "mnist", "batch": 100, "steps": 1100, "validate-every": 110}


def job(method: str, seed: int) -> Job:
    """A run of the method."""
    return Job({"method": method}, {**BUDGET, **METHODS[method]}, seed, PROGRAM)


def plan(rows: list[Row]) -> list[Job]:
    """Each seed in turn."""
    return [job(method, seed) for seed in SEEDS for method in METHODS]


EXPERIMENT = Experiment("mnist", "optim", plan, FIGURES)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT))
