# benchmarks/topk/tables.py — the table of docs/benchmarks.md on top-k, made from the results
from __future__ import annotations

from collections.abc import Callable

from benchmarks.tables import NONE, origin, ratio, read_results, table


def beside_peers() -> str:
    """Times beside plain cross-entropy and difftopk, a row a setting."""
    results = read_results("topk")
    rows = []
    for row in results["rows"]:
        plain = (
            f"{row['times_cross_entropy']:.2f} ({row['times_cross_entropy_best']:.2f})"
            if "times_cross_entropy" in row
            else NONE
        )
        peer = ratio(row) if "ratio" in row else [NONE, NONE, NONE]
        name = f"{row['method']}, m = {row['m']}"
        rows.append([name, f"{row['ours_ms']:.3g} ms", plain, *peer, f"{row['scratch_mb']:.1f}"])
    head = [
        "forward and backward",
        "pliant",
        "times cross-entropy (fastest rounds)",
        "difftopk",
        "ratio (quartiles)",
        "of the fastest rounds",
        "memory, MB",
    ]
    return f"{table(head, rows)}\n{origin(results['machine'])}"


TABLES: dict[str, Callable[[], str]] = {"benchmarks_topk": beside_peers}
