# experiments/sorting/bfloat16.py — what convolutions in bfloat16 cost in accuracy: 8×8 digits, five seeds
"""The same runs with and without `--bfloat16`, by seed. About six minutes on one core.

Where the processor lacks instructions for bfloat16 torch emulates them: the time is then no measure of it.
"""

from __future__ import annotations

import sys

from experiments.rows import Row
from experiments.runner import Experiment, Job, main
from experiments.sorting.digits_families import BUDGET, SEEDS
from experiments.sorting.families import FAMILIES, steepness

N = 5
FAMILY = "cauchy"
PRECISIONS = {"float32": False, "bfloat16": True}


def job(precision: str, seed: int) -> Job:
    options = {"data": "digits", "n": N, "method": "odd_even", **FAMILIES[FAMILY], **BUDGET}
    options |= {"steepness": steepness(FAMILY, N, 1), "bfloat16": PRECISIONS[precision]}
    return Job({"precision": precision}, options, seed)


def plan(rows: list[Row]) -> list[Job]:
    return [job(precision, seed) for seed in SEEDS for precision in PRECISIONS]


EXPERIMENT = Experiment("bfloat16", "sorting", plan)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT))
