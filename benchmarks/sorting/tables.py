# benchmarks/sorting/tables.py — the tables of docs/benchmarks.md on sorting, made from the results
from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

RESULTS = Path(__file__).resolve().parents[1] / "results" / "sorting.json"
NONE = "–"


def read() -> dict:
    """The results that are kept."""
    return json.loads(RESULTS.read_text())


def origin(machine: dict) -> str:
    """Where the figures come from, as a line."""
    return (
        f"Revision {machine['revision']}, {machine['cpu']}, {machine['threads']} threads on "
        f"{machine['cores']} cores, torch {machine['torch']}; load of the machine {machine['load']:.1f}.\n"
    )


def _table(head: list[str], rows: list[list[str]]) -> str:
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in [head, rule, *rows])


def _ratio(row: dict) -> list[str]:
    if "ratio" not in row:
        return ["not installed", NONE, NONE]
    spread = f"{row['ratio']:.3g} ({row['ratio_low']:.3g} … {row['ratio_high']:.3g})"
    return [f"{row['peer_ms']:.3g} ms", spread, f"{row['ratio_best']:.3g}"]


def beside_peers() -> str:
    """Times and ratios, a row a setting."""
    results = read()
    rows = []
    for row in results["rows"]:
        name = f"{row['mode']}, {row['method']}, n = {row['n']}, batch {row['batch']}, beside {row['peer']}"
        ours = f"{row['ours_ms']:.3g} ms"
        alone = f"{row['ops_ms']:.3g} ms" if "ops_ms" in row else NONE
        rows.append([name, ours, alone, *_ratio(row), f"{row['scratch_mb']:.1f}"])
    head = [
        "forward and backward",
        "pliant",
        "of which our two ops",
        "peer",
        "ratio (quartiles)",
        "of the fastest rounds",
        "memory, MB",
    ]
    return f"{_table(head, rows)}\n{origin(results['machine'])}"


def limits() -> str:
    """How far from the machine's peak, and beside plain torch."""
    results = read()
    peak = results["peak_gflops"]
    rows = [
        [
            f"{row['method']}, n = {row['n']}, batch {row['batch']}",
            f"{row['gflops']:.1f}",
            f"{100 * row['gflops'] / peak:.0f} %",
            f"{row['indexed_ratio']:.3g}",
        ]
        for row in results["rows"]
        if "gflops" in row
    ]
    head = ["permutation mode", "GFLOP/s", f"of {peak:.0f} GFLOP/s", "beside plain torch by index"]
    return f"{_table(head, rows)}\n{origin(results['machine'])}"


TABLES: dict[str, Callable[[], str]] = {
    "benchmarks_sorting": beside_peers,
    "benchmarks_sorting_limits": limits,
}
