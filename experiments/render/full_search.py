# experiments/render/full_search.py — GenDR's whole search of the shape task, for the three best pairs
"""The three pairs of a distribution and a T-conorm that experiments/render/shape.py found best, as the paper
searches them (GenDR, CVPR 2022, its script `opt_shape.py`): five problems, one an elevation, of 24
silhouettes each; for each of them 21 pairs of a learning rate and a softness τ, then, at the best learning
rate, 21 τ within a decade of the best. The score is the least loss of hard silhouettes at any validation, on
the views that are learned from, as published. A few seconds of one core a row.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from itertools import product

from experiments.render import shape
from experiments.rows import Row, read_rows
from experiments.runner import PLIANT, Experiment, main

PAIRS = 3
ELEVATIONS = (-60, -30, 0, 30, 60)
RATES = (-1.25, -1.5, -1.75)  # logarithms to the base 10, as those of τ
COARSE = (-1.0, -2.0, -3.0, -4.0, -5.0, -6.0, -7.0)
FINE = tuple(round(-1 + 0.1 * i, 1) for i in range(21))  # around the best of the coarse ones

Pair = tuple[str, str]


def score(row: Row) -> float:
    """The least loss of hard silhouettes; nothing can be worse than a run that failed."""
    return 1.0 if "error" in row else row["validation"]["hard_loss"]


def best_pairs(rows: Iterable[Row]) -> list[Pair]:
    """The best ones of the rows of experiments/render/shape.py, the best first."""
    least: dict[Pair, float] = {}
    for row in rows:
        pair = (row["setting"]["distribution"], row["setting"]["t_norm"])
        least[pair] = min(score(row), least.get(pair, 1.0))
    return sorted(least, key=lambda pair: least[pair])[:PAIRS]


def of_problem(rows: Iterable[Row], pair: Pair, elevation: int) -> list[Row]:
    """The rows that there are of a pair and an elevation."""
    wanted = {"distribution": pair[0], "t_norm": pair[1], "elevation": elevation}
    return [row for row in rows if wanted.items() <= row["setting"].items()]


def job(pair: Pair, elevation: int, rate: float, log10_tau: float) -> shape.ShapeJob:
    """A run; its setting has logarithms to the base 10."""
    name, squared, _ = shape.DISTRIBUTIONS[pair[0]]
    setting = {"distribution": pair[0], "t_norm": pair[1], "elevation": elevation}
    setting |= {"log10_rate": rate, "log10_tau": log10_tau}
    options = {
        **shape.BUDGET,
        "elevations": elevation,
        "learning-rate": f"{10**rate:.4g}",
        "distribution": name,
    }
    if not squared:
        options["squared=false"] = True
    options |= {"tau": f"{10**log10_tau:.6g}", **shape.T_NORMS[pair[1]]}
    return shape.ShapeJob(setting, options, 0, (*PLIANT, "train", "shape"))


def problem(rows: Sequence[Row], pair: Pair, elevation: int) -> list[shape.ShapeJob]:
    """The coarse grid; once that is there, the fine one too."""
    coarse = [job(pair, elevation, rate, tau) for tau, rate in product(COARSE, RATES)]
    there = [row for row in of_problem(rows, pair, elevation) if any(one.matches(row) for one in coarse)]
    if len(there) < len(coarse):
        return coarse
    best = min(there, key=score)["setting"]
    around = (round(best["log10_tau"] + step, 1) for step in FINE)
    fine = [job(pair, elevation, best["log10_rate"], tau) for tau in around if tau != best["log10_tau"]]
    return coarse + [one for one in fine if all(one.name != other.name for other in coarse)]


def plan(rows: list[Row]) -> list[shape.ShapeJob]:
    """Pair after pair, elevation after elevation."""
    pairs = best_pairs(read_rows(shape.EXPERIMENT.results))
    return [one for pair in pairs for elevation in ELEVATIONS for one in problem(rows, pair, elevation)]


EXPERIMENT = Experiment("full_search", "render", plan, shape.FIGURES)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT))
