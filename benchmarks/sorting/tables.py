# benchmarks/sorting/tables.py — the tables of docs/benchmarks.md on sorting, made from the results
from __future__ import annotations

from collections.abc import Callable

from benchmarks.tables import NO_RESULTS, NONE, origin, ratio, read_results, table


def read() -> dict:
    """The results that are kept."""
    return read_results("sorting")


def beside_peers() -> str:
    """Times and ratios, a row a setting."""
    results = read()
    rows = []
    for row in results["rows"]:
        name = f"{row['mode']}, {row['method']}, n = {row['n']}, batch {row['batch']}, beside {row['peer']}"
        ours = f"{row['ours_ms']:.3g} ms"
        alone = f"{row['ops_ms']:.3g} ms" if "ops_ms" in row else NONE
        rows.append([name, ours, alone, *ratio(row), f"{row['scratch_mb']:.1f}"])
    head = [
        "forward and backward",
        "pliant",
        "of which our two ops",
        "peer",
        "ratio (quartiles)",
        "of the fastest rounds",
        "memory, MB",
    ]
    return f"{table(head, rows)}\n{origin(results['machine'])}"


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
    return f"{table(head, rows)}\n{origin(results['machine'])}"


def relaxations() -> str:
    """NeuralSort, SoftSort and Sinkhorn beside their peers, a row a setting."""
    results = read_results("relaxations")
    if not results:
        return NO_RESULTS
    rows = [
        [
            f"{row['method']}, n = {row['n']}, batch {row['batch']}, beside {row['peer']}",
            f"{row['ours_ms']:.3g} ms",
            *ratio(row),
            f"{row['scratch_mb']:.1f}",
        ]
        for row in results["rows"]
    ]
    head = [
        "forward and backward",
        "pliant",
        "peer",
        "ratio (quartiles)",
        "of the fastest rounds",
        "memory, MB",
    ]
    return f"{table(head, rows)}\n{origin(results['machine'])}"


def circuits() -> str:
    """Hardened sorting networks beside std::sort, a row a size."""
    results = read_results("sorting_circuit")
    if not results:
        return NO_RESULTS
    rows = [
        [
            str(row["n"]),
            f"{row['nodes']:,}",
            f"{row['circuit']:,.0f}",
            f"{row['std_sort']:.3g}",
            f"{row['ratio']:.0f}",
        ]
        for row in results["rows"]
    ]
    head = ["n", "nodes", "circuit", "`std::sort` per set", "ratio"]
    return f"{table(head, rows)}\n{origin(results['machine'])}"


TABLES: dict[str, Callable[[], str]] = {
    "benchmarks_sorting": beside_peers,
    "benchmarks_sorting_limits": limits,
    "benchmarks_relaxations": relaxations,
    "benchmarks_sorting_circuit": circuits,
}
