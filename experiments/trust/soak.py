# experiments/trust/soak.py — hours of training with kills, and of serving a circuit; `make soak` calls it
"""The training runs for half of its minutes as nobody stops it, and then once more as far, but killed at
random moments and resumed until it is there: parameters, optimiser and figures must be the same to the bit.
The circuit serves all its minutes in this process, to as many threads as there are cores, in batches of all
sizes, while other circuits are loaded and freed; every label must be the one that a single thread gave first.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from experiments.rows import Row
from experiments.runner import ROOT
from experiments.trust.memory import Memory
from experiments.trust.record import record, recorded
from pliant.circuit import Circuit
from tests.cli.program import PROGRAM, checkpoint, environment, same_run, small

NETWORK = ROOT / "examples" / "networks" / "mnist_small.safetensors"
LONGEST_LIFE = 20.0  # seconds from one kill to the next, at most


def train_and_kill(minutes: float, scratch: Path, rng: random.Random) -> Row:
    """The training."""
    whole, killed = scratch / "whole", scratch / "killed"
    budget = ("--validate-every", 200, "--log-every", 50)
    command = [PROGRAM, *small([*budget, "--minutes", minutes / 2, "--out", whole]), "--quiet"]
    process = subprocess.Popen(command, env=environment())
    memory = Memory(process.pid)
    if process.wait() != 0:
        raise RuntimeError("the training that nobody stopped has failed")
    flat = memory.stop()
    steps = int(checkpoint(whole / "last.safetensors")[0]["step"])
    kills = 0
    begin = time.monotonic()
    while True:
        if (killed / "config.toml").exists():
            command = [PROGRAM, "train", "sorting", "--resume", killed, "--quiet"]
        else:
            command = [PROGRAM, *small([*budget, "--steps", steps, "--out", killed]), "--quiet"]
        process = subprocess.Popen(list(map(str, command)), env=environment())
        try:
            code = process.wait(rng.uniform(0, LONGEST_LIFE))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
            continue
        if code != 0:
            raise RuntimeError(f"a resumed training ended with exit code {code}")
        break
    return {
        "part": "training",
        "minutes": round(minutes / 2 + (time.monotonic() - begin) / 60, 1),
        "steps": steps,
        "kills": kills,
        "same_bits": same_run(*(_without_end(run) for run in (whole, killed))),
        **flat,
    }


def _without_end(run: Path) -> Path:
    """The run without the last line of its metrics, which says what budget has ended it."""
    metrics = run / "metrics.jsonl"
    metrics.write_text("".join(metrics.read_text().splitlines(keepends=True)[:-1]))
    return run


class Serving:
    """Threads that ask a circuit for labels, and look whether they are right."""

    def __init__(self, seconds: float):
        self._content = NETWORK.read_bytes()
        self._circuit = Circuit.from_network(self._content)
        rng = np.random.default_rng(0)
        self._images = np.zeros((4096, 28, 28), np.uint8)
        self._images[:, 4:24, 4:24] = rng.integers(0, 256, (4096, 20, 20))  # its crop
        self._labels = self._circuit.classify(self._images, threads=1)
        self._end = time.monotonic() + seconds
        self._lock = threading.Lock()
        self.requests = self.images = self.wrong = self.loaded = 0
        self.failures: list[BaseException] = []

    def _ask(self, seed: int) -> None:
        rng = random.Random(seed)
        while time.monotonic() < self._end:
            size = min(int(1.02 ** rng.uniform(0, 350)), 1024)
            begin = rng.randrange(len(self._images) - size)
            threads = rng.choice([0, 1, 1, 2])
            labels = self._circuit.classify(self._images[begin : begin + size], threads=threads)
            wrong = int((labels != self._labels[begin : begin + size]).sum())
            with self._lock:
                self.requests += 1
                self.images += size
                self.wrong += wrong

    def _load(self) -> None:
        while time.monotonic() < self._end:
            other = Circuit.parse(Circuit.from_network(self._content).bytes())
            self.wrong += int((other.classify(self._images[:64]) != self._labels[:64]).sum())
            self.loaded += 1
            time.sleep(0.5)

    def _noting(self, work, *arguments) -> None:
        try:
            work(*arguments)
        except Exception as failure:  # said by the caller
            self.failures.append(failure)

    def run(self) -> None:
        """Until the time is over."""
        threads = [
            threading.Thread(target=self._noting, args=(self._ask, i)) for i in range(os.cpu_count() or 1)
        ]
        threads.append(threading.Thread(target=self._noting, args=(self._load,)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.failures:
            raise self.failures[0]


def serve(minutes: float) -> Row:
    """The circuit."""
    serving = Serving(60 * minutes)
    memory = Memory(os.getpid())
    serving.run()
    return {
        "part": "serving",
        "minutes": round(minutes, 1),
        "requests": serving.requests,
        "images": serving.images,
        "loaded": serving.loaded,
        "wrong": serving.wrong,
        **memory.stop(),
    }


def passed(row: Row) -> bool:
    """Whether the part went as it should."""
    return bool(row["flat"]) and bool(row.get("same_bits", True)) and row.get("wrong", 0) == 0


def main() -> int:
    """The command line; exit code 1 if bits, labels or memory are not as they should be."""
    parser = argparse.ArgumentParser(prog="python -m experiments.trust.soak")
    parser.add_argument("--minutes", type=float, default=60.0, help="of each part (default 60)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments of the kills")
    parser.add_argument("--only", choices=["training", "serving"])
    options = parser.parse_args()
    rows: list[Row] = []
    if options.only != "serving":
        with tempfile.TemporaryDirectory() as folder:
            rows.append(train_and_kill(options.minutes, Path(folder), random.Random(options.seed)))
    if options.only != "training":
        rows.append(serve(options.minutes))
    parts = {row["part"] for row in rows}
    record("soak", [row for row in recorded("soak")["rows"] if row["part"] not in parts] + rows)
    for row in rows:
        print("passed" if passed(row) else "FAILED", *(f"{key}={value}" for key, value in row.items()))
    return 0 if all(map(passed, rows)) else 1


if __name__ == "__main__":
    sys.exit(main())
