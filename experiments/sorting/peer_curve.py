# experiments/sorting/peer_curve.py — diffsort's own layer in the same loop: do the curves agree?
"""Half-resolution MNIST, n = 5, Cauchy; ours and diffsort 0.2.0's layer from the same weights on the same
batches. Needs MNIST (PLIANT_DATA), the built library and the peers (`benchmarks/install_peers`). The figures
are of validation sets; there is no test set, since the curves are what is compared.
"""

from __future__ import annotations

import sys

from experiments.rows import Row
from experiments.runner import Experiment, Job, main

SORTERS = ("pliant", "diffsort")
PROGRAM = (sys.executable, "-m", "experiments.sorting.peer_run")
OPTIONS = {
    "n": 5,
    "steepness": 10.0,
    "batch": 100,
    "learning-rate": 1e-3,
    "steps": 1500,
    "validate-every": 100,
}


def plan(rows: list[Row]) -> list[Job]:
    return [
        Job({"sorter": sorter}, {"sorter": sorter, **OPTIONS}, seed, PROGRAM)
        for seed in (0, 1)
        for sorter in SORTERS
    ]


EXPERIMENT = Experiment("peer_curve", "sorting", plan)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT))
