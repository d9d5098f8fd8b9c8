# benchmarks/together/tables.py — the table of what a call costs on few numbers, made from the results
from __future__ import annotations

from collections.abc import Callable

from benchmarks.tables import NO_RESULTS, NONE, origin, read_results, table


def overhead() -> str:
    """Microseconds over a plain op of torch, now and in the rows `before`."""
    results = read_results("overhead")
    if not results:
        return NO_RESULTS
    before = {row["function"]: row for row in results.get("before", [])}
    rows = []
    for row in results["rows"]:
        earlier = before.get(row["function"])
        rows.append(
            [
                f"`{row['function']}`" if row["function"].isidentifier() else row["function"],
                f"{row['ours_us']:.1f}",
                f"{row['plain_us']:.1f} (`{row['beside']}`)",
                f"{row['over_us']:.1f} ({row['over_low_us']:.1f} … {row['over_high_us']:.1f})",
                NONE if earlier is None else f"{earlier['over_us']:.1f}",
            ]
        )
    head = ["4 rows of 8, there and back", "µs", "torch's op, µs", "over it (quartiles)", "before"]
    return f"{table(head, rows)}\n{origin(results['machine'])}"


TABLES: dict[str, Callable[[], str]] = {"benchmarks_overhead": overhead}
