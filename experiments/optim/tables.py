# experiments/optim/tables.py — the table of docs/isaac.md on the digits, made from the rows
from __future__ import annotations

from collections.abc import Callable, Mapping

from experiments.optim import digits, mnist
from experiments.rows import Row
from experiments.statistics import estimate, paired_difference
from experiments.tables import NONE, markdown, table_of, with_interval

BASE = "gradient descent"
REACHED = 0.9  # of the validation accuracy
PUBLISHED = "gradient descent, 0.1"
REACHED_ON_MNIST = 0.95
NAMES = {"descent": " without momentum", "sgd": ", momentum 0.9", "adam": ""}


def steps_to(row: Row, accuracy: float) -> int | None:
    """The step of the first validation that has so much."""
    return next((step for step, found, _ in row["curve"] if found >= accuracy), None)


def by_seed(rows: list[Row], method: str, choice: digits.Choice) -> dict[int, Row]:
    """The rows of a method's best choice."""
    jobs = {seed: digits.job(method, choice, seed) for seed in digits.SEEDS}
    return {seed: row for seed, job in jobs.items() for row in rows if job.matches(row)}


def accuracies(rows: Mapping[int, Row]) -> dict[int, float]:
    """Of the test, in %; a run that failed counts as 0."""
    return {seed: 100 * row["test"].get("accuracy", 0.0) for seed, row in rows.items()}


def compared(rows: list[Row]) -> str:
    """A row a method: its best choice, and what came of it over the seeds."""
    best = {method: digits.chosen(rows, method) for method in digits.METHODS}
    lines = []
    for method, choice in best.items():
        if choice is None or best[BASE] is None:
            lines.append([method, *[NONE] * 5])
            continue
        found, base = by_seed(rows, method, choice), by_seed(rows, BASE, best[BASE])
        options = digits.METHODS[method][choice[0]]
        extra = f", λ = {options['damping']:g}" if "damping" in options else NAMES[options["optimizer"]]
        reached = [steps_to(row, REACHED) for row in found.values()]
        within = [steps for steps in reached if steps is not None]
        steps = f"{sum(within) / len(within):.0f} ({len(within)} of {len(reached)})" if within else NONE
        ours = accuracies(found)
        difference = NONE if method == BASE else with_interval(paired_difference(ours, accuracies(base)), "+")
        seconds = sum(row["seconds"] for row in found.values()) / len(found)
        lines.append(
            [f"{method}{extra}", f"{choice[1]:g}", with_interval(estimate(list(ours.values())))]
            + [difference, steps, f"{seconds:.1f}"]
        )
    head = ["method", "best rate", "test accuracy, %", "difference", "steps to 90 %", "seconds"]
    return markdown(head, lines)


def on_mnist(rows: list[Row]) -> str:
    """A row a method, over the seeds."""
    base = {seed: row for seed in mnist.SEEDS for row in rows if mnist.job(PUBLISHED, seed).matches(row)}
    lines = []
    for method in mnist.METHODS:
        found = {seed: row for seed in mnist.SEEDS for row in rows if mnist.job(method, seed).matches(row)}
        if not found or not base:
            lines.append([method, *[NONE] * 3])
            continue
        ours = accuracies(found)
        difference = (
            NONE if method == PUBLISHED else with_interval(paired_difference(ours, accuracies(base)), "+")
        )
        reached = [steps_to(row, REACHED_ON_MNIST) for row in found.values()]
        within = [steps for steps in reached if steps is not None]
        steps = f"{sum(within) / len(within):.0f} ({len(within)} of {len(reached)})" if within else NONE
        lines.append([method, with_interval(estimate(list(ours.values()))), difference, steps])
    head = ["method, rate", "test accuracy, %", "difference", "steps to 95 %"]
    return markdown(head, lines)


TABLES: dict[str, Callable[[], str]] = {
    "experiments_isaac_digits": table_of(digits.EXPERIMENT, compared),
    "experiments_isaac_mnist": table_of(mnist.EXPERIMENT, on_mnist),
}
