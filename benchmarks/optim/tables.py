# benchmarks/optim/tables.py — the table on ISAAC's overhead, made from the results
from __future__ import annotations

from collections.abc import Callable

from benchmarks.tables import NO_RESULTS, NONE, origin, ratio, read_results, table


def _overhead(measured: dict | None) -> list[str]:
    """The median with its quartiles, and that of the fastest rounds."""
    if measured is None:
        return ["not installed", NONE]
    middle = f"{measured['overhead']:.1%} ({measured['low']:.1%} … {measured['high']:.1%})"
    return [middle, f"{measured['best']:.1%}"]


def overheads() -> str:
    """What a step costs more than torch's own, a row a network and number of threads."""
    results = read_results("isaac")
    rows = [
        [f"784-4×{row['width']}-10, {row['threads']} thread{'s' if row['threads'] > 1 else ''}"]
        + [
            f"{row['plain_ms']:.3g} ms",
            f"{row['floor']:.1%}",
            *_overhead(row["ours"]),
            *_overhead(row.get("peer")),
        ]
        for row in results["rows"]
    ]
    head = [
        "network",
        "plain step",
        "by count",
        "pliant (quartiles)",
        "fastest rounds",
        "isaac 0.1.1 (quartiles)",
        "fastest rounds",
    ]
    clock = "Processor time.\n" if results["clock"] == "processor" else ""
    return f"{table(head, rows)}\n{clock}{origin(results['machine'])}"


def rounded_grams() -> str:
    """What a conditioned gradient takes by Gram matrices of float32 and of bfloat16, a row a layer."""
    results = read_results("isaac_rounded_gram")
    if not results:
        return NO_RESULTS
    rows = [[row["layer"], f"{row['ours_ms']:.3g} ms", *ratio(row)] for row in results["rows"]]
    head = ["layer", "bfloat16", "float32", "times as fast (quartiles)", "fastest rounds"]
    return f"{table(head, rows)}\n{origin(results['machine'])}"


TABLES: dict[str, Callable[[], str]] = {
    "benchmarks_isaac": overheads,
    "benchmarks_isaac_rounded_gram": rounded_grams,
}
