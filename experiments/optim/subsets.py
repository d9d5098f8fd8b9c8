# experiments/optim/subsets.py — which of five layers are conditioned
"""Figure 5 of ISAAC Newton: 784-400-400-400-400-10 on MNIST, batch 60, plain descent, constant rate.
Published are 40 epochs; here it is one (1,000 steps). Plain descent and ISAAC with λ = 1 on each subset of
the layers get the same four rates on the first seed; each one's best by validation accuracy is run on three
seeds, which share weights and batches.
"""

from __future__ import annotations

import sys

from experiments.optim.digits import FIGURES, PROGRAM
from experiments.rows import Row
from experiments.runner import Experiment, Job, main

DESCENT = "none"
SUBSETS = (DESCENT, "1,2,3,4,5", "1", "5", "1,2,3", "3,4,5", "1,3,5", "2,4")
RATES = (3.0, 1.0, 0.3, 0.1)
SEEDS = (0, 1, 2)  # the first one also chooses
BUDGET = {"data": "mnist", "batch": 60, "steps": 1000, "validate-every": 50}
CONDITIONED = {"optimizer": "isaac", "damping": 1.0}


def job(subset: str, rate: float, seed: int) -> Job:
    """A run with these layers conditioned."""
    options = {"optimizer": "descent"} if subset == DESCENT else {**CONDITIONED, "conditioned": subset}
    return Job({"layers": subset, "rate": rate}, {**BUDGET, **options, "learning-rate": rate}, seed, PROGRAM)


def chosen(rows: list[Row], subset: str) -> float | None:
    """The best rate of the search; None while a run of it is missing."""
    found = {
        rate: (row["validation"].get("accuracy", 0.0), -row["validation"].get("loss", 1e9))
        for rate in RATES
        for row in rows
        if job(subset, rate, SEEDS[0]).matches(row)
    }
    return max(found, key=found.__getitem__) if len(found) == len(RATES) else None


def plan(rows: list[Row]) -> list[Job]:
    """First the search, then each seed in turn."""
    best = {subset: chosen(rows, subset) for subset in SUBSETS}
    if None in best.values():
        return [job(subset, rate, SEEDS[0]) for subset in SUBSETS for rate in RATES]
    searched = [job(subset, rate, SEEDS[0]) for subset in SUBSETS for rate in RATES]
    return searched + [job(subset, best[subset], seed) for seed in SEEDS[1:] for subset in SUBSETS]


EXPERIMENT = Experiment("subsets", "optim", plan, FIGURES)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT))
