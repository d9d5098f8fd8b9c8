# experiments/sorting/stability.py — large sets: gradient norms of bitonic and odd-even networks, n to 1024
"""About 1,024 numbers a step whatever n, so that the convolutions cost the same. The odd-even network of
1,024 layers takes seconds a step; the rest is quick. About an hour on one core.
"""

from __future__ import annotations

import sys

from experiments.rows import Row
from experiments.runner import Experiment, Job, main
from experiments.sorting.families import FAMILIES

METHODS = ("bitonic", "odd_even")
COMPARED = ("cauchy", "logistic")
SIZES = (128, 256, 512, 1024)
ITEMS = 1024  # in a step
SEEDS = (0, 1)
BUDGET = {"steps": 300, "validate-every": 100, "log-every": 5}


def job(method: str, n: int, family: str, seed: int) -> Job:
    sets = {"batch": ITEMS // n, "groups": 10 * ITEMS // n}
    options = {"data": "digits", "n": n, "method": method, **FAMILIES[family], **sets, **BUDGET}
    return Job({"method": method, "n": n, "family": family}, options, seed)


def plan(rows: list[Row]) -> list[Job]:
    return [
        job(method, n, family, seed)
        for seed in SEEDS
        for n in SIZES
        for method in METHODS
        for family in COMPARED
    ]


EXPERIMENT = Experiment("stability", "sorting", plan)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT))
