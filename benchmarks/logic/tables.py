# benchmarks/logic/tables.py — the table of docs/benchmarks.md on logic gates, made from the results
from __future__ import annotations

from collections.abc import Callable

from benchmarks.tables import NO_RESULTS, origin, ratio, read_results, table


def beside_peers() -> str:
    """A training step of ours and of the peers, a row a pair."""
    results = read_results("logic")
    if not results:
        return NO_RESULTS
    rows = []
    for row in results["rows"]:
        peer = f"{row['peer']} {row['version'] or ''}".strip()
        cells = [
            f"`{row['name']}`",
            f"{row['ours_ms']:.3g} ms",
            peer,
            *ratio(row),
            f"{row['scratch_mb']:.1f}",
        ]
        rows.append(cells)
    head = [
        "one training step",
        "pliant",
        "peer",
        "its time",
        "ratio (quartiles)",
        "of the fastest rounds",
        "memory, MB",
    ]
    return f"{table(head, rows)}\n{origin(results['machine'])}"


TABLES: dict[str, Callable[[], str]] = {"benchmarks_logic": beside_peers}
