# python/pliant/report/times.py — where the time of a step goes; for the tasks that learn through programs
from __future__ import annotations

import json

from pliant.report import page
from pliant.report.metric import percent, short
from pliant.report.run import Run, RunError, number


def chapters(run: Run) -> list[tuple[str, str]]:
    """A table of a step's parts, if the training came to its end and wrote them."""
    path = run.folder / "results" / "times.json"
    if not path.is_file():
        return []
    try:
        times = json.loads(path.read_text(encoding="utf-8"))
        network, program = number(times["network_ms"]), number(times["program_ms"])
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(f"{path}: expected network_ms and program_ms: {error}") from error
    rows = [
        ("network, there and back", f"{short(network)} ms"),
        ("from its output to the loss, there and back", f"{short(program)} ms"),
        ("share of the latter", percent(program / (network + program))),
    ]
    content = page.table(("part of a step", "time"), rows, "numbers")
    return [("Where the time goes", page.figure(content, "Medians of a few steps."))]
