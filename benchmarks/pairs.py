# benchmarks/pairs.py — ours and a peer timed alternately in one process; for the benchmarks of every room
"""Calls of ours and of the peer alternate, so that a slow phase of the machine touches both.

The figure is the median of the pairwise ratios peer/ours, with the quartiles as its spread. On a machine that
others use, threads that wait for each other wait for others too, which hurts the peer more: there the ratio
of the fastest rounds is the one to believe.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / "build" / "peers"
THREADS = 2
SHORTEST = 0.01  # seconds that one timing lasts at least: below that the clock and the scheduler are heard

sys.path.append(str(PEERS))
sys.path.append(str(ROOT / "python"))


def peer_version(name: str) -> str | None:
    """The installed version of a peer, None where it could not be installed."""
    found = metadata.distributions(path=[str(PEERS)])
    return next((d.version for d in found if d.metadata["Name"] == name), None)


def seconds(call: Callable[[], object], repeats: int) -> float:
    """Mean duration of one call."""
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats


def repeats_for(call: Callable[[], object]) -> int:
    """Calls that one timing takes; warms up on the way."""
    repeats = 1
    while (took := seconds(call, repeats) * repeats) < SHORTEST:
        repeats = max(2 * repeats, int(repeats * SHORTEST / max(took, 1e-6)))
    return repeats


def alternate(ours: Callable[[], object], peer: Callable[[], object], budget: float = 10.0) -> dict:
    """Times both in turn, for about `budget` seconds and between 3 and 200 rounds.

    Returns:
        ours_ms, peer_ms (medians), ratio (median of peer/ours in a round), ratio_low and ratio_high (its
        quartiles), ratio_best (of the fastest round of each: what other programs on the machine disturb
        least), rounds.
    """
    repeats = repeats_for(ours), repeats_for(peer)
    rounds: list[tuple[float, float]] = []
    end = time.perf_counter() + budget
    while len(rounds) < 3 or (len(rounds) < 200 and time.perf_counter() < end):
        rounds.append((seconds(ours, repeats[0]), seconds(peer, repeats[1])))
    low, middle, high = statistics.quantiles([b / a for a, b in rounds], n=4)
    return {
        "ours_ms": 1e3 * statistics.median(a for a, _ in rounds),
        "peer_ms": 1e3 * statistics.median(b for _, b in rounds),
        "ratio": middle,
        "ratio_low": low,
        "ratio_high": high,
        "ratio_best": min(b for _, b in rounds) / min(a for a, _ in rounds),
        "rounds": len(rounds),
    }


def median_ms(call: Callable[[], object], budget: float = 1.0) -> float:
    """Milliseconds of one call, the median over about `budget` seconds."""
    repeats = repeats_for(call)
    times: list[float] = []
    end = time.perf_counter() + budget
    while len(times) < 3 or time.perf_counter() < end:
        times.append(seconds(call, repeats))
    return 1e3 * statistics.median(times)


def scratch_mb(call: Callable[[], object]) -> float:
    """Megabytes that one call has at its peak beside what was there before (Linux; elsewhere NaN)."""

    def status(key: str) -> float:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith(key)) / 1024

    if platform.system() != "Linux":
        return float("nan")
    call()
    ctypes.CDLL(None).malloc_trim(0)  # what the warm-up left would hide what the call takes
    Path("/proc/self/clear_refs").write_text("5")  # forgets the peak so far
    before = status("VmRSS")
    call()
    return status("VmHWM") - before


def machine() -> dict:
    """Where and with what a figure was made."""
    revision = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    cpu = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").is_file():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        cpu = next((line.split(": ")[1] for line in lines if line.startswith("model name")), cpu)
    return {
        "revision": revision,
        "cpu": cpu,
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "load": os.getloadavg()[0],
    }


def write(name: str, rows: list[dict], **more: object) -> Path:
    """Writes benchmarks/results/<name>.json: the machine, the rows, and what else is given."""
    path = ROOT / "benchmarks" / "results" / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"machine": machine(), **more, "rows": rows}, indent=1) + "\n")
    return path
