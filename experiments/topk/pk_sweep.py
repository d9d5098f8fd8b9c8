# experiments/topk/pk_sweep.py — which P_K, which relaxation? A linear head on features of 1,000 glyphs
"""The published set-up of fine-tuning (16 candidates, mode "sm") on features that can be made here: ten
training images of each of 1,000 characters, in five fonts; validation and test in fonts of their own. The
commands that write them to features/glyphs/ are in docs/topk.md.

The steepness of each method is the best of three by validation top-1 on the first seed, at P_K = [.2] × 5 and
without noise. Noise is drawn anew whenever an example is drawn: its label is wrong now and right next time.
With noise there are two P_K. An hour of one core.
"""

from __future__ import annotations

import sys

from experiments.rows import Row
from experiments.runner import Experiment, Job, main
from experiments.topk.protocol import EVEN, FIGURES, FIRST, HALF, P_K, PROGRAM, p_k_option

NETWORK = {"distribution": "logistic", "art-lambda": 0.5}
METHODS: dict[str, dict[str, object]] = {
    "splitter_selection": NETWORK,
    "odd_even": NETWORK,
    "neuralsort": {},
    "softsort": {},
    "sinkhorn": {},
}
STEEPNESSES = {
    "splitter_selection": (0.5, 1.0, 2.0),
    "odd_even": (0.5, 1.0, 2.0),
    "neuralsort": (0.25, 0.5, 1.0),
    "softsort": (0.25, 0.5, 1.0),
    "sinkhorn": (10.0, 30.0, 100.0),  # of keys that are squashed to [0, 1]
}
BASELINES: dict[str, dict[str, object]] = {
    "cross_entropy": {"loss": "cross_entropy"},
    "smooth_svm": {"loss": "smooth_svm", "k": 5},
    "truncated_entropy": {"loss": "truncated_entropy", "k": 5},
    # The same for every method.
    "softmax of 16": {"loss": "topk", "m": 16, "p-k": p_k_option(FIRST)},
}
NOISES = (0.0, 0.2, 0.4)
WITH_NOISE = (EVEN, HALF)
SEEDS = (0, 1, 2, 3, 4)  # the first one also chooses the steepness
SET = {"data": "features", "features": "features/glyphs"}
BUDGET = {"steps": 300, "batch": 200, "learning-rate": 1e-3, "validate-every": 100, "watch-test": True}


def baseline(name: str, noise: float, seed: int) -> Job:
    options = {**SET, **BASELINES[name], **BUDGET, "label-noise": noise}
    return Job({"loss": name, "noise": noise}, options, seed, PROGRAM)


def job(method: str, steepness: float, p_k: str, noise: float, seed: int) -> Job:
    setting = {"loss": method, "steepness": steepness, "p_k": p_k, "noise": noise}
    relaxation = {"method": method, **METHODS[method], "steepness": steepness}
    loss = {"loss": "topk", "m": 16, "p-k": p_k_option(p_k), **relaxation}
    options = {**SET, **loss, **BUDGET, "label-noise": noise}
    return Job(setting, options, seed, PROGRAM)


def chosen(rows: list[Row], method: str) -> float | None:
    """The steepness with the best validation top-1 on the first seed; None while a run of it is missing."""
    found = {
        steepness: row["validation"].get("top1", 0.0)
        for steepness in STEEPNESSES[method]
        for row in rows
        if job(method, steepness, EVEN, 0.0, SEEDS[0]).matches(row)
    }
    return max(found, key=found.__getitem__) if len(found) == len(STEEPNESSES[method]) else None


def plan(rows: list[Row]) -> list[Job]:
    """First the search, then each seed in turn."""
    steepness = {method: chosen(rows, method) for method in METHODS}
    search = [job(method, s, EVEN, 0.0, SEEDS[0]) for method in METHODS for s in STEEPNESSES[method]]
    if None in steepness.values():
        return search
    jobs = list(search)
    for seed in SEEDS:
        for noise in NOISES:
            jobs += [baseline(name, noise, seed) for name in BASELINES]
            swept = [p_k for p_k in P_K if p_k != FIRST] if noise == 0 else WITH_NOISE
            cells = [(method, p_k) for p_k in swept for method in METHODS]
            jobs += [job(method, steepness[method], p_k, noise, seed) for method, p_k in cells]
    return [job for k, job in enumerate(jobs) if job not in jobs[:k]]


EXPERIMENT = Experiment("pk_sweep", "topk", plan, FIGURES)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT))
