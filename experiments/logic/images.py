# experiments/logic/images.py — MNIST and Fashion-MNIST to as far as the budget goes
"""The published small network on MNIST with 10,000 steps instead of 200,000; the recipes with sine
gates, of as many gates; Fashion-MNIST again in fewer layers, at a higher rate, mirrored; and the
convolutional network S with sine gates. Needs MNIST (PLIANT_DATA) and Fashion-MNIST (`make data`).
"""

from __future__ import annotations

import sys

from experiments.logic.protocol import FIGURES, PROGRAM
from experiments.rows import Row
from experiments.runner import Experiment, Job, main

RUNS: dict[str, dict[str, object]] = {
    "mnist-small": {"recipe": "mnist-small", "steps": 10_000, "validate-every": 1000},
    "mnist": {"recipe": "mnist"},
    "fashion-mnist": {"recipe": "fashion-mnist"},
    "fashion-mnist-wide": {"recipe": "fashion-mnist-wide"},
    "mnist-conv": {"recipe": "mnist-conv"},
}
SEEDS = (0, 1, 2)


def plan(rows: list[Row]) -> list[Job]:
    return [Job({"run": run}, dict(RUNS[run]), seed, PROGRAM) for seed in SEEDS for run in RUNS]


EXPERIMENT = Experiment("images", "logic", plan, FIGURES)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT))
