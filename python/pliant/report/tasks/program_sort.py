# python/pliant/report/tasks/program_sort.py — what a run of `pliant train program-sort` has to show
from __future__ import annotations

from pliant.report import times
from pliant.report.run import Run
from pliant.report.tasks import sorting

METRICS = sorting.METRICS
SHAPES = {name: rank for name, rank in sorting.SHAPES.items() if name != "permutation"}


def describe(run: Run) -> str:
    """What was learned from which data, and what taught it."""
    option = run.options.get
    size = f" of {run.start['parameters']:,} parameters" if "parameters" in run.start else ""
    taught = "the chance of any swap" if option("supervision") == "any" else "the number of swaps"
    return (
        f"A convolutional network{size} learns to read numbers of {option('digits', '?')} digits (data set: "
        f"{option('data', '?')}) from nothing but the order of sets of n = {option('n', '?')}. The scores of "
        f"each set, in its true order, go through the relaxed bubble sort (β = {option('beta', '?')}, "
        f"distribution {option('distribution', '?')}), and {taught} is to become 0."
    )


def chapters(run: Run) -> list[tuple[str, str]]:
    """Scores against numbers, sets in their predicted order, where the time goes."""
    return sorting.chapters(run) + times.chapters(run)
