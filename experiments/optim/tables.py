# experiments/optim/tables.py — the tables of docs/isaac.md, made from the rows
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from experiments.optim import digits, example, explained, mnist, subsets
from experiments.optim.tuned import Comparison
from experiments.optim.workload_comparisons import COMPARISONS
from experiments.rows import Row
from experiments.runner import Job
from experiments.statistics import estimate, paired_difference
from experiments.tables import NONE, markdown, table_of, with_interval

BASE = "gradient descent"
REACHED = 0.9  # of the validation accuracy
PUBLISHED = "gradient descent, 0.1"
REACHED_ON_MNIST = 0.95
SIGNS = {"learning-rate": "η", "damping": "λ", "momentum": "momentum", "beta2": "β₂"}
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


def on_mnist(rows: list[Row], methods: Iterable[str], job: Callable[[str, int], Job]) -> str:
    """A row a method, over the seeds."""
    base = {seed: row for seed in mnist.SEEDS for row in rows if job(PUBLISHED, seed).matches(row)}
    lines = []
    for method in methods:
        found = {seed: row for seed in mnist.SEEDS for row in rows if job(method, seed).matches(row)}
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


def on_subsets(rows: list[Row]) -> str:
    """A row a subset of the layers, at its best rate."""
    lines = []
    for subset in subsets.SUBSETS:
        rate = subsets.chosen(rows, subset)
        jobs = [] if rate is None else [subsets.job(subset, rate, seed) for seed in subsets.SEEDS]
        found = {job.seed: row for job in jobs for row in rows if job.matches(row)}
        ours = list(accuracies(found).values())
        lines.append(
            [subset, f"{rate:g}", with_interval(estimate(ours)), str(len(found))]
            if found
            else [subset, *[NONE] * 3]
        )
    return markdown(["conditioned layers", "best rate", "test accuracy, %", "seeds"], lines)


def tuned(comparison: Comparison) -> Callable[[list[Row]], str]:
    """A table with a row a method: its best trial over the seeds."""

    def make(rows: list[Row]) -> str:
        lines = []
        for method in comparison.methods:
            trials, best = comparison.searched(rows, method)
            jobs = [] if best is None else [comparison.job(method, best, seed) for seed in comparison.seeds]
            found = [row for job in jobs for row in rows if job.matches(row)]
            ours = _tuned_line(best, found) if best is not None and found else [NONE] * 6
            lines.append([method, str(len(trials)), *ours])
        head = ["method", "trials", "best", "test accuracy, %", "test loss", "steps", "seconds", "seeds"]
        return markdown(head, lines)

    return make


def _tuned_line(best: dict[str, object], found: list[Row]) -> list[str]:
    chosen = ", ".join(f"{sign} {best[name]:g}" for name, sign in SIGNS.items() if name in best)
    ended = [row["test"] for row in found if "loss" in row["test"]]
    tests = [row["test"] for row in found]
    tells = any("accuracy" in each for each in tests)  # an autoencoder does not; a run that diverged has 0
    right = with_interval(estimate([100 * each.get("accuracy", 0.0) for each in tests])) if tells else NONE
    losses = estimate([each["loss"] for each in ended]) if ended else None
    spread = "" if losses is None or len(ended) == 1 else f" ± {losses.half_width:.3f}"
    steps, seconds = (sum(row[name] for row in found) / len(found) for name in ("steps", "seconds"))
    return [
        chosen, right, NONE if losses is None else f"{losses.mean:.3f}{spread}", f"{steps:.0f}",
        f"{seconds:.1f}", str(len(found)),
    ]  # fmt: skip


TABLES: dict[str, Callable[[], str]] = {
    "experiments_isaac_digits": table_of(digits.EXPERIMENT, compared),
    "experiments_isaac_mnist": table_of(
        mnist.EXPERIMENT, partial(on_mnist, methods=mnist.METHODS, job=mnist.job)
    ),
    "experiments_isaac_example": table_of(
        example.EXPERIMENT, partial(on_mnist, methods=example.CHOSEN, job=example.job)
    ),
    "experiments_isaac_subsets": table_of(subsets.EXPERIMENT, on_subsets),
    "experiments_isaac_explained": table_of(explained.COMPARISON.experiment, tuned(explained.COMPARISON)),
    **{
        f"experiments_isaac_{name}": table_of(each.experiment, tuned(each))
        for name, each in COMPARISONS.items()
    },
}
