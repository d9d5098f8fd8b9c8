# experiments/logic/ablation.py — what is learned, how it begins and how it is wired, at equal gates
"""MNIST cut to 20×20, 6 × 2000 gates, batch 100, 5,000 steps: far from a plateau, the same for all. Each
row differs from the published choice (softmax, Gaussian, unique) in what its setting says. Needs MNIST: the
environment's PLIANT_DATA names the folder.
"""

from __future__ import annotations

import sys

from experiments.logic.protocol import FIGURES, PROGRAM
from experiments.rows import Row
from experiments.runner import Experiment, Job, main

COMMON = {
    "data": "mnist20x20",
    "widths": ",".join(["2000"] * 6),
    "tau": 10,
    "batch": 100,
    "learning-rate": 0.01,
    "steps": 5000,
    "validate-every": 500,
}
PARAMETRIZATIONS = ("softmax", "light", "light_sine", "covjac", "walsh")
INITS = ("gaussian", "residual")
WIRINGS = ("unique", "random", "local,random", "butterfly")
SEEDS = (0, 1, 2)


def job(parametrization: str, init: str, wiring: str, seed: int, **more: object) -> Job:
    setting = {"parametrization": parametrization, "init": init, "wiring": wiring, **more}
    return Job(setting, {**COMMON, **setting}, seed, PROGRAM)


def plan(rows: list[Row]) -> list[Job]:
    jobs = []
    for seed in SEEDS:
        jobs += [job(p, init, "unique", seed) for p in PARAMETRIZATIONS for init in INITS]
        jobs += [job("light", "residual", wiring, seed) for wiring in WIRINGS if wiring != "unique"]
        jobs += [job(p, "residual", "unique", seed, gumbel=True) for p in ("softmax", "light")]
    return jobs


EXPERIMENT = Experiment("ablation", "logic", plan, FIGURES)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT))
