# experiments/program/words.py — letters read by edit distances between words, alphabets of two and four
"""Words of four embedded 8 × 8 digits, 400 steps of 32 pairs. The paper's letters are EMNIST's, in the
alphabets AB, BC, … EF and ABCD … EFGH; here they are the digits 01, 12, … 45 and 0123 … 4567, so the figures
do not compare with the paper's. By chance, after the best renaming, a little more than 1/2 and 1/4 of the
letters are right.
"""

from __future__ import annotations

import sys

from experiments.rows import Row
from experiments.runner import PLIANT, Experiment, Figures, Job, main

ALPHABETS = [[i, i + 1] for i in range(5)] + [[i, i + 1, i + 2, i + 3] for i in range(5)]
BUDGET = {"data": "digits", "steps": 400, "validate-every": 100}


def plan(_: list[Row]) -> list[Job]:
    """Every alphabet."""
    jobs = []
    for letters in ALPHABETS:
        options = {**BUDGET, "letters": ",".join(map(str, letters))}
        name = "".join(map(str, letters))
        jobs.append(Job({"alphabet": name}, options, 0, (*PLIANT, "train", "edit-distance")))
    return jobs


FIGURES = Figures(("accuracy", "top2", "distance_error", "exact_distance"), ("accuracy",), {})
EXPERIMENT = Experiment("words", "program", plan, FIGURES)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT))
