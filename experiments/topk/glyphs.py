# experiments/topk/glyphs.py — from scratch on characters in fonts that training never saw
"""The published set-up of training from scratch (all classes are candidates, mode "smce", and the published
steepness of each method) on a budget of minutes: 500 characters instead of 1,000, three small convolutions
instead of a ResNet-18, 500 steps, at whose end figures still rise. LapSum, which the paper does not have,
gets the steepness of the networks. The learning rate was tried with a few runs, not searched for each loss.
27 runs of about a minute and a half on one core.
"""

from __future__ import annotations

import sys

from experiments.rows import Row
from experiments.runner import Experiment, Job, main
from experiments.topk.protocol import EVEN, FIGURES, HALF, PROGRAM, p_k_option

METHODS: dict[str, dict[str, object]] = {
    "splitter_selection": {"distribution": "logistic", "art-lambda": 0.5, "steepness": 0.5},
    "neuralsort": {"steepness": 0.0625},
    "softsort": {"steepness": 0.0625},
    "lapsum": {"steepness": 0.5},
}
COMPARED = (HALF, EVEN)
BASE = "cross_entropy"
SEEDS = (0, 1, 2)
SET = {"data": "glyphs", "classes": 500, "channels": "16,32,64", "top1-mode": "smce"}
BUDGET = {"steps": 500, "batch": 128, "learning-rate": 2e-3, "validate-every": 100, "evaluation": 2000}


def job(method: str, p_k: str, seed: int) -> Job:
    options = {**SET, "loss": "topk", "method": method, **METHODS[method], "p-k": p_k_option(p_k)}
    return Job({"loss": method, "p_k": p_k}, {**options, **BUDGET, "watch-test": True}, seed, PROGRAM)


def base(seed: int) -> Job:
    options = {**SET, "loss": "cross_entropy", **BUDGET, "watch-test": True}
    return Job({"loss": BASE}, options, seed, PROGRAM)


def plan(rows: list[Row]) -> list[Job]:
    """Each seed in turn."""
    jobs = []
    for seed in SEEDS:
        jobs += [base(seed), *(job(method, p_k, seed) for p_k in COMPARED for method in METHODS)]
    return jobs


EXPERIMENT = Experiment("glyphs", "topk", plan, FIGURES)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT))
