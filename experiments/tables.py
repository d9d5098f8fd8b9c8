# experiments/tables.py — what the tables of all experiments share: cells, Markdown, where the rows come from
from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from experiments.rows import Row, read_rows
from experiments.runner import Experiment
from experiments.statistics import Estimate, estimate

NO_ROWS = "*no rows yet*\n"
NONE = "–"


def table_of(experiment: Experiment, make: Callable[[list[Row]], str]) -> Callable[[], str]:
    """A block of docs/generate.py: the table of the experiment's rows and where they come from."""

    def block() -> str:
        rows = read_rows(experiment.results)
        return f"{make(rows)}\n{origin(experiment, rows)}" if rows else NO_ROWS

    return block


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the first column is text, the others are numbers."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in [head, rule, *rows])


def origin(experiment: Experiment, rows: Sequence[Row]) -> str:
    """One line: how many rows, of which revisions and machines, and the file."""
    revisions = ", ".join(f"`{r}`" for r in sorted({str(row["revision"]) for row in rows}))
    machines = "; ".join(sorted({str(row["machine"]) for row in rows}))
    hours = math.fsum(row["seconds"] for row in rows) / 3600
    return (
        f"{len(rows)} rows, {hours:.1f} h of training in all, at {revisions} on {machines}. "
        f"`experiments/{experiment.room}/results/{experiment.name}.json`\n"
    )


def accuracy(rows: Sequence[Row]) -> str:
    """EM with its 95 % interval and EW in brackets, in % of the test sets; a run that failed counts as 0."""
    if not rows:
        return NONE
    exact = estimate([100 * row["test"].get("exact", 0.0) for row in rows])
    elementwise = estimate([100 * row["test"].get("elementwise", 0.0) for row in rows])
    return f"{with_interval(exact)} ({elementwise.mean:.1f})"


def with_interval(value: Estimate, sign: str = "") -> str:
    """61.2 ± 1.3; without the interval for a single value."""
    half = "" if math.isnan(value.half_width) else f" ± {value.half_width:.1f}"
    return f"{value.mean:{sign}.1f}{half}"
