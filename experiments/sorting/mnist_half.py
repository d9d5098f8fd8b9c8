# experiments/sorting/mnist_half.py — four-digit MNIST at half the resolution, to its plateau
"""Needs MNIST: the environment's PLIANT_DATA names the folder. A run takes about 25 minutes on one core."""

from __future__ import annotations

import sys

from experiments.rows import Row
from experiments.runner import Experiment, Job, main
from experiments.sorting.families import FAMILIES, steepness

STEPS = {5: 6000, 9: 3500}
COMPARED = ("cauchy", "optimal", "logistic + ART")
SEEDS = (0, 1)
COMMON = {"data": "mnist", "half-resolution": True, "batch": 100, "learning-rate": 1e-3}


def job(n: int, family: str, seed: int) -> Job:
    budget = {"steps": STEPS[n], "validate-every": 250}
    options = {**COMMON, **budget, "n": n, "method": "odd_even", **FAMILIES[family]}
    return Job({"n": n, "family": family}, {**options, "steepness": steepness(family, n, 1)}, seed)


def plan(rows: list[Row]) -> list[Job]:
    return [job(n, f, seed) for seed in SEEDS for n in STEPS for f in COMPARED]


EXPERIMENT = Experiment("mnist_half", "sorting", plan)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT))
