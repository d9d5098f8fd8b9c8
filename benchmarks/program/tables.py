# benchmarks/program/tables.py — the table of docs/benchmarks.md on relaxed programs, made from the results
from __future__ import annotations

from collections.abc import Callable

from benchmarks.tables import NO_RESULTS, origin, ratio, read_results, table


def beside_algovision(name: str = "program") -> str:
    """Forward and backward of ours and of algovision, a row a program."""
    results = read_results(name)
    if not results:
        return NO_RESULTS
    rows = [
        [
            row["name"],
            f"{row['ours_ms']:.3g} ms",
            *ratio(row),
            *(megabytes(row, who) for who in ("ours", "peer")),
        ]
        for row in results["rows"]
    ]
    head = [
        "forward and backward", "pliant", "algovision", "ratio (quartiles)", "of the fastest rounds",
        "memory of pliant", "of algovision",
    ]  # fmt: skip
    return f"{table(head, rows)}\n{origin(results['machine'])}"


def megabytes(row: dict, who: str) -> str:
    """Of a step at its peak."""
    return f"{row[f'{who}_mb']:.2g} MB" if f"{who}_mb" in row else "not measured"


TABLES: dict[str, Callable[[], str]] = {
    "benchmarks_program": beside_algovision,
    "benchmarks_program_algovision": lambda: beside_algovision("program_algovision"),
}
