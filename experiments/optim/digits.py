# experiments/optim/digits.py — the same network by plain and by conditioned gradients, every rate tried
"""784-wide MNIST would take hours here; this is its analogue on the embedded digits: 64-400-400-400-400-10
with ReLU, batch 100, 300 steps, every layer conditioned. Gradient descent without and with momentum, and
ISAAC at four dampings, get 8 rates for each of these, Adam 8 rates; the best by validation accuracy (of
equals the one with the smaller loss) on the first seed is run on all seeds. Seeds share weights and batches.
"""

from __future__ import annotations

import sys

from experiments.rows import Row
from experiments.runner import PLIANT, Experiment, Figures, Job, main

PROGRAM = (*PLIANT, "train", "mnist")
FIGURES = Figures(("accuracy", "loss"), ("accuracy", "loss"), {"accuracy": "accuracy"})
METHODS: dict[str, tuple[dict[str, object], ...]] = {
    "gradient descent": ({"optimizer": "descent"}, {"optimizer": "sgd"}),
    "Adam": ({"optimizer": "adam"},),
    "ISAAC": tuple({"optimizer": "isaac", "conditioned": "all", "damping": d} for d in (0.03, 0.1, 0.3, 3.0)),
}
RATES = (3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
SEEDS = (0, 1, 2, 3, 4)  # the first one also chooses
BUDGET = {"data": "digits", "batch": 100, "steps": 300, "validate-every": 20, "log-every": 20}

Choice = tuple[int, float]  # place among the method's options, learning rate


def job(method: str, choice: Choice, seed: int) -> Job:
    """A run of the method."""
    options = METHODS[method][choice[0]]
    shown = {key: value for key, value in options.items() if key != "conditioned"}
    setting = {"method": method, **shown, "rate": choice[1]}
    return Job(setting, {**BUDGET, **options, "learning-rate": choice[1]}, seed, PROGRAM)


def choices(method: str) -> list[Choice]:
    """What the search tries."""
    return [(place, rate) for place in range(len(METHODS[method])) for rate in RATES]


def chosen(rows: list[Row], method: str) -> Choice | None:
    """The best of the search; None while a run of it is missing."""
    found = {
        choice: (row["validation"].get("accuracy", 0.0), -row["validation"].get("loss", 1e9))
        for choice in choices(method)
        for row in rows
        if job(method, choice, SEEDS[0]).matches(row)
    }
    return max(found, key=found.__getitem__) if len(found) == len(choices(method)) else None


def plan(rows: list[Row]) -> list[Job]:
    """First the search, then each seed in turn."""
    jobs = [job(method, choice, SEEDS[0]) for method in METHODS for choice in choices(method)]
    best = {method: chosen(rows, method) for method in METHODS}
    if None in best.values():
        return jobs
    jobs += [job(method, best[method], seed) for seed in SEEDS for method in METHODS]
    return [job for k, job in enumerate(jobs) if job not in jobs[:k]]


EXPERIMENT = Experiment("digits", "optim", plan, FIGURES)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT))
