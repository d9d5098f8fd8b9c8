# benchmarks/tables.py — what the tables of all benchmarks share
from __future__ import annotations

import json
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results"
NONE = "–"
NO_RESULTS = "*no results yet*\n"


def read_results(name: str) -> dict:
    """The results that are kept, benchmarks/results/<name>.json; empty if there are none yet."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text()) if path.is_file() else {}


def origin(machine: dict) -> str:
    """Where the figures come from, as a line."""
    threads = f"{machine['threads']} thread{'s' if machine['threads'] != 1 else ''}"
    return (
        f"Revision {machine['revision']}, {machine['cpu']}, {threads} on "
        f"{machine['cores']} cores, torch {machine['torch']}; load of the machine {machine['load']:.1f}.\n"
    )


def table(head: list[str], rows: list[list[str]]) -> str:
    """A table whose columns but the first are numbers."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in [head, rule, *rows])


def ratio(row: dict) -> list[str]:
    """The peer's time, the ratio with its quartiles, and that of the fastest rounds."""
    if "ratio" not in row:
        return ["not installed", NONE, NONE]
    spread = f"{row['ratio']:.3g} ({row['ratio_low']:.3g} … {row['ratio_high']:.3g})"
    return [f"{row['peer_ms']:.3g} ms", spread, f"{row['ratio_best']:.3g}"]
