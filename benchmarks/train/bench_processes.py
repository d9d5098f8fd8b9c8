# benchmarks/train/bench_processes.py — trainings of one and two processes, and circuits under load
"""`bench_processes.py [--quick]`: writes benchmarks/results/processes.json and serving.json.

Each task is trained by one process with one thread, and by two such that share the batch, over the loopback
of this machine, in turn; the seconds of a step and of its all-reduce are the program's own (metrics.jsonl),
the medians over the lines after the first. Then examples/cpp/serve.cpp on examples/networks/mnist_small.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import pairs

BIN = pairs.ROOT / "build" / "bin"
NETWORK = pairs.ROOT / "examples" / "networks" / "mnist_small.safetensors"
TASKS = {
    "sorting": ["--batch", "100"],
    "mnist": ["--data", "digits", "--batch", "100"],
    "logic": ["--data", "digits", "--batch", "100"],
    "paths": ["--batch", "32"],
    "reconstruct": ["--batch", "16", "--objects", "5", "--evaluation", "1"],
}


def free_port() -> int:
    """A port of the loopback that nobody listens at."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def trained(folder: Path, task: str, processes: int, steps: int) -> dict:
    """What a training says of itself: `start`, and the medians of its lines."""
    command = [BIN / "pliant", "train", task, *TASKS[task], "--out", folder, "--quiet", "--threads", "1"]
    command += ["--steps", str(5 * steps), "--log-every", str(steps), "--validate-every", str(100 * steps)]
    place = {"WORLD_SIZE": str(processes), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    ranks = [
        subprocess.Popen(list(map(str, command)), env=os.environ | place | {"RANK": str(rank)})
        for rank in range(processes)
    ]
    if any([process.wait() for process in ranks]):
        raise RuntimeError(f"{task}: a process failed")
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    kept = [line for line in lines if line["event"] == "train"][1:]
    batch = int(TASKS[task][TASKS[task].index("--batch") + 1])
    return {
        "parameters": lines[0]["parameters"],
        "bytes": kept[0].get("all_reduce_bytes", 0),
        "step_ms": 1e3 * batch / statistics.median(line["samples_per_second"] for line in kept),
        "all_reduce_ms": 1e3 * statistics.median(line.get("all_reduce_seconds", 0) for line in kept),
    }


def tasks(steps: int, rounds: int) -> list[dict]:
    """A row for each task: the medians over the rounds."""
    rows = []
    for task in TASKS:
        found: dict[int, list[dict]] = {1: [], 2: []}
        for _ in range(rounds):
            for processes, kept in found.items():
                with tempfile.TemporaryDirectory() as folder:
                    kept.append(trained(Path(folder) / "run", task, processes, steps))
        row = {"task": task, "parameters": found[1][0]["parameters"], "bytes": found[2][0]["bytes"]}
        for processes, kept in found.items():
            row[f"step_ms_{processes}"] = statistics.median(one["step_ms"] for one in kept)
        row["all_reduce_ms"] = statistics.median(one["all_reduce_ms"] for one in found[2])
        rows.append(row)
        print(row, flush=True)
    return rows


def serving(seconds: float) -> list[dict]:
    """The rows that the example prints."""
    with tempfile.TemporaryDirectory() as folder:
        circuit = Path(folder) / "digits.plc"
        compile_it = [BIN / "pliant", "circuit", "compile", NETWORK, "-o", circuit]
        subprocess.run(compile_it, check=True, capture_output=True)
        serve = [BIN / "example_serve", circuit, str(seconds)]
        text = subprocess.run(serve, check=True, capture_output=True, text=True).stdout
    print(text, flush=True)
    names = ("threads", "batch", "requests_per_second", "p50_us", "p99_us", "p999_us")
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [dict(zip(names, map(float, cells), strict=True)) for cells in lines[1:]]


def main() -> None:
    """Both files; --quick is a look at whether it runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few steps, one round")
    quick = parser.parse_args().quick
    pairs.torch.set_num_threads(1)
    pairs.write("serving", serving(0.2 if quick else 2))
    pairs.write("processes", tasks(5 if quick else 30, 1 if quick else 3))


if __name__ == "__main__":
    main()
