# experiments/logic/tabular.py — Adult, breast cancer and MONK, by the published networks and with light gates
"""The published layers and temperatures, where they are published (MONK's are not), with fewer steps:
20,000 for Adult and MONK, 10,000 for breast cancer, where the README of the published code has 100,000. The
best checkpoint is chosen on a tenth of the training rows. Breast cancer is split anew for each of 20 seeds,
as its test has 70 rows. About six minutes of one core.
"""

from __future__ import annotations

import sys

from experiments.logic.protocol import FIGURES, PROGRAM
from experiments.rows import Row
from experiments.runner import Experiment, Job, main

STEPS = {"adult": 20_000, "breast-cancer": 10_000, "monk1": 20_000, "monk2": 20_000, "monk3": 20_000}
GATES = {
    "published": {},
    "light": {"parametrization": "light", "init": "residual", "wiring": "random"},
}
SEEDS = {"breast-cancer": range(20)}
FEW_SEEDS = range(5)


def job(recipe: str, gates: str, seed: int) -> Job:
    budget = {"steps": STEPS[recipe], "validate-every": STEPS[recipe] // 40}
    options = {"recipe": recipe, **GATES[gates], **budget}
    if recipe in SEEDS:
        options["split"] = seed
    return Job({"recipe": recipe, "gates": gates}, options, seed, PROGRAM)


def plan(rows: list[Row]) -> list[Job]:
    return [job(r, g, seed) for r in STEPS for seed in SEEDS.get(r, FEW_SEEDS) for g in GATES]


EXPERIMENT = Experiment("tabular", "logic", plan, FIGURES)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT))
