# experiments/sorting/methods.py — the other relaxations beside the networks: 8×8 digits, five seeds
"""The budget, weights and batches of digits_families.py, whose rows of the Cauchy network are compared with.
The steepness of each method and n is the best of STEEPNESSES by validation EM on seed 0; the chosen one then
runs on the other seeds. About an hour of one core.
"""

from __future__ import annotations

import sys

from experiments.rows import Row
from experiments.runner import Experiment, Job, main
from experiments.sorting.digits_families import BUDGET, SEEDS, SIZES

METHODS = ("neuralsort", "softsort", "sinkhorn")
STEEPNESSES = {
    "neuralsort": (0.1, 0.3, 1.0),
    "softsort": (0.3, 1.0, 3.0),
    "sinkhorn": (10.0, 30.0, 100.0),  # of keys that are squashed to [0, 1]
}


def job(n: int, method: str, steepness: float, seed: int) -> Job:
    setting = {"n": n, "method": method, "steepness": steepness}
    options = {"data": "digits", "n": n, "method": method, "steepness": steepness, **BUDGET}
    return Job(setting, options, seed)


def chosen(rows: list[Row], n: int, method: str) -> float | None:
    """The steepness with the best validation EM on the first seed; None while a run of it is missing."""
    found = {
        steepness: row["validation"].get("exact", 0.0)
        for steepness in STEEPNESSES[method]
        for row in rows
        if job(n, method, steepness, SEEDS[0]).matches(row)
    }
    return max(found, key=found.__getitem__) if len(found) == len(STEEPNESSES[method]) else None


def plan(rows: list[Row]) -> list[Job]:
    """First the search, then each seed in turn."""
    cells = [(n, method) for n in SIZES for method in METHODS]
    best = {cell: chosen(rows, *cell) for cell in cells}
    return [job(*cell, s, SEEDS[0]) for cell in cells for s in STEEPNESSES[cell[1]]] + [
        job(*cell, best[cell], seed) for seed in SEEDS[1:] for cell in cells if best[cell] is not None
    ]


EXPERIMENT = Experiment("methods", "sorting", plan)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT))
