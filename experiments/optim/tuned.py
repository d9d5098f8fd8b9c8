# experiments/optim/tuned.py — comparisons in which every method has as many trials
from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from experiments.rows import Row
from experiments.runner import Experiment, Figures, Job

PROGRAM = (sys.executable, "-m", "experiments.optim.train_run")
ENDS = ("accuracy", "loss", "train_loss")
Options = dict[str, object]


@dataclass(frozen=True)
class Comparison:
    """Each method's trials are run on the first seed, and the best by the loss of validation on all seeds.
    Seeds share weights and batches.

    Attributes:
        methods: the trials of each, equally many.
        budget: options of all runs.
    """

    name: str
    methods: Mapping[str, Sequence[Options]]
    budget: Options
    seeds: tuple[int, ...] = (0, 1, 2)

    def job(self, method: str, trial: Options, seed: int) -> Job:
        """A run of the method."""
        return Job({"method": method, **trial}, {**self.budget, **trial}, seed, PROGRAM)

    def chosen(self, rows: list[Row], method: str) -> Options | None:
        """The best trial; None while one is missing."""
        found = []
        for trial in self.methods[method]:
            job = self.job(method, trial, self.seeds[0])
            row = next((row for row in rows if job.matches(row)), None)
            if row is None:
                return None
            found.append((row["validation"].get("loss", float("inf")), trial))
        return min(found, key=lambda pair: pair[0])[1]

    def plan(self, rows: list[Row]) -> list[Job]:
        """The search, and as soon as it is over for all methods each further seed in turn."""
        jobs = [self.job(m, trial, self.seeds[0]) for m, trials in self.methods.items() for trial in trials]
        best = {method: self.chosen(rows, method) for method in self.methods}
        if None in best.values():
            return jobs
        return jobs + [self.job(m, trial, seed) for seed in self.seeds[1:] for m, trial in best.items()]

    @property
    def experiment(self) -> Experiment:
        """What the runner takes."""
        shown = "accuracy" if self.budget["workload"] != "autoencoder" else "loss"
        figures = Figures(ENDS, ("accuracy", "loss", "seconds"), {shown: shown})
        return Experiment(self.name, "optim", self.plan, figures)


def trials(rates: Sequence[float], dampings: Sequence[float] = (), **fixed: object) -> list[Options]:
    """Each rate with each damping, if there are any."""
    if not dampings:
        return [{**fixed, "learning-rate": rate} for rate in rates]
    return [{**fixed, "damping": d, "learning-rate": rate} for d in dampings for rate in rates]
