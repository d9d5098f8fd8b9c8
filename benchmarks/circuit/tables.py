# benchmarks/circuit/tables.py — the tables of docs/benchmarks.md on circuits, made from the results
from __future__ import annotations

from collections.abc import Callable

from benchmarks.tables import NO_RESULTS, origin, ratio, read_results, table


def millions(per_second: float) -> str:
    """Images a second in millions."""
    return f"{per_second / 1e6:.3g} M"


def alone() -> str:
    """What a circuit does on one core and on two, and what the CPU would allow, a row a circuit."""
    results = read_results("circuit")
    if not results:
        return NO_RESULTS
    rows = []
    for row in results["rows"]:
        rates, bounds = row["per_second"], row["bounds"]
        cells = [row["name"], f"{row['nodes']:,}", f"{row['seconds']:.2g} s"]
        cells += [millions(rates[key]) for key in ("raw_1", "raw_threads", "packed_1")]
        cells.append(f"{row['one']['median_us']:.3g} µs ({row['one']['p99_us']:.3g})")
        rows.append([*cells, *(millions(bounds[key]) for key in ("loads_l2", "loads_l1", "functions"))])
    head = ["network", "nodes", "checkpoint to first result", "images/s", "on 2 threads", "from packed bits"]
    head += ["one image, median (p99)", "bound: rows from L2", "from L1", "functions alone"]
    return f"{table(head, rows)}\nImages: {results['images']}. {origin(results['machine'])}"


def beside_peers() -> str:
    """Beside code that the peers' compilers made of the same gates, a row a pair."""
    results = read_results("circuit")
    if not results or not results["beside"]:
        return NO_RESULTS
    rows = []
    for row in results["beside"]:
        ours, peer = (row["images"] / (row[key] * 1e-3) for key in ("ours_ms", "peer_ms"))
        cells = [row["name"], millions(ours), f"{row['peer']} {row['version'] or ''}".strip()]
        rows.append([*cells, f"{row['compile_seconds']:.0f} s", millions(peer), *ratio(row)[1:]])
    head = ["one core", "pliant, images/s", "peer", "it compiles for", "images/s", "ratio (quartiles)"]
    return f"{table([*head, 'of the fastest rounds'], rows)}\n{origin(results['machine'])}"


TABLES: dict[str, Callable[[], str]] = {
    "benchmarks_circuit": alone,
    "benchmarks_circuit_peers": beside_peers,
}
