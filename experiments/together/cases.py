# experiments/together/cases.py — small experiments in this process: a row is one case with one seed
from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from experiments.rows import Row, append_row, read_rows
from experiments.runner import Experiment, machine, revision

Figures = dict[str, float]


@dataclass(frozen=True)
class Case:
    """One row to be: `measure` gives its figures from the seed."""

    setting: Row
    seed: int
    measure: Callable[[int], Figures]

    @property
    def name(self) -> str:
        """What --only looks at."""
        return " ".join(f"{key}={value}" for key, value in {**self.setting, "seed": self.seed}.items())

    def matches(self, row: Row) -> bool:
        """Whether the row is this case's."""
        return (row["setting"], row["seed"]) == (self.setting, self.seed)


def experiment(name: str) -> Experiment:
    """Where the rows lie; they are made here, by no program."""
    return Experiment(name, "together", plan=lambda rows: [])


def run(case: Case) -> Row:
    """The case's row."""
    torch.manual_seed(case.seed)
    started = time.monotonic()
    figures = case.measure(case.seed)
    return {
        "setting": case.setting,
        "seed": case.seed,
        "threads": torch.get_num_threads(),
        "seconds": round(time.monotonic() - started, 2),
        "test": figures,
        "revision": revision(),
        "machine": machine(),
    }


def main(
    of: Experiment, cases: Callable[[list[Row]], Sequence[Case]], arguments: Sequence[str] | None = None
) -> int:
    """Runs what is open of the cases that the rows so far allow, until nothing is."""
    parser = argparse.ArgumentParser(prog=f"python -m experiments.together.{of.name}")
    parser.add_argument(
        "--only", default="", metavar="TEXT", help='cases whose name contains it, as "seed=0"'
    )
    parser.add_argument("--results", type=Path, default=of.results, help="the file of the rows")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)

    def todo() -> list[Case]:
        rows = read_rows(options.results)
        chosen = (case for case in cases(rows) if options.only in case.name)
        return [case for case in chosen if not any(map(case.matches, rows))]

    while found := todo():
        for case in found:
            row = run(case)
            append_row(options.results, row)
            said = ", ".join(f"{name} {value:.4g}" for name, value in row["test"].items())
            print(f"{case.name}: {said}, {row['seconds']} s", flush=True)
    return 0


def select(rows: Sequence[Row], **setting: object) -> list[Row]:
    """The rows with this setting."""
    return [row for row in rows if setting.items() <= row["setting"].items()]


def values(rows: Sequence[Row], figure: str) -> list[float]:
    """The figure of each row."""
    return [row["test"][figure] for row in rows]
