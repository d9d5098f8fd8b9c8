# experiments/trust/faults.py — faults around a training, each many times; `make faults` calls it
from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from experiments.rows import Row
from experiments.trust.record import record
from tests.cli import faults
from tests.cli.program import train

# Options of too much, and what they ask for.
TOO_MUCH = [
    ("train", "mnist", "--data", "digits", "--widths", "200000000"),
    ("train", "sorting", "--data", "digits", "--n", "20000"),
    ("train", "sorting", "--data", "digits", "--n", "1000000"),
    ("train", "sorting", "--data", "digits", "--n", "10000000"),
    ("train", "sorting", "--data", "digits", "--batch", "10000000000"),
    ("train", "logic", "--data", "digits", "--widths", "10000000000"),
]


def kills(scratch: Path, reference: Path, seconds: float, times: int, rng: random.Random) -> Row:
    killed = 0
    for i in range(times):
        run = scratch / f"killed{i}"
        killed += faults.kill_at_random(run, seconds, rng)
        faults.finish(run, reference)
    return {"fault": "kill -9 at a random moment", "times": killed, "runs": times}


def small_limits(scratch: Path, reference: Path, times: int) -> Row:
    largest = max(path.stat().st_size for path in reference.rglob("*") if path.is_file())
    refused = [
        faults.file_too_large(scratch / f"limit{i}", i * largest // times, reference) for i in range(times)
    ]
    return {"fault": "no file may have more than so many bytes", "times": times, "errors": sum(refused)}


def small_disks(scratch: Path, reference: Path, times: int) -> Row | None:
    if os.geteuid() != 0:
        return None
    mounted = scratch / "disk"
    mounted.mkdir()
    refused = [faults.full_disk(mounted, 4 * (i + 1), reference, scratch / f"disk{i}") for i in range(times)]
    return {"fault": "a disk of so many kilobytes", "times": times, "errors": sum(refused)}


def damages(scratch: Path, times: int, rng: random.Random) -> Row:
    run = scratch / "damaged"
    assert train("--steps", 5, "--out", run).returncode == 0
    for i in range(times):
        # Blanks at the end of the header that become other blanks are no damage: bit 7 is never that.
        faults.damaged_checkpoint(run, rng.random(), 0 if i % 4 == 0 else 128)
    return {"fault": "a checkpoint with a byte changed or its end cut off", "times": times, "errors": times}


def memories(scratch: Path) -> Row:
    for i, arguments in enumerate(TOO_MUCH):
        faults.too_little_memory([*arguments, "--out", scratch / f"memory{i}"], 3000)
    return {"fault": "sizes that 3 GB of memory do not hold", "times": len(TOO_MUCH), "errors": len(TOO_MUCH)}


def main() -> int:
    """The command line; an AssertionError says what was not survived."""
    parser = argparse.ArgumentParser(prog="python -m experiments.trust.faults")
    parser.add_argument("--times", type=int, default=20, help="of each fault (default 20)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        reference = scratch / "whole"
        seconds = faults.whole(reference)
        steps: list[Callable[[], Row | None]] = [
            lambda: kills(scratch, reference, seconds, options.times, rng),
            lambda: small_limits(scratch, reference, options.times),
            lambda: small_disks(scratch, reference, options.times),
            lambda: damages(scratch, 4 * options.times, rng),
            lambda: memories(scratch),
        ]
        rows: list[Row] = []
        for step in steps:
            row = step()
            print(row, flush=True)
            rows += [row] if row else []
    record("faults", rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
