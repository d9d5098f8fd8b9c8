# python/pliant/report/report.py — puts the report together and writes it in one go
from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pliant.report import summary
from pliant.report.curves import timed_curves, training_curves, validation_curves
from pliant.report.metric import Metric
from pliant.report.page import page, paragraph, section
from pliant.report.run import Run, RunError, read_run
from pliant.report.tasks import task_of


def write_report(folders: Sequence[Path | str], file: Path | str) -> None:
    """Writes the report of these run folders as one HTML file; a file that was there stays whole until then.

    Raises:
        RunError: if a folder is no run, has nothing to show yet or is damaged, or the runs are of two tasks.
        OSError: if the file cannot be written.
    """
    write_whole(Path(file), report([read_run(Path(folder)) for folder in folders]))


def report(runs: Sequence[Run]) -> str:
    """The page: of one run in full, of several a comparison first and then each one's own pictures."""
    if not runs:
        raise RunError("no run to report on")
    if len({run.task for run in runs}) > 1:
        raise RunError(f"runs of different tasks: {', '.join(sorted({run.task for run in runs}))}")
    return page(*(_one(runs[0]) if len(runs) == 1 else _several(runs)))


def _measured(metrics: Sequence[Metric], runs: Sequence[Run]) -> list[Metric]:
    """Those that the validations have: ten classes have no top ten."""
    return [metric for metric in metrics if any(len(run.series("validation", metric.key)[0]) for run in runs)]


def _one(run: Run) -> tuple[str, list[str]]:
    task = task_of(run)
    metrics = _measured(task.METRICS, [run])
    lead = " ".join([task.describe(run), summary.how_it_ran(run), summary.results(run, metrics)])
    return f"Pliant · {run.task} · {run.name}", [
        paragraph(lead, "lead"),
        summary.notes(run),
        summary.result_tiles(run, metrics),
        section(
            "Training", training_curves([run], [run.name]), validation_curves([run], [run.name], metrics)
        ),
        *(section(*chapter) for chapter in task.chapters(run)),
        summary.options_section([run], [run.name]),
        summary.reproduce_section([run]),
    ]


def _several(runs: Sequence[Run]) -> tuple[str, list[str]]:
    task, names = task_of(runs[0]), distinct_names([run.folder for run in runs])
    metrics = _measured(task.METRICS, runs)
    own = [
        part
        for run, name in zip(runs, names, strict=True)
        for part in (
            section(name, paragraph(f"{task.describe(run)} {summary.how_it_ran(run)}"), summary.notes(run)),
            *(section(f"{name}: {title}", content) for title, content in task.chapters(run)),
        )
    ]
    return f"Pliant · {runs[0].task} · {len(runs)} runs", [
        paragraph(f"{len(runs)} runs side by side: what differs between them, and what came of it.", "lead"),
        section("Comparison", summary.comparison(runs, names, metrics)),
        section(
            "Training",
            training_curves(runs, names),
            validation_curves(runs, names, metrics),
            timed_curves(runs, names, metrics),
        ),
        *own,
        summary.options_section(runs, names),
        summary.reproduce_section(runs),
    ]


def distinct_names(folders: Sequence[Path]) -> list[str]:
    """The shortest ends of the paths that tell them apart; equal folders get equal names."""
    paths = [folder.resolve().parts for folder in folders]
    depth = 1
    while depth < max(map(len, paths)) and len({path[-depth:] for path in paths}) < len(set(paths)):
        depth += 1
    return ["/".join(path[-depth:]) for path in paths]


def write_whole(file: Path, text: str) -> None:
    """Writes the file under another name first, so that it is there whole or not at all."""
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as temporary:
            temporary.write(text)
            temporary.flush()
            os.fsync(temporary.fileno())
        os.chmod(name, 0o644)
        os.replace(name, file)
    except BaseException:
        os.unlink(name)
        raise
