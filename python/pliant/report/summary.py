# python/pliant/report/summary.py — how a run went, in words and tables
from __future__ import annotations

import shlex
from collections.abc import Sequence

from pliant.report.metric import Metric, duration
from pliant.report.page import code, paragraph, section, table, tiles
from pliant.report.run import Run, number

ENDS = {
    "steps": "It ended after its steps",
    "minutes": "It ended after its time",
    "interrupt": "It was interrupted",
    "not_finite": "It was stopped by a number that is not finite",
}
ELSEWHERE = (
    "out",
    "resume",
    "config",
    "quiet",
    "json",
    "no-report",
)  # options that say where and how, not what
ON_BY_DEFAULT = ("squared",)  # flags whose absence means yes


def how_it_ran(run: Run) -> str:
    """Steps, time and threads, and how training ended."""
    end = run.end or run.last
    ended = ENDS.get(str(end.get("reason")), "It was killed, or is still going on: its last line is")
    count = run.start.get("threads")
    threads = f" on {count} thread{'s' * (count != 1)}" if count else ""
    return f"{ended}, at step {end['step']:,}, {duration(number(end.get('seconds')))} of training{threads}."


def results(run: Run, metrics: Sequence[Metric]) -> str:
    """The metrics of the best checkpoint on test data, or on validation data where there was no test."""
    line, where = (run.test, "Test data") if run.test else (run.best, "Validation data (no test yet)")
    if line is None:
        return "There was no validation yet."
    values = ", ".join(f"{metric.name} {metric.with_tied(line)}" for metric in metrics)
    fair = "; in brackets: tie-aware" if any(metric.tied for metric in metrics) else ""
    return f"{where}, best checkpoint (step {line['step']:,}): {values}{fair}."


def notes(run: Run) -> str:
    """What a reader must know before believing the rest."""
    texts = []
    if run.torn:
        texts.append("The last line of metrics.jsonl was cut off, as a kill does, and is left out.")
    if run.end and run.end.get("reason") == "not_finite":
        texts.append(
            f"A score or a gradient was not finite at step {run.end['step']:,}; "
            "what is shown is the last good checkpoint."
        )
    if run.test is None:
        texts.append("There is no test of this run yet: it was interrupted or has not ended.")
    return "".join(paragraph(text, "note") for text in texts)


def result_tiles(run: Run, metrics: Sequence[Metric]) -> str:
    """The metrics as large numbers."""
    line, where = (run.test, "on test data") if run.test else (run.best, "on validation data")
    fair = {metric: f"tie-aware {metric.of(line, tied=True)}, " if metric.tied else "" for metric in metrics}
    return tiles((metric.of(line), metric.name, fair[metric] + where) for metric in metrics)


def comparison(runs: Sequence[Run], names: Sequence[str], metrics: Sequence[Metric]) -> str:
    """One row a run: the options in which they differ, and what came of it."""
    differing = [
        key for key in _keys(runs) if key not in ELSEWHERE and len({_text(r, key) for r in runs}) > 1
    ]
    head = ["run", *differing, "steps", "time", *(metric.name for metric in metrics), "on"]
    rows = []
    for run, name in zip(runs, names, strict=True):
        line, end = run.test or run.best, run.end or run.last
        rows.append(
            [name, *(_text(run, key) for key in differing)]
            + [f"{end['step']:,}", duration(number(end.get("seconds")))]
            + [metric.with_tied(line) for metric in metrics]
            + ["test" if run.test else "validation" if line else "–"]
        )
    return table(head, rows, "numbers")


def options_section(runs: Sequence[Run], names: Sequence[str]) -> str:
    """Every option of every run."""
    rows = ([key, *(_text(run, key) for run in runs)] for key in _keys(runs))
    return section("Options", table(["option", *(names if len(runs) > 1 else ["value"])], rows))


def reproduce_section(runs: Sequence[Run]) -> str:
    """The commands that make the runs again."""
    versions = sorted({str(run.start["version"]) for run in runs if "version" in run.start})
    version = f" with Pliant {' and '.join(versions)}" if versions else ""
    text = (
        f"Made{version}. The same options and seed give the same weights, batches and test sets; on the same "
        "machine and number of threads, the same bits."
    )
    return section("How to make it again", paragraph(text), code("\n".join(command(run) for run in runs)))


def command(run: Run) -> str:
    """The command line of a run, options that say where it was written left out."""
    words = ["pliant", "train", run.task]
    for key, value in run.options.items():
        if key in ELSEWHERE or value == "" or (value is False and key not in ON_BY_DEFAULT):
            continue
        if value is False:
            words.append(f"--{key}=false")
            continue
        if value is True:
            words.append(f"--{key}")
        elif _plain(value).startswith("-"):
            words.append(f"--{key}={_plain(value)}")
        else:
            words += [f"--{key}", _plain(value)]
    return shlex.join(words)


def _keys(runs: Sequence[Run]) -> list[str]:
    return list(dict.fromkeys(key for run in runs for key in run.options))


def _text(run: Run, key: str) -> str:
    return _plain(run.options[key]) if key in run.options else "–"


def _plain(value: object) -> str:
    """An option as one would type it: yes is true, lists have commas."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(_plain, value)) if isinstance(value, list) else str(value)
