# experiments/runner.py — runs an experiment: each row is one run of a program in a process of its own
"""An experiment is a file that says which settings and seeds there are and calls `main`. Rows that exist are
skipped, so a stopped experiment goes on where it was:

    python -m experiments.sorting.digits_families --jobs 2 --minutes 60
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from experiments.rows import Row, append_row, read_rows

ROOT = Path(__file__).resolve().parents[1]
PLIANT = (str(ROOT / "build" / "bin" / "pliant"),)


@dataclass(frozen=True)
class Figures:
    """Which figures of a run its row keeps, by their names in metrics.jsonl."""

    ends: tuple[str, ...]  # of the best validation and of the test
    curve: tuple[str, ...]  # of every validation, in this order behind the step
    shown: dict[str, str]  # of the test, to the one who waits: what it is called → its name


SORTING = Figures(
    ("exact", "elementwise", "exact_five", "exact_tied", "elementwise_tied", "exact_five_tied"),
    ("exact",),
    {"EM": "exact", "EW": "elementwise"},
)


class RunFailed(RuntimeError):
    """A run that ended in a way that is no result."""


@dataclass(frozen=True)
class Job:
    """One row to be: `setting` is what the tables call it, `options` what the program gets."""

    setting: dict[str, object]
    options: dict[str, object]  # by their names on the command line without --; False is left out
    seed: int
    program: tuple[str, ...] = (*PLIANT, "train", "sorting")

    @property
    def name(self) -> str:
        """What --list and --only call it, and its folder under runs/."""
        return " ".join(f"{key}={value}" for key, value in {**self.setting, "seed": self.seed}.items())

    def matches(self, row: Row) -> bool:
        """Whether the row is this job's: same setting, options and seed."""
        return (row["setting"], row["options"], row["seed"]) == (self.setting, self.options, self.seed)

    def command(self, folder: Path, threads: int) -> list[str]:
        """The command line that writes the run folder."""
        words = list(self.program)
        for key, value in {**self.options, "seed": self.seed, "threads": threads, "out": folder}.items():
            if value is not False:
                words += [f"--{key}"] if value is True else [f"--{key}", str(value)]
        return [*words, "--quiet"]


@dataclass(frozen=True)
class Experiment:
    """A published table or figure; `plan` gives the jobs that the rows so far allow, and is asked again."""

    name: str
    room: str
    plan: Callable[[list[Row]], Sequence[Job]]
    figures: Figures = SORTING
    further: Callable[[Path], Row] | None = None  # what else a row is to keep of a run's folder

    @property
    def results(self) -> Path:
        """The file of its rows."""
        return ROOT / "experiments" / self.room / "results" / f"{self.name}.json"


def main(experiment: Experiment, arguments: Sequence[str] | None = None) -> int:
    """The command line of an experiment; exit code 1 if a run failed."""
    parser = argparse.ArgumentParser(prog=f"python -m experiments.{experiment.room}.{experiment.name}")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time (default 1)")
    parser.add_argument("--threads", type=int, default=1, help="threads of each run (default 1)")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="start no run after this time")
    parser.add_argument("--only", default="", metavar="TEXT", help='rows whose name contains it, as "n=5"')
    parser.add_argument("--list", action="store_true", help="say which rows there are to be, and run none")
    options = parser.parse_args(arguments)
    if options.list:
        rows = read_rows(experiment.results)
        for job in _chosen(experiment, rows, options.only):
            print("done" if any(map(job.matches, rows)) else "open", job.name)
        return 0
    try:
        run_all(experiment, options.jobs, options.threads, options.minutes, options.only)
    except RunFailed as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def run_all(experiment: Experiment, jobs: int, threads: int, minutes: float, only: str) -> None:
    """Runs what is open until nothing is, or the time is over.

    Raises:
        RunFailed: as soon as one run fails; those that run beside it end first, and their rows are kept.
    """
    deadline = time.monotonic() + 60 * minutes
    failed: list[RunFailed] = []

    def one(job: Job) -> None:
        if failed or time.monotonic() >= deadline:
            return
        try:
            row = run_one(experiment, job, threads)
        except RunFailed as error:
            failed.append(error)
            return
        append_row(experiment.results, row)
        print(f"{job.name}: {summary(row, experiment.figures)}", flush=True)

    while not failed and time.monotonic() < deadline:
        rows = read_rows(experiment.results)
        todo = [j for j in _chosen(experiment, rows, only) if not any(map(j.matches, rows))]
        if not todo:
            return
        with ThreadPoolExecutor(jobs) as pool:
            list(pool.map(one, todo))
    if failed:
        raise failed[0]


def _chosen(experiment: Experiment, rows: list[Row], only: str) -> list[Job]:
    return [job for job in experiment.plan(rows) if only in job.name]


def run_one(experiment: Experiment, job: Job, threads: int) -> Row:
    """Runs one job in a new folder under runs/ and gives its row.

    Raises:
        RunFailed: if the program fails otherwise than by a number that is not finite.
    """
    folder = ROOT / "runs" / experiment.name / re.sub(r"[^\w.=+-]+", "_", job.name)
    shutil.rmtree(folder, ignore_errors=True)  # of a run that was stopped
    folder.parent.mkdir(parents=True, exist_ok=True)
    command = job.command(folder, threads)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    try:
        lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    except (OSError, ValueError):
        lines = []
    end = next((line for line in reversed(lines) if line["event"] == "end"), {})
    if end.get("reason") not in (("not_finite",) if done.returncode else ("steps", "minutes")):
        said = (done.stderr or done.stdout).strip()[-2000:]
        raise RunFailed(f"{job.name}: exit code {done.returncode} of: {' '.join(command)}\n{said}")
    row = make_row(job, experiment.figures, threads, lines)
    return row if experiment.further is None or "error" in row else {**row, **experiment.further(folder)}


def make_row(job: Job, figures: Figures, threads: int, lines: list[Row]) -> Row:
    """What is kept of a run; `error` stands in the row only if the run ended in one."""

    def of(event: str) -> list[Row]:
        return [line for line in lines if line["event"] == event]

    def ends(line: Row) -> Row:
        return {name: line[name] for name in figures.ends if name in line}

    end = of("end")[-1]
    norms = [line["gradient_norm"] for line in of("train") if line["gradient_norm"] is not None]
    row = {
        "setting": job.setting,
        "options": job.options,
        "seed": job.seed,
        "threads": threads,
        "steps": end["step"],
        "seconds": round(end["seconds"], 1),
        "losses": [line["loss"] for line in of("train")[-1:]],
        "gradient_norm": {"median": statistics.median(norms), "maximum": max(norms)} if norms else {},
        "validation": next((ends(line) for line in reversed(of("validation")) if line.get("best")), {}),
        "test": ends(of("test")[-1]) if of("test") else {},
        "curve": [[line["step"], *(line.get(name) for name in figures.curve)] for line in of("validation")],
        "revision": revision(),
        "machine": machine(),
    }
    return {**row, "error": end["reason"]} if end["reason"] == "not_finite" else row


def summary(row: Row, figures: Figures) -> str:
    """One line about a row, for the one who waits."""
    if "error" in row:
        return f"{row['error']} at step {row['steps']}, {row['seconds']} s"
    said = ", ".join(f"{what} {row['test'][name]:.1%}" for what, name in figures.shown.items())
    return f"{said}, {row['seconds']} s"


def revision() -> str:
    """The commit that is checked out, with a + if files of it were changed (results aside)."""
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!experiments/*/results/*")
    return _git("rev-parse", "--short=12", "HEAD") + ("+" if changed else "")


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True).stdout.strip()


def machine() -> str:
    """The processor's name and how many of it."""
    try:
        names = re.findall(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        names = []
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores"
