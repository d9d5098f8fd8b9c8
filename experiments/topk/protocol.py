# experiments/topk/protocol.py — what the top-k experiments share: figures, P_K, how results are selected
from __future__ import annotations

from collections.abc import Sequence

from experiments.rows import Row
from experiments.runner import PLIANT, Figures

PROGRAM = (*PLIANT, "train", "topk")
FIGURES = Figures(
    ("top1", "top5", "top10"),
    ("top1", "top5", "test_top1", "test_top5"),
    {"top-1": "top1", "top-5": "top5"},
)

# Name in the tables → P_K(1) … P_K(5), those that the paper swept.
P_K = {
    "[1, 0, 0, 0, 0]": (1, 0, 0, 0, 0),
    "[.5, 0, 0, 0, .5]": (0.5, 0, 0, 0, 0.5),
    "[.25, 0, 0, 0, .75]": (0.25, 0, 0, 0, 0.75),
    "[.1, 0, 0, 0, .9]": (0.1, 0, 0, 0, 0.9),
    "[0, 0, 0, 0, 1]": (0, 0, 0, 0, 1),
    "[.2, .2, .2, .2, .2]": (0.2, 0.2, 0.2, 0.2, 0.2),
}
FIRST, HALF, *_, EVEN = P_K


def p_k_option(name: str) -> str:
    """P_K as the program takes it."""
    return ",".join(f"{p:g}" for p in P_K[name])


def at_best(row: Row, figure: str) -> float:
    """The test's `figure` ("top1" or "top5") in %, at the validation where that figure was best (the first of
    equals): each is selected on its own. A run that failed counts as 0.
    """
    if "error" in row:
        return 0.0
    place = 1 + FIGURES.curve.index(figure)
    tested = 1 + FIGURES.curve.index(f"test_{figure}")
    return 100 * max(row["curve"], key=lambda line: line[place])[tested]


def by_seed(rows: Sequence[Row], figure: str) -> dict[int, float]:
    """`at_best` of each row by its seed."""
    return {row["seed"]: at_best(row, figure) for row in rows}
