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


def convolutional() -> str:
    """A training step of the convolutional network, a row a parametrisation and batch."""
    results = read_results("logic_conv")
    if not results:
        return NO_RESULTS
    rows = []
    for row in results["rows"]:
        peak = row["budget_images_per_second"]
        cells = [f"`{row['name']}`", str(row["batch"]), f"{row['ours_ms']:.3g} ms"]
        cells += [f"{row['images_per_second']:,.0f}", f"{peak:,.0f}"]
        rows.append([*cells, f"{row['layers_ms']:.3g} ms", f"{row['ratio']:.2f}"])
    head = ["one training step", "batch", "pliant", "images/s", "budget, images/s", "layer by layer", "ratio"]
    return f"{table(head, rows)}\n{origin(results['machine'])}"


TABLES: dict[str, Callable[[], str]] = {
    "benchmarks_logic": beside_peers,
    "benchmarks_logic_conv": convolutional,
}
