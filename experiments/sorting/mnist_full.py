# experiments/sorting/mnist_full.py — four-digit MNIST at the published resolution, n = 5, half an hour
"""The published network, data, batch, learning rate and steepness; the budget is 30 minutes of training,
where the papers give 100,000 steps. Needs MNIST: the environment's PLIANT_DATA names the folder.
"""

from __future__ import annotations

import sys

from experiments.rows import Row
from experiments.runner import Experiment, Job, main

OPTIONS = {"data": "mnist", "n": 5, "method": "odd_even", "distribution": "cauchy", "steepness": 10.0}
BUDGET = {"minutes": 30, "validate-every": 250}


def plan(rows: list[Row]) -> list[Job]:
    return [Job({"n": 5, "family": "cauchy"}, {**OPTIONS, **BUDGET}, seed=0)]


EXPERIMENT = Experiment("mnist_full", "sorting", plan)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT))
