# experiments/optim/tuned.py — comparisons in which every method has as many trials
from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from experiments.rows import Row
from experiments.runner import Experiment, Figures, Job

PROGRAM = (sys.executable, "-m", "experiments.optim.train_run")
ENDS = ("accuracy", "loss", "train_loss")
EXTENDED = ("learning-rate", "damping")  # the axes that may go on: their values are a geometric sequence
FURTHEST = 4  # steps beyond a grid's end
Options = dict[str, object]


@dataclass(frozen=True)
class Grid:
    """All combinations of the values of some options; what else the trials share is `fixed`."""

    axes: Mapping[str, Sequence[float]]
    fixed: Mapping[str, object] = field(default_factory=dict)

    def trials(self) -> list[Options]:
        """The options of each."""
        points = itertools.product(*self.axes.values())
        return [{**self.fixed, **dict(zip(self.axes, point, strict=True))} for point in points]

    def beyond(self, best: Options, tried: Sequence[Options]) -> list[Options]:
        """What to try because the best of `tried` is at an end of it: a value more on each such axis."""
        found = []
        for axis in (name for name in EXTENDED if len(self.axes.get(name, ())) > 1):
            others = {key: value for key, value in best.items() if key != axis}
            line = [t[axis] for t in tried if {k: v for k, v in t.items() if k != axis} == others]
            for end in (min, max):
                value = self._next(axis, end, best[axis]) if best[axis] == end(line) else None
                if value is not None:
                    found.append({**best, axis: value})
        return found

    def _next(self, axis: str, end: object, value: float) -> float | None:
        """The value after the one at the end; None if that is too far out."""
        values = sorted(self.axes[axis], reverse=end is min)
        ratio = (values[-1] / values[0]) ** (1 / (len(values) - 1))
        steps = round(math.log(value / values[-1]) / math.log(ratio)) if value != values[-1] else 0
        return float(f"{values[-1] * ratio ** (steps + 1):.2g}") if 0 <= steps < FURTHEST else None


@dataclass(frozen=True)
class Comparison:
    """Each method's grid is tried on the first seed, and goes on where its best is at an end; the best by the
    loss of validation is run on all seeds. Seeds share weights and batches.

    Attributes:
        methods: the grid of each, equally large.
        budget: options of all runs.
    """

    name: str
    methods: Mapping[str, Grid]
    budget: Options
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)

    def job(self, method: str, trial: Options, seed: int) -> Job:
        """A run of the method."""
        return Job({"method": method, **trial}, {**self.budget, **trial}, seed, PROGRAM)

    def searched(self, rows: list[Row], method: str) -> tuple[list[Options], Options | None]:
        """The trials that the rows so far ask for, and the best of them; None while one is missing."""
        trials = self.methods[method].trials()
        while True:
            losses = [self._loss(rows, method, trial) for trial in trials]
            if None in losses:
                return trials, None
            best = trials[losses.index(min(losses))]
            further = [t for t in self.methods[method].beyond(best, trials) if t not in trials]
            if not further:
                return trials, best
            trials = trials + further

    def chosen(self, rows: list[Row], method: str) -> Options | None:
        """The best trial; None while one is missing."""
        return self.searched(rows, method)[1]

    def plan(self, rows: list[Row]) -> list[Job]:
        """The search, and as soon as it is over for all methods each further seed in turn."""
        searched = {method: self.searched(rows, method) for method in self.methods}
        jobs = [self.job(m, trial, self.seeds[0]) for m, (trials, _) in searched.items() for trial in trials]
        best = {method: chosen for method, (_, chosen) in searched.items()}
        if None in best.values():
            return jobs
        return jobs + [self.job(m, trial, seed) for seed in self.seeds[1:] for m, trial in best.items()]

    def _loss(self, rows: list[Row], method: str, trial: Options) -> float | None:
        """Of validation, infinite for a run that diverged; None without a row."""
        job = self.job(method, trial, self.seeds[0])
        row = next((row for row in rows if job.matches(row)), None)
        return None if row is None else row["validation"].get("loss", math.inf)

    @property
    def experiment(self) -> Experiment:
        """What the runner takes."""
        shown = "accuracy" if self.budget["workload"] != "autoencoder" else "loss"
        figures = Figures(ENDS, ("accuracy", "loss", "seconds"), {shown: shown})
        return Experiment(self.name, "optim", self.plan, figures)
