# experiments/program/sweeps.py — tasks of programs at other β, distributions and T-norms than the paper's
"""The runs of paths.py, sort.py and words.py with one thing changed, at their budgets: β; the distribution of
every comparison, its scale set by β alone; the T-norm that joins cells to a path. What is not named is as
the task has it: logistic, probabilistic, β = 25 for paths, 8 for numbers, 9 for words.
"""

from __future__ import annotations

import sys

from experiments.program import paths, sort, words
from experiments.rows import Row
from experiments.runner import PLIANT, Experiment, Figures, Job, main

Change = dict[str, object]
BETA, DISTRIBUTION, T_NORM = "beta", "distribution", "t-norm"
CHANGES: dict[str, list[Change]] = {
    "program-sort": [
        *({BETA: beta} for beta in (2, 4, 8, 16, 32)),
        *({DISTRIBUTION: name} for name in ("gaussian", "cauchy", "reciprocal", "laplace", "uniform")),
    ],
    "edit-distance": [{BETA: beta} for beta in (1, 4, 9, 25)],
    "paths": [
        *({BETA: beta} for beta in (5, 10, 25, 60)),
        *({T_NORM: name} for name in ("max", "einstein", "hamacher", "yager")),
    ],
}
BUDGETS: dict[str, Change] = {
    "program-sort": sort.BUDGET,
    "edit-distance": {**words.BUDGET, "letters": "0,1,2,3"},
    "paths": {**paths.BUDGET, "method": "program"},
}
SEEDS = (0, 1, 2)


def name_of(change: Change) -> str:
    """As the tables call it."""
    ((key, value),) = change.items()
    return f"β = {value}" if key == BETA else str(value)


def plan(_: list[Row]) -> list[Job]:
    """Every change, seed by seed."""
    return [
        Job(
            {"task": task, "change": name_of(change)},
            {**BUDGETS[task], **change},
            seed,
            (*PLIANT, "train", task),
        )
        for seed in SEEDS
        for task, changes in CHANGES.items()
        for change in changes
    ]


FIGURES = Figures(("exact", "elementwise", "exact_hard", "cost_ratio", "accuracy", "exact_distance"), (), {})
EXPERIMENT = Experiment("sweeps", "program", plan, FIGURES)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT))
