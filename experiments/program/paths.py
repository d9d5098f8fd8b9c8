# experiments/program/paths.py — learning costs from paths: the relaxed program beside ways around the solver
"""Drawn terrain of 12 × 12 cells (pliant/data/terrain.h), the published network with 16 channels instead of
64, 300 steps of 32 maps: minutes instead of the published 7,150 steps of 70, so the figures do not compare
with any paper's. The same weights, maps and batches for every method; nothing was searched but σ,
of two values (1 and 0.3).
"""

from __future__ import annotations

import sys

from experiments.rows import Row
from experiments.runner import PLIANT, Experiment, Figures, Job, main

METHODS: dict[str, dict[str, object]] = {
    "program, for, ℓ1": {"method": "program"},
    "program, for, ℓ2": {"method": "program", "loss": "l2"},
    "program, while, ℓ1": {"method": "program", "loop": "while"},
    "program, for, ℓ1, leaky source": {"method": "program", "leaky-source": True},
    "program, for, ℓ1, β = 10": {"method": "program", "beta": 10},
    "black box, Hamming": {"method": "blackbox"},
    "identity, ℓ2": {"method": "identity"},
    "perturbed, Fenchel–Young": {"method": "perturbed"},
    "labels of cells": {"method": "labels"},
}
BUDGET = {"data": "terrain", "steps": 300, "validate-every": 100}
SEEDS = (0, 1, 2)


def plan(_: list[Row]) -> list[Job]:
    """Every method, seed by seed."""
    return [
        Job({"method": name}, {**BUDGET, **options}, seed, (*PLIANT, "train", "paths"))
        for seed in SEEDS
        for name, options in METHODS.items()
    ]


FIGURES = Figures(("exact", "exact_hard", "cost_ratio", "valid"), ("exact_hard",), {})
EXPERIMENT = Experiment("paths", "program", plan, FIGURES)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT))
