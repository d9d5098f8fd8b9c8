# experiments/program/sort.py — numbers read by the swaps of relaxed bubble sort, beside a sorting network
"""Five numbers of four embedded digits each, 1,000 steps of 20 sets: a small part of the published million
steps of 100 sets on MNIST, so the figures do not compare with the paper's. The same network, images and
batches; each at the rate that its task has by default.
"""

from __future__ import annotations

import sys

from experiments.rows import Row
from experiments.runner import PLIANT, SORTING, Experiment, Job, main

WAYS: dict[str, tuple[str, dict[str, object]]] = {
    "bubble sort, number of swaps": ("program-sort", {}),
    "bubble sort, any swap": ("program-sort", {"supervision": "any"}),
    "odd-even network, permutation matrix": ("sorting", {}),
}
BUDGET = {"data": "digits", "steps": 1000, "validate-every": 250}
SEEDS = (0, 1, 2)


def plan(_: list[Row]) -> list[Job]:
    """Every way, seed by seed."""
    return [
        Job({"way": way}, {**BUDGET, **options}, seed, (*PLIANT, "train", task))
        for seed in SEEDS
        for way, (task, options) in WAYS.items()
    ]


EXPERIMENT = Experiment("sort", "program", plan, SORTING)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT))
