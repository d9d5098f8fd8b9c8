# experiments/logic/learned_wiring.py — what learned wiring and wider gates bring on MNIST and Fashion-MNIST
"""The recipes of `images.py` at a smaller budget, with the wiring of their first layer fixed and learned; and
8,000 gates of six inputs. Needs MNIST (PLIANT_DATA) and Fashion-MNIST (`make data`).
"""

from __future__ import annotations

import sys

from experiments.logic.protocol import FIGURES, PROGRAM
from experiments.rows import Row
from experiments.runner import Experiment, Job, main

BUDGET: dict[str, object] = {"steps": 4000, "validate-every": 500}
LEARNED: dict[str, object] = {"candidates": "8,0", "wiring-temperature": 1}
SIX_INPUTS: dict[str, object] = {"widths": "4000,4000", "fan-in": 6, "wiring": "random", "candidates": "16,0"}
RUNS: dict[str, dict[str, object]] = {
    "mnist, fixed": {"recipe": "mnist", **BUDGET},
    "mnist, learned": {"recipe": "mnist", **BUDGET, **LEARNED, "wiring-temperature": 0.2},
    "mnist, learned more slowly": {"recipe": "mnist", **BUDGET, **LEARNED},
    "mnist, six inputs": {"recipe": "mnist", **BUDGET, **SIX_INPUTS},
    "fashion-mnist, fixed": {"recipe": "fashion-mnist", **BUDGET},
    "fashion-mnist, learned more slowly": {"recipe": "fashion-mnist", **BUDGET, **LEARNED},
}
SEEDS = (0,)


def plan(rows: list[Row]) -> list[Job]:
    return [Job({"run": run}, dict(RUNS[run]), seed, PROGRAM) for seed in SEEDS for run in RUNS]


EXPERIMENT = Experiment("learned_wiring", "logic", plan, FIGURES)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT))
