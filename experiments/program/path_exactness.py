# experiments/program/path_exactness.py — how often a relaxed shortest path, rounded, is the cheapest one
"""Maps of 12 × 12 cells with costs drawn evenly from 0.8 … 9.2 (the range of the Warcraft maps), the relaxed
program "shortest_path" at several inverse temperatures β with both of its loops, with an absorbing source and
with the published leaky one, beside Dijkstra's algorithm. No training; seconds.

    python -m experiments.program.path_exactness
"""

from __future__ import annotations

import sys
import time

from experiments.rows import Row, append_row, read_rows
from experiments.runner import Experiment, machine, revision

MAPS, CELLS, LOW, HIGH = 1000, 12, 0.8, 9.2
BETAS = (2.0, 5.0, 10.0, 25.0, 50.0, 100.0)
WAYS = {
    "for": {},
    "while": {"while_loop": True},
    "for, leaky": {"leaky_source": True},
    "while, leaky": {"leaky_source": True, "while_loop": True},
}
# It trains nothing: there are no jobs for the runner.
EXPERIMENT = Experiment("path_exactness", "program", lambda rows: [])


def measure(way: str, beta: float) -> Row:
    """A row: the share of maps whose rounded relaxed path is the cheapest, and the error of its cost."""
    import torch

    import pliant

    generator = torch.Generator().manual_seed(0)
    costs = LOW + (HIGH - LOW) * torch.rand(MAPS, CELLS, CELLS, generator=generator, dtype=torch.float64)
    truth = pliant.shortest_path(costs)
    begin = time.perf_counter()
    path, distance = pliant.program.load("shortest_path", beta=beta, **WAYS[way])(costs)
    seconds = time.perf_counter() - begin
    exact = (path.round() == truth).flatten(1).all(1)
    expected = (costs * truth).flatten(1).sum(1) - costs[:, 0, 0]
    return {
        "setting": {"way": way, "beta": beta},
        "options": {"maps": MAPS, "cells": CELLS},
        "seed": 0,
        "seconds": round(seconds, 3),
        "test": {
            "exact": exact.double().mean().item(),
            "distance_error": (distance - expected).abs().max().item(),
        },
        "revision": revision(),
        "machine": machine(),
    }


def main() -> int:
    """Measures what is not there yet."""
    done = [row["setting"] for row in read_rows(EXPERIMENT.results)]
    for way in WAYS:
        for beta in BETAS:
            if {"way": way, "beta": beta} in done:
                continue
            row = measure(way, beta)
            append_row(EXPERIMENT.results, row)
            print(f"{way}, β = {beta:g}: exact {row['test']['exact']:.1%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
