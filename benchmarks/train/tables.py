# benchmarks/train/tables.py — the tables on many processes and many streams, made from the results
from __future__ import annotations

from collections.abc import Callable

from benchmarks.tables import NO_RESULTS, origin, read_results, table

# Machines of the model: bytes a second of a link, and seconds that a message is on its way.
NETWORKS = {"10 Gbit/s, 50 µs": (1.25e9, 50e-6), "100 Gbit/s, 10 µs": (12.5e9, 10e-6)}
PROCESSES = (2, 8, 64)


def processes() -> str:
    """A step of one process and of two, measured."""
    results = read_results("processes")
    if not results:
        return NO_RESULTS
    head = ["task", "parameters", "bytes a step", "step, 1 process", "2 processes", "of it all-reduce"]
    rows = [
        [f"`{row['task']}`", f"{row['parameters']:,}", f"{row['bytes']:,}"]
        + [f"{row[key]:.3g} ms" for key in ("step_ms_1", "step_ms_2", "all_reduce_ms")]
        for row in results["rows"]
    ]
    return f"{table(head, rows)}\n{origin(results['machine'])}"


def all_reduce_seconds(size: float, count: int, bandwidth: float, latency: float) -> float:
    """A ring of `count` processes: 2(N − 1) messages of S/N bytes one after another."""
    return 2 * (count - 1) * (latency + size / count / bandwidth)


def model() -> str:
    """What an all-reduce takes by the model, and the share of work when each process keeps its batch."""
    results = read_results("processes")
    if not results:
        return NO_RESULTS
    head = ["task", "network", *(f"{count} processes" for count in PROCESSES)]
    rows = []
    for row in results["rows"]:
        for name, (bandwidth, latency) in NETWORKS.items():
            cells = []
            for count in PROCESSES:
                took = 1e3 * all_reduce_seconds(row["bytes"], count, bandwidth, latency)
                cells.append(f"{took:.2g} ms, {row['step_ms_1'] / (row['step_ms_1'] + took):.0%}")
            rows.append([f"`{row['task']}`", name, *cells])
    return table(head, rows)


def serving() -> str:
    """Requests a second and latencies against threads and batch."""
    results = read_results("serving")
    if not results:
        return NO_RESULTS
    head = ["threads", "batch at most", "requests a second", "50 %", "99 %", "99.9 %"]
    rows = [
        [f"{row['threads']:.0f}", f"{row['batch']:.0f}", f"{row['requests_per_second']:,.0f}"]
        + [f"{row[key] / 1e3:.3g} ms" for key in ("p50_us", "p99_us", "p999_us")]
        for row in results["rows"]
    ]
    return f"{table(head, rows)}\n{origin(results['machine'])}"


TABLES: dict[str, Callable[[], str]] = {
    "benchmarks_processes": processes,
    "model_processes": model,
    "benchmarks_serving": serving,
}
